// How a disbursement may move. Pure.

export const disbursementStates = {
  verifying: { title: '名单核对中', next: '等待各街道（乡镇）核对名单。' },
  verified: { title: '名单已核对', next: '请向财政部门申请拨付资金。' },
  'funds-requested': { title: '已申请资金', next: '等待财政资金到账。' },
  funded: { title: '资金已到账', next: '请生成发放文件送银行发放。' },
  'in-payment': { title: '发放中', next: '等待银行回传发放结果。' },
  settled: { title: '已办结', next: '全部结果已登记；发放失败的，请更正账户后重新发放。' },
} as const;

export type DisbursementState = keyof typeof disbursementStates;

export const disbursementTransitions = {
  verifyRoster: { from: 'verifying', to: 'verified' }, // with the last street
  requestFunds: { from: 'verified', to: 'funds-requested' },
  recordFundsReceipt: { from: 'funds-requested', to: 'funded' },
  startPayment: { from: 'funded', to: 'in-payment' },
  applyPaymentResults: { from: 'in-payment', to: 'settled' }, // with the last result
} as const satisfies Record<string, { from: DisbursementState; to: DisbursementState }>;

export type DisbursementAct = keyof typeof disbursementTransitions;

/** What a payment line may become; `failed` waits for a corrected account, `unknown` until the bank has been asked. */
export const lineStates = ['waiting', 'held', 'in-payment', 'paid', 'failed', 'unknown', 'returned'] as const;
export const paymentFailures = [
  'name-mismatch',
  'no-account',
  'account-closed',
  'account-abnormal',
  'not-activated',
  'amount-invalid',
  'duplicate',
  'other',
] as const;
export type PaymentFailure = (typeof paymentFailures)[number];
