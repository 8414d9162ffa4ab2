// How a recovery may move. Pure.

export const recoveryStates = {
  suspected: { title: '疑似应追回', next: '请听取当事人说明后确认，或说明理由予以排除。' },
  confirmed: { title: '已确认追回', next: '等待退回补贴资金。' },
  repaid: { title: '已追回', next: '该月份已不再享受补贴；如符合条件可以再申请一次。' },
  dismissed: { title: '已排除', next: '该月份继续有效。' },
} as const;

export type RecoveryState = keyof typeof recoveryStates;

export const recoveryTransitions = {
  confirm: { from: 'suspected', to: 'confirmed' },
  dismiss: { from: 'suspected', to: 'dismissed' },
  repay: { from: 'confirmed', to: 'repaid' }, // with the last fen; at once where nothing had been paid
} as const satisfies Record<string, { from: RecoveryState; to: RecoveryState }>;

export type RecoveryAct = keyof typeof recoveryTransitions;
