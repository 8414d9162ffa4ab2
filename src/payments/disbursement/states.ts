// State transitions of a disbursement. Pure.

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
  verifyRoster: { from: ['verifying'], to: 'verified' }, // when the last street signs
  cancelDisbursement: { from: ['verifying', 'verified'], to: 'cancelled' }, // once money is requested, finance acts on the request
  requestFunds: { from: ['verified'], to: 'funds-requested' },
  recordFundsReceipt: { from: ['funds-requested'], to: 'funded' }, // when the last receipt arrives
  // Repeated for corrected payments, also while results of an earlier batch are outstanding.
  startPayment: { from: ['funded', 'in-payment', 'settled'], to: 'in-payment' },
  withdrawFile: { from: ['in-payment'], to: 'funded' }, // if nobody has downloaded it and no other batch is with the bank
  applyPaymentResults: { from: ['in-payment'], to: 'settled' }, // when the last result arrives
} as const satisfies Record<string, Transition>;

export type DisbursementAct = keyof typeof disbursementTransitions;
