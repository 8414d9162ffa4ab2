// The money chain of an agency: every figure from approval to the bank and back, and the equations that must hold. Pure.

import type { Account } from './store.ts';

export interface Facts {
  readonly approved: number;
  readonly recovered: number;
  readonly paid: number;
  readonly inPayment: number;
  readonly repaid: number;
  /** Null where the question is about one quarter: a receipt is for a disbursement, which may hold several. */
  readonly received: number | null;
}

export interface Equation {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly holds: boolean;
}

/** All amounts in fen. `paid` is what reached accounts, before anything came back; `net` is what stayed. */
export function moneyChain(accounts: ReadonlyMap<Account, number>, facts: Facts) {
  const of = (account: Account) => accounts.get(account) ?? 0;
  const figures = {
    approved: -of('entitled'),
    waiting: of('waiting'),
    inPayment: of('in-payment'),
    paid: of('paid'),
    recoveredBeforePayment: of('recovered-before-payment'),
    received: -of('finance'),
    unspent: of('unspent'),
    recoverable: of('recoverable'),
    repaid: of('repaid'),
    net: of('paid') - of('repaid'),
  };
  const equations = [
    equation(
      'approved = paid + inPayment + waiting + recoveredBeforePayment',
      figures.approved,
      figures.paid + figures.inPayment + figures.waiting + figures.recoveredBeforePayment,
    ),
    equation(
      'received = paid + inPayment + unspent',
      figures.received,
      of('cash-paid') + of('cash-in-payment') + figures.unspent,
    ),
    equation('paid − repaid = net', figures.paid - figures.repaid, figures.net),
    equation('paid claims = paid cash', figures.paid, of('cash-paid')),
    equation('claims in payment = cash in payment', figures.inPayment, of('cash-in-payment')),
    equation('approved = amounts of live and recovered months', figures.approved, facts.approved),
    equation('paid = amounts of paid lines', figures.paid, facts.paid),
    equation('inPayment = amounts of lines in payment or unknown', figures.inPayment, facts.inPayment),
    equation(
      'recoverable + repaid + recoveredBeforePayment = amounts of recovered months',
      figures.recoverable + figures.repaid + figures.recoveredBeforePayment,
      facts.recovered,
    ),
    equation('repaid = repayments', figures.repaid, facts.repaid),
    ...(facts.received === null ? [] : [equation('received = receipts', figures.received, facts.received)]),
  ];
  return { figures, equations, balanced: equations.every(({ holds }) => holds) };
}

function equation(name: string, left: number, right: number): Equation {
  return { name, left, right, holds: left === right };
}
