// Sums a person's months by what became of their money. Pure.

import { type MonthWithMoney, moneyStateOf } from '../../applications/application/money.ts';

/** Sums in fen. `paidFen` is what reached the person, whether or not it was recovered since. */
export function sumMoney(
  months: readonly Pick<
    MonthWithMoney,
    'state' | 'amountFen' | 'lineState' | 'setOffAt' | 'wasPaid' | 'owedFen' | 'isClosed'
  >[],
) {
  const sums = { waitingFen: 0, inPaymentFen: 0, notPaidFen: 0, paidFen: 0, setOffFen: 0, owedFen: 0 };
  for (const month of months) {
    const fen = month.amountFen ?? 0;
    sums.owedFen += month.owedFen ?? 0;
    switch (moneyStateOf(month)) {
      case 'waiting':
      case 'on-roster':
      case 'held':
        sums.waitingFen += fen;
        break;
      case 'in-payment':
        sums.inPaymentFen += fen;
        break;
      case 'failed':
      case 'returned':
        sums.notPaidFen += fen;
        break;
      case 'paid':
        sums.paidFen += fen;
        break;
      case 'owed':
      case 'repaid':
        // A month that settled a debt instead of being paid, and was recovered since.
        if (month.setOffAt === null) sums.paidFen += fen;
        else sums.setOffFen += fen;
        break;
      case 'set-off':
        sums.setOffFen += fen;
        break;
      case 'stopped':
      case 'closed':
      case null:
        break;
    }
  }
  return sums;
}
