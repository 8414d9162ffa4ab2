// The figures of the reconciliation whose details can be listed: sums of granted months, and sums of ledger entries.

import type { Account } from '../ledger/store.ts';

/** A month may count in several figures. */
export const claimFigureTitles = {
  approved: '已核定',
  waiting: '待发放（含暂缓、失败、退票）',
  held: '暂缓',
  inPayment: '发放中（含结果不明）',
  unknown: '其中结果不明',
  paid: '已发放',
  failed: '发放失败',
  returned: '银行退票',
  recoveredBeforePayment: '发放前追回',
  recovered: '已确认追回',
  setOff: '用于抵扣欠款，不再发放',
} as const;
export type ClaimFigure = keyof typeof claimFigureTitles;

export const cashFigureTitles = {
  received: '已到账',
  returnedToFinance: '已退财政',
  unspent: '结余',
  recoverable: '待退回',
  repaid: '已退回',
  settledBySetOff: '以其他月份抵扣的欠款',
} as const;
export type CashFigure = keyof typeof cashFigureTitles;

/** The account behind each cash figure, and the sign that makes it positive. */
export const cashAccounts = {
  // Money comes from finance: a debit of that account is a receipt.
  received: { account: 'finance', sign: -1 },
  returnedToFinance: { account: 'returned-to-finance', sign: 1 },
  unspent: { account: 'unspent', sign: 1 },
  recoverable: { account: 'recoverable', sign: 1 },
  repaid: { account: 'repaid', sign: 1 },
  settledBySetOff: { account: 'settled-by-set-off', sign: 1 },
} as const satisfies Record<CashFigure, { account: Account; sign: 1 | -1 }>;
