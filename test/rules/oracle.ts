// A second implementation of the rules, written only from docs/policy.md: naive, slow, day by day, without
// code from src/rules, so that differences reveal errors. Returns outcomes and reasons, no explanations.

import { readFileSync } from 'node:fs';
import { remembered } from './remembered.ts';

/** A record as plain data, with the fields of all kinds. */
type Written = {
  kind: string;
  from: string;
  to: string | null;
  absent?: boolean;
  attested?: boolean;
  street?: string;
  category?: string;
  month?: string;
  scheme?: string;
  payer?: string;
  insurance?: string;
  refunded?: boolean;
  paidOn?: string;
  refundedOn?: string;
  months?: readonly string[];
};

export type Question = {
  mode: string;
  person: { sex: string; born: string; residencePermit?: boolean };
  term: { near: boolean; cap: number | null } | null;
  liveMonths: readonly string[];
  recoveredMonths?: readonly string[];
  claimedMonths?: readonly string[];
  owedMonths?: readonly { month: string; owedFen: number }[];
  usedMonths: number;
  months: readonly string[];
  submittedOn: string;
  decidedOn: string;
  facts: readonly Written[];
  coverage: Readonly<Record<string, string>>;
};

export type Verdict = {
  near: boolean;
  retirement: string;
  months: { month: string; outcome: string; hits: string[]; unknowns: string[]; late: boolean }[];
  amountFen: number;
  outcome: string;
};

/** Days are numbered from 1970, so that they can be compared one by one. */
const number = remembered((day) => {
  return Temporal.PlainDate.from(day).since('1970-01-01', { largestUnit: 'day' }).days;
});

const daysOf = remembered((month) => {
  const days: number[] = [];
  const first = Temporal.PlainDate.from(`${month}-01`);
  for (let day = first; day.month === first.month; day = day.add({ days: 1 }))
    days.push(number(day.toString()));
  return days;
});

const sixteenOn = remembered((born) => number(Temporal.PlainDate.from(born).add({ years: 16 }).toString()));
const fiveYearsOn = remembered((day) => Temporal.PlainDate.from(day).add({ years: 5 }).toString());

function isOn(record: Written, day: number): boolean {
  if (number(record.from) > day) return false;
  if (record.to === null) return true;
  return number(record.to) >= day;
}

const table = new Map<string, string>();
for (const line of readFileSync(new URL('retirement-table.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)) {
  const [category, birth, , , , retires] = line.split(',');
  table.set(`${category} ${birth}`, `${retires}`);
}
const baseYears: Record<string, number> = { M60: 60, F55: 55, F50: 50 };
const mostDelay: Record<string, number> = { M60: 36, F55: 36, F50: 60 };
const firstRow: Record<string, string> = { M60: '1964-11', F55: '1969-11', F50: '1974-11' };

/** The month of retirement by the law on a day. */
const retirementMonth = remembered((key) => {
  const [category = '', bornIn = '', lawOf = '', mode = ''] = key.split(' ');
  const birth = Temporal.PlainYearMonth.from(bornIn);
  if (mode === 'document' || lawOf < '2025-01-01') {
    return birth.add({ years: category === 'M60' ? 60 : 50 }).toString();
  }
  const row = table.get(`${category} ${birth}`);
  if (row !== undefined) return row;
  const isBeforeTheTable = birth.toString() < `${firstRow[category]}`;
  const retires = birth.add({ years: baseYears[category] ?? 0 });
  return isBeforeTheTable ? retires.toString() : retires.add({ months: mostDelay[category] ?? 0 }).toString();
});

function categoryOn(question: Question, day: string): string {
  if (question.person.sex === 'M') return 'M60';
  const said = question.facts
    .filter((record) => record.kind === 'retirement-category' && !record.absent && isOn(record, number(day)))
    .map((record) => record.category);
  return said.includes('F55') && !said.includes('F50') ? 'F55' : 'F50';
}

const dayIn = remembered((key) => {
  const [month = '', day = ''] = key.split(' ');
  return Temporal.PlainYearMonth.from(month)
    .toPlainDate({ day: Number(day) })
    .toString();
});

function retirementOn(question: Question, day: string): string {
  const { person, mode } = question;
  return retirementMonth(`${categoryOn(question, day)} ${person.born.slice(0, 7)} ${day} ${mode}`);
}

function retirementDay(question: Question, day: string): string {
  return dayIn(`${retirementOn(question, day)} ${question.person.born.slice(8)}`);
}

/** The result of a whole claim. */
export function ask(question: Question): Verdict {
  const { decidedOn } = question;
  const retirement = retirementDay(question, decidedOn);
  const windowEnd = fiveYearsOn(decidedOn);
  const near = question.term === null ? windowEnd > retirement : question.term.near;
  const cap = question.term === null ? (near ? null : 36) : question.term.cap;

  let used = question.usedMonths;
  const months = [];
  for (const month of [...question.months].sort()) {
    const { hits, unknowns } = askBoth(question, month, cap, used);
    let outcome = hits.length > 0 ? 'excluded' : unknowns.length > 0 ? 'undetermined' : 'payable';
    if (question.claimedMonths?.includes(month)) outcome = 'claimed-elsewhere';
    if (question.owedMonths?.some((owed) => owed.month === month)) outcome = 'still-owed';
    if (isGranted(question, month)) outcome = 'already-granted';
    if (month < '2024-12') outcome = 'outside-policy';
    if (outcome === 'payable') used += 1;
    months.push({
      month,
      outcome,
      hits,
      unknowns,
      late: month < firstInTime(question.submittedOn.slice(0, 7)),
    });
  }
  const payable = months.filter(({ outcome }) => outcome === 'payable').length;
  const undetermined = months.some(({ outcome }) => outcome === 'undetermined');
  const outcome = undetermined ? 'undetermined' : payable > 0 ? 'approvable' : 'refused';
  return { near, retirement, months, amountFen: payable * 50000, outcome };
}

/** Hits by the registers alone stand; otherwise attestations count like records. */
function askBoth(question: Question, month: string, cap: number | null, used: number) {
  const ofRegisters = question.facts.filter((record) => !record.attested);
  const alone = askMonth({ ...question, facts: ofRegisters }, month, cap, used);
  const together = askMonth(question, month, cap, used);
  return {
    hits: codes.filter((code) => alone.hits.includes(code) || together.hits.includes(code)),
    unknowns: codes.filter((code) => together.unknowns.includes(code) && !alone.hits.includes(code)),
  };
}

const codes = [
  'local-household',
  'working-age',
  'hardship-recognised',
  'flexibly-employed',
  'sequence',
  'contributed',
  'unemployment-benefit',
  'skills-training',
  'public-post',
  'imprisonment',
  'public-payroll',
  'past-retirement',
  'employer-insured',
  'term-exhausted',
  'dishonest',
];

function isGranted({ liveMonths, recoveredMonths = [], facts }: Question, month: string): boolean {
  if (liveMonths.includes(month)) return true;
  if (
    facts.some(
      (record) => record.kind === 'prior-benefit' && !record.absent && record.months?.includes(month),
    )
  )
    return true;
  return recoveredMonths.filter((recovered) => recovered === month).length >= 2;
}

const firstInTime = remembered((submittedIn) => {
  let firstOfItsQuarter = Temporal.PlainYearMonth.from(submittedIn);
  while (![1, 4, 7, 10].includes(firstOfItsQuarter.month))
    firstOfItsQuarter = firstOfItsQuarter.subtract({ months: 1 });
  return firstOfItsQuarter.subtract({ months: 3 }).toString();
});

const monthBefore = remembered((month) => {
  return Temporal.PlainYearMonth.from(month).subtract({ months: 1 }).toString();
});

const nameOf = remembered((day) => {
  return Temporal.PlainDate.from('1970-01-01')
    .add({ days: Number(day) })
    .toString();
});

function askMonth(question: Question, month: string, cap: number | null, used: number) {
  const hits: string[] = [];
  const unknowns: string[] = [];
  const say = (code: string, answer: string) => {
    if (answer === 'hit') hits.push(code);
    if (answer === 'unknown') unknowns.push(code);
  };
  const days = daysOf(month);
  const lastDay = days.at(-1) ?? 0;
  const submitted = number(question.submittedOn);
  const decided = number(question.decidedOn);
  const records = (kind: string) => question.facts.filter((record) => record.kind === kind && !record.absent);
  const isOnSomeDay = (kind: string) => records(kind).some((record) => days.some((day) => isOn(record, day)));
  const isHeard = (kind: string) => {
    if ((question.coverage[kind] ?? '0000-00') >= month) return true;
    const attested = question.facts.filter((record) => record.kind === kind && record.absent === true);
    return attested.some((record) => days.every((day) => isOn(record, day)));
  };

  const hasDied = records('death').some((record) => number(record.from) < Math.max(lastDay, submitted));
  const isLocal = (day: number) =>
    records('household').some((record) => `${record.street}`.slice(0, 4) === '3602' && isOn(record, day));
  if (question.person.residencePermit || hasDied) say('local-household', 'hit');
  else if (!isLocal(lastDay) || !isLocal(submitted))
    say('local-household', isHeard('household') ? 'hit' : 'unknown');

  if (sixteenOn(question.person.born) > lastDay) say('working-age', 'hit');

  for (const [code, kind] of [
    ['hardship-recognised', 'hardship-recognition'],
    ['flexibly-employed', 'flexible-employment'],
  ] as const) {
    if (!isOnSomeDay(kind)) say(code, isHeard(kind) ? 'hit' : 'unknown');
  }

  say('sequence', askSequence());

  const paid = records('contribution').filter((record) => record.month === month);
  const states = ['pension', 'medical'].map(stateOf);
  if (states.includes('refunded')) say('contributed', 'hit');
  else if (!states.includes('paid')) say('contributed', isHeard('contribution') ? 'hit' : 'unknown');

  for (const kind of [
    'unemployment-benefit',
    'skills-training',
    'public-post',
    'imprisonment',
    'public-payroll',
  ]) {
    if (isOnSomeDay(kind)) say(kind, 'hit');
    else if (!isHeard(kind)) say(kind, 'unknown');
  }

  const endOfMonth = nameOf(`${lastDay}`);
  const retires = retirementOn(question, endOfMonth);
  const hasPension = records('pension').some((record) => number(record.from) <= lastDay);
  const isTold =
    question.person.sex === 'M' ||
    records('retirement-category').some((record) => isOn(record, lastDay)) ||
    isHeard('retirement-category');
  const born = question.person.born.slice(0, 7);
  const latest = isTold ? retires : retirementMonth(`F55 ${born} ${endOfMonth} ${question.mode}`);
  if (hasPension || month > latest) say('past-retirement', 'hit');
  else if (month > retires || !isHeard('pension')) say('past-retirement', 'unknown');

  const employerPaid = paid.some((record) => record.payer === 'employer' && !record.refunded);
  if (isOnSomeDay('employer-insurance') || employerPaid) say('employer-insured', 'hit');
  else if (!isHeard('employer-insurance')) say('employer-insured', 'unknown');

  if (cap !== null && used >= cap) say('term-exhausted', 'hit');

  const lastWhole = monthBefore(question.decidedOn.slice(0, 7));
  const isAttested = question.facts.some(
    (record) => record.kind === 'dishonesty' && record.absent === true && isOn(record, decided),
  );
  if (records('dishonesty').some((record) => isOn(record, decided))) say('dishonest', 'hit');
  else if ((question.coverage['dishonesty'] ?? '0000-00') < lastWhole && !isAttested)
    say('dishonest', 'unknown');

  return { hits, unknowns };

  /** The contributions of one insurance; a payment without one counts as pension. */
  function stateOf(insurance: string): 'paid' | 'refunded' | 'neither' {
    const payments = paid.filter(
      (record) =>
        record.scheme === 'employees' &&
        record.payer === 'individual' &&
        (record.insurance ?? 'pension') === insurance,
    );
    const kept = payments.filter((record) => !record.refunded);
    const rows = records('contribution-refund').filter(
      (record) => record.month === month && record.insurance === insurance,
    );
    if (rows.length === 0 && kept.length === payments.length) return kept.length > 0 ? 'paid' : 'neither';
    if (rows.length === 0) return kept.length > 0 ? 'paid' : 'refunded';
    // A payment after the day of every refund is a new one. Among payments that cannot be compared, one may
    // be the refunded one; a second cannot.
    let incomparable = 0;
    for (const { paidOn } of kept) {
      if (paidOn === undefined || rows.some((row) => row.refundedOn === undefined)) incomparable += 1;
      else if (rows.every((row) => number(`${row.refundedOn}`) < number(paidOn))) return 'paid';
    }
    if (incomparable >= 2) return 'paid';
    return 'refunded';
  }

  /**
   * Tries every combination of the three; where none fits, every one that incomplete registers might still
   * add.
   */
  function askSequence(): string {
    const starts = (kind: string, among = records(kind)) => among.map((record) => number(record.from));
    const unemployed = starts('unemployment-registration');
    const recognised = starts('hardship-recognition');
    const ofTheMonth = records('flexible-employment').filter((record) =>
      days.some((day) => isOn(record, day)),
    );
    const registered = starts(
      'flexible-employment',
      ofTheMonth.length > 0 ? ofTheMonth : records('flexible-employment'),
    );
    const inOrder = (us: number[], hs: number[], fs: number[]) =>
      us.some((u) => hs.some((h) => fs.some((f) => u <= h && h <= f && f <= submitted)));
    if (inOrder(unemployed, recognised, registered)) return 'clear';
    // An unknown record might begin on any day of a known one, or at either end of the month.
    const anyDay = [-99999, ...unemployed, ...recognised, ...registered, days[0] ?? 0, lastDay];
    const mayYet = (kind: string) => !isOnSomeDay(kind) && !isHeard(kind);
    const isUnemploymentCovered = (question.coverage['unemployment-registration'] ?? '0000-00') >= month;
    const us = isUnemploymentCovered ? unemployed : [...unemployed, ...anyDay];
    const hs = mayYet('hardship-recognition') ? [...recognised, ...anyDay] : recognised;
    const fs = mayYet('flexible-employment') ? anyDay.filter((day) => day <= lastDay) : registered;
    return inOrder(us, hs, fs) ? 'unknown' : 'hit';
  }
}
