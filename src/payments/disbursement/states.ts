// How a disbursement and its lines may move. Pure.

export const disbursementStates = {
  verifying: { title: '名单核对中', next: '等待各街道（乡镇）核对名单。' },
  verified: { title: '名单已核对', next: '请向财政部门申请拨付资金。' },
  'funds-requested': { title: '已申请资金', next: '等待财政资金到账。' },
  funded: { title: '资金已到账', next: '请生成发放文件送银行发放。' },
  'in-payment': { title: '发放中', next: '等待银行回传发放结果；结果不明的，请向银行查询后登记。' },
  settled: {
    title: '已办结',
    next: '全部结果已登记；发放失败或退回的，请更正账户后重新发放；因有疑问未送银行的，排除后可再生成发放文件；结余资金请退回财政部门。',
  },
  cancelled: { title: '已取消', next: '全部月份已退回待发放，可重新建立批次。' },
} as const;

export type DisbursementState = keyof typeof disbursementStates;

interface Transition {
  readonly from: readonly DisbursementState[];
  readonly to: DisbursementState;
}

export const disbursementTransitions = {
  verifyRoster: { from: ['verifying'], to: 'verified' }, // with the last street
  cancelDisbursement: { from: ['verifying', 'verified'], to: 'cancelled' }, // afterwards finance acts on the request
  requestFunds: { from: ['verified'], to: 'funds-requested' },
  recordFundsReceipt: { from: ['funds-requested'], to: 'funded' }, // with the last receipt
  // Again for corrected payments, and while the bank still owes an answer for an earlier batch.
  startPayment: { from: ['funded', 'in-payment', 'settled'], to: 'in-payment' },
  withdrawFile: { from: ['in-payment'], to: 'funded' }, // where nobody has fetched it, and the bank has no other
  applyPaymentResults: { from: ['in-payment'], to: 'settled' }, // with the last result
} as const satisfies Record<string, Transition>;

export type DisbursementAct = keyof typeof disbursementTransitions;

/**
 * What a payment line may be. `held` waits until the street's doubt is cleared; `released` has left its disbursement and
 * its months wait for the next; `failed` and `returned` wait for a corrected account; `unknown` until the bank was asked.
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

/** What a line is called on papers. */
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

/** In the bank's hands: paid perhaps, and never sent again. */
export const atTheBank = ['in-payment', 'unknown'] as const satisfies readonly LineState[];

/** Why a line left its disbursement, in the words of who asks. */
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
