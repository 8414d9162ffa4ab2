// State transitions of a recovery. Pure.

export const recoveryStates = {
  suspected: { title: '疑似应追回', next: '请听取当事人说明后确认，或说明理由予以排除。' },
  confirmed: {
    title: '已确认追回',
    next: '请督促当事人退回补贴资金，到账后登记退款；经本人书面同意，也可用待发放的月份抵扣。',
  },
  repaid: { title: '已追回', next: '该月份已不再享受补贴；如符合条件可以再申请一次。' },
  dismissed: { title: '已排除', next: '该月份继续有效。' },
  reversed: { title: '已撤销', next: '追回有误，该月份恢复有效；已退回的资金已退还本人。' },
} as const;

export type RecoveryState = keyof typeof recoveryStates;

interface Transition {
  readonly from: readonly RecoveryState[];
  readonly to: RecoveryState;
}

export const recoveryTransitions = {
  confirmRecovery: { from: ['suspected'], to: 'confirmed' },
  dismissRecovery: { from: ['suspected'], to: 'dismissed' },
  recordRepayment: { from: ['confirmed'], to: 'repaid' }, // when everything is repaid; at once if nothing had been paid
  setOffRecovery: { from: ['confirmed'], to: 'repaid' }, // when everything is settled
  reverseSetOff: { from: ['repaid'], to: 'confirmed' }, // the debt is owed again
  reverseRecovery: { from: ['confirmed', 'repaid'], to: 'reversed' },
} as const satisfies Record<string, Transition>;

export type RecoveryAct = keyof typeof recoveryTransitions;

/**
 * Why a recovery was opened 追回事由.
 */
export const recoveryCauses = {
  'contradicting-record': { title: '后来的登记数据与已核定的月份不符' },
  'false-material': { title: '提供虚假材料' },
  officer: { title: '工作人员发现' },
} as const;
export type RecoveryCause = keyof typeof recoveryCauses;
