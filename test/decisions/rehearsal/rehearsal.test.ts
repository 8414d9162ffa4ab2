// Rehearses a policy change on real decisions of a past period: who gains or loses, why, and what it costs.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { snapshotText } from '../../../src/decisions/comparison/snapshot.ts';
import { rehearsePeriod } from '../../../src/decisions/rehearsal/operations.ts';
import { nothingCarried, type RehearsedCase, rehearse } from '../../../src/decisions/rehearsal/rehearse.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { assess, type Claim } from '../../../src/rules/assess.ts';
import { type Coverage, type Fact, kinds } from '../../../src/rules/facts.ts';
import type { ParameterValues } from '../../../src/rules/policy/parameters.ts';
import { changePolicy } from '../../../src/rules/policy/policy.ts';
import { firstDayOf, lastDayOf } from '../../../src/values/days.ts';
import { setup } from '../../helper.ts';
import { changed, policyOn } from '../../published-policies.ts';
import { contribution, priorBenefit } from '../../registers/residents.ts';
import { ask } from '../../rules/oracle.ts';
import { strictMatch } from '../../strict-match.ts';
import { generateCases, insertCases, keyedDatabase, randomOf } from '../generated.ts';

const seed = 48;
const count = 2_000;
const wholeTime = { from: '2024-12-06', to: '2025-12-31' };
const { db, url, keyFile, encryption } = await keyedDatabase(t);
const cases = [...generateCases(count, randomOf(seed))];
await transact(db, null, (tx) => insertCases(tx, cases, encryption));

async function rehearsed(values: Partial<ParameterValues>) {
  const found: RehearsedCase[] = [];
  const totals = await rehearsePeriod({ db, encryption }, wholeTime, changed(values), (one) =>
    found.push(one),
  );
  return { changed: found, totals };
}

t.test('a rehearsed cap of 48 gives the people, months and money of a second implementation', async (t) => {
  t.comment(`seed ${seed}, ${count} cases`);
  const { changed, totals } = await rehearsed({ ordinaryCapMonths: 48 });
  const expected = new Map<string, string>();
  let [beforeFen, afterFen] = [0, 0];
  for (const { personId, claim } of cases) {
    const question = { ...claim, mode: 'national' };
    const before = ask(question);
    const cap = claim.term === null || claim.term.cap === null ? null : 48;
    const after = ask({ ...question, term: claim.term === null ? null : { near: claim.term.near, cap } });
    beforeFen += before.amountFen;
    afterFen += after.amountFen;
    const differing = after.months.filter((month, index) => month.outcome !== before.months[index]?.outcome);
    if (differing.length > 0) expected.set(personId, differing.map(({ month }) => month).join());
  }
  t.ok(expected.size > 50, `${expected.size} people: the test says something`);
  t.strictSame(
    new Map(changed.map((one) => [one.personId, one.months.map(({ month }) => month).join()])),
    expected,
  );
  t.equal(totals.cases, count);
  t.equal(totals.changedPeople, expected.size);
  t.equal(sum(totals.agencies, 'beforeFen'), beforeFen);
  t.equal(sum(totals.agencies, 'afterFen'), afterFen);
  for (const { direction, months } of changed) {
    // A month that is no longer excluded may still be undetermined.
    t.equal(direction, months.some(({ to }) => to === 'payable') ? 'gains' : 'neither');
    for (const { reasons } of months)
      t.strictSame(reasons, [{ check: 'term-exhausted', from: 'hit', to: 'clear' }]);
  }
});

t.test('a rehearsed lower cap removes months; a changed amount changes money and no month', async (t) => {
  const lower = await rehearsed({ ordinaryCapMonths: 30 });
  t.ok(lower.changed.length > 50);
  t.ok(lower.changed.every(({ direction }) => direction === 'loses'));
  const dearer = await rehearsed({ monthlyAmountFen: 60_000 });
  t.equal(sum(dearer.totals.agencies, 'afterFen') * 5, sum(dearer.totals.agencies, 'beforeFen') * 6);
  t.ok(
    dearer.changed.every(
      ({ direction, months }) => direction === 'gains' && months.every((one) => one.from === one.to),
    ),
  );
});

t.test(
  'a wider window and later ages are rehearsed in the same way; unchanged values change nobody',
  async (t) => {
    t.strictSame((await rehearsed({ ordinaryCapMonths: 36 })).changed, []);
    t.strictSame((await rehearsed({ monthlyAmountFen: 50_000 })).changed, []);
    t.ok((await rehearsed({ nearWindowYears: 20 })).changed.every(({ direction }) => direction === 'gains'));
    const ages = { baseYears: 63, delay: null };
    const later = await rehearsed({ statutoryAges: { M60: ages, F55: ages, F50: ages } });
    t.ok(later.changed.some(({ direction }) => direction === 'gains'));
  },
);

t.test('a rehearsal stores nothing, and its batches skip nobody', async (t) => {
  const counts =
    'select (select count(*) from decision) as d, (select count(*) from comparison) as c, (select count(*) from audit_entry) as a';
  const { rows: before } = await db.pool.query(counts);
  const progress: number[] = [];
  await rehearsePeriod(
    { db, encryption },
    wholeTime,
    changed({ ordinaryCapMonths: 48 }),
    () => {},
    (done) => progress.push(done),
  );
  t.strictSame(progress, [500, 1_000, 1_500, 2_000]);
  t.strictSame((await db.pool.query(counts)).rows, before);
});

t.test('a rehearsal counts months gained in one case as granted in the person’s later cases', async (t) => {
  const city = await setup(t);
  const { resident, accepted, decided, deliver, clock } = city;
  const months = ['2025-07', '2025-08', '2025-09'];
  const person = await resident();
  await deliver(
    [priorBenefit(person, 35), ...months.map((month) => contribution(person, month))].slice(0, 1),
  );
  await decided(await accepted(person));
  clock.set('2025-10-09');
  await deliver(
    months.map((month) => contribution(person, month)),
    '2025-09',
  );
  await decided(await accepted(person, { months, quarter: '2025Q3' }), 'refused');
  const found: RehearsedCase[] = [];
  const totals = await rehearsePeriod(
    { db: city.db, encryption: city.services.encryption },
    wholeTime,
    changed({ ordinaryCapMonths: 39 }),
    (one) => found.push(one),
  );
  t.strictSame(
    found.map((one) => one.months.map(({ month }) => month)),
    [['2025-05', '2025-06'], ['2025-07']],
    'thirty-five, one paid, two more, and one of the next quarter',
  );
  strictMatch(t, totals, {
    cases: 2,
    people: 1,
    changedPeople: 1,
    agencies: [{ agencyCode: '360203', gaining: 2, losing: 0 }],
  });
});

t.test('a rehearsal includes declined people who would gain by a higher cap', async (t) => {
  const city = await setup(t);
  const { resident, applied, act, deliver } = city;
  const person = await resident();
  await deliver([priorBenefit(person, 36)]);
  const declined = await act('handler-360203', await applied(person), 'non-acceptance');
  const found: RehearsedCase[] = [];
  const totals = await rehearsePeriod(
    { db: city.db, encryption: city.services.encryption },
    wholeTime,
    changed({ ordinaryCapMonths: 48 }),
    (one) => found.push(one),
  );
  strictMatch(t, found, [
    { applicationId: declined.id, direction: 'gains', beforeFen: 0, afterFen: 150_000 },
  ]);
  strictMatch(t, totals, {
    cases: 1,
    changedPeople: 1,
    agencies: [{ gaining: 1, beforeFen: 0, afterFen: 150_000 }],
  });
});

t.test('in a rehearsal an earlier first approval fixes the term of later cases', async (t) => {
  const facts = (months: readonly string[]): Fact[] => [
    { id: 'h', kind: 'household', from: '1990-01-01', to: null, street: '360203007' },
    { id: 'u', kind: 'unemployment-registration', from: '2023-06-01', to: '2024-02-29' },
    { id: 'r', kind: 'hardship-recognition', from: '2024-01-10', to: null, category: 'low-income' },
    { id: 'f', kind: 'flexible-employment', from: '2024-03-01', to: null },
    ...months.map(
      (month): Fact => ({
        id: month,
        kind: 'contribution',
        from: firstDayOf(month),
        to: lastDayOf(month),
        month,
        scheme: 'employees',
        payer: 'individual',
        refunded: false,
      }),
    ),
  ];
  const everything: Coverage = Object.fromEntries(kinds.map((kind) => [kind, '2025-12']));
  const claimOf = (day: string, months: readonly string[]): Claim => ({
    // Retirement at 50 is past; at 55, with the delay, it is in September 2030.
    person: { sex: 'F', born: '1974-07-15', residencePermit: false },
    term: null,
    liveMonths: [],
    usedMonths: 0,
    months,
    submittedOn: day,
    decidedOn: day,
    facts: facts(months),
    coverage: everything,
  });
  const asPublished = policyOn('2025-07-05', { statutoryAge: 'national' });
  const otherwise = changePolicy(asPublished, changed({ womenCategory: 'F55', ordinaryCapMonths: 3 }));
  const ids = { personId: 'p', agencyCode: '360203' };
  const try_ = (claim: Claim, carried: typeof nothingCarried) =>
    rehearse(
      {
        ...ids,
        applicationId: claim.decidedOn,
        snapshot: snapshotText(asPublished, claim, []),
        born: claim.person.born,
      },
      { asPublished, changed: otherwise },
      carried,
    );
  const first = try_(claimOf('2025-07-05', ['2025-04', '2025-05', '2025-06']), nothingCarried);
  t.equal(first.result.afterFen, 150_000);
  strictMatch(t, first.carried.term, { fixed: { firstApprovedOn: '2025-07-05', near: false, cap: 3 } });
  const later = claimOf('2025-10-09', ['2025-07', '2025-08', '2025-09']);
  t.equal(try_(later, first.carried).result.afterFen, 0, 'three months are all, five years and more before');
  t.equal(try_(later, nothingCarried).result.afterFen, 150_000, 'by itself it would be near retirement');
});

t.test('in a rehearsal a lost first approval leaves the term to the next approval', async (t) => {
  const approved = generateCases(400, randomOf(9)).find(
    ({ claim, policy }) => claim.term === null && assess(claim, policy).outcome === 'approvable',
  );
  if (approved === undefined) throw new Error('some are first approvals');
  const { claim, policy: asPublished } = approved;
  const otherwise = changePolicy(asPublished, changed({ firstMonth: '2026-01' }));
  const decided = { ...approved, snapshot: snapshotText(asPublished, claim, []), born: claim.person.born };
  const { result, carried } = rehearse(decided, { asPublished, changed: otherwise }, nothingCarried);
  strictMatch(t, result, { direction: 'loses', afterFen: 0 });
  t.strictSame(carried.term, { fixed: null });
});

t.test(
  'the rehearsal program prints a line for each change and the sums, and refuses unknown values',
  async (t) => {
    const program = join(import.meta.dirname, '../../../src/commands/rehearse.ts');
    const file = join(t.testdir({}), 'changed.json');
    const run = (written: string) => {
      writeFileSync(file, written);
      const args = [program, '--policy', file, '--from', '2024-12-06', '--to', '2025-12-31'];
      return promisify(execFile)(process.execPath, args, {
        env: { PATH: process.env['PATH'], DATABASE_URL: url, SUBSIDY_MASTER_KEY_FILE: keyFile },
        maxBuffer: 64 * 2 ** 20,
      });
    };
    const { stdout } = await run(
      JSON.stringify({ from: '2026-01-01', values: changed({ ordinaryCapMonths: 48 }) }),
    );
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    strictMatch(t, lines.at(-1), { cases: count, changedPeople: lines.length - 1 });
    await t.rejects(
      run('{"from": "2026-01-01", "values": {"cap": 48, "monthlyAmountFen": {"value": "many"}}}'),
      {
        code: 2,
        stderr:
          /additional properties.*cap.*\/values\/monthlyAmountFen: .*article.*\/values\/monthlyAmountFen\/value: /s,
      },
    );
  },
);

function sum<K extends string>(rows: readonly Readonly<Record<K, number>>[], name: K): number {
  return rows.reduce((total, row) => total + row[name], 0);
}
