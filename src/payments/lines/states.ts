// States of a payment line and why it left its disbursement, with Chinese titles. Pure.

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
  closed: '申请人去世后结案，不再发放',
} as const;
export type ReleaseCause = keyof typeof releaseCauses;
