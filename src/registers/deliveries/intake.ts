// Takes rows that read well into the records: who they are about, what is on file under their keys, what becomes of each.
// One batch is one transaction of the caller's. What the records mean for a month is decided by the rules, never here.

import { hash } from 'node:crypto';
import type { WriteContext } from '../../platform/context.ts';
import type { FieldError } from '../../platform/problem.ts';
import type { IdentityNumber } from '../../values/identity-number.ts';
import { chunks, enrolPeople, keepNames } from '../people/operations.ts';
import type { ReadRow, RefusedRow } from '../records/reading.ts';
import type { RowOutcome } from '../records/schemas.ts';
import {
  insertRecords,
  listNewestVersions,
  listPeopleToReassess,
  lockSource,
  type RecordRow,
  type StoredVersion,
} from '../records/store.ts';

/** Where rows come from. */
export interface IntakeOf {
  readonly source: string;
  readonly deliveryId: string;
  /** Rows of a table carry no versions: what differs from what is on file is the next one. */
  readonly assignsVersions?: boolean;
}

export interface Intake {
  readonly refused: readonly RefusedRow[];
  readonly totals: Readonly<Record<Exclude<RowOutcome, 'refused'>, number>>;
  /** People whose granted months or open applications are looked at again after the commit. */
  readonly peopleToReassess: number;
}

/** PostgreSQL stores so many while the next are weighed. */
const rowsAtOnce = 2_500;

/**
 * Takes one batch of a delivery. Idempotent by source key and version: the same again changes nothing, an older version
 * is ignored and counted, the same version with other content is refused. Stages a second look at everybody whom a new
 * record touches and who has a granted month or an open application; nothing decided is changed.
 */
export async function takeRows(
  context: WriteContext,
  delivery: IntakeOf,
  rows: readonly ReadRow[],
): Promise<Intake> {
  await lockSource(context.tx, delivery.source);
  const personIds = await enrolPeople(
    context,
    rows.map((row) => row.identity),
  );
  const { plan, refused, totals } = await planUpserts(context, delivery, rows, personIds);
  const touched = new Set<string>();
  let storing = Promise.resolve();
  for (const some of chunks(rows, rowsAtOnce)) {
    const records = plan(some);
    for (const { personId } of records) touched.add(personId);
    const next = insertRecords(context.tx, records);
    // Its failure is met where it is awaited, unless the one before fails.
    next.catch(() => {});
    await storing;
    storing = next;
  }
  await storing;
  const names = rows.flatMap((row) =>
    row.name === null ? [] : [{ personId: personOf(personIds, row.identity), name: row.name }],
  );
  await keepNames(context, delivery.source, names);

  // After the insert, which waits for whoever holds one of these people to decide on them: what was approved meanwhile
  // is seen here, although the decision did not see these records.
  const people = await listPeopleToReassess(context.tx, [...touched]);
  await context.enqueue(
    'reassess-person',
    people.map((personId) => ({ key: personId, payload: { personId } })),
  );
  return { refused, totals, peopleToReassess: people.length };
}

/**
 * Compares rows with the newest version on file of their keys, in the order delivered, and says what becomes of each: a
 * record to be kept, or one more in the totals or among the refused.
 */
export async function planUpserts(
  context: Pick<WriteContext, 'tx' | 'at' | 'newId'>,
  { source, deliveryId, assignsVersions = false }: IntakeOf,
  rows: readonly ReadRow[],
  personIds: ReadonlyMap<string, string>,
) {
  const onFile = new Map<string, StoredVersion>();
  for (const [kind, ofKind] of Map.groupBy(rows, (row) => row.kind)) {
    const sourceKeys = ofKind.map((row) => row.sourceKey);
    const newest = await listNewestVersions(context.tx, source, kind, sourceKeys);
    for (const stored of newest) onFile.set(keyOf(stored), stored);
  }
  const refused: RefusedRow[] = [];
  const totals = { new: 0, superseding: 0, unchanged: 0, outdated: 0 };
  const learntAt = context.at.toString();

  function plan(some: readonly ReadRow[]): RecordRow[] {
    const records: RecordRow[] = [];
    for (const row of some) {
      const { kind, sourceKey, fromDay, toDay, details, removed } = row;
      const key = keyOf(row);
      const personId = personOf(personIds, row.identity);
      const contentDigest = digestOf(row, personId);
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
      const recordId = context.newId();
      const said = { kind, source, sourceKey, version, fromDay, toDay, details, removed };
      const record = { personId, recordId, ...said, contentDigest, deliveryId, learntAt };
      records.push(record);
      onFile.set(key, record);
    }
    return records;
  }

  return { plan, refused, totals };
}

/** The version on file when it says the same, else the next. */
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

function digestOf(row: ReadRow, personId: string): string {
  const details = Object.entries(row.details).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = [personId, row.kind, row.fromDay, row.toDay, details, row.removed];
  return hash('sha256', JSON.stringify(content));
}

function personOf(personIds: ReadonlyMap<string, string>, identity: IdentityNumber): string {
  const personId = personIds.get(identity.text);
  if (personId === undefined) throw new Error('a row has no person');
  return personId;
}
