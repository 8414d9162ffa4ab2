// The effects of a delivery on cases: recoveries opened exactly once, open cases marked, decisions unchanged.

import { randomUUID } from 'node:crypto';
import t from 'tap';
import { type City, setup } from '../helper.ts';
import { strictMatch } from '../strict-match.ts';
import { cleanRecords, contribution, held, type Row } from './residents.ts';

async function state(
  city: City,
  rows: readonly Row[],
  coverage: readonly { kind: string; throughMonth: string | null; agencyCode?: string }[],
) {
  const asOf = city.clock.now().toString();
  await city.call('provincial-system', 'POST', '/v1/record-deliveries', {
    body: {
      source: 'jx-human-resources',
      rows,
      coverage: coverage.map((statement) => ({ ...statement, asOf })),
    },
    status: 201,
  });
}

function later(city: City, minutes = 1): void {
  city.clock.set(city.clock.now().add({ minutes }).toString());
}

async function changed(city: City, caller = 'handler-360203'): Promise<string[]> {
  const query = { recordsChanged: 'true' };
  const { body } = await city.call<{ items: { id: string }[] }>(caller, 'GET', '/v1/applications', {
    query,
    status: 200,
  });
  return body.items.map(({ id }) => id);
}

async function staged(city: City): Promise<number> {
  const { rows } = await city.db.pool.query('select count(*)::int as count from graphile_worker.jobs');
  return rows[0].count;
}

t.test('two concurrent deliveries, and their repetition, open each recovery exactly once', async (t) => {
  const city = await setup(t);
  const people = [await city.resident(), await city.resident(), await city.resident()];
  for (const person of people) await city.approved(person);
  await city.work();
  const refunds = people.map((person) => contribution(person, '2025-04', { version: 2, refunded: true }));
  const trainings = people.map((person) => held('skills-training', person, '2025-05-01', '2025-05-31'));
  const send = async (rows: readonly Row[], source: string): Promise<void> => {
    const key = randomUUID();
    const body = { source, rows };
    // On a busy machine a waiting delivery may get a 503 and is repeated.
    for (let status = 503; status === 503; ) {
      ({ status } = await city.call('provincial-system', 'POST', '/v1/record-deliveries', { body, key }));
      if (status !== 201 && status !== 503) throw new Error(`${status}`);
    }
  };
  await Promise.all([
    send(refunds, 'jx-human-resources'),
    send([...refunds].reverse(), 'jx-human-resources'),
    send(trainings, 'jx-training'),
    send([...trainings].reverse(), 'jx-training'),
  ]);
  await Promise.all([city.work(), city.work()]);
  const opened = await city.recoveries('suspected');
  t.strictSame(opened.map(({ month }) => month).sort(), [
    ...people.map(() => '2025-04'),
    ...people.map(() => '2025-05'),
  ]);

  await send(refunds, 'jx-human-resources');
  await send(trainings, 'jx-training');
  t.equal(await staged(city), 0, 'nothing new, nothing to look at');
  t.equal((await city.recoveries()).length, opened.length);
});

t.test(
  'a record delivered while its case is being approved leads to a recovery of the months it contradicts',
  async (t) => {
    const city = await setup(t);
    const person = await city.resident();
    const application = await city.accepted(person);
    const comparison = await city.compared(application);
    await city.work();
    // Blocks the decision's transaction just before its end, after it has read the records.
    const holder = await city.db.pool.connect();
    await holder.query('begin; lock table decision in share mode');
    const deciding = city.call('reviewer-360203', 'POST', `/v1/applications/${application.id}/decision`, {
      body: { comparisonId: comparison.id, outcome: 'approved' },
      ifMatch: application.version,
    });
    const waiting = async (count: number) => {
      const blocked = `select count(*)::int as n from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0`;
      for (let n = 0; n < count; ) n = (await city.db.pool.query(blocked)).rows[0].n;
    };
    await waiting(1);
    const delivering = city.deliver([held('skills-training', person, '2025-05-01', '2025-05-31')]);
    await waiting(2);
    await holder.query('commit');
    holder.release();
    t.equal((await deciding).status, 201, 'on the records as they were');
    t.equal((await delivering).peopleToReassess, 1, 'it waits for what is being decided of its people');
    await city.work();
    strictMatch(t, await city.recoveries(), [{ month: '2025-05', findings: [{ check: 'skills-training' }] }]);
  },
);

t.test('new records mark an open case for its officers once, until they have seen it', async (t) => {
  const city = await setup(t);
  const person = await city.resident();
  const application = await city.accepted(person);
  await city.compared(application);
  await city.work();
  t.strictSame(await changed(city), []);

  later(city);
  const training = held('skills-training', person, '2025-05-01', '2025-05-31');
  await city.deliver([training]);
  await city.work();
  t.strictSame(await changed(city), [application.id]);
  t.strictSame(await changed(city, 'handler-360202'), []);
  const { version, recordsChangedAt } = await city.read(application);
  t.equal(version, application.version, 'what officers hold in hand is not stale for it');
  t.equal(recordsChangedAt, '2025-07-05T02:01:00.000000Z');

  await city.compared(application);
  t.strictSame(await changed(city), [], 'the reviewer has seen it');
  await city.deliver([training]);
  await city.work();
  t.strictSame(await changed(city), [], 'the same again says nothing new');
});

t.test('records that do not change the assessment mark no case', async (t) => {
  const city = await setup(t);
  const person = await city.resident();
  const application = await city.accepted(person);
  await city.compared(application);
  await city.work();
  await city.deliver([held('imprisonment', person, '2010-05-01', '2011-05-31')]);
  await city.work();
  t.strictSame(await changed(city), []);
});

t.test(
  'withdrawn coverage makes undecided months unknown again and does not change any decision',
  async (t) => {
    const city = await setup(t);
    const decided = await city.approved();
    const open = await city.accepted();
    await city.compared(open);
    await city.work();
    later(city);
    await state(city, [], [{ kind: 'skills-training', throughMonth: null }]);
    await city.work();
    t.strictSame(await changed(city), [open.id]);
    const { assessment } = await city.compared(open);
    t.equal(assessment.outcome, 'undetermined');
    t.equal((await city.read(decided)).state, 'approved');
    t.strictSame(await city.recoveries(), []);

    t.test('coverage withdrawn for one agency affects only the cases of that agency', async (t) => {
      later(city);
      await state(city, [], [{ kind: 'skills-training', throughMonth: '2025-06' }]);
      t.equal((await city.compared(open)).assessment.outcome, 'approvable');
      later(city);
      await state(city, [], [{ kind: 'skills-training', throughMonth: null, agencyCode: '360202' }]);
      t.equal((await city.compared(open)).assessment.outcome, 'approvable');
      later(city);
      await state(city, [], [{ kind: 'skills-training', throughMonth: null, agencyCode: '360203' }]);
      t.equal((await city.compared(open)).assessment.outcome, 'undetermined');
    });
  },
);

t.test(
  'restored coverage contradicts a granted month whose contribution was deleted meanwhile',
  async (t) => {
    const city = await setup(t);
    const person = await city.resident();
    await city.approved(person);
    await city.work();
    later(city);
    const [kept] = cleanRecords(person, ['2025-04']).filter(({ kind }) => kind === 'contribution');
    const { kind, sourceKey, identityNumber } = kept ?? {};
    await state(
      city,
      [{ kind, sourceKey, identityNumber, version: 2, removed: true }],
      [{ kind: 'contribution', throughMonth: null }],
    );
    await city.work();
    t.strictSame(await city.recoveries(), [], 'a silent register contradicts nothing');
    later(city);
    await state(city, [], [{ kind: 'contribution', throughMonth: '2025-06' }]);
    await city.work();
    strictMatch(t, await city.recoveries(), [
      { month: '2025-04', state: 'suspected', findings: [{ check: 'contributed' }] },
    ]);
  },
);

t.test('the same coverage delivered again causes no reassessment', async (t) => {
  const city = await setup(t);
  await city.accepted();
  await city.work();
  const asOf = city.clock.now().toString();
  const body = {
    source: 'jx-human-resources',
    rows: [],
    coverage: [{ kind: 'pension', throughMonth: '2025-05', asOf }],
  };
  const rows = async () => (await city.db.pool.query('select count(*)::int as n from coverage')).rows[0].n;
  const send = () => city.call('provincial-system', 'POST', '/v1/record-deliveries', { body, status: 201 });
  await send();
  const before = await rows();
  await city.work();
  await send();
  t.equal(await rows(), before);
  t.equal(await staged(city), 0);
});

t.test('a coverage change reassesses more people than fit in one step', async (t) => {
  const city = await setup(t);
  await city.accepted();
  await city.work();
  const others = 520;
  const strangers = Array.from({ length: others }, () => {
    const personId = randomUUID();
    const place = { table: 'person', column: 'identity_encrypted', row: personId };
    return { personId, encrypted: city.services.encryption.encrypt('360299197205110016', place) };
  });
  await city.db.pool.query(
    `with stranger as (
      insert into person (person_id, identity_encrypted, identity_masked, sex, born_month, residence_permit, created_at)
      select stranger_id, encrypted, identity_masked, sex, born_month, residence_permit, created_at
      from person, unnest($1::uuid[], $2::bytea[]) as given (stranger_id, encrypted)
      returning person_id
    )
    insert into application
    select copy.* from stranger, application one, jsonb_populate_record(null::application, to_jsonb(one) || jsonb_build_object(
      'person_id', stranger.person_id, 'application_id', gen_random_uuid(), 'case_number', stranger.person_id)) copy`,
    [strangers.map(({ personId }) => personId), strangers.map(({ encrypted }) => encrypted)],
  );
  later(city);
  await state(city, [], [{ kind: 'pension', throughMonth: null }]);
  await city.work();
  const { rows } = await city.db.pool.query(
    'select count(*)::int as n from application where records_changed_at is not null',
  );
  t.equal(rows[0].n, others + 1);
});
