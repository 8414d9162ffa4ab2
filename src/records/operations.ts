// Takes what a register says into the records: each row judged alone, good rows kept, bad rows answered with every reason.
// What the records mean for a month is decided by the rules, never here.

import { createHash } from 'node:crypto';
import { clientOf } from '../access/actor.ts';
import type { Act, View } from '../act.ts';
import { type Fault, Refusal } from '../http/problem.ts';
import { chunks, enrolPeople, keepNames } from '../people/operations.ts';
import { listAgencyCodes } from '../reference/store.ts';
import type { Coverage, Fact, Kind } from '../rules/facts.ts';
import type { IdentityNumber } from '../rules/identity-number.ts';
import { type ReadRow, type RefusedRow, readRow } from './reading.ts';
import type { RecordDeliveryEnvelope, RowOutcome } from './schemas.ts';
import {
  findDelivery,
  insertCoverage,
  insertDelivery,
  insertRecords,
  insertRefusals,
  listBelievedRecords,
  listCoverage,
  listNewestVersions,
  listPeopleWithLiveMonths,
  lockSource,
  type RecordRow,
  type StoredVersion,
} from './store.ts';

const rowsPerStatement = 2_000;
/** A register's clock may run ahead by this much. A statement from the future would outweigh every later one. */
const clockToleranceSeconds = 300;

/**
 * Takes one delivery of up to 10,000 rows. Idempotent by source key and version: the same again changes nothing, an
 * older version is ignored and counted, the same version with other content is refused. Totals always add up. People
 * whose granted months may be contradicted are assessed again after the commit; nothing decided is changed.
 */
export async function deliverRecords(act: Act, delivery: RecordDeliveryEnvelope) {
  await refuseUntenable(act, delivery);
  const deliveryId = act.newId();
  await lockSource(act.tx, delivery.source);

  const refused: RefusedRow[] = [];
  const read: ReadRow[] = [];
  for (const [index, row] of delivery.rows.entries()) {
    const result = readRow(row, index + 1, act);
    if ('faults' in result) refused.push(result);
    else read.push(result);
  }

  const personIds = await enrolPeople(
    act,
    read.map((row) => row.identity),
  );
  const accepted = await weigh(act, delivery.source, deliveryId, read, personIds);
  refused.push(...accepted.refused);
  const totals: Record<RowOutcome, number> = { ...accepted.totals, refused: refused.length };

  const touched = [...new Set(accepted.records.map((record) => record.personId))];
  const withLiveMonths = await listPeopleWithLiveMonths(act.tx, touched);
  await insertDelivery(
    act.tx,
    {
      deliveryId,
      clientId: clientOf(act.actor),
      source: delivery.source,
      receivedAt: act.at.toString(),
      rowsReceived: delivery.rows.length,
      peopleToReassess: withLiveMonths.length,
    },
    totals,
  );
  for (const chunk of chunks(accepted.records, rowsPerStatement)) await insertRecords(act.tx, chunk);
  refused.sort((a, b) => a.rowNumber - b.rowNumber);
  for (const chunk of chunks(refused, rowsPerStatement)) {
    await insertRefusals(
      act.tx,
      chunk.map(({ faults, ...row }) => ({
        ...row,
        deliveryId,
        faults: faults.map((fault) => ({ ...fault })),
      })),
    );
  }
  const names = read.flatMap((row) =>
    row.name === null ? [] : [{ personId: personOf(personIds, row.identity), name: row.name }],
  );
  if (names.length > 0) await keepNames(act, delivery.source, names);
  if (delivery.coverage !== undefined && delivery.coverage.length > 0) {
    await insertCoverage(
      act.tx,
      delivery.coverage.map((statement) => ({
        coverageId: act.newId(),
        kind: statement.kind,
        source: delivery.source,
        agencyCode: statement.agencyCode ?? null,
        personId: null,
        throughMonth: statement.throughMonth,
        asOf: statement.asOf,
        deliveryId,
        learntAt: act.at.toString(),
      })),
    );
  }

  await act.enqueue(
    'reassess-person',
    withLiveMonths.map((personId) => ({ key: personId, payload: { personId } })),
  );
  await act.audit({
    target: ['record-delivery', deliveryId],
    change: { source: delivery.source, ...totals },
  });

  return {
    id: deliveryId,
    source: delivery.source,
    receivedAt: act.at.toString(),
    totals: { received: delivery.rows.length, ...totals },
    refused: refused.map(({ rowNumber, sourceKey, faults }) => ({
      row: rowNumber,
      sourceKey,
      errors: [...faults],
    })),
    peopleToReassess: withLiveMonths.length,
  };
}

/** A delivery as it was answered. `not-found` for another client's. */
export async function getRecordDelivery(view: View, deliveryId: string) {
  const clientId = view.sight.relation === 'own' ? view.sight.client : null;
  const delivery = await findDelivery(view.tx, deliveryId, clientId);
  if (delivery === undefined) throw new Refusal('not-found');
  return {
    id: delivery.deliveryId,
    source: delivery.source,
    receivedAt: delivery.receivedAt,
    totals: {
      received: delivery.rowsReceived,
      new: delivery.rowsNew,
      superseding: delivery.rowsSuperseding,
      unchanged: delivery.rowsUnchanged,
      outdated: delivery.rowsOutdated,
      refused: delivery.rowsRefused,
    },
    refused: delivery.refusals.map((row) => ({
      row: row.rowNumber,
      sourceKey: row.sourceKey,
      // Written by deliverRecords in this shape.
      errors: row.faults as unknown as Fault[],
    })),
    peopleToReassess: delivery.peopleToReassess,
  };
}

/** What the registers say of a person now, as the rules read it. */
export async function readFacts(view: View, personId: string): Promise<Fact[]> {
  const records = await listBelievedRecords(view.tx, personId);
  return records.map((record) => {
    const held = { id: record.recordId, kind: record.kind, from: record.fromDay, to: record.toDay };
    // The details were judged by their kind's schema when they were delivered, and rows never change.
    return { ...held, ...(record.details as object) } as Fact;
  });
}

/** How far the registers vouch for a person whose cases this agency handles. */
export async function readCoverage(
  view: View,
  personId: string,
  agencyCode: string | null,
): Promise<Coverage> {
  const rows = await listCoverage(view.tx, personId, agencyCode);
  return Object.fromEntries(rows.map((row) => [row.kind, row.throughMonth]));
}

/** What is wrong with a delivery beside its rows. */
async function refuseUntenable(act: Act, { source, coverage = [] }: RecordDeliveryEnvelope): Promise<void> {
  const faults: Fault[] = [];
  if (source === 'officer') {
    const detail = '“officer” 专用于经办人员核实记录，请使用登记机关自己的来源代码。';
    faults.push({ pointer: '/body/source', code: 'reserved', detail });
  }
  const agencies = await listAgencyCodes(act.tx);
  const latest = act.at.add({ seconds: clockToleranceSeconds });
  for (const [index, { agencyCode, asOf }] of coverage.entries()) {
    const at = `/body/coverage/${index}`;
    if (agencyCode !== undefined && !agencies.has(agencyCode)) {
      const detail = '没有这个经办机构，请核对代码；适用于全市的声明不填此项。';
      faults.push({ pointer: `${at}/agencyCode`, code: 'unknown-agency', detail });
    }
    if (Temporal.Instant.compare(Temporal.Instant.from(asOf), latest) > 0) {
      const detail = '声明的截止时间不能晚于现在，请核对来源系统的时钟。';
      faults.push({ pointer: `${at}/asOf`, code: 'in-future', detail });
    }
  }
  if (faults.length > 0) throw new Refusal('invalid-fields', { faults });
}

/** Compares each row with the newest version on file, in the order delivered, and says what becomes of it. */
async function weigh(
  act: Act,
  source: string,
  deliveryId: string,
  rows: readonly ReadRow[],
  personIds: ReadonlyMap<string, string>,
) {
  const onFile = new Map<string, StoredVersion>();
  for (const stored of await listNewestVersions(act.tx, source, rows)) onFile.set(keyOf(stored), stored);
  const records: RecordRow[] = [];
  const refused: RefusedRow[] = [];
  const totals = { new: 0, superseding: 0, unchanged: 0, outdated: 0 };
  for (const row of rows) {
    const personId = personOf(personIds, row.identity);
    const contentDigest = digestOf(row, personId);
    const newest = onFile.get(keyOf(row));
    const fault = faultAgainst(newest, row, personId, contentDigest);
    if (fault !== null) {
      refused.push({ rowNumber: row.rowNumber, sourceKey: row.sourceKey, faults: [fault] });
      continue;
    }
    if (newest !== undefined && newest.version >= row.version) {
      totals[newest.version === row.version ? 'unchanged' : 'outdated'] += 1;
      continue;
    }
    totals[newest === undefined ? 'new' : 'superseding'] += 1;
    const { kind, sourceKey, version, fromDay, toDay, details, removed } = row;
    const record = {
      personId,
      recordId: act.newId(),
      kind,
      source,
      sourceKey,
      version,
      fromDay,
      toDay,
      removed,
      contentDigest,
      deliveryId,
    };
    records.push({
      ...record,
      details: structuredClone(details) as RecordRow['details'],
      learntAt: act.at.toString(),
    });
    onFile.set(keyOf(row), record);
  }
  return { records, refused, totals };
}

function faultAgainst(
  newest: StoredVersion | undefined,
  row: ReadRow,
  personId: string,
  digest: Buffer,
): Fault | null {
  const at = `/body/rows/${row.rowNumber - 1}`;
  if (newest === undefined) return null;
  if (newest.personId !== personId) {
    const detail = '该来源主键已属于另一人，请先以原身份号码报送删除（removed），再以新主键报送。';
    return { pointer: `${at}/identityNumber`, code: 'other-person', detail };
  }
  if (newest.version === row.version && !newest.contentDigest.equals(digest)) {
    const detail = '同一版本的内容与已报送的不同，更正内容请使用更高的版本号。';
    return { pointer: `${at}/version`, code: 'version-content-differs', detail };
  }
  return null;
}

function keyOf(row: { kind: Kind; sourceKey: string }): string {
  return `${row.kind} ${row.sourceKey}`;
}

function digestOf(row: ReadRow, personId: string): Buffer {
  const details = Object.entries(row.details).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = [personId, row.kind, row.fromDay, row.toDay, details, row.removed];
  return createHash('sha256').update(JSON.stringify(content)).digest();
}

function personOf(personIds: ReadonlyMap<string, string>, identity: IdentityNumber): string {
  const personId = personIds.get(identity.text);
  if (personId === undefined) throw new Error('a row has no person');
  return personId;
}
