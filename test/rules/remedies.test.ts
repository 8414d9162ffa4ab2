// The fewest facts that would make a month payable: they suffice, none is superfluous, and no fewer suffice.

import * as fc from 'fast-check';
import t from 'tap';
import { type AssessedMonth, assess, type Claim, checkInputOf } from '../../src/rules/assess.ts';
import type { Fact, Kind } from '../../src/rules/facts.ts';
import { changePolicy } from '../../src/rules/policy/policy.ts';
import { type Remedy, remediesFor } from '../../src/rules/remedies/remedies.ts';
import { spanOf } from '../../src/values/days.ts';
import { changed, policyOn } from '../published-policies.ts';
import { type Case, claimOf, readCases } from './case-file.ts';
import { type Asked, asked } from './people.ts';

const seed = Number(process.env['RULES_SEED'] ?? 20241206);
const numRuns = Number(process.env['RULES_RUNS'] ?? 10_000);

t.comment(`seed ${seed}`);

function judged({ mode, claim }: Asked): AssessedMonth {
  const [month] = assess(claim, policyOn(claim.decidedOn, { statutoryAge: mode })).months;
  if (month === undefined) throw new Error('no month');
  return month;
}

function remediesOf({ mode, claim }: Asked): readonly Remedy[] | null {
  const policy = policyOn(claim.decidedOn, { statutoryAge: mode });
  return remediesFor(checkInputOf(claim, policy), judged({ mode, claim }));
}

/** The claim with the remedies applied; supplied facts begin as late, or as early, as allowed. */
function remedied(claim: Claim, remedies: readonly Remedy[], begin: 'late' | 'early'): Claim {
  let facts = claim.facts;
  const coverage: Partial<Record<Kind, string>> = { ...claim.coverage };
  for (const [at, remedy] of remedies.entries()) {
    if (remedy.action === 'withdraw') facts = facts.filter(({ id }) => id !== remedy.factId);
    if (remedy.action === 'confirm') coverage[remedy.kind] = remedy.through;
    if (remedy.action === 'supply') facts = [...facts, supplied(remedy, `supplied-${at}`, begin)];
  }
  return { ...claim, facts, coverage };
}

function supplied(remedy: Extract<Remedy, { action: 'supply' }>, id: string, begin: 'late' | 'early'): Fact {
  const { kind, notBefore, notAfter } = remedy;
  const from = begin === 'early' ? (notBefore ?? '1950-01-01') : notAfter;
  const particulars: Partial<Record<Kind, object>> = {
    household: { street: '360203007' },
    'hardship-recognition': { category: 'landless' },
    'retirement-category': { category: 'F55' },
    contribution: {
      month: notAfter.slice(0, 7),
      scheme: 'employees',
      insurance: remedy.insurance ?? 'pension',
      payer: 'individual',
      refunded: false,
      ...(remedy.paidAfter == null ? {} : { paidOn: dayAfter(remedy.paidAfter, 1) }),
    },
  };
  // Fields of the kinds that can be missing; other kinds have none.
  return { id, kind, from, to: null, ...particulars[kind] } as unknown as Fact;
}

/** Claims of one month, which the cap does not connect with others. */
const oneMonth = asked.map(
  ({ mode, claim }): Asked => ({ mode, claim: { ...claim, months: claim.months.slice(0, 1) } }),
);

/** The same people with registers' records only, for which the remedies are also the fewest. */
const byRegisters = oneMonth.map(({ mode, claim }): Asked => {
  return { mode, claim: { ...claim, facts: claim.facts.filter(({ attested }) => attested !== true) } };
});

/**
 * The same people whose record of one of the three steps (see people.ts) is absent or ended before every
 * claimed month.
 */
const lackingAStep = fc
  .tuple(byRegisters, fc.constantFrom('u', 'r', 'f'), fc.boolean())
  .map(([{ mode, claim }, step, hasEnded]): Asked => {
    const others = claim.facts.filter(({ id }) => id !== step);
    const ended = claim.facts.filter(({ id }) => id === step).map((fact) => ({ ...fact, to: '2024-09-30' }));
    return { mode, claim: { ...claim, facts: hasEnded ? [...others, ...ended] : others } };
  });

t.test('the remedies make the month payable, whether they begin early or late', async (t) => {
  const sizes = new Map<number | null, number>();
  fc.assert(
    fc.property(oneMonth, (question) => {
      const remedies = remediesOf(question);
      const size = remedies?.length ?? null;
      sizes.set(size, (sizes.get(size) ?? 0) + 1);
      if (remedies === null) return;
      for (const begin of ['late', 'early'] as const) {
        const month = judged({ ...question, claim: remedied(question.claim, remedies, begin) });
        if (month.outcome !== 'payable')
          throw new Error(`${begin} ${JSON.stringify(remedies)}: ${JSON.stringify(month)}`);
      }
    }),
    { seed, numRuns, unbiased: true },
  );
  t.comment([...sizes].map(([size, times]) => `${size} remedies ${times} times`).join(', '));
});

t.test('the month is not payable without any one of the remedies', async () => {
  fc.assert(
    fc.property(byRegisters, (question) => {
      const remedies = remediesOf(question) ?? [];
      for (const left of remedies) {
        const others = remedies.filter((remedy) => remedy !== left);
        const month = judged({ ...question, claim: remedied(question.claim, others, 'late') });
        if (month.outcome === 'payable') throw new Error(`${JSON.stringify(left)} is superfluous`);
      }
    }),
    { seed, numRuns, unbiased: true },
  );
});

const steps = ['unemployment-registration', 'hardship-recognition', 'flexible-employment'] as const;

function isStep(kind: string): boolean {
  return steps.some((step) => step === kind);
}

t.test('fewer records of the three steps never suffice', async () => {
  fc.assert(
    fc.property(lackingAStep, (question) => {
      const remedies = remediesOf(question);
      const supplied = remedies?.filter((remedy) => remedy.action === 'supply' && isStep(remedy.kind)) ?? [];
      if (remedies === null || supplied.length === 0) return;
      const others = remedies.filter((remedy) => !supplied.includes(remedy));
      const claim = remedied(question.claim, others, 'late');
      const span = spanOf(claim.months[0] ?? '');
      const starts = new Set([
        '1950-01-01',
        span.firstDay,
        span.lastDay,
        ...claim.facts.map(({ from }) => from),
      ]);
      const singles = [...starts].flatMap((from) =>
        steps.map((kind): Remedy => ({ action: 'supply', kind, notBefore: null, notAfter: from })),
      );
      const fewer =
        supplied.length === 1 ? [[]] : supplied.length === 2 ? singles.map((one) => [one]) : pairs(singles);
      for (const choice of fewer) {
        const month = judged({ ...question, claim: remedied(claim, choice, 'late') });
        if (month.outcome === 'payable') throw new Error(`${JSON.stringify(choice)} would do`);
      }
    }),
    { seed, numRuns: 1_500, unbiased: true },
  );
});

t.test('a single missing step may begin within the widest valid range of days', async (t) => {
  let tried = 0;
  fc.assert(
    fc.property(lackingAStep, (question) => {
      const remedies = remediesOf(question) ?? [];
      const [step, ...more] = remedies.filter((remedy) => remedy.action === 'supply' && isStep(remedy.kind));
      if (step?.action !== 'supply' || more.length > 0) return;
      tried += 1;
      const { notBefore, notAfter } = step;
      const beside = [
        ...(notBefore === null ? [] : [dayAfter(notBefore, -1)]),
        ...(notBefore === notAfter ? [] : [dayAfter(notAfter, 1)]),
      ];
      for (const from of beside) {
        const others = remedies.map((one) =>
          one === step ? { ...step, notBefore: null, notAfter: from } : one,
        );
        const month = judged({ ...question, claim: remedied(question.claim, others, 'late') });
        if (month.outcome === 'payable')
          throw new Error(`${from} would do too, beside ${JSON.stringify(step)}`);
      }
    }),
    { seed, numRuns, unbiased: true },
  );
  t.ok(tried > numRuns / 100, `${tried} tried`);
});

function dayAfter(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

function pairs<T>(items: readonly T[]): T[][] {
  return items.flatMap((one, at) => items.slice(at + 1).map((other) => [one, other]));
}

/** The contribution to supply for April 2025. */
function pay(insurance: 'pension' | 'medical' | null = null, paidAfter: string | null = null): Remedy {
  const days = { notBefore: '2025-04-01', notAfter: '2025-04-01' };
  return { action: 'supply', kind: 'contribution', ...days, insurance, paidAfter };
}

t.test('after a refund the same insurance must be paid again, later where the day is known', async (t) => {
  const told = (contributions: string[], ...add: NonNullable<Case['add']>) =>
    remediesOf({
      mode: 'national',
      claim: claimOf({
        name: '',
        claim: ['2025-04'],
        contributions,
        add,
        expect: { months: {}, amountFen: 0 },
      }),
    });
  const paid = { kind: 'contribution' as const, month: '2025-04' };
  const refund = { kind: 'contribution-refund' as const, month: '2025-04', insurance: 'pension' };
  t.strictSame(told([], { ...paid, refunded: true }), [pay('pension')]);
  t.strictSame(told(['2025-04'], { ...paid, insurance: 'medical', refunded: true }), [pay('medical')]);
  t.strictSame(told(['2025-04'], { ...refund, refundedOn: '2025-05-20' }), [pay('pension', '2025-05-20')]);
  t.strictSame(told([], { ...refund, refundedOn: '2025-06-20' }, { ...refund, refundedOn: '2025-05-20' }), [
    pay('pension', '2025-06-20'),
  ]);
  t.strictSame(told(['2025-04'], refund), [pay('pension')]);
  t.strictSame(told([], refund), [{ action: 'withdraw', factId: 'contribution-refund-4' }, pay()]);
  t.strictSame(told([], refund, { ...refund, refundedOn: '2025-05-20' }), [
    { action: 'withdraw', factId: 'contribution-refund-4' },
    pay('pension', '2025-05-20'),
  ]);
  t.strictSame(told([], { ...paid, insurance: 'medical' }, refund), [
    { action: 'withdraw', factId: 'contribution-refund-5' },
  ]);
});

t.test('where both insurances must be paid, each missing one is a remedy', async (t) => {
  const missing = (requiredInsurances: 'all' | 'pension' | 'medical', ...insurances: string[]) => {
    const add = insurances.map((insurance) => ({
      kind: 'contribution' as const,
      month: '2025-04',
      insurance,
    }));
    const claim = claimOf({
      name: '',
      claim: ['2025-04'],
      contributions: [],
      add,
      expect: { months: {}, amountFen: 0 },
    });
    const policy = changePolicy(
      policyOn(claim.decidedOn, { statutoryAge: 'national' }),
      changed({ requiredInsurances }),
    );
    const [month] = assess(claim, policy).months;
    if (month === undefined) throw new Error('no month');
    return remediesFor(checkInputOf(claim, policy), month);
  };
  t.strictSame(missing('all'), [pay('pension'), pay('medical')]);
  t.strictSame(missing('all', 'medical'), [pay('pension')]);
  t.strictSame(missing('all', 'pension', 'medical'), []);
  t.strictSame(missing('pension', 'medical'), [pay('pension')]);
  t.strictSame(missing('medical', 'medical'), []);
});

t.test('a month that no record could make payable has no remedies', async (t) => {
  const cases = new Map(
    [...readCases('cases.yaml'), ...readCases('boundary-cases.yaml')].map((written) => [
      written.name,
      written,
    ]),
  );
  const told = (name: string) => {
    const written = cases.get(name);
    if (written === undefined) throw new Error(`no case ${name}`);
    return remediesOf({ mode: written.mode ?? 'national', claim: claimOf(written) });
  };
  t.equal(told('sixteen the day after is not'), null);
  t.equal(told('past the age no pension register is waited for'), null);
  t.equal(told('a residence permit is no household, even with a household on record'), null);
  t.equal(told('thirty-six months granted elsewhere are the whole term'), null);
  t.equal(told('what lies before the measure is outside it'), null);
  t.equal(told('a month already granted is not granted again'), null);
  t.strictSame(told('an ordinary quarter pays all three months'), []);
  t.strictSame(told("the residents' scheme does not count"), [pay()]);
  t.strictSame(told('registered before being recognised is the wrong order'), [
    { action: 'supply', kind: 'flexible-employment', notBefore: '2024-06-01', notAfter: '2025-04-30' },
  ]);
  t.strictSame(told('a woman without a record of her category retires from fifty'), [
    { action: 'supply', kind: 'retirement-category', notBefore: null, notAfter: '2025-04-30' },
  ]);
  t.strictSame(told('two records of her category that disagree count as fifty'), [
    { action: 'withdraw', factId: 'retirement-category-8' },
  ]);
  t.strictSame(told('reported through the month before the decision is enough'), []);
  t.strictSame(told('the dishonesty list must have been reported through the month before the decision'), [
    { action: 'confirm', kind: 'dishonesty', through: '2025-06' },
  ]);
});

t.test('remedies of a month ignore how few months the term has left', async (t) => {
  const written: Case = {
    name: '',
    term: null,
    claim: ['2025-04'],
    contributions: [],
    expect: { months: {}, amountFen: 0 },
  };
  const claim = claimOf(written);
  const once = changePolicy(
    policyOn(claim.decidedOn, { statutoryAge: 'national' }),
    changed({ ordinaryCapMonths: 1 }),
  );
  const [month] = assess(claim, once).months;
  if (month === undefined) throw new Error('no month');
  t.strictSame(remediesFor(checkInputOf(claim, once), month), [pay()]);
});

t.test('a single missing step is the only remedy, with the widest valid range of days', async (t) => {
  const told = (changed: Partial<Case>) =>
    remediesOf({
      mode: 'national',
      claim: claimOf({ name: '', claim: ['2025-04'], expect: { months: {}, amountFen: 0 }, ...changed }),
    });
  const supply = (kind: Kind, notBefore: string | null, notAfter: string): Remedy[] => [
    { action: 'supply', kind, notBefore, notAfter },
  ];
  const recognised = (from: string, to?: string) => ({
    kind: 'hardship-recognition' as const,
    category: 'disabled',
    from,
    ...(to === undefined ? {} : { to }),
  });
  // An older, ended recognition keeps the order, so a renewal may begin on any day.
  t.strictSame(
    told({ drop: ['hardship-recognition'], add: [recognised('2024-01-10', '2025-03-31')] }),
    supply('hardship-recognition', null, '2025-04-30'),
  );
  // A registration that has ended keeps the order.
  t.strictSame(
    told({
      drop: ['flexible-employment'],
      add: [{ kind: 'flexible-employment', from: '2024-03-01', to: '2025-03-31' }],
    }),
    supply('flexible-employment', '2024-01-10', '2025-04-30'),
  );
  t.strictSame(
    told({
      drop: ['hardship-recognition', 'flexible-employment'],
      add: [
        recognised('2024-01-10', '2025-03-31'),
        { kind: 'flexible-employment', from: '2024-03-01', to: '2025-03-31' },
      ],
    }),
    [
      ...supply('hardship-recognition', null, '2025-04-30'),
      ...supply('flexible-employment', '2024-01-10', '2025-04-30'),
    ],
  );
  // The later of two registrations in the month leaves more days for a recognition, including its own day.
  t.strictSame(
    told({ drop: ['hardship-recognition'], add: [{ kind: 'flexible-employment', from: '2025-04-30' }] }),
    supply('hardship-recognition', '2023-06-01', '2025-04-30'),
  );
  // After unemployment registration and recognition on one day, the registration may begin that day.
  t.strictSame(
    told({
      drop: ['unemployment-registration', 'flexible-employment'],
      add: [{ kind: 'unemployment-registration', from: '2024-01-10' }],
    }),
    supply('flexible-employment', '2024-01-10', '2025-04-30'),
  );
  // A retirement category that ended the day before the month's end is required again.
  t.strictSame(
    told({
      person: { sex: 'F', born: '1972-09-10' },
      add: [{ kind: 'retirement-category', category: 'F55', from: '2015-01-01', to: '2025-04-29' }],
    }),
    supply('retirement-category', null, '2025-04-30'),
  );
});
