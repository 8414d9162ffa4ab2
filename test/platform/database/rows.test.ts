// Many rows in one statement are stored exactly as given.

import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { scopeOfService } from '../../../src/platform/database/row-scope.ts';
import { type ColumnTypes, rowsOf } from '../../../src/platform/database/rows.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { testDatabase } from '../../database.ts';

const { db } = await testDatabase(t);

const types: ColumnTypes<'record'> = {
  personId: 'uuid',
  recordId: 'uuid',
  kind: 'text',
  source: 'text',
  sourceKey: 'text',
  version: 'bigint',
  fromDay: 'date',
  toDay: 'date',
  details: 'jsonb',
  removed: 'boolean',
  contentDigest: 'bytea',
  deliveryId: 'uuid',
  learntAt: 'timestamptz',
};

async function person(): Promise<string> {
  const personId = randomUUID();
  await db.pool.query(
    `insert into person (person_id, identity_encrypted, identity_masked, sex, born_month, residence_permit, created_at)
     values ($1, '\\x00', '3****************1', 'M', '1970-01', false, now())`,
    [personId],
  );
  return personId;
}

function recordOf(personId: string, more: object = {}) {
  return {
    personId,
    recordId: randomUUID(),
    kind: 'pension' as const,
    source: 'rows',
    sourceKey: randomUUID(),
    version: 1,
    fromDay: '2025-01-01',
    toDay: null,
    details: {},
    removed: false,
    contentDigest: randomBytes(32),
    deliveryId: null,
    learntAt: '2025-07-05T02:00:00.123456Z',
    ...more,
  };
}

const keep = (rows: readonly ReturnType<typeof recordOf>[]) =>
  transact(db, scopeOfService, (tx) => sql`insert into record ${rowsOf(types, rows)}`.execute(tx));

t.test('rows inserted in one statement are read back unchanged', async (t) => {
  const personId = await person();
  const awkward = ['"', '\\', '{a,b}', "'; drop table record; --", '', 'null', '汉字𠮷', 'a\tb', '\\x00'];
  const rows = awkward.map((sourceKey, index) =>
    recordOf(personId, {
      sourceKey,
      version: index === 0 ? Number.MAX_SAFE_INTEGER : index,
      toDay: index % 2 === 0 ? null : '2025-12-31',
      details: { text: sourceKey, list: [sourceKey, index], is: index % 2 === 0 },
      removed: index % 3 === 0,
      contentDigest: randomBytes(index === 4 ? 0 : 32),
    }),
  );
  const [first, ...others] = rows;
  if (first === undefined) throw new Error('there is a first');
  await keep([first]);
  await keep(others);
  const kept = await db.kysely.selectFrom('record').selectAll().where('source', '=', 'rows').execute();
  const byId = new Map(kept.map((row) => [row.recordId, row]));
  t.strictSame(
    rows.map(({ recordId }) => byId.get(recordId)),
    rows,
  );
});

t.test('a record without a person or delivery fails with its whole statement', async (t) => {
  const personId = await person();
  const refusedBy = async (strange: object) => {
    const rows = [recordOf(personId), recordOf(personId, strange)];
    await t.rejects(keep(rows), { code: '23503' });
    return await keep(rows).catch((error: { constraint?: string }) => error.constraint);
  };
  t.equal(await refusedBy({ personId: randomUUID() }), 'record_is_of_a_person');
  t.equal(await refusedBy({ deliveryId: randomUUID() }), 'record_came_with_a_delivery');
  const { rows } = await db.pool.query('select from record where person_id = $1', [personId]);
  t.equal(rows.length, 0);
});

t.test('people and deliveries that records refer to cannot be deleted', async (t) => {
  const personId = await person();
  await keep([recordOf(personId)]);
  for (const statement of [
    'delete from person',
    'update person set person_id = gen_random_uuid()',
    'delete from record_delivery',
  ]) {
    if (statement.endsWith('record_delivery')) await deliver();
    await t.rejects(db.pool.query(statement), /append-only|is never deleted/, statement);
  }
});

async function deliver(): Promise<void> {
  await db.pool.query(
    `insert into record_delivery (delivery_id, client_id, source, received_at, rows_received, rows_new, rows_superseding,
       rows_unchanged, rows_outdated, rows_refused, people_to_reassess, state)
     values (gen_random_uuid(), 'client', 'rows', now(), 0, 0, 0, 0, 0, 0, 0, 'complete')`,
  );
}
