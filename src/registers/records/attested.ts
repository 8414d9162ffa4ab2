// Stores an officer's finding as a record, or as the coverage of one person, of source “officer”. The attestation
// stores who found it and on what evidence.

import { hash } from 'node:crypto';
import type { WriteContext } from '../../platform/context.ts';
import type { FieldError } from '../../platform/problem.ts';
import type { Kind } from '../../rules/facts.ts';
import type { Day, Month } from '../../values/days.ts';
import { officerSource } from './parts.ts';
import { readWrittenFact } from './reading.ts';
import { insertCoverage, insertRecords } from './store.ts';

type Days = { readonly from: Day; readonly to: Day | null };

export type Attested =
  | ({ readonly finding: 'record'; readonly kind: Kind; readonly details: object } & Days)
  | ({ readonly finding: 'absence'; readonly kind: Kind } & Days)
  | { readonly finding: 'coverage'; readonly kind: Kind; readonly throughMonth: Month }
  | { readonly finding: 'withdrawn-record'; readonly kind: Kind; readonly sourceKey: string }
  | { readonly finding: 'withdrawn-coverage'; readonly kind: Kind };

/** Parses a record that an officer attests, or returns all its errors. */
export async function attestedOf(
  context: WriteContext,
  written: unknown,
  kinds: readonly Kind[],
  at: string,
): Promise<Attested | { readonly fieldErrors: readonly FieldError[] }> {
  const reading = readWrittenFact(written, kinds, at, { ...context, places: context.reference.places });
  if ('fieldErrors' in reading) return reading;
  const { kind, fromDay: from, toDay: to, details } = reading;
  if (from <= context.today) return { finding: 'record', kind, from, to, details };
  return { fieldErrors: [{ pointer: at, code: 'in-future', detail: '核实的记录不能从今天以后开始。' }] };
}

/** Stores a finding under the id of its attestation; a withdrawal is a later version of the same key. */
export async function keepAttested(
  context: WriteContext,
  personId: string,
  attestationId: string,
  attested: Attested,
): Promise<{ recordId: string | null; coverageId: string | null }> {
  const learntAt = context.at.toString();
  const { finding, kind } = attested;
  if (finding === 'coverage' || finding === 'withdrawn-coverage') {
    const coverageId = context.newId();
    const throughMonth = finding === 'coverage' ? attested.throughMonth : null;
    const about = { kind, source: officerSource, agencyCode: null, personId, throughMonth };
    await insertCoverage(context.tx, [{ coverageId, ...about, asOf: learntAt, deliveryId: null, learntAt }]);
    return { recordId: null, coverageId };
  }
  const isWithdrawal = finding === 'withdrawn-record';
  const said = isWithdrawal
    ? // A removal has no days, but the column is not null.
      { fromDay: '1000-01-01', toDay: null, details: {}, removed: true, version: 2 }
    : {
        fromDay: attested.from,
        toDay: attested.to,
        details: finding === 'absence' ? { absent: true } : attested.details,
        removed: false,
        version: 1,
      };
  const recordId = context.newId();
  const record = {
    personId,
    recordId,
    kind,
    source: officerSource,
    sourceKey: isWithdrawal ? attested.sourceKey : attestationId,
    ...said,
    deliveryId: null,
    learntAt,
  };
  const contentDigest = hash('sha256', JSON.stringify([personId, kind, said]));
  insertRecords(context.tx, [{ ...record, contentDigest }]);
  return { recordId, coverageId: null };
}
