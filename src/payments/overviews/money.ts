// What became of a month's money, and a person's months summed by it. Pure.

import type { LineState } from '../lines/states.ts';

/** Titles in the order in which money travels. */
export const monthMoneyTitles = {
  'not-granted': '未批准或正在办理',
  waiting: '等待发放',
  held: '暂缓发放',
  'in-payment': '发放中',
  paid: '已发放',
  'not-paid': '发放失败或退票，须更正账户后重新发放',
  'set-off': '已用于抵扣欠款',
  stopped: '发放前已追回，不再发放',
  owed: '发放后追回，尚未退清',
  repaid: '发放后追回，已退清',
} as const;
export type MonthMoney = keyof typeof monthMoneyTitles;

export interface MonthWithMoney {
  readonly state: 'claimed' | 'live' | 'refused' | 'released' | 'recovered';
  readonly amountFen: number | null;
  readonly lineState: LineState | null;
  readonly setOffAt: string | null;
  readonly wasPaid: boolean | null;
  readonly owedFen: number | null;
}

const ofLine: Readonly<Record<LineState, MonthMoney>> = {
  waiting: 'waiting',
  held: 'held',
  released: 'waiting', // its months wait for the next disbursement
  'in-payment': 'in-payment',
  unknown: 'in-payment',
  paid: 'paid',
  failed: 'not-paid',
  returned: 'not-paid',
};

export function moneyOf({ state, lineState, setOffAt, wasPaid, owedFen }: MonthWithMoney): MonthMoney {
  if (state === 'recovered') return wasPaid !== true ? 'stopped' : (owedFen ?? 0) > 0 ? 'owed' : 'repaid';
  if (state !== 'live') return 'not-granted';
  if (setOffAt !== null) return 'set-off';
  return lineState === null ? 'waiting' : ofLine[lineState];
}

/** Sums in fen. `paidFen` is what reached the person, whether or not it was recovered since. */
export function sumMoney(months: readonly MonthWithMoney[]) {
  const sums = { waitingFen: 0, inPaymentFen: 0, notPaidFen: 0, paidFen: 0, setOffFen: 0, owedFen: 0 };
  for (const month of months) {
    const fen = month.amountFen ?? 0;
    sums.owedFen += month.owedFen ?? 0;
    switch (moneyOf(month)) {
      case 'waiting':
      case 'held':
        sums.waitingFen += fen;
        break;
      case 'in-payment':
        sums.inPaymentFen += fen;
        break;
      case 'not-paid':
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
      case 'not-granted':
        break;
    }
  }
  return sums;
}
