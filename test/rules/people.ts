// Random people near boundaries, for fast-check: almost every day is the first or last of a month of the
// quarter or one beside it, and births are where retirement meets the quarter or the end of five years.
// Without fast-check's own bias: boundaries of the rules are not those of integers.

import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import type { Claim } from '../../src/rules/assess.ts';
import { type Fact, hardshipCategories, type Kind, kinds } from '../../src/rules/facts.ts';
import type { StatutoryAgeMode } from '../../src/rules/policy/policy.ts';
import { remembered } from './remembered.ts';

export type Asked = { readonly mode: StatutoryAgeMode; readonly claim: Claim };

const quarters = [
  '2024-10',
  '2025-01',
  '2025-01',
  '2025-04',
  '2025-07',
  '2025-10',
  '2026-01',
  '2027-10',
  '2028-01',
];
const places = ['first', 'second', 'middle', 'last but one', 'last'] as const;

/**
 * A day as its distance from the quarter in months and its place in the month, so that it shrinks towards the
 * quarter.
 */
type DayAt = { month: number; place: (typeof places)[number] };
type Span = { from: DayAt; to: DayAt; days: number | null };

const day = fc.record({
  month: fc.oneof(
    { weight: 7, arbitrary: fc.integer({ min: -2, max: 4 }) },
    { weight: 1, arbitrary: fc.integer({ min: -80, max: 9 }) },
  ),
  place: fc.constantFrom(...places),
});
const span = fc.record({ from: day, to: day, days: fc.option(fc.integer({ min: 0, max: 8 })) });

const monthFrom = remembered((key) => {
  const [start = '', at = ''] = key.split('|');
  return Temporal.PlainYearMonth.from(start)
    .add({ months: Number(at) })
    .toString();
});
const lastDayOf = remembered((month) =>
  Temporal.PlainYearMonth.from(month).toPlainDate({ day: 31 }).toString(),
);

const dayFrom = remembered((key) => {
  const [day = '', on = ''] = key.split('|');
  return Temporal.PlainDate.from(day)
    .add({ days: Number(on) })
    .toString();
});

function daysOn(day: string, on: number): string {
  return dayFrom(`${day}|${on}`);
}

function monthAt(start: string, at: number): string {
  return monthFrom(`${start}|${at}`);
}

function dayAt(start: string, { month, place }: DayAt): string {
  const name = monthAt(start, month);
  const last = Number(lastDayOf(name).slice(8));
  const number = { first: 1, second: 2, middle: 15, 'last but one': last - 1, last }[place];
  return `${name}-${String(number).padStart(2, '0')}`;
}

/** Open without a length; otherwise until the drawn end or, if that is before the start, some days longer. */
function held(start: string, drawn: Span): { from: string; to: string | null } {
  const from = dayAt(start, drawn.from);
  if (drawn.days === null) return { from, to: null };
  const to = dayAt(start, drawn.to);
  return { from, to: to < from ? daysOn(from, drawn.days) : to };
}

function whole(month: string): { from: string; to: string } {
  return { from: `${month}-01`, to: lastDayOf(month) };
}

type Made = (start: string, id: string) => Fact;

function plain(kind: Kind): fc.Arbitrary<Made> {
  // Only for kinds without other fields.
  return span.map((drawn) => (start, id) => ({ kind, id, ...held(start, drawn) }) as unknown as Fact);
}

const household = fc
  .tuple(span, fc.constantFrom('360203007', '360203007', '360281101', '360102001', '330102001'))
  .map(
    ([drawn, street]): Made =>
      (start, id) => ({ kind: 'household', id, street, ...held(start, drawn) }),
  );
const recognition = fc.tuple(span, fc.constantFrom(...hardshipCategories)).map(([drawn, category]): Made => {
  return (start, id) => ({ kind: 'hardship-recognition', id, category, ...held(start, drawn) });
});
const category = fc
  .tuple(span, fc.constantFrom('F50' as const, 'F55' as const))
  .map(([drawn, category]): Made => {
    return (start, id) => ({ kind: 'retirement-category', id, category, ...held(start, drawn) });
  });
const contribution = fc
  .record({
    at: fc.integer({ min: -1, max: 3 }),
    scheme: fc.constantFrom('employees' as const, 'employees' as const, 'residents' as const),
    payer: fc.constantFrom('individual' as const, 'individual' as const, 'employer' as const),
    refunded: fc.constantFrom(false, false, true),
    // Rows from before the insurance was required have none.
    insurance: fc.constantFrom(undefined, 'pension' as const, 'pension' as const, 'medical' as const),
    paid: fc.option(day),
  })
  .map(
    ({ at, insurance, paid, ...particulars }): Made =>
      (start, id) => {
        const month = monthAt(start, at);
        return {
          kind: 'contribution',
          id,
          month,
          ...whole(month),
          ...particulars,
          ...(insurance === undefined ? {} : { insurance }),
          ...(paid === null ? {} : { paidOn: dayAt(start, paid) }),
        };
      },
  );
const refund = fc
  .record({
    at: fc.integer({ min: -1, max: 3 }),
    insurance: fc.constantFrom('pension' as const, 'pension' as const, 'medical' as const),
    refunded: fc.option(day),
  })
  .map(
    ({ at, insurance, refunded }): Made =>
      (start, id) => {
        const month = monthAt(start, at);
        const on = refunded === null ? {} : { refundedOn: dayAt(start, refunded) };
        return { kind: 'contribution-refund', id, month, ...whole(month), insurance, ...on };
      },
  );
const priorBenefit = fc.array(fc.integer({ min: -2, max: 3 }), { maxLength: 2 }).map(
  (at): Made =>
    (start, id) => {
      const months = at.map((month) => monthAt(start, month));
      const days = { from: '2024-12-01', to: null, firstApprovedOn: '2024-12-10' };
      return { kind: 'prior-benefit', id, months, near: false, ...days };
    },
);
const absence = fc
  .tuple(fc.constantFrom(...kinds), span, fc.boolean())
  .map(([kind, drawn, isWhole]): Made => {
    return (start, id) => {
      const days = isWhole ? { from: `${start}-01`, to: lastDayOf(monthAt(start, 2)) } : held(start, drawn);
      // An attestation has no fields of its kind, which no rule may read.
      return { kind, id, absent: true, ...days } as unknown as Fact;
    };
  });

const byRegister = fc.oneof(
  household,
  recognition,
  recognition,
  category,
  contribution,
  contribution,
  contribution,
  refund,
  refund,
  priorBenefit,
  absence,
  plain('unemployment-registration'),
  plain('unemployment-registration'),
  plain('flexible-employment'),
  plain('flexible-employment'),
  plain('unemployment-benefit'),
  plain('skills-training'),
  plain('public-post'),
  plain('imprisonment'),
  plain('public-payroll'),
  plain('employer-insurance'),
  plain('pension'),
  plain('dishonesty'),
  plain('death'),
);

/** One in six was attested by an officer instead of delivered by a register. */
const anyFact = fc.tuple(byRegister, fc.integer({ min: 0, max: 5 })).map(([make, officer]): Made => {
  return (start, id) => (officer === 0 ? { ...make(start, id), attested: true } : make(start, id));
});

/** The records of an eligible person, each usually present, so that most additions matter. */
const usual = fc.record({
  household: fc.integer({ min: 0, max: 19 }),
  steps: fc.integer({ min: 0, max: 7 }),
  contributions: fc.subarray([0, 1, 2]),
  insurances: fc.subarray(['pension' as const, 'medical' as const, undefined], { minLength: 1 }),
  paid: fc.option(day),
  lacksContributions: fc.integer({ min: 0, max: 7 }),
});
type Usual = typeof usual extends fc.Arbitrary<infer T> ? T : never;

function usualFacts(start: string, drawn: Usual): Fact[] {
  const facts: Fact[] = [];
  if (drawn.household > 0)
    facts.push({ kind: 'household', id: 'h', street: '360203007', from: '1990-01-01', to: null });
  if (drawn.steps > 0) {
    facts.push(
      { kind: 'unemployment-registration', id: 'u', from: '2023-06-01', to: '2023-12-31' },
      { kind: 'hardship-recognition', id: 'r', category: 'low-income', from: '2023-07-01', to: null },
      { kind: 'flexible-employment', id: 'f', from: '2023-08-01', to: null },
    );
  }
  const months = drawn.lacksContributions > 0 ? [0, 1, 2] : drawn.contributions;
  for (const at of months) {
    const month = monthAt(start, at);
    for (const insurance of drawn.insurances) {
      facts.push({
        kind: 'contribution',
        id: `c${at}${insurance ?? ''}`,
        month,
        ...whole(month),
        ...({ scheme: 'employees', payer: 'individual', refunded: false } as const),
        ...(insurance === undefined ? {} : { insurance }),
        ...(drawn.paid === null ? {} : { paidOn: dayAt(start, drawn.paid) }),
      });
    }
  }
  return facts;
}

/** How far registers are complete: mostly beyond the quarter, otherwise to a month near it, or not at all. */
const coverage = fc.record({
  silent: fc.integer({ min: 0, max: 14 }),
  lagging: fc.uniqueArray(
    fc.tuple(
      fc.constantFrom(...kinds, 'retirement-category' as const, 'retirement-category' as const),
      fc.option(fc.integer({ min: -1, max: 3 })),
    ),
    {
      maxLength: 2,
      selector: ([kind]) => kind,
    },
  ),
});

/** Births of each column of the published table, and those with retirement in one month. */
const births = new Map<string, string[]>();
for (const line of readFileSync(new URL('retirement-table.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)) {
  const [category = '', birth = '', , , , retires = ''] = line.split(',');
  for (const key of [category, `${category} ${retires}`])
    births.set(key, [...(births.get(key) ?? []), birth]);
}

const birth = fc.record({
  sex: fc.constantFrom('M' as const, 'F' as const),
  category: fc.constantFrom('F50', 'F50', 'F50', 'F55'),
  aim: fc.constantFrom(
    'quarter',
    'quarter',
    'five years',
    'five years',
    'five years',
    'table',
    'table',
    'table',
    'sixteen',
  ),
  month: fc.integer({ min: -1, max: 6 }),
  choice: fc.nat({ max: 999 }),
  beside: fc.integer({ min: -1, max: 1 }),
  monthDay: fc.constantFrom(1, 2, 15, 27, 28, 29, 30, 31),
});
type Birth = typeof birth extends fc.Arbitrary<infer T> ? T : never;

const bornIn = remembered((key) => {
  const [month = '', day = ''] = key.split('|');
  return Temporal.PlainYearMonth.from(month)
    .toPlainDate({ day: Number(day) })
    .toString();
});

const fiveYearsOn = remembered((day) => Temporal.PlainDate.from(day).add({ years: 5 }).toString());

function bornOf(drawn: Birth, start: string, decidedOn: string): string {
  const column = drawn.sex === 'M' ? 'M60' : drawn.category;
  const chosen = (rows: readonly string[] = []) => rows[drawn.choice % rows.length] ?? '1985-01';
  const retiring = (month: string) => chosen(births.get(`${column} ${month}`));
  const inMonth = (month: string, number: number) => bornIn(`${month}|${number}`);
  switch (drawn.aim) {
    case 'five years': {
      const retires = daysOn(fiveYearsOn(decidedOn), drawn.beside);
      return inMonth(retiring(retires.slice(0, 7)), Number(retires.slice(8)));
    }
    case 'quarter':
      return inMonth(retiring(monthAt(start, drawn.month)), drawn.monthDay);
    case 'sixteen':
      return inMonth(monthAt(start, drawn.month - 12 * 16), drawn.monthDay);
    default:
      return inMonth(chosen(births.get(column)), drawn.monthDay);
  }
}

/** A claim of one to three months of a quarter, with everything that the rules read. */
export const asked: fc.Arbitrary<Asked> = fc
  .record({
    mode: fc.constantFrom('national' as const, 'national' as const, 'document' as const),
    start: fc.constantFrom(...quarters),
    claimed: fc.subarray([0, 1, 2], { minLength: 1 }),
    submitted: fc.constantFrom(0, 1, 4, 30, 90, 91, 92, 93, 200),
    decided: fc.constantFrom(0, 1, 10, 30),
    birth,
    permit: fc.integer({ min: 0, max: 99 }),
    term: fc.option(fc.record({ near: fc.boolean(), cap: fc.constantFrom(36, 36, 2) }), { freq: 2 }),
    used: fc.constantFrom(0, 1, 12, 33, 34, 35, 36, 37),
    granted: fc.integer({ min: 0, max: 9 }),
    live: fc.subarray([-1, 0, 1, 2]),
    recovered: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 3 }),
    owed: fc.subarray([-1, 0, 1, 2]),
    claimedNow: fc.subarray([-1, 0, 1, 2]),
    usual,
    facts: fc.array(anyFact, { maxLength: 4 }),
    coverage,
  })
  .map((drawn) => {
    const { start } = drawn;
    const month = (at: number) => monthAt(start, at);
    const submittedOn = daysOn(`${month(3)}-01`, drawn.submitted);
    const decidedOn = daysOn(submittedOn, drawn.decided);
    const complete = drawn.coverage.silent === 0 ? [] : kinds.map((kind) => [kind, '2999-12']);
    const lagging = drawn.coverage.lagging.map(([kind, at]) => [kind, at === null ? undefined : month(at)]);
    const known = Object.entries(Object.fromEntries([...complete, ...lagging])).filter(
      ([, through]) => through,
    );
    const { near = false, cap = 36 } = drawn.term ?? {};
    const claim: Claim = {
      person: {
        sex: drawn.birth.sex,
        born: bornOf(drawn.birth, start, decidedOn),
        ...(drawn.permit === 0 ? { residencePermit: true } : {}),
      },
      term: drawn.term && {
        firstApprovedOn: '2024-12-10',
        retirementOn: '2030-01-01',
        near,
        cap: near ? null : cap,
        policyVersion: 'jdz-2024-139/2024-12-06',
      },
      liveMonths: drawn.granted === 0 ? drawn.live.map(month) : [],
      recoveredMonths: drawn.granted === 1 ? drawn.recovered.map(month) : [],
      // Mostly recovered months; sometimes one that is live again, as in older data.
      owedMonths: drawn.granted <= 2 ? drawn.owed.map((at) => ({ month: month(at), owedFen: 20_000 })) : [],
      claimedMonths: drawn.granted === 2 || drawn.granted === 3 ? drawn.claimedNow.map(month) : [],
      usedMonths: drawn.term === null ? 0 : drawn.used,
      months: drawn.claimed.map(month),
      submittedOn,
      decidedOn,
      facts: [
        ...usualFacts(start, drawn.usual),
        ...drawn.facts.map((make, index) => make(start, `x${index}`)),
      ],
      coverage: Object.fromEntries(known),
    };
    return { mode: drawn.mode, claim };
  });
