// The program behind `npm run verify-audit [-- --checkpoint FILE [--key KEY]]`: follows the whole audit chain of DATABASE_URL and names
// the first entry that is not as it was sealed. Exit code 0 when it is intact, 1 when not, 2 when it was asked wrongly.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Checkpoint, isGenuine, readCheckpoint } from '../oversight/audit/checkpoint.ts';
import { followChain } from '../oversight/audit/operations.ts';
import { ConfigError, readDatabaseUrl } from '../platform/config/config.ts';
import { openDatabase } from '../platform/database/connect.ts';
import { scopeOfAudit } from '../platform/database/row-scope.ts';
import { readTogether } from '../platform/database/transaction.ts';

const statementTimeoutMs = 60_000;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { checkpoint: { type: 'string' }, key: { type: 'string' } } });
  const checkpoint = values.checkpoint === undefined ? null : keptCheckpoint(values.checkpoint, values.key);
  const url = readDatabaseUrl(process.env);
  const db = openDatabase({
    url,
    poolSize: 2,
    random: Math.random,
    onIdleError: () => {},
    statementTimeoutMs,
  });
  const started = performance.now();
  // Whoever keeps checkpoints keeps the key that signed them, and with it whose cuts are believed.
  const trustedKey = checkpoint?.publicKey ?? null;
  const { entries, deletedThrough, firstBad } = await readTogether(db, scopeOfAudit, (readers) =>
    followChain(readers, checkpoint, trustedKey, progress),
  ).finally(() => db.close());
  const perSecond = Math.round(entries / ((performance.now() - started) / 1_000));
  if (deletedThrough > 0)
    console.log(`期满已删除至 · deleted when its time was over, through ${deletedThrough}`);
  if (firstBad === null) {
    console.log(`审计链完好 · intact: ${entries} entries, ${perSecond}/s`);
  } else {
    const { sequence, entryId, flaw } = firstBad;
    console.log(`审计链有误 · broken at ${sequence} (entry ${entryId ?? '?'}): ${flaw}`);
    process.exitCode = 1;
  }
}

/** @param key the public key that the keeper knows (`publicKey` of the first checkpoint); any genuine one without */
function keptCheckpoint(path: string, key: string | undefined): Checkpoint {
  const checkpoint = readCheckpoint(jsonIn(path));
  if (checkpoint === null || !isGenuine(checkpoint))
    throw new ConfigError([`${path}: 签名无效，不是导出时的检查点 · not a genuine checkpoint`]);
  if (key !== undefined && checkpoint.publicKey !== key)
    throw new ConfigError([`${path}: 不是该密钥签署的检查点 · signed by another key`]);
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

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof ConfigError || error instanceof TypeError ? 2 : 1;
  }
}
