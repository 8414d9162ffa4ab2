// Formats days, months and money for sentences that people in Jingdezhen read.

import { addMonths, type Day, type Month, monthOf, type Quarter } from './days.ts';

/** `2025年4月30日`. */
export function dayInWords(day: Day): string {
  return `${monthInWords(monthOf(day))}${Number(day.slice(8))}日`;
}

/** `2025年4月`. */
export function monthInWords(month: Month): string {
  return `${month.slice(0, 4)}年${Number(month.slice(5))}月`;
}

/** `500元`, or `512.50元` with fen. */
export function moneyInWords(amountFen: number): string {
  return `${amountFen % 100 === 0 ? amountFen / 100 : (amountFen / 100).toFixed(2)}元`;
}

/** Why a recovered month cannot be claimed yet, and how much remains to be repaid. */
export function stillOwedInWords(month: Month, owedFen: number): string {
  return `${monthInWords(month)}补贴曾被追回，尚欠${moneyInWords(owedFen)}未退还，还清后可再申请。`;
}

/** The part of a fact that is shown: its kind and the days on which it holds. */
interface Span {
  readonly kind: string;
  readonly from: Day;
  /** Null while open. */
  readonly to: Day | null;
}

/** `2025年4月28日至5月3日`, `2025年4月28日起` while open, or a single day; several in order of their days. */
export function daysInWords(facts: readonly Span[]): string {
  return facts
    .toSorted((a, b) => a.from.localeCompare(b.from))
    .map(spanInWords)
    .join('、');
}

function spanInWords({ kind, from, to }: Span): string {
  if (kind === 'death' || from === to) return dayInWords(from);
  return to === null ? `${dayInWords(from)}起` : periodInWords(from, to);
}

/** `2025年4月1日至30日`, `2025年4月28日至5月3日`, `2024年12月1日至2025年1月31日`: repeated parts are omitted. */
export function periodInWords(from: Day, to: Day): string {
  const [isSameYear, isSameMonth] = [from.slice(0, 4) === to.slice(0, 4), monthOf(from) === monthOf(to)];
  const end = dayInWords(to);
  if (isSameMonth) return `${dayInWords(from)}至${end.slice(end.indexOf('月') + 1)}`;
  return `${dayInWords(from)}至${isSameYear ? end.slice(end.indexOf('年') + 1) : end}`;
}

/** The earliest first day among the facts, of which there is at least one. */
export function firstDayInWords(facts: readonly Span[]): string {
  return dayInWords(facts.map(({ from }) => from).reduce((first, from) => (from < first ? from : first)));
}

/** `2025年4月至6月`, `2024年12月至2025年1月`, with a gap `2025年4月、6月`: a year is written once. In calendar order. */
export function monthsInWords(months: readonly Month[]): string {
  const runs: { first: Month; last: Month }[] = [];
  for (const month of months) {
    const run = runs.at(-1);
    if (run !== undefined && addMonths(run.last, 1) === month) run.last = month;
    else runs.push({ first: month, last: month });
  }
  const after = (month: Month, before: Month | undefined) =>
    before?.slice(0, 4) === month.slice(0, 4) ? `${Number(month.slice(5))}月` : monthInWords(month);
  return runs
    .map(({ first, last }, at) => {
      const start = after(first, runs[at - 1]?.last);
      return first === last ? start : `${start}至${after(last, first)}`;
    })
    .join('、');
}

/** `2025年第2季度`. */
export function quarterInWords(quarter: Quarter): string {
  return `${quarter.slice(0, 4)}年第${quarter.slice(5)}季度`;
}
