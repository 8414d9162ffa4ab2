// Entry point of `npm run verify-audit`; see oversight/audit/chain.ts.

import { readFileSync } from 'node:fs';
import { type Checkpoint, isGenuine, readCheckpoint } from '../oversight/audit/checkpoint.ts';
import { followChain } from '../oversight/audit/operations.ts';
import { momentBefore } from '../oversight/restores/operations.ts';
import { ConfigError } from '../platform/config/config.ts';
import { scopeOfAudit } from '../platform/database/row-scope.ts';
import { readTogether } from '../platform/database/transaction.ts';
import { runCommand, withDatabase } from './command.ts';

await runCommand({
  name: 'verify-audit',
  does:
    '沿审计链逐条核对，指出第一条与封存时不符的记录 · ' +
    'follows the whole audit chain, and names the first entry that is not as it was sealed',
  failsWhen: { zh: '审计链有误', en: 'the chain is broken' },
  options: {
    checkpoint: {
      type: 'string',
      value: 'FILE',
      help: '导出的校验点；没有它就发现不了尾部被截断 · an exported checkpoint; without one nothing shows that the tail was cut',
    },
    key: {
      type: 'string',
      value: 'KEY',
      help: '首次导出的校验点中的 `publicKey` · the `publicKey` of the first checkpoint that was exported',
    },
  },
  async run({ checkpoint: file, key }) {
    const checkpoint = file === undefined ? null : keptCheckpoint(file, key);
    // The key of a kept checkpoint is trusted, also for the signed deletion at the chain's start.
    const trustedKey = checkpoint?.publicKey ?? null;
    const started = performance.now();
    const { entries, deletedThrough, firstBad, moment } = await withDatabase(
      async ({ db }) => ({
        ...(await readTogether(db, scopeOfAudit, (readers) =>
          followChain(readers, checkpoint, trustedKey, progress),
        )),
        moment: checkpoint === null ? null : await momentBefore(db, checkpoint.at),
      }),
      { connections: 2 },
    );
    const perSecond = Math.round(entries / ((performance.now() - started) / 1_000));
    if (deletedThrough > 0)
      console.log(
        `期满已删除至第 ${deletedThrough} 条 · deleted when its time was over, through ${deletedThrough}`,
      );
    if (firstBad === null) {
      console.log(`审计链完好 · intact: ${entries} entries, ${perSecond}/s`);
      return true;
    }
    const { sequence, entryId, flaw } = firstBad;
    console.log(`审计链在第 ${sequence} 条有误 · broken at ${sequence} (entry ${entryId ?? '?'}): ${flaw}`);
    if (flaw === 'tail-cut' || flaw === 'checkpoint-differs') tellOfRestores(checkpoint, moment);
    return false;
  },
});

/** A cut cannot be told from a restore; what to do can. @param moment of a restore that lost the checkpoint's entries */
function tellOfRestores(checkpoint: Checkpoint | null, moment: string | null): void {
  console.log(
    moment === null
      ? '如果数据库恢复到了较早的时刻，请改用该时刻之前最新的校验点；没有恢复过的，即有人改动了审计 · ' +
          'if this database was restored to an earlier moment, use the newest checkpoint from before it; if not, somebody changed the audit'
      : `校验点（${checkpoint?.at}）晚于数据库恢复到的时刻（${moment}），其后的记录已在恢复中丢失：请改用该时刻之前最新的校验点 · ` +
          `the checkpoint (${checkpoint?.at}) is from after the moment to which this database was restored (${moment}), and what it covers was lost: use the newest one from before that moment`,
  );
}

/**
 * @param key the public key known to whoever kept the checkpoint; without it, any genuine checkpoint is
 *   accepted
 */
function keptCheckpoint(path: string, key: string | undefined): Checkpoint {
  const checkpoint = readCheckpoint(jsonIn(path));
  if (checkpoint === null || !isGenuine(checkpoint))
    throw new ConfigError([`${path}: 签名无效，不是导出时的校验点 · not a genuine checkpoint`]);
  if (key !== undefined && checkpoint.publicKey !== key)
    throw new ConfigError([`${path}: 不是该密钥签署的校验点 · signed by another key`]);
  return checkpoint;
}

function jsonIn(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new ConfigError([`${path}: 不能读取，或不是 JSON · cannot be read, or is no JSON`]);
  }
}

function progress(count: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${count}`);
}
