// Reads what the registers and officers have said of a person, as it is believed now or was at an earlier moment. Nothing is
// stored here.

import type { ReadContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import type { Coverage, Fact, Kind } from '../../rules/facts.ts';
import type { Day } from '../../values/days.ts';
import type { RecordQuery } from './schemas.ts';
import * as store from './store.ts';

/** What the registers and officers say of a person now, as the rules read it. */
export async function readFacts(context: ReadContext, personId: string): Promise<Fact[]> {
  return (await readEvidence(context, personId)).facts;
}

/**
 * The street in which a register has the person's household on a day; undefined where none has said so. Of a person in scope
 * or the current one.
 */
export async function findRegisteredStreet(context: ReadContext, personId: string, day: Day) {
  return await store.findRegisteredStreet(context.tx, personId, day);
}

/** How far the registers vouch for a person whose cases this agency handles. */
export async function readCoverage(
  context: ReadContext,
  personId: string,
  agencyCode: string | null,
): Promise<Coverage> {
  const rows = await store.listCoverage(context.tx, personId, agencyCode);
  return Object.fromEntries(rows.map((row) => [row.kind, row.throughMonth]));
}

/**
 * Whether the caller may see a person without having asked about them: of the city everybody; of an agency or street whoever
 * has a case there, or a household today.
 */
export async function isPersonInScope({ tx, scope, today }: ReadContext, personId: string): Promise<boolean> {
  return await store.isPersonInScope(tx, scope, personId, today);
}

/** Which version of which source key a fact is, and when it was learnt. */
export interface FactSource {
  /** The record's, and so the fact's. */
  readonly id: string;
  readonly source: string;
  readonly sourceKey: string;
  readonly version: number;
  readonly learntAt: string;
}

/** What is believed of a person now, as facts, each with where it comes from. */
export async function readEvidence(
  context: ReadContext,
  personId: string,
): Promise<{ facts: Fact[]; sources: FactSource[] }> {
  const records = await store.listBelievedRecords(context.tx, personId);
  const facts = records.map((record) => {
    const held = { id: record.recordId, kind: record.kind, from: record.fromDay, to: record.toDay };
    const attested = record.source === store.officerSource ? { attested: true } : {};
    // The details were validated by their kind's schema when they were delivered, and rows never change.
    return { ...held, ...(record.details as object), ...attested } as Fact;
  });
  const sources = records.map(({ recordId, source, sourceKey, version, learntAt }) => ({
    id: recordId,
    source,
    sourceKey,
    version,
    learntAt,
  }));
  return { facts, sources };
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
  /** The newest of each source; `throughMonth` null where it has withdrawn its promise. */
  readonly coverage: readonly {
    readonly id: string;
    readonly kind: string;
    readonly source: string;
    readonly throughMonth: string | null;
    readonly learntAt: string;
  }[];
}

/**
 * What is on file of a person with where it came from and when it was learnt: for people who ask why, not for the rules.
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

/** What registers vouch for, as it concerns a person of an agency, without the records. */
export async function readCoverageStatements(
  context: ReadContext,
  personId: string,
  agencyCode: string | null,
): Promise<Statements['coverage']> {
  const coverage = await store.listCoverageStatements(context.tx, personId, agencyCode);
  return coverage.map(({ coverageId, ...statement }) => ({ ...statement, id: coverageId }));
}

/**
 * Lists what was believed of a person at a moment, now by default. For officers with a case of the person, or the person's
 * household, in their agency or street. Says nothing that names the person.
 *
 * @throws Problem not-found
 */
export async function listRecords(context: ReadContext, personId: string, query: RecordQuery) {
  if (!(await isPersonInScope(context, personId))) throw new Problem('not-found');
  context.shows([personId]);
  const request = pageRequest(query);
  const knownAt = query.knownAt ?? context.at.toString();
  const rows = await store.listKnownRecords(context.tx, personId, knownAt, query.kind, request);
  const { items, next } = page(rows, request, (row) => row.recordId);
  return { items: items.map(describe), next };
}

type KnownRecord = Awaited<ReturnType<typeof store.listKnownRecords>>[number];

function describe(row: KnownRecord) {
  const { recordId, kind, source, sourceKey, version, fromDay, toDay, details, learntAt, supersededAt } = row;
  const attestation =
    row.attestationId === null
      ? null
      : {
          applicationId: row.applicationId ?? '',
          officerName: row.officerName,
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
  const particulars = details as object; // validated by their kind's schema when they were delivered
  return { ...said, particulars, learntAt, supersededAt, attestation };
}
