// The figures of the reconciliation whose details can be listed: sums of granted months, and sums of ledger entries.

import type { Account } from '../ledger/store.ts';

/** A month may count in several figures. */
export const claimFigures = [
  'approved',
  'waiting',
  'held',
  'inPayment',
  'unknown',
  'paid',
  'failed',
  'returned',
  'recoveredBeforePayment',
  'recovered',
  'setOff',
] as const;
export type ClaimFigure = (typeof claimFigures)[number];

/** The account behind each cash figure, and the sign that makes it positive. */
export const cashAccounts = {
  // Money comes from finance: a debit of that account is a receipt.
  received: { account: 'finance', sign: -1 },
  returnedToFinance: { account: 'returned-to-finance', sign: 1 },
  unspent: { account: 'unspent', sign: 1 },
  recoverable: { account: 'recoverable', sign: 1 },
  repaid: { account: 'repaid', sign: 1 },
  settledBySetOff: { account: 'settled-by-set-off', sign: 1 },
} as const satisfies Record<string, { account: Account; sign: 1 | -1 }>;
export type CashFigure = keyof typeof cashAccounts;
// Object.keys returns string[].
export const cashFigures = Object.keys(cashAccounts) as CashFigure[];
