// What registers say of a person, as parts of other subjects' statements: selects whose rows are gathered as JSON. Takes
// the person and the agency as SQL.

import { type RawBuilder, sql } from 'kysely';
import type { Coverage, Fact, Kind } from '../../rules/facts.ts';

/** A record as a fact is made of it. */
export interface BelievedRecord {
  readonly recordId: string;
  readonly kind: Kind;
  readonly source: string;
  readonly fromDay: string;
  readonly toDay: string | null;
  /** An object, by the schema of the kind. */
  readonly details: unknown;
}

/** The source of officers' attestations; no register may use it. */
export const officerSource = 'officer';

/** The records of these kinds that are believed now: the newest version of every source key, without removed ones. */
export function believedRecords(
  person: RawBuilder<unknown>,
  kinds: readonly Kind[],
): RawBuilder<BelievedRecord> {
  return sql<BelievedRecord>`
    select record_id as "recordId", kind, source, from_day as "fromDay", to_day as "toDay", details from (
      select distinct on (source, kind, source_key) record_id, kind, source, from_day, to_day, details, removed
      from record where person_id = ${person} and kind in (${sql.join(kinds.map((kind) => sql.lit(kind)))})
      order by source, kind, source_key, version desc) as newest
    where not removed`;
}

/** A believed record with what tells it from other versions and sources. */
export interface SourcedRecord extends BelievedRecord {
  readonly sourceKey: string;
  readonly version: number;
  readonly learntAt: string;
}

/** The same of every kind, each with its source. */
export function evidence(person: RawBuilder<unknown>): RawBuilder<SourcedRecord> {
  return sql<SourcedRecord>`
    select record_id as "recordId", kind, source, source_key as "sourceKey", version, from_day as "fromDay",
      to_day as "toDay", details, instant(learnt_at) as "learntAt" from (
      select distinct on (source, kind, source_key) * from record where person_id = ${person}
      order by source, kind, source_key, version desc) as newest
    where not removed`;
}

export function factOf({ recordId, kind, source, fromDay, toDay, details }: BelievedRecord): Fact {
  const attested = source === officerSource ? { attested: true } : {};
  // The kind's schema validated the details on delivery, and rows never change.
  return { id: recordId, kind, from: fromDay, to: toDay, ...(details as object), ...attested } as Fact;
}

export interface CoveredKind {
  readonly kind: Kind;
  readonly throughMonth: string;
}

/**
 * Through which month the registers vouch for a person, per kind: the newest statement of each source that concerns the
 * person (for the city, the agency or the person alone), and the furthest of these. Not the furthest per source: a
 * withdrawal for the city must also end what the source stated for one agency, and the reverse.
 */
export function coveredKinds(
  person: RawBuilder<unknown>,
  agency: RawBuilder<unknown>,
): RawBuilder<CoveredKind> {
  return sql<CoveredKind>`
    select kind, max(through_month) as "throughMonth" from (
      select distinct on (kind, source) kind, through_month from coverage
      where (agency_code is null or agency_code = ${agency}) and (person_id is null or person_id = ${person})
      order by kind, source, as_of desc, learnt_at desc, coverage_id desc) as newest
    where through_month is not null group by kind`;
}

export function coverageOf(rows: readonly CoveredKind[]): Coverage {
  return Object.fromEntries(rows.map(({ kind, throughMonth }) => [kind, throughMonth]));
}
