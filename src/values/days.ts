// Civil days, months and quarters as ISO strings, with the arithmetic that rules need. Strings sort in
// calendar order and have no time zone that could shift a birthday. No clock: callers pass the day.

/** A civil day 日, `2025-04-30`. */
export type Day = string;
/** A calendar month 月, `2025-04`. */
export type Month = string;
/** A calendar quarter 季度, `2025Q2`. */
export type Quarter = string;

/** Whether the text is a day of the Gregorian calendar from the year 1000 on, as `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^[1-9]\d{3}-\d{2}-\d{2}$/.test(text) || !isMonth(text.slice(0, 7))) return false;
  const day = digits(text, 8, 10);
  return day >= 1 && day <= daysIn(text.slice(0, 7));
}

/** Whether the text is a month from the year 1000 on, as `YYYY-MM`. */
export function isMonth(text: string): boolean {
  return /^[1-9]\d{3}-(0[1-9]|1[0-2])$/.test(text);
}

/** Whether the text is a quarter from the year 1000 on, as `YYYYQn`. */
export function isQuarter(text: string): boolean {
  return /^[1-9]\d{3}Q[1-4]$/.test(text);
}

/** A month with its index, first and last day, so that rules only compare days. */
export type Span = {
  readonly month: Month;
  readonly index: number;
  readonly firstDay: Day;
  readonly lastDay: Day;
};

/** Cache: the same few months are needed a million times. At most a hundred years. */
const spans = new Map<Month, Span>();
const mostSpans = 1_200;

export function spanOf(month: Month): Span {
  const known = spans.get(month);
  if (known !== undefined) return known;
  const span = { month, index: monthIndex(month), firstDay: firstDayOf(month), lastDay: lastDayOf(month) };
  if (spans.size < mostSpans) spans.set(month, span);
  return span;
}

export function monthOf(day: Day): Month {
  return day.slice(0, 7);
}

export function firstDayOf(month: Month): Day {
  return `${month}-01`;
}

export function lastDayOf(month: Month): Day {
  return `${month}-${daysIn(month)}`;
}

/** Months since the year 0, of a month or of a day's month: index(y, m) = 12 y + (m − 1). */
export function monthIndex(month: Month | Day): number {
  return digits(month, 0, 4) * 12 + digits(month, 5, 7) - 1;
}

/** The inverse of `monthIndex`. */
export function monthAt(index: number): Month {
  return `${Math.floor(index / 12)}-${twoDigits((index % 12) + 1)}`;
}

/** The month `count` months later (earlier when negative). */
export function addMonths(month: Month, count: number): Month {
  return monthAt(monthIndex(month) + count);
}

/** The same day `years` later; 29 February becomes the 28th where the year has none. */
export function addYears(day: Day, years: number): Day {
  const sameDay = `${digits(day, 0, 4) + years}${day.slice(4)}`;
  return sameDay.endsWith('-02-29') && !isDay(sameDay) ? `${sameDay.slice(0, 8)}28` : sameDay;
}

/** The given day of a month, or its last day if it is shorter. */
export function dayIn(month: Month, day: number): Day {
  return `${month}-${twoDigits(Math.min(day, daysIn(month)))}`;
}

/** The same day of another month, or its last day if it is shorter. */
export function dayLikeOf(day: Day, month: Month): Day {
  return dayIn(month, Number(day.slice(8)));
}

export function quarterOf(month: Month): Quarter {
  return `${month.slice(0, 4)}Q${Math.ceil(digits(month, 5, 7) / 3)}`;
}

export function monthsOfQuarter(quarter: Quarter): [Month, Month, Month] {
  const first: Month = `${quarter.slice(0, 4)}-${twoDigits(digits(quarter, 5, 6) * 3 - 2)}`;
  return [first, addMonths(first, 1), addMonths(first, 2)];
}

/** The civil day in Jingdezhen at an instant, by which deadlines and decision days are counted. */
export function dayInShanghai(instant: Temporal.Instant): Day {
  return instant.toZonedDateTimeISO('Asia/Shanghai').toPlainDate().toString();
}

function daysIn(month: Month): number {
  const number = digits(month, 5, 7);
  if (number === 2) return isLeapYear(digits(month, 0, 4)) ? 29 : 28;
  return number === 4 || number === 6 || number === 9 || number === 11 ? 30 : 31;
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** The number from `start` to before `end`. Not Number(text.slice()), which took a fifth of an assessment. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i += 1) value = value * 10 + text.charCodeAt(i) - 48;
  return value;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
