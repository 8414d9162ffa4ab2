// The figures of the reconciliation that can be looked into: those made of granted months, and those made of entries.

import type { Account } from '../ledger/store.ts';

/** What a granted month counts as. A month may count in several. */
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

/** The account of each figure that is what stands in an account, and the sign with which it is told. */
export const cashAccounts = {
  // Money comes from finance: what left that account is what was received.
  received: { account: 'finance', sign: -1 },
  returnedToFinance: { account: 'returned-to-finance', sign: 1 },
  unspent: { account: 'unspent', sign: 1 },
  recoverable: { account: 'recoverable', sign: 1 },
  repaid: { account: 'repaid', sign: 1 },
  settledBySetOff: { account: 'settled-by-set-off', sign: 1 },
} as const satisfies Record<string, { account: Account; sign: 1 | -1 }>;
export type CashFigure = keyof typeof cashAccounts;
// Object.keys forgets the names it was given.
export const cashFigures = Object.keys(cashAccounts) as CashFigure[];
