// npm run verify-audit [-- --checkpoint FILE]: follows the whole audit chain of DATABASE_URL and names the first entry that
// is not as it was sealed. Exit code 0 when it is intact, 1 when not, 2 when the question is wrong.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Checkpoint, isGenuine } from '../src/audit/checkpoint.ts';
import { followChain } from '../src/audit/operations.ts';
import { readDatabaseUrl } from '../src/config.ts';
import { openDatabase } from '../src/database/connect.ts';
import { sightOfService } from '../src/database/row-sight.ts';
import { transact } from '../src/database/transaction.ts';

const { values } = parseArgs({ options: { checkpoint: { type: 'string' } } });
const checkpoint = values.checkpoint === undefined ? null : readCheckpoint(values.checkpoint);
if (checkpoint !== null && !isGenuine(checkpoint)) {
  console.error(`${values.checkpoint}: 签名无效 · the signature is not genuine`);
  process.exit(2);
}
const url = readDatabaseUrl(process.env);
const db = openDatabase({ url, poolSize: 1, random: Math.random, onIdleError: () => {} });
const started = performance.now();
const { entries, firstBad } = await transact(
  db,
  { ...sightOfService, readsAudit: true },
  (tx) => followChain(tx, checkpoint, (count) => progress(count)),
  { readOnly: true },
);
await db.close();
const perSecond = Math.round(entries / ((performance.now() - started) / 1_000));
if (firstBad === null) {
  console.log(`审计链完好 · intact: ${entries} entries, ${perSecond}/s`);
} else {
  console.log(
    `审计链有误 · broken at ${firstBad.sequence} (entry ${firstBad.entryId ?? '?'}): ${firstBad.flaw}`,
  );
  process.exitCode = 1;
}

function readCheckpoint(path: string): Checkpoint {
  // isGenuine judges what it says; a file that is no JSON ends the program with its place.
  return JSON.parse(readFileSync(path, 'utf8')) as Checkpoint;
}

function progress(count: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${count}`);
}
