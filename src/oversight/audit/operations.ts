// Reads, seals and verifies the audit. Entries are written with every write (platform/write-context.ts), not by an
// operation.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Tx } from '../../platform/database/connect.ts';
import type { Encryption } from '../../platform/encryption/encryption.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import {
  type Algorithm,
  createVerifier,
  type Form,
  flawExplanations,
  genesis,
  type Head,
  sealOf,
  type Verification,
} from './chain.ts';
import { type Checkpoint, isGenuine, publicKeyOf, readCheckpoint, signCheckpoint } from './checkpoint.ts';
import type { AuditQuery, VerifyAudit } from './schemas.ts';
import {
  compareWithSeals,
  cutThrough,
  findActWithoutEntry,
  findChangedLooks,
  findCut,
  findHead,
  findLastOver,
  findOverdue,
  insertSeals,
  listEntries,
  listSealed,
  listUnsealed,
  lockSealing,
  takeLooks,
} from './store.ts';

/** Entries are normally sealed within seconds; one that waits longer is reported. */
const sealWithinSeconds = 60;
/** Entries compared with their seals per statement. */
const comparedAtOnce = 100_000;
const sealsAtOnce = 4_000;
const looksAtOnce = 20_000;
/** The serialisation of newly sealed entries. */
const form: Form = 'columns';
const verifiedAtOnce = 20_000;

/**
 * Seals the entries committed since the last call, in one batch. Returns their number; 0 while another process seals.
 */
export async function sealAudit(tx: Tx, algorithm: Algorithm): Promise<number> {
  if (!(await lockSealing(tx))) return 0;
  const entries = await listUnsealed(tx, form, sealsAtOnce);
  if (entries.length === 0) return 0;
  let head: Head = (await findHead(tx)) ?? { sequence: 0, hash: genesis };
  const seals = entries.map(({ entryId, text }) => {
    const sequence = head.sequence + 1;
    head = { sequence, hash: sealOf(head.hash, algorithm, sequence, text) };
    return { sequence, entryId, algorithm, form, hash: head.hash };
  });
  await insertSeals(tx, seals);
  return seals.length;
}

/** Entries within scope, ordered by id. */
export async function listAuditEntries(context: ReadContext, query: AuditQuery) {
  const request = pageRequest(query, /^[1-9]\d{0,15}$/);
  const rows = await listEntries(context.tx, context.scope, query, request);
  const found = page(rows, request, (row) => String(row.entryId));
  context.shows(found.items.flatMap(({ personId }) => personId ?? []));
  return { ...found, items: found.items.map(({ officer, ...entry }) => ({ ...entry, actor: officer })) };
}

/**
 * A signed statement of the current head of the chain, to be kept elsewhere.
 *
 * @throws Problem state-conflict while nothing is sealed
 */
export async function exportAuditCheckpoint({ tx, encryption, at }: ReadContext): Promise<Checkpoint> {
  const checkpoint = await makeCheckpoint(tx, encryption, at);
  if (checkpoint !== null) return checkpoint;
  throw new Problem('state-conflict', { detail: '尚无已封存的审计记录，请稍后再试。' });
}

/** A signed statement of the chain's head at an instant; null while nothing is sealed. */
export async function makeCheckpoint(
  tx: Tx,
  encryption: Pick<Encryption, 'checkpointKey'>,
  at: Temporal.Instant,
): Promise<Checkpoint | null> {
  const head = await findHead(tx);
  if (head === undefined) return null;
  const { sequence, hash } = head;
  return signCheckpoint({ sequence, hash, at: at.toString() }, encryption.checkpointKey);
}

/**
 * Deletes up to `most` of the oldest entries, all older than `before`, and stores a signed statement of where the chain
 * continues. Returns the number deleted.
 */
export async function cutAudit(context: WriteContext, before: string, most: number): Promise<number> {
  const last = await findLastOver(context.tx, before, most);
  if (last === undefined) return 0;
  const place = { ...last, at: context.at.toString() };
  return await cutThrough(context.tx, last, signCheckpoint(place, context.encryption.checkpointKey));
}

/** Writes the digest of new looks (reads of personal facts) into the audit. Returns whether there may be more. */
export async function enterLooks(context: WriteContext): Promise<boolean> {
  const batch = await takeLooks(context.tx, looksAtOnce);
  if (batch === undefined) return false;
  const { after, through, looks, sha256 } = batch;
  await context.audit({ target: ['looks', `${through}`], change: { after, through, looks, sha256 } });
  return looks === looksAtOnce;
}

/** Verifies the whole chain, optionally against a checkpoint, and names the first altered entry. */
export async function verifyAudit(context: ReadContext, { checkpoint }: VerifyAudit) {
  const ourKey = publicKeyOf(context.encryption.checkpointKey.privateKey);
  if (checkpoint !== undefined && !isGenuine(checkpoint)) {
    const detail = '校验点的签名无效，请使用导出时的原件。';
    throw notOurs('/body/checkpoint/signature', 'not-genuine', detail);
  }
  if (checkpoint !== undefined && checkpoint.publicKey !== ourKey) {
    const detail = '校验点不是本系统的密钥签署的，不能据此核验，请使用本系统导出的原件。';
    throw notOurs('/body/checkpoint/publicKey', 'other-key', detail);
  }
  const { entries, deletedThrough, firstBad } = await followChain(
    [context.tx],
    checkpoint ?? null,
    ourKey,
    () => {},
  );
  const explained = firstBad === null ? null : { ...firstBad, explanation: flawExplanations[firstBad.flaw] };
  return { entries, deletedThrough, intact: firstBad === null, firstBad: explained };
}

function notOurs(pointer: string, code: FieldError['code'], detail: string): Problem {
  return new Problem('invalid-fields', { fieldErrors: [{ pointer, code, detail }] });
}

/**
 * Verifies the stored part of the chain, from where expired entries were cut off.
 *
 * @param readers transactions with the same snapshot; the database builds texts more slowly than they are hashed here, so
 *   two are faster than one
 * @param trustedKey the public key that signs cuts; if null, a cut is checked only against the key it names
 * @param onProgress called after each batch with the number of entries verified
 */
export async function followChain(
  readers: readonly [Tx, ...Tx[]],
  checkpoint: Pick<Checkpoint, 'sequence' | 'hash'> | null,
  trustedKey: string | null,
  onProgress: (entries: number) => void,
): Promise<Verification & { readonly deletedThrough: number }> {
  const [tx] = readers;
  const cut = await findCut(tx);
  if (cut && !isOurCut(cut, trustedKey)) {
    const { sequence } = cut;
    const firstBad = { sequence, entryId: null, flaw: 'cut-not-genuine' } as const;
    return { entries: 0, head: { sequence, hash: genesis }, firstBad, deletedThrough: sequence };
  }
  const verifier = createVerifier(checkpoint, cut ?? null);
  const newest = (await findHead(tx))?.sequence ?? 0;
  let asked = cut?.sequence ?? 0;
  const ask = (reader: Tx) => {
    const after = asked;
    asked += verifiedAtOnce;
    return listSealed(reader, after, asked);
  };
  // Fetches the next batches while this one is hashed.
  const coming = readers.map((reader) => ({ reader, batch: ask(reader) }));
  for (let taken = cut?.sequence ?? 0, turn = 0; taken < newest; taken += verifiedAtOnce, turn += 1) {
    const next = coming[turn % coming.length];
    if (next === undefined) break;
    const batch = await next.batch;
    next.batch = ask(next.reader);
    if (!verifier.take(batch)) break;
    onProgress(batch.at(-1)?.sequence ?? taken);
  }
  await Promise.all(coming.map((last) => last.batch));
  const followed = verifier.end();
  const firstBad = followed.firstBad ?? (await findOutsideChain(tx, followed.head));
  return { ...followed, firstBad, deletedThrough: cut?.sequence ?? 0 };
}

/**
 * Finds what is missing from the chain: an unsealed entry, or a request whose entries are gone. Null if there is
 * nothing.
 */
async function findOutsideChain(tx: Tx, { sequence }: Head): Promise<Verification['firstBad']> {
  const next = sequence + 1;
  const overdue = await findOverdue(tx, sealWithinSeconds);
  if (overdue.entryId !== null) return { sequence: next, entryId: overdue.entryId, flaw: 'entry-unsealed' };
  let after: number | null = null;
  for (;;) {
    const { through, unknown } = await compareWithSeals(tx, after, comparedAtOnce);
    if (unknown !== null) return { sequence: next, entryId: unknown, flaw: 'entry-unsealed' };
    if (through === null) break;
    after = through;
  }
  const requestId = await findActWithoutEntry(tx);
  if (requestId !== null) return { sequence: next, entryId: null, flaw: 'act-without-entry' };
  const entryId = await findChangedLooks(tx);
  return entryId === null ? null : { sequence: next, entryId, flaw: 'looks-changed' };
}

export { findSealLag } from './store.ts';

/** The number of entries overdue for sealing. */
export async function countOverdue(tx: Tx): Promise<number> {
  return (await findOverdue(tx, sealWithinSeconds)).count;
}

function isOurCut(cut: Head & { readonly statement: unknown }, trustedKey: string | null): boolean {
  const statement = readCheckpoint(cut.statement);
  if (statement === null || !isGenuine(statement)) return false;
  const isOfPlace = statement.sequence === cut.sequence && statement.hash === cut.hash;
  return isOfPlace && (trustedKey === null || statement.publicKey === trustedKey);
}
