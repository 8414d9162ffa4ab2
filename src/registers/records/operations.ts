// Reads what registers and officers recorded about a person, as believed now or at an earlier moment. Read only.

import type { ReadContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import type { Coverage, Fact, Kind } from '../../rules/facts.ts';
import type { Day } from '../../values/days.ts';
import { coverageOf, factOf, type SourcedRecord } from './parts.ts';
import type { RecordQuery } from './schemas.ts';
import * as store from './store.ts';

/** What registers and officers record about a person now, as the rules' facts. */
export async function readFacts(context: ReadContext, personId: string): Promise<Fact[]> {
  return evidenceOf(await store.listBelievedRecords(context.tx, personId)).facts;
}

/**
 * The street of the person's household on a day, by the registers; undefined if no register states one. The person must
 * be in scope or the current person.
 *
 * @param personId null: of the current person, if there is one
 */
export async function findRegisteredStreet(context: ReadContext, personId: string | null, day: Day) {
  return await store.findRegisteredStreet(context.tx, personId, day);
}

/** Through which month registers vouch for a person, per kind, for cases of this agency. */
export async function readCoverage(
  context: ReadContext,
  personId: string,
  agencyCode: string | null,
): Promise<Coverage> {
  const rows = await store.listCoverage(context.tx, personId, agencyCode);
  return coverageOf(rows);
}

/**
 * Whether the caller may see a person without a recorded question: the city sees everybody; an agency or street sees
 * people with a case or, today, a household there.
 */
export async function isPersonInScope({ tx, scope, today }: ReadContext, personId: string): Promise<boolean> {
  return await store.isPersonInScope(tx, scope, personId, today);
}

/** The record version behind a fact, and when it was learnt. */
export interface FactSource {
  /** The id of the record and of its fact. */
  readonly id: string;
  readonly source: string;
  readonly sourceKey: string;
  readonly version: number;
  readonly learntAt: string;
}

/** Believed records as facts, each with its source. */
export function evidenceOf(records: readonly SourcedRecord[]): { facts: Fact[]; sources: FactSource[] } {
  const sources = records.map(({ recordId, source, sourceKey, version, learntAt }) => ({
    id: recordId,
    source,
    sourceKey,
    version,
    learntAt,
  }));
  return { facts: records.map(factOf), sources };
}

export interface Statements {
  /** Every version, in the order learnt. */
  readonly records: readonly {
    readonly id: string;
    readonly kind: Kind;
    readonly source: string;
    readonly from: string;
    readonly to: string | null;
    readonly learntAt: string;
  }[];
  /** The newest statement of each source; `throughMonth` is null once the source has withdrawn it. */
  readonly coverage: readonly {
    readonly id: string;
    readonly kind: string;
    readonly source: string;
    readonly throughMonth: string | null;
    readonly learntAt: string;
  }[];
}

/**
 * What is on file about a person, with sources and learning times: for access reports and replays, not for the rules.
 *
 * @param agencyCode whose statements of coverage count beside the city's
 */
export async function readStatements(
  context: ReadContext,
  personId: string,
  agencyCode: string | null,
): Promise<Statements> {
  const records = await store.listRecordVersions(context.tx, personId);
  return {
    records: records.map(({ recordId, fromDay, toDay, ...record }) => ({
      ...record,
      id: recordId,
      from: fromDay,
      to: toDay,
    })),
    coverage: await readCoverageStatements(context, personId, agencyCode),
  };
}

/** The coverage statements that concern a person of an agency. */
export async function readCoverageStatements(
  context: ReadContext,
  personId: string,
  agencyCode: string | null,
): Promise<Statements['coverage']> {
  const coverage = await store.listCoverageStatements(context.tx, personId, agencyCode);
  return coverage.map(({ coverageId, ...statement }) => ({ ...statement, id: coverageId }));
}

/**
 * Lists what was believed of a person at a moment, by default now. For officers whose agency or street has a case of
 * the person or their household. Contains nothing that names the person.
 *
 * @throws Problem not-found
 */
export async function listRecords(context: ReadContext, personId: string, query: RecordQuery) {
  const request = pageRequest(query);
  const knownAt = query.knownAt ?? context.at.toString();
  const [isInScope, rows] = await Promise.all([
    isPersonInScope(context, personId),
    store.listKnownRecords(context.tx, personId, knownAt, query.kind, request),
  ]);
  if (!isInScope) throw new Problem('not-found');
  context.shows([personId]);
  const { items, next } = page(rows, request, (row) => row.recordId);
  return { items: items.map(describe), next };
}

type KnownRecord = Awaited<ReturnType<typeof store.listKnownRecords>>[number];

function describe(row: KnownRecord) {
  const { recordId, kind, source, sourceKey, version, fromDay, toDay, details, learntAt, supersededAt } = row;
  const attestation =
    row.attestationId === null || row.officer === null
      ? null
      : {
          applicationId: row.applicationId ?? '',
          officer: row.officer,
          agencyCode: row.agencyCode ?? '',
          materialId: row.materialId,
          lookUp:
            row.lookUpSystem === null
              ? null
              : {
                  system: row.lookUpSystem,
                  at: row.lookUpAt ?? '',
                  reference: row.lookUpReference ?? '',
                },
        };
  const said = { id: recordId, kind, source, sourceKey, version, from: fromDay, to: toDay };
  const particulars = details as object; // the kind's schema validated them on delivery
  const fileSha256 = row.fileDigest?.toString('hex') ?? null;
  return { ...said, particulars, learntAt, fileSha256, supersededAt, attestation };
}

/**
 * By which keys the registers that deliver know these people: of each source and kind the newest, since a person has a
 * contribution for every month.
 */
export async function listSourceKeys(context: ReadContext, personIds: readonly string[]) {
  const rows = await store.listSourceKeys(context.tx, [...new Set(personIds)]);
  const keysOf = Map.groupBy(rows, ({ personId }) => personId);
  return new Map(
    [...keysOf].map(([personId, keys]) => [personId, keys.map(({ personId: _, ...key }) => key)]),
  );
}
