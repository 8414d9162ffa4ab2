// The equations of the reconciliation, from approval to the bank and back. Pure: compares the ledger with the facts it
// records. All amounts in fen.

import type { Account } from '../ledger/store.ts';
import type { ClaimFigures, Figure } from './facts-store.ts';
import type { ClaimFigure } from './figures.ts';

export interface Equation {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly holds: boolean;
}

type Accounts = ReadonlyMap<Account, number>;
/** How debts were settled: by money, less refunds, and by other months. */
type Settlements = Readonly<Record<'repaid' | 'settled', Figure>>;
type Funds = Readonly<Record<'requested' | 'received' | 'returnedToFinance', Figure>>;

/**
 * The equations of an agency, or of one quarter of it.
 *
 * @param funds null for a quarter: a receipt belongs to a disbursement, which may span several quarters
 */
export function equationsOfAgency(
  accounts: Accounts,
  claims: ClaimFigures,
  { repaid, settled }: Settlements,
  funds: Funds | null,
): Equation[] {
  const of = (account: Account) => accounts.get(account) ?? 0;
  const recoveredAfterPayment = claims.recovered.amountFen - claims.recoveredBeforePayment.amountFen;
  return [
    equation(
      'approved = paid + inPayment + waiting + setOff + recoveredBeforePayment',
      -of('entitled'),
      of('paid') + of('in-payment') + of('waiting') + of('set-off') + of('recovered-before-payment'),
    ),
    equation(
      'received − returnedToFinance = paid + inPayment + unspent',
      -of('finance') - of('returned-to-finance'),
      of('cash-paid') + of('cash-in-payment') + of('unspent'),
    ),
    equation('paid − repaid = net', of('paid') - of('repaid'), claims.paid.amountFen - repaid.amountFen),
    equation('paid claims = paid cash', of('paid'), of('cash-paid')),
    equation('claims in payment = cash in payment', of('in-payment'), of('cash-in-payment')),
    equation('approved = granted months', -of('entitled'), claims.approved.amountFen),
    equation('waiting = granted months not yet paid', of('waiting'), claims.waiting.amountFen),
    equation('inPayment = months at the bank', of('in-payment'), claims.inPayment.amountFen),
    equation('paid = paid months', of('paid'), claims.paid.amountFen),
    equation(
      'recoveredBeforePayment = months recovered before payment',
      of('recovered-before-payment'),
      claims.recoveredBeforePayment.amountFen,
    ),
    equation(
      'owed + repaid + settledBySetOff = months recovered after payment',
      of('recoverable') + of('repaid') + of('settled-by-set-off'),
      recoveredAfterPayment,
    ),
    equation('setOff = months set off', of('set-off'), claims.setOff.amountFen),
    equation('settledBySetOff = set-offs of debts', of('settled-by-set-off'), settled.amountFen),
    equation('repaid = repayments − refunds', of('repaid'), repaid.amountFen),
    ...(funds === null
      ? []
      : [
          // Within one quarter they may differ: the month of the debt may belong to another quarter.
          equation('setOff = settledBySetOff', of('set-off'), of('settled-by-set-off')),
          equation('received = receipts', -of('finance'), funds.received.amountFen),
          equation(
            'returnedToFinance = returns',
            of('returned-to-finance'),
            funds.returnedToFinance.amountFen,
          ),
        ]),
    notNegative('unspent ≥ 0', of('unspent')),
    notNegative('owed ≥ 0', of('recoverable')),
    nobodyPaidTwice(claims),
  ];
}

/** The equations of one disbursement. `lines` are its lines by state. */
export function equationsOfDisbursement(
  accounts: Accounts,
  lines: ReadonlyMap<string, Figure>,
  funds: Funds,
): Equation[] {
  const of = (account: Account) => accounts.get(account) ?? 0;
  const sum = (...states: string[]) =>
    states.reduce((total, state) => total + (lines.get(state)?.amountFen ?? 0), 0);
  return [
    equation(
      'received − returnedToFinance = paid + inPayment + unspent',
      funds.received.amountFen - funds.returnedToFinance.amountFen,
      of('cash-paid') + of('cash-in-payment') + of('unspent'),
    ),
    equation('received = receipts', -of('finance'), funds.received.amountFen),
    equation('returnedToFinance = returns', of('returned-to-finance'), funds.returnedToFinance.amountFen),
    equation('inPayment = lines at the bank', of('cash-in-payment'), sum('in-payment', 'unknown')),
    equation('paid = paid lines', of('cash-paid'), sum('paid')),
    notNegative('unspent ≥ 0', of('unspent')),
    notNegative('requested ≥ received', funds.requested.amountFen - funds.received.amountFen),
  ];
}

/** The equations of one person. */
export function equationsOfPerson(claims: ClaimFigures, { repaid, settled }: Settlements): Equation[] {
  const of = (name: ClaimFigure) => claims[name].amountFen;
  return [
    equation(
      'approved = paid + inPayment + waiting + setOff + recoveredBeforePayment',
      of('approved'),
      of('paid') + of('inPayment') + of('waiting') + of('setOff') + of('recoveredBeforePayment'),
    ),
    notNegative(
      'repaid + settledBySetOff ≤ recovered',
      of('recovered') - of('recoveredBeforePayment') - repaid.amountFen - settled.amountFen,
    ),
    equation('setOff = settledBySetOff', of('setOff'), settled.amountFen),
    nobodyPaidTwice(claims),
  ];
}

/** A person's month may be paid again only when the first payment has been fully repaid. */
function nobodyPaidTwice({ overpaid }: ClaimFigures): Equation {
  return equation('paid − repaid ≤ one month’s amount, month by month: excess', overpaid.amountFen, 0);
}

function equation(name: string, left: number, right: number): Equation {
  return { name, left, right, holds: left === right };
}

function notNegative(name: string, amountFen: number): Equation {
  return equation(name, amountFen, Math.max(0, amountFen));
}
