// Comparisons: what is stored, and how a later one reports its differences.

import t from 'tap';
import { readSnapshot } from '../../../src/decisions/comparison/snapshot.ts';
import { birthDateIn } from '../../../src/values/identity-number.ts';
import { setup } from '../../helper.ts';
import { contribution, held } from '../../registers/residents.ts';
import { strictMatch } from '../../strict-match.ts';

t.test(
  'a comparison stores exactly the records used, with their versions, coverage, term, policy and day',
  async (t) => {
    const { db, resident, accepted, compared, deliver } = await setup(t);
    const person = await resident();
    await deliver([contribution(person, '2025-04', { version: 3, place: '360202' })]);
    const application = await accepted(person);
    const comparison = await compared(application);
    const row = await db.kysely
      .selectFrom('comparison')
      .selectAll()
      .where('comparisonId', '=', comparison.id)
      .executeTakeFirstOrThrow();
    const { claim, records, policyVersion } = readSnapshot(row.snapshot, birthDateIn(person.identityNumber));
    const { rows: believed } = await db.pool.query(
      `select distinct on (kind, source_key) record_id as id, version from record
     where person_id = $1 order by kind, source_key, version desc`,
      [application.personId],
    );
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    t.strictSame(
      records.map(({ id, version }) => ({ id, version })),
      believed.map(({ id, version }) => ({ id, version: Number(version) })).sort(byId),
      'the newest version of each record and nothing else',
    );
    t.strictSame(
      claim.facts.map(({ id }) => id),
      records.map(({ id }) => id),
    );
    strictMatch(t, claim, {
      term: null,
      decidedOn: '2025-07-05',
      submittedOn: '2025-07-05',
      coverage: { pension: '2025-06' },
    });
    t.equal(policyVersion, 'jdz-2024-139/2025-01-01');
    t.equal(row.policyVersion, policyVersion);
    t.equal(row.snapshotDigest.toString('hex'), comparison.snapshotSha256);
    t.equal(comparison.changes, null, 'nothing to be otherwise than');
  },
);

t.test('a later comparison reports which records, coverage, months and checks have changed', async (t) => {
  const { resident, accepted, compared, deliver, clock } = await setup(t);
  const person = await resident();
  const application = await accepted(person);
  const first = await compared(application);
  const second = await compared(application);
  t.strictSame(second.changes, {
    previousComparisonId: first.id,
    records: [],
    coverage: [],
    circumstances: [],
    months: [],
    checks: [],
  });
  clock.set('2025-07-06');
  await deliver(
    [
      contribution(person, '2025-05', { version: 2, refunded: true }),
      held('skills-training', person, '2025-06-10'),
    ],
    '2025-07',
  );
  const third = await compared(application);
  t.equal(third.changes?.previousComparisonId, second.id);
  t.strictSame(third.changes?.records.map(({ change, kind }) => [change, kind]).sort(), [
    ['added', 'skills-training'],
    ['superseded', 'contribution'],
  ]);
  t.strictSame(third.changes?.months, [
    { month: '2025-05', from: 'payable', to: 'excluded' },
    { month: '2025-06', from: 'payable', to: 'excluded' },
  ]);
  strictMatch(t, third.changes?.checks, [
    { month: '2025-05', code: 'contributed', from: 'clear', to: 'hit' },
    { month: '2025-06', code: 'skills-training', from: 'clear', to: 'hit' },
  ]);
  t.strictSame(third.changes?.circumstances, ['day']);
  strictMatch(t, third.changes?.coverage[0], { from: '2025-06', to: '2025-07' });
});

t.test('a record that arrives between comparison and decision makes the comparison stale', async (t) => {
  const { call, resident, accepted, compared, deliver } = await setup(t);
  const person = await resident();
  const application = await accepted(person);
  const comparison = await compared(application);
  await deliver([held('public-post', person, '2025-06-01')]);
  const url = `/v1/applications/${application.id}/decision`;
  const { status, body } = await call('reviewer-360203', 'POST', url, {
    body: { comparisonId: comparison.id, outcome: 'approved' },
    ifMatch: application.version,
  });
  t.equal(status, 409);
  strictMatch(t, body, { code: 'comparison-stale' });
});
