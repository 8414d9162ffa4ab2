// Remembers what the registers said. Rows are only ever added; what is believed now is the newest version of each
// source key, and what was believed on an earlier day is the newest version learnt by then.

import { sql } from 'kysely';
import type { Tx } from '../database/connect.ts';
import type { Json, RecordDelivery } from '../database/tables.ts';
import type { Kind } from '../rules/facts.ts';
import type { RowOutcome } from './schemas.ts';

export interface StoredVersion {
  readonly personId: string;
  readonly kind: Kind;
  readonly sourceKey: string;
  readonly version: number;
  readonly contentDigest: Buffer;
}

export interface RecordRow extends StoredVersion {
  readonly recordId: string;
  readonly source: string;
  readonly fromDay: string;
  readonly toDay: string | null;
  readonly details: Json;
  readonly removed: boolean;
  readonly deliveryId: string | null;
  readonly learntAt: string;
}

/** One delivery of a source at a time: versions of a key are compared with those on file. */
export async function lockSource(tx: Tx, source: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`source ${source}`}, 0))`.execute(tx);
}

/** The newest version on file of each of these source keys, whoever it is about. */
export async function listNewestVersions(
  tx: Tx,
  source: string,
  keys: readonly { kind: Kind; sourceKey: string }[],
): Promise<StoredVersion[]> {
  const kinds = keys.map((key) => key.kind);
  const sourceKeys = keys.map((key) => key.sourceKey);
  const { rows } = await sql<StoredVersion>`
    select distinct on (record.kind, record.source_key)
      person_id, record.kind, record.source_key, version, content_digest
    from unnest(${kinds}::text[], ${sourceKeys}::text[]) as wanted (kind, source_key)
    join record on record.source = ${source} and record.kind = wanted.kind and record.source_key = wanted.source_key
    order by record.kind, record.source_key, version desc`.execute(tx);
  return rows;
}

export async function insertRecords(tx: Tx, rows: readonly RecordRow[]): Promise<void> {
  await tx
    .insertInto('record')
    .values(rows.map((row) => ({ ...row, details: JSON.stringify(row.details) })))
    .execute();
}

export async function insertDelivery(
  tx: Tx,
  delivery: Pick<
    RecordDelivery,
    'deliveryId' | 'clientId' | 'source' | 'receivedAt' | 'rowsReceived' | 'peopleToReassess'
  >,
  totals: Readonly<Record<RowOutcome, number>>,
): Promise<void> {
  await tx
    .insertInto('recordDelivery')
    .values({
      ...delivery,
      rowsNew: totals.new,
      rowsSuperseding: totals.superseding,
      rowsUnchanged: totals.unchanged,
      rowsOutdated: totals.outdated,
      rowsRefused: totals.refused,
    })
    .execute();
}

export async function insertRefusals(
  tx: Tx,
  rows: readonly { deliveryId: string; rowNumber: number; sourceKey: string | null; faults: Json }[],
): Promise<void> {
  await tx
    .insertInto('recordDeliveryRefusal')
    .values(rows.map((row) => ({ ...row, faults: JSON.stringify(row.faults) })))
    .execute();
}

export async function findDelivery(tx: Tx, deliveryId: string, clientId: string | null) {
  const delivery = await tx
    .selectFrom('recordDelivery')
    .selectAll()
    .where('deliveryId', '=', deliveryId)
    .$if(clientId !== null, (query) => query.where('clientId', '=', clientId ?? ''))
    .executeTakeFirst();
  if (delivery === undefined) return undefined;
  const refusals = await tx
    .selectFrom('recordDeliveryRefusal')
    .selectAll()
    .where('deliveryId', '=', deliveryId)
    .orderBy('rowNumber')
    .execute();
  return { ...delivery, refusals };
}

export async function insertCoverage(
  tx: Tx,
  rows: readonly {
    coverageId: string;
    kind: Kind;
    source: string;
    agencyCode: string | null;
    personId: string | null;
    throughMonth: string | null;
    asOf: string;
    deliveryId: string | null;
    learntAt: string;
  }[],
): Promise<void> {
  await tx
    .insertInto('coverage')
    .values([...rows])
    .execute();
}

/** What is believed of a person now: the newest version of every source key, removed ones left out. */
export async function listBelievedRecords(tx: Tx, personId: string) {
  const newest = tx
    .selectFrom('record')
    .selectAll()
    .distinctOn(['source', 'kind', 'sourceKey'])
    .where('personId', '=', personId)
    .orderBy('source')
    .orderBy('kind')
    .orderBy('sourceKey')
    .orderBy('version', 'desc');
  return await tx.selectFrom(newest.as('newest')).selectAll().where('removed', '=', false).execute();
}

/**
 * How far the registers vouch for a person's months, by kind: the newest statement of each source for the city, for the
 * agency and for the person, and of these the furthest. A newer withdrawal outweighs what the same source said before.
 */
export async function listCoverage(tx: Tx, personId: string, agencyCode: string | null) {
  const newest = tx
    .selectFrom('coverage')
    .select(['kind', 'throughMonth'])
    .distinctOn(['kind', 'source', 'agencyCode', 'personId'])
    .where((eb) => eb.or([eb('agencyCode', 'is', null), eb('agencyCode', '=', agencyCode)]))
    .where((eb) => eb.or([eb('personId', 'is', null), eb('personId', '=', personId)]))
    .orderBy('kind')
    .orderBy('source')
    .orderBy('agencyCode')
    .orderBy('personId')
    .orderBy('asOf', 'desc')
    .orderBy('learntAt', 'desc')
    .orderBy('coverageId', 'desc');
  return await tx
    .selectFrom(newest.as('newest'))
    .select(['kind', (eb) => eb.fn.max('throughMonth').as('throughMonth')])
    .where('throughMonth', 'is not', null)
    .groupBy('kind')
    .execute();
}

/** When anything about a person, or any coverage, was last learnt. */
export async function findNewestLearntAt(tx: Tx, personId: string): Promise<string | null> {
  const { rows } = await sql<{ newest: string | null }>`
    select greatest(
      (select max(learnt_at) from record where person_id = ${personId}),
      (select max(learnt_at) from coverage where person_id is null or person_id = ${personId})
    ) as newest`.execute(tx);
  return rows[0]?.newest ?? null;
}

/** Those of the people who have a month that is granted and not recovered. */
export async function listPeopleWithLiveMonths(tx: Tx, personIds: readonly string[]): Promise<string[]> {
  const rows = await tx
    .selectFrom('subsidyMonth')
    .select('personId')
    .distinct()
    .where((eb) => eb('personId', '=', eb.fn.any(eb.val(personIds))))
    .where('state', '=', 'live')
    .execute();
  return rows.map((row) => row.personId);
}
