// Stores audit entries and the order in which they were sealed. Contains no personal data.

import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { officerAt } from '../../platform/database/officers.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { Algorithm, Form, Head, Seal, SealedEntry } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { AuditQuery } from './schemas.ts';

const hashDigits = 64;
/** The actor of the service's own entries. */
const service = 'urn:subsidy|service';

/**
 * The hashed text of an entry: every column in a fixed order, independent of session settings. The columns' lengths in
 * bytes follow them, so that their boundaries are unambiguous; -1 stands for null.
 */
const texts: Readonly<Record<Form, RawBuilder<string>>> = {
  columns: sql<string>`concat_ws(' ', entry.entry_id, encode(timestamptz_send(entry.at), 'hex'),
    entry.operation, entry.actor, entry.client_id, entry.role, entry.agency_code, entry.target_kind, entry.target_id,
    entry.person_id, entry.change, entry.request_id, entry.source_address,
    octet_length(entry.operation), octet_length(entry.actor), octet_length(entry.client_id), octet_length(entry.role),
    coalesce(octet_length(entry.agency_code), -1), octet_length(entry.target_kind), octet_length(entry.target_id),
    entry.person_id is null, octet_length(entry.request_id), octet_length(entry.source_address))`,
  json: sql<string>`json_build_array(
    entry.entry_id, to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), entry.operation, entry.actor,
    entry.client_id, entry.role, entry.agency_code, entry.target_kind, entry.target_id, entry.person_id,
    entry.change::text, entry.request_id, entry.source_address)::text`,
};

/** Lets one process seal at a time; returns false while another does. */
export async function lockSealing(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('audit sealing', 0)) as free`.execute(tx);
  return rows[0]?.free === true;
}

const inHex = sql<string>`encode(hash, 'hex')`.as('hash');

/** The newest sealed entry, even if it was deleted since. */
export async function findHead(tx: Tx): Promise<Head | undefined> {
  const newest = await tx
    .selectFrom('auditSeal')
    .select(['sequence', inHex])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newest !== undefined) return newest;
  return await findCut(tx);
}

/** The signed statement of where the chain begins after its oldest entries were deleted; undefined if none were. */
export async function findCut(tx: Tx) {
  return await tx
    .selectFrom('auditCut')
    .select(['sequence', inHex, 'statement'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The last of up to `most` oldest entries, all older than `before`, with its hash. */
export async function findLastOver(tx: Tx, before: string, most: number): Promise<Head | undefined> {
  const { rows } = await sql<Head>`
    select sequence, encode(hash, 'hex') as hash from (
      select seal.sequence, seal.hash, bool_and(entry.at < ${before}) over (order by seal.sequence) as over
      from (select * from audit_seal order by sequence limit ${atMost(most)}) seal join audit_entry entry using (entry_id)
    ) oldest where over order by sequence desc limit 1`.execute(tx);
  return rows[0];
}

/** Deletes the chain up to a signed place, through a database function; returns the number of deleted entries. */
export async function cutThrough(tx: Tx, last: Head, statement: Checkpoint): Promise<number> {
  const { rows } = await sql<{ gone: number }>`
    select cut_audit(${last.sequence}, decode(${last.hash}, 'hex'), ${JSON.stringify(statement)}, ${statement.at}) as gone`.execute(
    tx,
  );
  return rows[0]?.gone ?? 0;
}

/** Entries waiting to be sealed, lowest id first. */
export async function listUnsealed(tx: Tx, form: Form, limit: number) {
  const { rows } = await sql<{ entryId: number; text: string }>`
    select entry.entry_id, ${texts[form]} as text
    from (select entry_id from audit_unsealed order by entry_id limit ${atMost(limit)}) waiting
    join audit_entry entry using (entry_id) order by entry.entry_id`.execute(tx);
  return rows;
}

/** The number of entries that have waited longer than this to be sealed, and the first of them. */
export async function findOverdue(tx: Tx, seconds: number) {
  const { rows } = await sql<{ count: number; entryId: number | null }>`
    select count(*)::int as count, min(entry_id) as entry_id from audit_unsealed
    where since < now() - make_interval(secs => ${seconds})`.execute(tx);
  return rows[0] ?? { count: 0, entryId: null };
}

/** For how many seconds the oldest entry has waited to be sealed; 0 when none does. */
export async function findSealLag(tx: Tx): Promise<number> {
  const { rows } = await sql<{ seconds: number | null }>`
    select extract(epoch from now() - min(since))::float8 as seconds from audit_unsealed`.execute(tx);
  return rows[0]?.seconds ?? 0;
}

/**
 * The first of the next entries by id that is neither sealed nor waiting to be.
 *
 * @param after null starts at the first entry
 * @returns `through` is the last compared id; null at the end
 */
export async function compareWithSeals(tx: Tx, after: number | null, limit: number) {
  const { rows } = await sql<{ through: number | null; unknown: number | null }>`
    select max(entry_id) as through, min(entry_id) filter (where
        not exists (select from audit_seal s where s.entry_id = e.entry_id)
        and not exists (select from audit_unsealed q where q.entry_id = e.entry_id)) as unknown
    from (select entry_id from audit_entry where ${after}::bigint is null or entry_id > ${after}::bigint
      order by entry_id limit ${atMost(limit)}) e`.execute(tx);
  return rows[0] ?? { through: null, unknown: null };
}

/** An answered request without an audit entry, or null. */
export async function findActWithoutEntry(tx: Tx): Promise<string | null> {
  const { rows } = await sql<{ requestId: string | null }>`select act_without_entry() as request_id`.execute(
    tx,
  );
  return rows[0]?.requestId ?? null;
}

/**
 * Up to `limit` looks that are not yet in the audit, with their digest; undefined if there are none. Locks out writers
 * of looks, so that none with a smaller id is committed later.
 */
export async function takeLooks(tx: Tx, limit: number) {
  await sql`select pg_advisory_xact_lock(hashtextextended('looks', 0))`.execute(tx);
  const { rows } = await sql<{ after: number; through: number; looks: number; sha256: string }>`
    with entered as (
      select coalesce(max((change ->> 'through')::bigint), 0) as after from audit_entry
      where actor = ${service} and operation = 'enterLooks'),
    next as (
      select after, max(look_id) as through, count(*)::int as looks from entered, lateral (
        select look_id from look where look_id > after order by look_id limit ${atMost(limit)}) batch
      group by after)
    select after, through, looks, digest_of_looks(after, through) as sha256 from next`.execute(tx);
  return rows[0];
}

/**
 * The first entry whose looks have changed since it was written, or null. Deletion of expired looks is not a change.
 */
export async function findChangedLooks(tx: Tx): Promise<number | null> {
  const { rows } = await sql<{ entryId: number }>`
    select entry_id from audit_entry
    where actor = ${service} and operation = 'enterLooks' and at > now() - kept_at_least('looks')
      and change ->> 'sha256' <> digest_of_looks((change ->> 'after')::bigint, (change ->> 'through')::bigint)
    order by entry_id limit 1`.execute(tx);
  return rows[0]?.entryId ?? null;
}

export async function insertSeals(tx: Tx, seals: readonly Seal[]): Promise<void> {
  await tx
    .insertInto('auditSeal')
    .values(seals.map((seal) => ({ ...seal, hash: Buffer.from(seal.hash, 'hex') })))
    .execute();
}

/**
 * The chain between two places, each entry with its current text.
 *
 * @param through the last sequence, inclusive
 */
export async function listSealed(tx: Tx, after: number, through: number): Promise<SealedEntry[]> {
  const seals = await listSeals(tx, after, through);
  const found = new Map<number, string>();
  for (const form of new Set(seals.map((seal) => seal.form))) {
    const ids = seals.filter((seal) => seal.form === form).map(({ entryId }) => entryId);
    await findTexts(tx, form, ids, found);
  }
  return seals.map(({ sequence, entryId, algorithm, form, hash }) => {
    return { sequence, entryId, algorithm, form, hash, text: found.get(entryId) ?? null };
  });
}

// Each column is read as one array: decoding a row per entry takes the client longer than hashing.

async function listSeals(tx: Tx, after: number, through: number): Promise<Seal[]> {
  const { rows } = await sql<{
    sequences: number[] | null;
    ids: number[];
    algorithms: Algorithm[];
    forms: Form[];
    hashes: string;
  }>`
    select json_agg(sequence) as sequences, json_agg(entry_id) as ids, json_agg(algorithm) as algorithms,
      json_agg(form) as forms, encode(string_agg(hash, ''), 'hex') as hashes
    from (select * from audit_seal where sequence > ${after} and sequence <= ${through} order by sequence) in_order`.execute(
    tx,
  );
  const [batch] = rows;
  if (batch === undefined || batch.sequences === null) return [];
  const { ids, algorithms, forms, hashes } = batch;
  return batch.sequences.map((sequence, at) => ({
    sequence,
    // The casts are safe because all arrays have the same length.
    entryId: ids[at] as number,
    algorithm: algorithms[at] as Algorithm,
    form: forms[at] as Form,
    hash: hashes.slice(at * hashDigits, (at + 1) * hashDigits),
  }));
}

async function findTexts(
  tx: Tx,
  form: Form,
  ids: readonly number[],
  found: Map<number, string>,
): Promise<void> {
  const { rows } = await sql<{ ids: number[] | null; texts: string[] }>`
    select json_agg(entry_id) as ids, json_agg(text) as texts
    from (
      select entry.entry_id, ${texts[form]} as text
      from audit_entry entry where entry.entry_id = any(${`{${ids.join(',')}}`}::bigint[])) batch`.execute(
    tx,
  );
  const [batch] = rows;
  for (const [at, id] of (batch?.ids ?? []).entries()) found.set(id, batch?.texts[at] ?? '');
}

/** Entries of the agency's officers, of its streets' officers, or about a person with a case there. */
function isOfAgency(code: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`(agency_code = ${code}
    or agency_code in (select street_code from street_agency where agency_code = ${code})
    or person_id in (select person_id from application where agency_code = ${code}))`;
}

/** Entries ordered by id. @param page its `afterId` is an entry's id as text */
export async function listEntries(tx: Tx, scope: Scope, filter: AuditQuery, page: PageRequest) {
  let query = tx.selectFrom('auditEntry').selectAll().select(officerAt('actor', 'at').as('officer'));
  if (scope.relation !== 'city')
    query = query.where(isOfAgency(scope.relation === 'agency' ? scope.code : ''));
  if (filter.operation !== undefined) query = query.where('operation', '=', filter.operation);
  if (filter.actor !== undefined) query = query.where('actor', '=', filter.actor);
  if (filter.targetKind !== undefined) query = query.where('targetKind', '=', filter.targetKind);
  if (filter.targetId !== undefined) query = query.where('targetId', '=', filter.targetId);
  if (filter.personId !== undefined) query = query.where('personId', '=', filter.personId);
  if (page.afterId !== null) query = query.where('entryId', '>', Number(page.afterId));
  return await query
    .orderBy('entryId')
    .limit(atMost(page.limit + 1))
    .execute();
}
