// The program behind `npm run rotate-keys`: makes a new data key, waits until every process seals with it, and seals all that
// older keys sealed anew, beside the running service. Run again after a break it goes on. `--status` only looks, `--master`
// wraps the data keys by the first line of the master key file, `--retire` takes away keys that seal nothing any more.

import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ConfigError, readKeyConfig } from '../platform/config/config.ts';
import { type Db, openDatabase } from '../platform/database/connect.ts';
import { suiteOf } from '../platform/encryption/data-keys.ts';
import {
  addSealingKey,
  newestKey,
  resealAll,
  retireKeys,
  rewrapAll,
  staleIn,
  standings,
} from '../platform/encryption/rotation.ts';
import { keyRestMs, keysReloadMs } from '../platform/encryption/sealer.ts';

const statementTimeoutMs = 60_000;
/** Until the last process has read the key, and the transactions that began before have ended. */
const settledAfterMs = keyRestMs + 2 * keysReloadMs;
const waitStepMs = 15_000;

const now = () => Temporal.Now.instant();

async function main(): Promise<void> {
  const option = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ options: { status: option, master: option, retire: option } });
  const { url, readMasterKeys, suite } = readKeyConfig(process.env);
  const db = openDatabase({
    url,
    poolSize: 2,
    random: Math.random,
    onIdleError: () => {},
    statementTimeoutMs,
  });
  try {
    if (values.master) {
      const rewrapped = await rewrapAll(db, readMasterKeys(), suite, now());
      console.log(`${rewrapped} data keys are now wrapped by the first master key`);
    }
    if (values.retire) await retire(db);
    if (!values.status && !values.master && !values.retire) await rotate(db, readMasterKeys, suite);
    await tellStandings(db);
  } finally {
    await db.close();
  }
}

async function rotate(
  db: Db,
  readMasterKeys: ReturnType<typeof readKeyConfig>['readMasterKeys'],
  suite: ReturnType<typeof readKeyConfig>['suite'],
): Promise<void> {
  let key = await newestKey(db);
  const unfinished = staleIn(await standings(db), key.keyId);
  if (unfinished > 0 && suiteOf(key.purpose) === suite) {
    console.log(`going on: ${unfinished} values stand under older keys than ${key.keyId}`);
  } else {
    key = await addSealingKey(db, readMasterKeys(), suite, now());
    console.log(`made key ${key.keyId} (${suite})`);
  }
  await settle(Temporal.Instant.from(key.createdAt));
  const all = staleIn(await standings(db), key.keyId);
  const { resealed, broken } = await resealAll(db, readMasterKeys(), key.keyId, now, (done) =>
    progress(`${done} of ${all}`),
  );
  console.log(`${resealed} values sealed anew under key ${key.keyId}`);
  if (broken.length === 0) return;
  console.error(`${broken.length} values do not open and stay as they are:`);
  for (const name of broken.slice(0, 100)) console.error(`  ${name}`);
  process.exitCode = 1;
}

async function settle(createdAt: Temporal.Instant): Promise<void> {
  for (;;) {
    const left = createdAt.epochMilliseconds + settledAfterMs - now().epochMilliseconds;
    if (left <= 0) return;
    progress(`every process seals with it in ${Math.ceil(left / 1_000)} s`);
    await delay(Math.min(left, waitStepMs));
  }
}

async function retire(db: Db): Promise<void> {
  const gone = await retireKeys(db, now());
  if (gone === null) {
    console.error('too early: the newest key must have been there for an hour');
    process.exitCode = 1;
  } else console.log(gone.length === 0 ? 'no key to retire' : `retired keys ${gone.join(', ')}`);
}

async function tellStandings(db: Db): Promise<void> {
  for (const { column, byKey } of await standings(db)) {
    const counts = [...byKey].sort(([a], [b]) => a - b).map(([keyId, values]) => `key ${keyId}: ${values}`);
    console.log(`${column.table}.${column.column}  ${counts.join(', ') || 'empty'}`);
  }
}

function progress(text: string): void {
  console.error(text);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof ConfigError || error instanceof TypeError ? 2 : 1;
  }
}
