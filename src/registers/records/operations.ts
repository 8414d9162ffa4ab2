// What other features ask of the records, and what officers read of them: what is believed of a person, now or at an
// earlier moment. Nothing is taken in here.

import type { ReadContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import type { Fact } from '../../rules/facts.ts';
import type { Day } from '../../values/days.ts';
import type { RecordQuery } from './schemas.ts';
import {
  findRegisteredStreet as findStreetOfHousehold,
  isPersonInScope,
  listBelievedRecords,
  listKnownRecords,
  officerSource,
} from './store.ts';

export { readCoverage } from './coverage.ts';
export { isPersonInScope } from './store.ts';

/** What the registers and officers say of a person now, as the rules read it. */
export async function readFacts(context: ReadContext, personId: string): Promise<Fact[]> {
  return (await readEvidence(context, personId)).facts;
}

/**
 * The street in which a register has the person's household on a day; undefined where none has spoken. Of a person whom the
 * caller sees or has taken in hand.
 */
export async function findRegisteredStreet(context: ReadContext, personId: string, day: Day) {
  return await findStreetOfHousehold(context.tx, personId, day);
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
  const records = await listBelievedRecords(context.tx, personId);
  const facts = records.map((record) => {
    const held = { id: record.recordId, kind: record.kind, from: record.fromDay, to: record.toDay };
    const attested = record.source === officerSource ? { attested: true } : {};
    // The details were judged by their kind's schema when they were delivered, and rows never change.
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

/**
 * What was believed of a person at a moment, now by default. For officers with a case of the person, or the person's
 * household, in their agency or street; `not-found` for others. Says nothing that names the person.
 */
export async function listRecords(context: ReadContext, personId: string, query: RecordQuery) {
  const isInScope = await isPersonInScope(context.tx, context.scope, personId, context.today);
  if (!isInScope) throw new Problem('not-found');
  context.shows([personId]);
  const request = pageRequest(query);
  const knownAt = query.knownAt ?? context.at.toString();
  const rows = await listKnownRecords(context.tx, personId, knownAt, query.kind, request);
  const { items, next } = page(rows, request, (row) => row.recordId);
  return { items: items.map(describe), next };
}

type KnownRecord = Awaited<ReturnType<typeof listKnownRecords>>[number];

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
  // Judged by their kind's schema when they were delivered.
  const particulars = details as object;
  return { ...said, particulars, learntAt, supersededAt, attestation };
}
