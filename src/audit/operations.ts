// Reads, seals and verifies the audit. Writing an entry is part of every act (http/acting.ts), never an operation.

import type { View } from '../act.ts';
import type { Tx } from '../database/connect.ts';
import { page, pageRequest } from '../http/paging.ts';
import { Refusal } from '../http/problem.ts';
import {
  type Algorithm,
  createVerifier,
  type Flaw,
  genesis,
  type Head,
  sealOf,
  type Verification,
} from './chain.ts';
import { type Checkpoint, isGenuine, signCheckpoint } from './checkpoint.ts';
import type { AuditQuery, VerifyAudit } from './schemas.ts';
import { findHead, insertSeals, listEntries, listSealed, listUnsealed, lockSealing } from './store.ts';

/** More ids than transactions can be given while one of them, ended after ten seconds at the latest, is under way. */
const lookBack = 200_000;
const sealsAtOnce = 4_000;
const verifiedAtOnce = 5_000;

/** Seals what has been committed since the last time, in one portion. Answers how many; 0 while another seals. */
export async function sealAudit(tx: Tx, algorithm: Algorithm): Promise<number> {
  if (!(await lockSealing(tx))) return 0;
  const entries = await listUnsealed(tx, lookBack, sealsAtOnce);
  if (entries.length === 0) return 0;
  let head: Head = (await findHead(tx)) ?? { sequence: 0, hash: genesis };
  const seals = entries.map(({ entryId, text }) => {
    const sequence = head.sequence + 1;
    head = { sequence, hash: sealOf(head.hash, algorithm, sequence, text) };
    return { sequence, entryId, algorithm, hash: head.hash };
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
  const statement = { sequence, hash: hash.toString('hex'), at: view.at.toString() };
  return signCheckpoint(statement, view.sealer.checkpointKey);
}

/** Follows the whole chain, against a checkpoint if one is given, and names the first entry that is not as it was. */
export async function verifyAudit(view: View, { checkpoint }: VerifyAudit) {
  if (checkpoint !== undefined && !isGenuine(checkpoint)) {
    const detail = '检查点的签名无效，请使用导出时的原件。';
    throw new Refusal('invalid-fields', {
      faults: [{ pointer: '/body/checkpoint/signature', code: 'not-genuine', detail }],
    });
  }
  const { entries, firstBad } = await followChain(view.tx, checkpoint ?? null, () => {});
  const explained = firstBad === null ? null : { ...firstBad, explanation: explanations[firstBad.flaw] };
  return { entries, intact: firstBad === null, firstBad: explained };
}

/** @param onProgress told how many entries have been followed, portion by portion */
export async function followChain(
  tx: Tx,
  checkpoint: Pick<Checkpoint, 'sequence' | 'hash'> | null,
  onProgress: (entries: number) => void,
): Promise<Verification> {
  const kept = checkpoint && { sequence: checkpoint.sequence, hash: Buffer.from(checkpoint.hash, 'hex') };
  const verifier = createVerifier(kept);
  let after = 0;
  // The next portion is on its way while this one is hashed.
  let coming = listSealed(tx, after, verifiedAtOnce);
  for (;;) {
    const portion = await coming;
    const last = portion.at(-1);
    if (last === undefined) break;
    after = last.sequence;
    coming = listSealed(tx, after, verifiedAtOnce);
    if (!verifier.take(portion)) {
      await coming;
      break;
    }
    onProgress(after);
  }
  return verifier.end();
}

const explanations: Readonly<Record<Flaw, string>> = {
  'seal-missing': '此处的封存记录缺失。',
  'entry-missing': '已封存的审计记录被删除。',
  'entry-changed': '审计记录或其顺序与封存时不一致。',
  'checkpoint-differs': '与检查点的哈希值不一致，此前的记录被整体改写。',
  'tail-cut': '检查点之后的记录被截断。',
};
