// Reads and writes records. Rows are only added: the newest version of each source key is believed now, and the newest
// version learnt by a moment was believed then.

import { sql } from 'kysely';
import type { Officer } from '../../platform/access/officers.ts';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { officerAt } from '../../platform/database/officers.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { arrayOf, type ColumnTypes, rowsOf } from '../../platform/database/rows.ts';
import { ask, later } from '../../platform/database/transaction.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { Kind } from '../../rules/facts.ts';
import type { Day } from '../../values/days.ts';
import { coveredKinds, evidence, officerSource } from './parts.ts';

export interface StoredVersion {
  readonly personId: string;
  readonly kind: Kind;
  readonly sourceKey: string;
  readonly version: number;
  /** SHA-256 of the content, hexadecimal. */
  readonly contentDigest: string;
}

export interface RecordRow extends StoredVersion {
  readonly recordId: string;
  readonly source: string;
  readonly fromDay: string;
  readonly toDay: string | null;
  /** An object or its JSON text. */
  readonly details: object | string;
  readonly removed: boolean;
  readonly deliveryId: string | null;
  readonly learntAt: string;
}

/** Serialises the batches of a source, because they compare versions with those on file. */
export function lockSource(tx: Tx, source: string): void {
  later(tx, sql`select pg_advisory_xact_lock(hashtextextended(${`source ${source}`}, 0))`);
}

/**
 * The newest version on file of each of these source keys of one kind, for any person. One kind per query: its keys are
 * then one condition and PostgreSQL scans the index once, whereas a join would look up each key separately.
 */
export async function listNewestVersions(
  tx: Tx,
  source: string,
  kind: Kind,
  sourceKeys: readonly string[],
): Promise<StoredVersion[]> {
  return await tx
    .selectFrom('record')
    .select(['personId', 'kind', 'sourceKey', 'version'])
    .select(sql<string>`encode(content_digest, 'hex')`.as('contentDigest'))
    .distinctOn('sourceKey')
    .where('source', '=', source)
    .where('kind', '=', kind)
    .where(sql<boolean>`source_key = any(${arrayOf('text', sourceKeys)}::text[])`)
    .orderBy('sourceKey')
    .orderBy('version', 'desc')
    .execute();
}

const recordTypes: ColumnTypes<'record'> = {
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

export function insertRecords(tx: Tx, rows: readonly RecordRow[]): void {
  if (rows.length > 0) later(tx, sql`insert into record ${rowsOf(recordTypes, rows)}`);
}

/** Stores statements; a repeated statement adds no row. */
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
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** What a source vouches for now, per kind and city or agency. */
export async function listNewestStatements(tx: Tx, source: string) {
  return await tx
    .selectFrom('coverage')
    .select(['kind', 'agencyCode', 'throughMonth'])
    .distinctOn(['kind', 'agencyCode'])
    .where('source', '=', source)
    .where('personId', 'is', null)
    .orderBy('kind')
    .orderBy('agencyCode')
    .orderBy('asOf', 'desc')
    .orderBy('learntAt', 'desc')
    .orderBy('coverageId', 'desc')
    .execute();
}

/** What is believed of a person now. */
export async function listBelievedRecords(tx: Tx, personId: string) {
  return (await evidence(sql`${personId}::uuid`).execute(tx)).rows;
}

/**
 * What was believed of a person at a moment, with when each record was superseded and what an attestation rests on. An
 * outdated version is ignored on delivery, so versions of a key are learnt in ascending order.
 */
export async function listKnownRecords(
  tx: Tx,
  personId: string,
  knownAt: string,
  kind: Kind | undefined,
  page: PageRequest,
) {
  const versions = tx
    .selectFrom('record')
    .selectAll()
    .select(
      sql<string | null>`lead(learnt_at) over (partition by source, kind, source_key order by version)`.as(
        'supersededAt',
      ),
    )
    .where('personId', '=', personId);
  let query = tx
    .selectFrom(versions.as('known'))
    .leftJoin('attestation', (join) =>
      join
        .onRef('attestation.personId', '=', 'known.personId')
        .onRef('attestation.recordId', '=', 'known.recordId'),
    )
    .leftJoin('recordDelivery', 'recordDelivery.deliveryId', 'known.deliveryId')
    .selectAll('known')
    .select([
      'recordDelivery.fileDigest',
      'attestation.attestationId',
      'attestation.applicationId',
      'attestation.agencyCode',
      'attestation.materialId',
      'attestation.lookUpSystem',
      'attestation.lookUpAt',
      'attestation.lookUpReference',
      officerAt<Officer | null>('attestation.officer', 'attestation.attestedAt').as('officer'),
    ])
    .where('known.removed', '=', false)
    .where('known.learntAt', '<=', knownAt)
    .where((eb) => eb.or([eb('known.supersededAt', 'is', null), eb('known.supersededAt', '>', knownAt)]));
  if (kind !== undefined) query = query.where('known.kind', '=', kind);
  if (page.afterId !== null) query = query.where('known.recordId', '>', page.afterId);
  return await query
    .orderBy('known.recordId')
    .limit(atMost(page.limit + 1))
    .execute();
}

export interface RegisteredStreet {
  readonly streetCode: string;
  readonly name: string;
}

/** The street of the city where a register has the person's household on a day. */
export async function findRegisteredStreet(tx: Tx, personId: string | null, day: Day) {
  const [registered] = await ask<RegisteredStreet>(
    tx,
    `select street_code as "streetCode", name from street where street_code =
      registered_street(coalesce($1::uuid, nullif(current_setting('subsidy.person', true), '')::uuid), $2)`,
    [personId, day],
  );
  return registered;
}

/**
 * Whether a person is within scope: of the city; or of an agency or street that has a case of theirs or, on that day,
 * their household.
 */
export async function isPersonInScope(tx: Tx, scope: Scope, personId: string, today: Day): Promise<boolean> {
  if (scope.relation === 'own') return false;
  if (scope.relation === 'city') {
    const { rows } = await sql`select from person where person_id = ${personId}`.execute(tx);
    return rows.length > 0;
  }
  const place = sql.ref(scope.relation === 'agency' ? 'agency_code' : 'street_code');
  const { rows } = await sql<{ seen: boolean }>`
    select exists (
      select from application where person_id = ${personId} and ${place} = ${scope.code} and state not in ('draft', 'withdrawn')
    ) or hold_person_by_household(${personId}, ${today}, ${scope.code}) as seen`.execute(tx);
  return rows[0]?.seen === true;
}

/** Of these people: who has a household or case at the agency, and who has a household at another only. */
export async function listPlacesOfPeople(
  tx: Tx,
  personIds: readonly string[],
  agencyCode: string,
  today: Day,
): Promise<ReadonlyMap<string, 'here' | 'elsewhere'>> {
  const { rows } = await sql<{ personId: string; isHere: boolean }>`
    with newest as (
      select distinct on (person_id, source, source_key)
        person_id, details ->> 'street' as street_code, from_day, to_day, removed
      from record where person_id = any(${personIds}::uuid[]) and kind = 'household'
      order by person_id, source, source_key, version desc
    ), place as (
      select person_id, agency_code from newest join street_agency using (street_code)
      where not removed and from_day <= ${today} and coalesce(to_day, 'infinity') >= ${today}
        and valid_from <= ${today} and coalesce(valid_to, 'infinity') >= ${today}
      union all
      select person_id, agency_code from application
      where person_id = any(${personIds}::uuid[]) and agency_code = ${agencyCode}
        and state not in ('draft', 'withdrawn')
    )
    select person_id, bool_or(agency_code = ${agencyCode}) as is_here from place group by person_id`.execute(
    tx,
  );
  return new Map(rows.map(({ personId, isHere }) => [personId, isHere ? 'here' : 'elsewhere']));
}

/** Through which month the registers vouch for a person, per kind. */
export async function listCoverage(tx: Tx, personId: string, agencyCode: string | null) {
  return (await coveredKinds(sql`${personId}::uuid`, sql`${agencyCode}::text`).execute(tx)).rows;
}

/** Those of the people who have a granted month or an open application, or are an heir. */
export async function listPeopleToReassess(tx: Tx, personIds: readonly string[]): Promise<string[]> {
  if (personIds.length === 0) return [];
  const { rows } = await sql<{ personId: string }>`
    select person_id from unnest(${arrayOf('uuid', personIds)}::uuid[]) as touched (person_id)
    where exists (select from subsidy_month m where m.person_id = touched.person_id and m.state = 'live')
      or exists (
        select from application a where a.person_id = touched.person_id
          and a.state in ('submitted', 'correction-requested', 'accepted')
      )
      or exists (select from payee_change c
        where c.heir_person_id = touched.person_id and c.state = 'confirmed')`.execute(tx);
  return rows.map((row) => row.personId);
}

/** The people to reassess for a coverage statement, in the order of their ids, after a given person. */
export async function listPeopleCovered(
  tx: Tx,
  { agencyCode, includesGranted, afterPersonId }: CoverageWalk,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ personId: string }>`
    select distinct a.person_id from application a
    where (${afterPersonId}::uuid is null or a.person_id > ${afterPersonId}::uuid)
      and (${agencyCode}::text is null or a.agency_code = ${agencyCode}::text)
      and (
        a.state in ('submitted', 'correction-requested', 'accepted')
        or ${includesGranted} and exists (
          select from subsidy_month m
          where m.person_id = a.person_id and m.application_id = a.application_id and m.state = 'live'
        )
      )
    order by a.person_id limit ${atMost(limit)}`.execute(tx);
  return rows.map((row) => row.personId);
}

/** Which people a coverage change concerns, and the last one already staged. */
export interface CoverageWalk {
  readonly agencyCode: string | null;
  readonly includesGranted: boolean;
  readonly afterPersonId: string | null;
}

/**
 * The newest key of each register and kind under which these people's records are believed, of what registers
 * delivered: without officers' attestations and imports by hand.
 */
export async function listSourceKeys(tx: Tx, personIds: readonly string[]) {
  const newest = tx
    .selectFrom('record')
    .select(['personId', 'source', 'kind', 'sourceKey', 'removed', 'recordId'])
    .distinctOn(['personId', 'source', 'kind', 'sourceKey'])
    .where('personId', '=', (eb) => eb.fn.any(eb.val(personIds)))
    .where('source', '<>', officerSource)
    .where('source', 'not like', 'hand-%')
    .orderBy('personId')
    .orderBy('source')
    .orderBy('kind')
    .orderBy('sourceKey')
    .orderBy('version', 'desc');
  return await tx
    .selectFrom(newest.as('newest'))
    .select(['personId', 'source', 'kind', 'sourceKey'])
    .$narrowType<{ kind: Kind }>()
    .distinctOn(['personId', 'source', 'kind'])
    .where('removed', '=', false)
    .orderBy('personId')
    .orderBy('source')
    .orderBy('kind')
    .orderBy('recordId', 'desc')
    .execute();
}

/** Every version of every record of a person, believed or not. */
export async function listRecordVersions(tx: Tx, personId: string) {
  return await tx
    .selectFrom('record')
    .select(['recordId', 'kind', 'source', 'fromDay', 'toDay', 'learntAt'])
    .where('personId', '=', personId)
    .orderBy('learntAt')
    .orderBy('recordId')
    .execute();
}

/** The newest coverage statement of each source, withdrawals included, that concerns a person of an agency. */
export async function listCoverageStatements(tx: Tx, personId: string, agencyCode: string | null) {
  return await tx
    .selectFrom('coverage')
    .select(['coverageId', 'kind', 'source', 'throughMonth', 'learntAt'])
    .distinctOn(['kind', 'source', 'agencyCode', 'personId'])
    .where((eb) => eb.or([eb('agencyCode', 'is', null), eb('agencyCode', '=', agencyCode)]))
    .where((eb) => eb.or([eb('personId', 'is', null), eb('personId', '=', personId)]))
    .orderBy('kind')
    .orderBy('source')
    .orderBy('agencyCode')
    .orderBy('personId')
    .orderBy('asOf', 'desc')
    .orderBy('learntAt', 'desc')
    .orderBy('coverageId', 'desc')
    .execute();
}
