// Takes valid rows into the records: resolves people, compares with the versions on file and counts the results. Each
// batch is one transaction of the caller's. The rules decide what records mean for a month.

import { hash } from 'node:crypto';
import { clientOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { RecordDelivery } from '../../platform/database/tables.ts';
import type { FieldError } from '../../platform/problem.ts';
import type { IdentityNumber } from '../../values/identity-number.ts';
import { chunks, enrolPeople, findPeopleByIdentity, keepNames } from '../people/operations.ts';
import type { ReadRow, RefusedRow } from '../records/reading.ts';
import {
  insertRecords,
  listNewestVersions,
  listPeopleToReassess,
  lockSource,
  type RecordRow,
  type StoredVersion,
} from '../records/store.ts';
import type { RowOutcome } from './schemas.ts';
import { addPeopleToReassess, addRows, insertDelivery } from './store.ts';

interface Origin {
  readonly source: string;
  /** Rows of a table have no versions: a row that differs from the one on file gets the next version. */
  readonly assignsVersions?: boolean;
  /** SHA-256 of the file that an agency uploaded. */
  readonly fileDigest?: Buffer;
}

type OriginOfBatch = Origin & { readonly deliveryId: string };

/** Rows as received, valid and invalid ones separate. */
export interface ReceivedRows {
  readonly received: number;
  readonly read: readonly ReadRow[];
  readonly unreadable: readonly RefusedRow[];
}

export interface Intake {
  readonly refused: readonly RefusedRow[];
  readonly totals: Readonly<Record<Exclude<RowOutcome, 'refused'>, number>>;
  /** People whose granted months or open applications are reassessed after the commit. */
  readonly peopleToReassess: number;
}

/** Takes a whole delivery in the caller's transaction and stores it with the result of its rows. */
export async function takeDelivery(
  context: WriteContext,
  origin: Origin,
  rows: ReceivedRows,
): Promise<Intake & { readonly row: RecordDelivery }> {
  const { deliveryId } = await insertDelivery(context.tx, {
    deliveryId: context.newId(),
    clientId: clientOf(context.actor),
    source: origin.source,
    receivedAt: context.at.toString(),
    state: 'complete',
    streamKey: null,
    rowsDigest: null,
    fileDigest: origin.fileDigest ?? null,
  });
  return await takeBatch(context, { ...origin, deliveryId }, rows, null);
}

/**
 * Takes one batch of rows and adds the result to their delivery.
 *
 * @param rowsDigest of the part of a streamed body taken so far
 */
export async function takeBatch(
  context: WriteContext,
  origin: OriginOfBatch,
  { received, read, unreadable }: ReceivedRows,
  rowsDigest: Buffer | null,
): Promise<Intake & { readonly row: RecordDelivery }> {
  const { tx } = context;
  const { touched, totals, refused: invalid, naming } = await storeRows(context, origin, read);
  const refused = [...unreadable, ...invalid].sort((a, b) => a.rowNumber - b.rowNumber);
  const taken = { rowsDigest, takenAt: context.at.toString() };
  // After the records, which wait for decisions that lock these people: months approved meanwhile without these records
  // are then visible here.
  const [people, row] = await Promise.all([
    listPeopleToReassess(tx, [...touched]),
    addRows(tx, origin.deliveryId, { received, ...totals }, refused, taken),
    naming,
  ]);
  const peopleToReassess = people.length;
  if (peopleToReassess === 0) return { refused, totals, peopleToReassess, row };
  await context.enqueue(
    'reassess-person',
    people.map((personId) => ({ key: personId, payload: { personId } })),
  );
  return {
    refused,
    totals,
    peopleToReassess,
    row: await addPeopleToReassess(tx, origin.deliveryId, peopleToReassess),
  };
}

/** Rows per insert: PostgreSQL stores them while the next are compared. */
const rowsAtOnce = 500;

/**
 * Takes rows into the records. Idempotent by source key and version: the same version and content changes nothing, an
 * older version is ignored and counted, the same version with other content is refused. Decisions do not change.
 *
 * @returns the people with a new record; `naming` resolves when their names are stored
 */
async function storeRows(context: WriteContext, origin: OriginOfBatch, rows: readonly ReadRow[]) {
  lockSource(context.tx, origin.source);
  const [personIds, onFile] = await Promise.all([
    enrolPeople(
      context,
      rows.map((row) => row.identity),
    ),
    listOnFile(context, origin.source, rows),
  ]);
  const names = rows.flatMap((row) =>
    row.name === null ? [] : [{ personId: personOf(personIds, row.identity), name: row.name }],
  );
  const naming = keepNames(context, origin.source, names);
  // Avoids an unhandled rejection if the rows cannot be stored; the caller waits for it.
  naming.catch(() => {});
  const { plan, refused, totals } = planUpserts(context, origin, personIds, onFile);
  const touched = new Set<string>();
  for (const some of chunks(rows, rowsAtOnce)) {
    const records = plan(some);
    for (const { personId } of records) touched.add(personId);
    insertRecords(context.tx, records);
  }
  return { touched, totals, refused, naming };
}

/** Placeholder id for people not on file; no record has it. */
const nobody = '00000000-0000-0000-0000-000000000000';

/** Counts what taking these rows now, under assigned versions, would do. Creates no person and stores nothing. */
export async function forecastRows(
  context: ReadContext,
  source: string,
  rows: readonly ReadRow[],
): Promise<Intake> {
  const identities = rows.map(({ identity }) => identity);
  const [known, onFile] = await Promise.all([
    findPeopleByIdentity(context, identities),
    listOnFile(context, source, rows),
  ]);
  const personIds = new Map(identities.map(({ text }) => [text, known.get(text) ?? nobody]));
  const origin = { source, deliveryId: nobody, assignsVersions: true };
  const { plan, refused, totals } = planUpserts(
    { ...context, newId: () => nobody },
    origin,
    personIds,
    onFile,
  );
  plan(rows);
  return { refused, totals, peopleToReassess: 0 };
}

/** The newest version on file of each row's key. */
async function listOnFile({ tx }: Pick<ReadContext, 'tx'>, source: string, rows: readonly ReadRow[]) {
  const ofKinds = [...Map.groupBy(rows, (row) => row.kind)].map(([kind, ofKind]) =>
    listNewestVersions(
      tx,
      source,
      kind,
      ofKind.map((row) => row.sourceKey),
    ),
  );
  const newest = await Promise.all(ofKinds);
  return new Map(newest.flat().map((stored) => [keyOf(stored), stored]));
}

/**
 * Compares rows, in the order delivered, with the newest version on file of their keys: returns the records to store,
 * the totals and the refused rows.
 */
function planUpserts(
  context: Pick<WriteContext, 'at' | 'newId'>,
  { source, deliveryId, assignsVersions = false }: OriginOfBatch,
  personIds: ReadonlyMap<string, string>,
  onFile: Map<string, StoredVersion>,
) {
  const refused: RefusedRow[] = [];
  const totals = { new: 0, superseding: 0, unchanged: 0, outdated: 0 };
  const learntAt = context.at.toString();

  function plan(some: readonly ReadRow[]): RecordRow[] {
    const records: RecordRow[] = [];
    for (const row of some) {
      const { kind, sourceKey, fromDay, toDay, removed } = row;
      const key = keyOf(row);
      const personId = personOf(personIds, row.identity);
      const details = detailsText(row);
      const contentDigest = digestOf(row, personId, details);
      const newest = onFile.get(key);
      const version = assignsVersions ? versionAfter(newest, contentDigest) : row.version;
      const fieldError = fieldErrorAgainst(newest, row.rowNumber, { personId, version, contentDigest });
      if (fieldError !== null) {
        refused.push({ rowNumber: row.rowNumber, sourceKey, fieldErrors: [fieldError] });
        continue;
      }
      if (newest !== undefined && newest.version >= version) {
        totals[newest.version === version ? 'unchanged' : 'outdated'] += 1;
        continue;
      }
      totals[newest === undefined ? 'new' : 'superseding'] += 1;
      const record = {
        personId,
        recordId: context.newId(),
        kind,
        source,
        sourceKey,
        version,
        fromDay,
        toDay,
        details,
        removed,
        contentDigest,
        deliveryId,
        learntAt,
      };
      records.push(record);
      onFile.set(key, record);
    }
    return records;
  }

  return { plan, refused, totals };
}

/** The version on file if its content is the same, otherwise the next. */
function versionAfter(newest: StoredVersion | undefined, digest: string): number {
  if (newest === undefined) return 1;
  return newest.contentDigest === digest ? newest.version : newest.version + 1;
}

function fieldErrorAgainst(
  newest: StoredVersion | undefined,
  rowNumber: number,
  said: Pick<StoredVersion, 'personId' | 'version' | 'contentDigest'>,
): FieldError | null {
  if (newest === undefined) return null;
  const at = `/body/rows/${rowNumber - 1}`;
  if (newest.personId !== said.personId) {
    const detail = '该主键已属于另一人，请先以原身份号码报送删除，再以新主键报送。';
    return { pointer: `${at}/identityNumber`, code: 'other-person', detail };
  }
  if (newest.version === said.version && newest.contentDigest !== said.contentDigest) {
    const detail = '同一版本的内容与已报送的不同，更正内容请使用更高的版本号。';
    return { pointer: `${at}/version`, code: 'version-content-differs', detail };
  }
  return null;
}

function keyOf(row: { kind: string; sourceKey: string }): string {
  return `${row.kind} ${row.sourceKey}`;
}

/** The details as JSON, whose names stand in one order however the register sent them. */
function detailsText({ details }: ReadRow): string {
  return JSON.stringify(details, Object.keys(details).sort());
}

function digestOf({ kind, fromDay, toDay, removed }: ReadRow, personId: string, details: string): string {
  return hash('sha256', `${personId} ${kind} ${fromDay} ${toDay} ${removed} ${details}`);
}

function personOf(personIds: ReadonlyMap<string, string>, identity: IdentityNumber): string {
  const personId = personIds.get(identity.text);
  if (personId === undefined) throw new Error('a row has no person');
  return personId;
}
