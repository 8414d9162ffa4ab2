// Reads, seals and verifies the audit. Writing an entry is part of every act (http/acting.ts), never an operation.

import type { Act, View } from '../act.ts';
import type { Tx } from '../database/connect.ts';
import { page, pageRequest } from '../http/paging.ts';
import { Refusal } from '../http/problem.ts';
import {
  type Algorithm,
  createVerifier,
  type Flaw,
  type Form,
  genesis,
  type Head,
  sealOf,
  type Verification,
} from './chain.ts';
import { type Checkpoint, isGenuine, publicKeyOf, readCheckpoint, signCheckpoint } from './checkpoint.ts';
import type { AuditQuery, VerifyAudit } from './schemas.ts';
import {
  cutThrough,
  findCut,
  findHead,
  findLastOver,
  insertSeals,
  listEntries,
  listSealed,
  listUnsealed,
  lockSealing,
} from './store.ts';

/** More ids than transactions can be given while one of them, ended after ten seconds at the latest, is under way. */
const lookBack = 200_000;
const sealsAtOnce = 4_000;
/** In which entries are written for their seals from now on. */
const form: Form = 'columns';
const verifiedAtOnce = 20_000;

/** Seals what has been committed since the last time, in one portion. Answers how many; 0 while another seals. */
export async function sealAudit(tx: Tx, algorithm: Algorithm): Promise<number> {
  if (!(await lockSealing(tx))) return 0;
  const entries = await listUnsealed(tx, form, lookBack, sealsAtOnce);
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

export async function listAuditEntries(view: View, query: AuditQuery) {
  const request = pageRequest(query, /^[1-9]\d{0,15}$/);
  const rows = await listEntries(view.tx, query, request);
  return page(rows, request, (row) => String(row.entryId));
}

/** A signed statement of the chain's head as it is now, to be kept elsewhere. */
export async function exportAuditCheckpoint(view: View): Promise<Checkpoint> {
  const head = await findHead(view.tx);
  if (head === undefined)
    throw new Refusal('state-conflict', { detail: '尚无已封存的审计记录，请稍后再试。' });
  const { sequence, hash } = head;
  return signCheckpoint({ sequence, hash, at: view.at.toString() }, view.sealer.checkpointKey);
}

/**
 * Deletes the oldest entries that are all older than `before`, up to `most`, and leaves a signed statement of where the
 * chain goes on. Answers how many are gone.
 */
export async function cutAudit(act: Act, before: string, most: number): Promise<number> {
  const last = await findLastOver(act.tx, before, most);
  if (last === undefined) return 0;
  const place = { ...last, at: act.at.toString() };
  return await cutThrough(act.tx, last, signCheckpoint(place, act.sealer.checkpointKey));
}

/** Follows the whole chain, against a checkpoint if one is given, and names the first entry that is not as it was. */
export async function verifyAudit(view: View, { checkpoint }: VerifyAudit) {
  if (checkpoint !== undefined && !isGenuine(checkpoint)) {
    const detail = '检查点的签名无效，请使用导出时的原件。';
    throw new Refusal('invalid-fields', {
      faults: [{ pointer: '/body/checkpoint/signature', code: 'not-genuine', detail }],
    });
  }
  const ourKey = publicKeyOf(view.sealer.checkpointKey.privateKey);
  const { entries, deletedThrough, firstBad } = await followChain(
    [view.tx],
    checkpoint ?? null,
    ourKey,
    () => {},
  );
  const explained = firstBad === null ? null : { ...firstBad, explanation: explanations[firstBad.flaw] };
  return { entries, deletedThrough, intact: firstBad === null, firstBad: explained };
}

/**
 * Follows what is kept of the chain, from where it was cut when the time of its oldest entries was over.
 *
 * @param readers transactions that see the same state; making the texts costs the database more than hashing them costs us,
 *   so two of them go faster than one
 * @param trustedKey the public key that signs cuts; null when nobody knows it, and then a cut need only be whole
 * @param onProgress told how many entries have been followed, portion by portion
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
  // The next portions are on their way while this one is hashed.
  const coming = readers.map((reader) => ({ reader, portion: ask(reader) }));
  for (let taken = cut?.sequence ?? 0, turn = 0; taken < newest; taken += verifiedAtOnce, turn += 1) {
    const next = coming[turn % coming.length];
    if (next === undefined) break;
    const portion = await next.portion;
    next.portion = ask(next.reader);
    if (!verifier.take(portion)) break;
    onProgress(portion.at(-1)?.sequence ?? taken);
  }
  await Promise.all(coming.map((last) => last.portion));
  return { ...verifier.end(), deletedThrough: cut?.sequence ?? 0 };
}

function isOurCut(cut: Head & { readonly statement: unknown }, trustedKey: string | null): boolean {
  const statement = readCheckpoint(cut.statement);
  if (statement === null || !isGenuine(statement)) return false;
  const isOfPlace = statement.sequence === cut.sequence && statement.hash === cut.hash;
  return isOfPlace && (trustedKey === null || statement.publicKey === trustedKey);
}

const explanations: Readonly<Record<Flaw, string>> = {
  'seal-missing': '此处的封存记录缺失。',
  'entry-missing': '已封存的审计记录被删除。',
  'entry-changed': '审计记录或其顺序与封存时不一致。',
  'checkpoint-differs': '与检查点的哈希值不一致，此前的记录被整体改写。',
  'tail-cut': '检查点之后的记录被截断。',
  'cut-not-genuine': '期满删除的声明不是本系统签署的。',
};
