// Decisions are replayed from what was stored with them, years later and under any later policy.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { replayPeriod } from '../../../src/decisions/replay/operations.ts';
import type { Replay } from '../../../src/decisions/replay/replay.ts';
import { replay } from '../../../src/decisions/replay/replay.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { assess } from '../../../src/rules/assess.ts';
import { policyNamed, readPolicy, serialisePolicy, versionsOf } from '../../../src/rules/policy/policy.ts';
import { cityOn, setup } from '../../helper.ts';
import { parameters, policies } from '../../published-policies.ts';
import { contribution } from '../../registers/residents.ts';
import { strictMatch } from '../../strict-match.ts';
import { type GeneratedCase, generateCases, insertCases, keyedDatabase, randomOf } from '../generated.ts';

const seed = 20_241_231;
/** The full run is 10,000: `REPLAYED_DECISIONS=10000 npm test -- test/decisions/replay/replay.test.ts`. */
const count = Number(process.env['REPLAYED_DECISIONS'] ?? 1_000);
const wholeTime = { from: '2024-12-06', to: '2025-12-31' };

t.test('replays of decisions from both sides of the change of year are all identical', async (t) => {
  const { db, url, keyFile, encryption } = await keyedDatabase(t);
  const cases: GeneratedCase[] = [...generateCases(count, randomOf(seed))];
  t.comment(`seed ${seed}, ${count} decisions`);
  await transact(db, null, (tx) => insertCases(tx, cases, encryption));
  const versions = new Set(cases.map(({ policy }) => policy.version));
  t.strictSame([...versions].sort(), ['jdz-2024-139/2024-12-06', 'jdz-2024-139/2025-01-01']);
  const progress: [number, number][] = [];
  const different: Replay[] = [];
  const totals = await replayPeriod(
    { db, encryption },
    wholeTime,
    (one) => different.push(one),
    (done, all) => progress.push([done, all]),
  );
  t.strictSame(totals, { decisions: count, different: 0 });
  t.strictSame(different, []);
  t.strictSame(progress.at(-1), [count, count]);
  const december = cases.filter(({ claim }) => claim.decidedOn < '2025-01-01').length;
  const { decisions } = await replayPeriod(
    { db, encryption },
    { from: '2024-12-06', to: '2024-12-31' },
    () => {},
  );
  t.equal(decisions, december, 'the last day of a period is part of it');

  t.test('the replay program names decisions that differ and exits with an error', async (t) => {
    const program = join(import.meta.dirname, '../../../src/commands/replay.ts');
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, [program, ...args], {
        env: { PATH: process.env['PATH'], DATABASE_URL: url, SUBSIDY_MASTER_KEY_FILE: keyFile },
      });
    const { stdout } = await run('--from', '2024-12-06', '--to', '2025-12-31');
    t.match(stdout, `${count} decisions replayed, 0 different`);
    await t.rejects(run('--from', '2025-02-30', '--to', '2025-12-31'), { code: 2 });

    const [victim] = cases;
    if (victim === undefined) throw new Error('there are cases');
    await db.pool.query('alter table comparison disable trigger append_only');
    await db.pool.query(
      `update comparison set snapshot = replace(snapshot, '"to":null', '"to":"2024-01-31"') where person_id = $1`,
      [victim.personId],
    );
    await t.rejects(run('--from', '2024-12-06', '--to', '2025-12-31'), {
      code: 1,
      stdout: new RegExp(`different: ${victim.decisionId} snapshot-altered[^]*1 different`),
    });
  });
});

t.test('a decision made before a correction of records is unchanged, and replays identically', async (t) => {
  const { call, resident, approved, deliver, work, recoveries, read } = await setup(t);
  const person = await resident();
  const application = await approved(person);
  await deliver([contribution(person, '2025-04', { version: 2, refunded: true })]);
  await work();
  t.equal((await recoveries('suspected')).length, 1, 'the correction was noticed');
  strictMatch(t, await read(application), { state: 'approved', version: application.version });
  const url = `/v1/applications/${application.id}/decision/replays`;
  const { body } = await call<Replay>('auditor', 'POST', url, { key: null, status: 200 });
  strictMatch(t, body, { identical: true, policyVersion: 'jdz-2024-139/2025-01-01' });
  t.strictSame(body.differences, []);
  await call('reviewer-360203', 'POST', url, { key: null, status: 200 });
  await call('reviewer-360202', 'POST', url, { key: null, status: 404 });
  await call('handler-360203', 'POST', url, { key: null, status: 403 });
});

t.test('the statutory age is kept with each decision, whatever the service is set to later', async (t) => {
  const city = await setup(t);
  // Sixty in March 2025; with the delay, retirement is one month later.
  const person = await city.resident({ born: '1965-03-15' });
  const ofDocument = await cityOn(t, city, { STATUTORY_AGE: 'document', SUBSIDY_DATA_DIR: city.dataDir });
  const application = await city.accepted(person, { months: ['2025-04'] });
  const url = `/v1/applications/${application.id}`;
  const decide = (by: typeof city, comparisonId: string) =>
    by.call('reviewer-360203', 'POST', `${url}/decision`, {
      body: { comparisonId, outcome: 'approved' },
      ifMatch: application.version,
    });
  const national = await city.compared(application);
  strictMatch(t, await decide(ofDocument, national.id), { status: 409, body: { code: 'comparison-stale' } });
  ofDocument.clock.set('2025-07-05T02:01:00Z');
  const literal = await ofDocument.compared(application);
  strictMatch(t, literal.assessment, {
    policyVersion: 'jdz-2024-139/2024-12-06+document',
    outcome: 'refused',
  });
  t.strictSame(literal.changes, {
    previousComparisonId: national.id,
    circumstances: ['policy'],
    records: [],
    coverage: [],
    months: [{ month: '2025-04', from: 'payable', to: 'excluded' }],
    checks: [
      { month: '2025-04', code: 'past-retirement', title: '超过法定退休年龄', from: 'clear', to: 'hit' },
    ],
  });
  strictMatch(t, await decide(city, literal.id), { status: 409, body: { code: 'comparison-stale' } });
  city.clock.set('2025-07-05T02:02:00Z');
  const again = await city.compared(application);
  strictMatch(t, await decide(city, again.id), { status: 201, body: { amountFen: 50_000 } });

  const other = await ofDocument.accepted(await city.resident({ born: '1965-03-15' }), {
    months: ['2025-04'],
  });
  await ofDocument.decided(other, 'refused');
  for (const [id, by, policyVersion] of [
    [application.id, ofDocument, 'jdz-2024-139/2025-01-01'],
    [other.id, city, 'jdz-2024-139/2024-12-06+document'],
  ] as const) {
    const { body } = await by.call<Replay>('auditor', 'POST', `/v1/applications/${id}/decision/replays`, {
      key: null,
      status: 200,
    });
    strictMatch(t, body, { identical: true, policyVersion });
    t.strictSame(body.differences, []);
  }
});

t.test('a case that was never decided has nothing to replay', async (t) => {
  const { call, accepted } = await setup(t);
  const { id } = await accepted();
  const { body } = await call('auditor', 'POST', `/v1/applications/${id}/decision/replays`, {
    key: null,
    status: 404,
  });
  strictMatch(t, body, { code: 'not-found', detail: '本案尚无决定，不能重演。' });
});

t.test('an old policy version decides the same after later values are added', async (t) => {
  const later = {
    ...parameters,
    monthlyAmountFen: {
      ...parameters.monthlyAmountFen,
      values: [
        ...parameters.monthlyAmountFen.values,
        { from: '2025-03-01', value: 60_000, article: '二', source: 'x', reason: 'x' },
      ],
    },
  };
  for (const version of versionsOf(later, 'national')) {
    const today = policyNamed(version.version, policies);
    if (today === undefined) t.equal(version.version, 'jdz-2024-139/2025-03-01');
    else t.equal(serialisePolicy(version), serialisePolicy(today), version.version);
  }
});

t.test('a policy read from its published row decides like the policy it was written from', async (t) => {
  for (const { claim, policy } of generateCases(200, randomOf(7))) {
    const published = readPolicy(serialisePolicy(policy));
    t.equal(serialisePolicy(published), serialisePolicy(policy));
    t.strictSame(assess(claim, published), assess(claim, policy));
  }
});

t.test('a replay uses the decision’s published policy row, not the values in the code', async (t) => {
  const { db, encryption } = await keyedDatabase(t);
  const cases = [...generateCases(50, randomOf(3))];
  await transact(db, null, (tx) => insertCases(tx, cases, encryption));
  const { rows } = await db.pool.query('select version, content from policy_version');
  const line = String(rows[0].content);
  const other = line.replace('50000', '40000');
  t.not(other, line, 'the test changed something');
  await db.pool.query('alter table policy_version disable trigger append_only');
  await db.pool.query('update policy_version set content = replace(content, $1, $2)', ['50000', '40000']);
  const different: Replay[] = [];
  await replayPeriod({ db, encryption }, wholeTime, (one) => different.push(one));
  t.equal(different.length, 50, 'every decision sees that its policy was altered');
  t.ok(
    different.some(({ differences }) => differences.includes('assessment-differs')),
    'and decides by it',
  );
});

t.test('a replay names each part of a decision that was tampered with', async (t) => {
  const [one] = generateCases(1, randomOf(11));
  if (one === undefined) throw new Error('one case');
  const { digestOf, snapshotText, assessmentText } = await import(
    '../../../src/decisions/comparison/snapshot.ts'
  );
  const assessment = assess(one.claim, one.policy);
  const snapshot = snapshotText(one.policy, one.claim, []);
  const policyContent = serialisePolicy(one.policy);
  const stored = {
    decisionId: one.decisionId,
    born: one.claim.person.born,
    snapshot,
    snapshotDigest: digestOf(snapshot),
    assessment: assessmentText(assessment),
    assessmentDigest: digestOf(assessmentText(assessment)),
    policyContent,
    policyDigest: digestOf(policyContent),
    outcome: assessment.outcome === 'approvable' ? ('approved' as const) : ('refused' as const),
    approvedMonths: assessment.months
      .filter(({ outcome }) => outcome === 'payable')
      .map(({ month }) => month),
    amountFen: assessment.amountFen,
  };
  t.strictSame(replay(stored).differences, []);
  t.equal(replay(stored).identical, true);
  t.strictSame(replay({ ...stored, snapshot: `${snapshot} ` }).differences, ['snapshot-altered']);
  t.strictSame(replay({ ...stored, snapshot: '{' }).differences, ['snapshot-altered', 'snapshot-unreadable']);
  t.strictSame(replay({ ...stored, assessment: '{}' }).differences, [
    'assessment-altered',
    'assessment-differs',
  ]);
  t.strictSame(replay({ ...stored, amountFen: stored.amountFen + 1 }).differences, ['decision-differs']);
});
