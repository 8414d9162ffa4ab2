// What became of a granted month's money, in words: for a case, the pre-check and a person's overview. Pure.

import type { PaymentLine, SubsidyMonth } from '../../platform/database/tables.ts';
import { type Day, dayInShanghai } from '../../values/days.ts';
import { failureStepsOfApplicant, paymentFailureTitles } from '../../values/payment-failures.ts';
import { dayInWords, moneyInWords } from '../../values/wording.ts';

/** Titles in the order in which money travels. */
export const monthMoneyTitles = {
  waiting: '等待列入发放名单',
  'on-roster': '已列入发放名单',
  held: '暂缓发放',
  'in-payment': '银行发放中',
  paid: '已发放',
  failed: '发放失败',
  returned: '银行退票',
  'set-off': '已用于抵扣欠款',
  closed: '不再发放',
  stopped: '发放前已追回，不再发放',
  owed: '已追回，尚未退清',
  repaid: '已追回，已退清',
} as const;
export type MonthMoney = keyof typeof monthMoneyTitles;

/** A month with the line or set-off that holds it and its confirmed recovery; all null where there is none. */
export interface MonthWithMoney {
  readonly state: SubsidyMonth['state'];
  readonly amountFen: number | null;
  readonly lineState: PaymentLine['state'] | null;
  readonly failure: PaymentLine['failure'];
  readonly settledAt: string | null;
  readonly returnedOn: Day | null;
  readonly returnReason: string | null;
  readonly setOffAt: string | null;
  readonly wasPaid: boolean | null;
  readonly owedFen: number | null;
  readonly recoveryClosedAt: string | null;
  /** Whether the case was closed after a death, because nobody is paid. */
  readonly isClosed: boolean | null;
}

const ofLine: Readonly<Record<PaymentLine['state'], MonthMoney>> = {
  waiting: 'on-roster',
  held: 'held',
  released: 'waiting', // its months wait for the next disbursement
  'in-payment': 'in-payment',
  unknown: 'in-payment',
  paid: 'paid',
  failed: 'failed',
  returned: 'returned',
};

/** Null for a month that is not granted. */
export function moneyStateOf(
  month: Pick<MonthWithMoney, 'state' | 'lineState' | 'setOffAt' | 'wasPaid' | 'owedFen' | 'isClosed'>,
): MonthMoney | null {
  const { state, lineState, setOffAt, wasPaid, owedFen, isClosed } = month;
  if (state === 'recovered') return wasPaid !== true ? 'stopped' : (owedFen ?? 0) > 0 ? 'owed' : 'repaid';
  if (state !== 'live') return null;
  if (setOffAt !== null) return 'set-off';
  if (lineState === null) return isClosed === true ? 'closed' : 'waiting';
  return ofLine[lineState];
}

/** For the applicant: where the money is, since when, and what to do. Null for a month that is not granted. */
export function moneyOf(month: MonthWithMoney) {
  const state = moneyStateOf(month);
  if (state === null) return null;
  const on = dayOf(state, month);
  const { failure, returnReason } = month;
  return {
    state,
    on,
    failure: state === 'failed' ? failure : null,
    owedFen: month.owedFen ?? 0,
    explanation: explain(state, on, month, notPaidInWords({ failure, returnReason })),
  };
}

/** Why money did not arrive, and what the applicant does about it. */
export function notPaidInWords({ failure, returnReason }: Pick<MonthWithMoney, 'failure' | 'returnReason'>): {
  readonly why: string;
  readonly step: string;
} {
  if (failure !== null) return { why: paymentFailureTitles[failure], step: failureStepsOfApplicant[failure] };
  const step = '请到户籍所在地街道（乡镇）窗口核对收款账户，更正后重新发放。';
  return { why: returnReason ?? '原因待核实', step };
}

function dayOf(state: MonthMoney, month: MonthWithMoney): Day | null {
  switch (state) {
    case 'paid':
    case 'failed':
      return day(month.settledAt);
    case 'returned':
      return month.returnedOn;
    case 'set-off':
      return day(month.setOffAt);
    case 'repaid':
      return day(month.recoveryClosedAt);
    default:
      return null;
  }
}

function day(instant: string | null): Day | null {
  return instant === null ? null : dayInShanghai(Temporal.Instant.from(instant));
}

function explain(
  state: MonthMoney,
  on: Day | null,
  { owedFen }: MonthWithMoney,
  { why, step }: ReturnType<typeof notPaidInWords>,
): string {
  const when = on === null ? '' : dayInWords(on);
  switch (state) {
    case 'waiting':
      return '等待列入发放名单。';
    case 'on-roster':
      return '已列入发放名单，名单核对无误、资金到账后发放。';
    case 'held':
      return '暂缓发放，有关情况正在核实，核实后另行安排。';
    case 'in-payment':
      return '已送银行发放，等待银行结果。';
    case 'paid':
      return `已于${when}发放。`;
    case 'failed':
      return `${when}发放失败：${why}。${step}`;
    case 'returned':
      return `${when}银行退票：${why.replace(/[。！？]$/u, '')}。${step}`;
    case 'set-off':
      return `经您同意，已于${when}用于抵扣欠款，不再发放。`;
    case 'closed': // said without its reason, of which a platform is not told
      return '该月补贴不再发放，有关情况请到户籍所在地街道（乡镇）窗口了解。';
    case 'stopped':
      return '发放前已追回，不再发放。';
    case 'owed':
      return `该月补贴已追回，尚有${moneyInWords(owedFen ?? 0)}未退还，请按追回告知书办理。`;
    case 'repaid':
      return '该月补贴已追回，应退款项已结清。';
  }
}
