// States of a payment line, why it left its disbursement, and why a bank did not pay it; with Chinese titles. Pure.

/**
 * `held` waits until the street's doubt is cleared; a `released` line has left its disbursement and its months wait for
 * the next one; `failed` and `returned` wait for a corrected account; `unknown` waits for the bank's answer.
 */
export const lineStates = [
  'waiting',
  'held',
  'released',
  'in-payment',
  'paid',
  'failed',
  'unknown',
  'returned',
] as const;
export type LineState = (typeof lineStates)[number];

/** Titles on printed documents. */
export const lineTitles: Readonly<Record<LineState, string>> = {
  waiting: '待发放',
  held: '暂缓',
  released: '已离开本批次',
  'in-payment': '发放中',
  paid: '已发放',
  failed: '发放失败',
  unknown: '结果不明',
  returned: '银行退票',
};

/** With the bank: possibly paid, so never sent again. */
export const atTheBank = ['in-payment', 'unknown'] as const satisfies readonly LineState[];

export function isAtTheBank(state: LineState): boolean {
  return (atTheBank as readonly LineState[]).includes(state);
}

/** Why a line left its disbursement. */
export const releaseCauses = {
  cancelled: '批次已取消',
  'not-funded': '到账资金不足，转入下一批次',
  'hold-released': '暂缓已解除，转入下一批次',
  recovered: '其中有月份被追回，其余月份转入下一批次',
} as const;
export type ReleaseCause = keyof typeof releaseCauses;

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

export const paymentFailureTitles: Readonly<Record<PaymentFailure, string>> = {
  'name-mismatch': '户名不符',
  'no-account': '账号不存在',
  'account-closed': '账户已销户',
  'account-abnormal': '账户状态异常',
  'not-activated': '社会保障卡金融功能未激活',
  'amount-invalid': '金额有误',
  duplicate: '银行认为重复',
  other: '其他原因',
};

/** What to do about a failed payment, as the end of a sentence. */
export const failureRemedies: Readonly<Record<PaymentFailure, string>> = {
  'name-mismatch': '请更正户名后重新发放',
  'no-account': '请更正账号后重新发放',
  'account-closed': '请由申请人提供新的账户后重新发放',
  'account-abnormal': '请由申请人到银行恢复账户后重新发放',
  'not-activated': '请由申请人到银行激活社会保障卡金融功能后重新发放',
  'amount-invalid': '请与银行核对金额后重新发放',
  duplicate: '请向银行核实是否已经发放',
  other: '请向银行了解原因后重新发放',
};
