// Makes figures and equations of the reconciliation out of the sums of cells. Pure.

import { type Sums, sumNamed } from '../../platform/figures.ts';
import type { Account } from '../ledger/store.ts';
import { type Equation, equationsOfAgency, equationsOfPerson } from './equations.ts';
import type { ClaimFigures, Figure } from './facts-store.ts';
import { claimFigureTitles } from './figures.ts';

export const nothing = {
  approved: null,
  waiting: null,
  held: null,
  requested: null,
  received: null,
  inPayment: null,
  unknown: null,
  paid: null,
  failed: null,
  returned: null,
  recoveredBeforePayment: null,
  recovered: null,
  recoverable: null,
  repaid: null,
  setOff: null,
  settledBySetOff: null,
  returnedToFinance: null,
  unspent: null,
  net: null,
  overpaid: null,
} as const satisfies Record<string, null>;

export type Figures = Record<keyof typeof nothing, { count: number | null; amountFen: number } | null>;

export interface Chain {
  readonly figures: Figures;
  readonly equations: Equation[];
}

/**
 * Figures and equations of an agency, or of one quarter of it.
 *
 * @param sums of its quarters, or of the one, see `cellsOfChain`
 * @param all the money of its disbursements; null for a quarter
 */
export function chainOfAgency(sums: Sums, all: Sums | null): Chain {
  const accounts = accountsOf(sums);
  const claims = claimsOf(sums);
  const repaid = figureOf(sums, 'repaid');
  const settled = figureOf(sums, 'settledBySetOff');
  const funds =
    all === null
      ? null
      : {
          requested: figureOf(all, 'requested'),
          received: figureOf(all, 'received'),
          returnedToFinance: figureOf(all, 'returnedToFinance'),
        };
  const figures: Figures = {
    ...nothing,
    ...claims,
    requested: funds?.requested ?? null,
    received: funds?.received ?? cash(-(accounts.get('finance') ?? 0)),
    returnedToFinance: funds?.returnedToFinance ?? cash(accounts.get('returned-to-finance') ?? 0),
    unspent: cash(accounts.get('unspent') ?? 0),
    recoverable: cash(accounts.get('recoverable') ?? 0),
    repaid,
    settledBySetOff: settled,
    net: cash(claims.paid.amountFen - repaid.amountFen),
  };
  return { figures, equations: equationsOfAgency(accounts, claims, { repaid, settled }, funds) };
}

/** @param sums of the person's quarters, see `cellsOfPerson` */
export function chainOfPerson(sums: Sums): Chain {
  const claims = claimsOf(sums);
  const repaid = figureOf(sums, 'repaid');
  const settled = figureOf(sums, 'settledBySetOff');
  const recoveredFen = claims.recovered.amountFen - claims.recoveredBeforePayment.amountFen;
  const figures: Figures = {
    ...nothing,
    ...claims,
    recoverable: cash(recoveredFen - repaid.amountFen - settled.amountFen),
    repaid,
    settledBySetOff: settled,
    net: cash(claims.paid.amountFen - repaid.amountFen),
  };
  return { figures, equations: equationsOfPerson(claims, { repaid, settled }) };
}

function claimsOf(sums: Sums): ClaimFigures {
  const names = [...Object.keys(claimFigureTitles), 'overpaid'];
  return Object.fromEntries(names.map((name) => [name, figureOf(sums, name)])) as ClaimFigures; // its keys are these
}

function figureOf(sums: Sums, name: string): Figure {
  return { count: sumNamed(sums, `${name} count`), amountFen: sumNamed(sums, `${name} fen`) };
}

/** The balance of each account in fen. */
export function accountsOf(sums: Sums): Map<Account, number> {
  const ofAccount = 'account ';
  return new Map(
    Object.entries(sums)
      .filter(([name]) => name.startsWith(ofAccount))
      .map(([name, fen]) => [name.slice(ofAccount.length) as Account, fen]), // only accounts are counted
  );
}

function cash(amountFen: number) {
  return { count: null, amountFen };
}
