// Entry point of `npm run rotate-keys`, which re-encrypts everything under a new data key while the service
// runs; see platform/encryption/rotation.ts.

import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../platform/database/connect.ts';
import { suiteOf } from '../platform/encryption/data-keys.ts';
import { keyRestMs, keysReloadMs } from '../platform/encryption/encryption.ts';
import {
  addEncryptionKey,
  newestKey,
  reencryptAll,
  retireKeys,
  rewrapAll,
  staleIn,
  standings,
} from '../platform/encryption/rotation.ts';
import { type Resources, runCommand, withDatabase } from './command.ts';

/** By then every process has loaded the key, and earlier transactions have ended. */
const settledAfterMs = keyRestMs + 2 * keysReloadMs;
const waitStepMs = 15_000;
const brokenTold = 100;

const now = () => Temporal.Now.instant();

await runCommand({
  name: 'rotate-keys',
  does:
    'Makes a new data key, waits until every process encrypts with it, and encrypts anew all that older keys encrypted.\n' +
    'Run again after a break it goes on. Prints how many values stand under which key.',
  failsWhen: 'values do not open',
  options: {
    status: { type: 'boolean', help: 'only prints where things stand' },
    master: { type: 'boolean', help: 'wraps the data keys by the first line of the master key file instead' },
    retire: { type: 'boolean', help: 'takes away the keys that encrypt nothing any more instead' },
  },
  async run({ status, master, retire }) {
    return await withDatabase(
      async (resources) => {
        const { db, readMasterKeys, suite } = resources;
        let isWell = true;
        if (master) {
          const rewrapped = await rewrapAll(db, readMasterKeys(), suite, now());
          console.log(`${rewrapped} data keys are now wrapped by the first master key`);
        }
        if (retire) isWell = await retireUnused(db);
        if (!status && !master && !retire) isWell = await rotate(resources);
        await printStandings(db);
        return isWell;
      },
      { connections: 2 },
    );
  },
});

async function rotate({ db, readMasterKeys, suite }: Resources): Promise<boolean> {
  let key = await newestKey(db);
  const unfinished = staleIn(await standings(db), key.keyId);
  if (unfinished > 0 && suiteOf(key.purpose) === suite) {
    console.log(`going on: ${unfinished} values stand under older keys than ${key.keyId}`);
  } else {
    key = await addEncryptionKey(db, readMasterKeys(), suite, now());
    console.log(`made key ${key.keyId} (${suite})`);
  }
  await settle(Temporal.Instant.from(key.createdAt));
  const all = staleIn(await standings(db), key.keyId);
  const { reencrypted, broken } = await reencryptAll(db, readMasterKeys(), key.keyId, now, (done) =>
    console.error(`${done} of ${all}`),
  );
  console.log(`${reencrypted} values encrypted anew under key ${key.keyId}`);
  if (broken.length === 0) return true;
  console.error(`${broken.length} values do not open and stay as they are:`);
  for (const name of broken.slice(0, brokenTold)) console.error(`  ${name}`);
  return false;
}

async function settle(createdAt: Temporal.Instant): Promise<void> {
  for (;;) {
    const left = createdAt.epochMilliseconds + settledAfterMs - now().epochMilliseconds;
    if (left <= 0) return;
    console.error(`every process encrypts with it in ${Math.ceil(left / 1_000)} s`);
    await delay(Math.min(left, waitStepMs));
  }
}

async function retireUnused(db: Db): Promise<boolean> {
  const gone = await retireKeys(db, now());
  if (gone === null) console.error('too early: the newest key must have been there for an hour');
  else console.log(gone.length === 0 ? 'no key to retire' : `retired keys ${gone.join(', ')}`);
  return gone !== null;
}

async function printStandings(db: Db): Promise<void> {
  for (const { column, byKey } of await standings(db)) {
    const counts = [...byKey].sort(([a], [b]) => a - b).map(([keyId, values]) => `key ${keyId}: ${values}`);
    console.log(`${column.table}.${column.column}  ${counts.join(', ') || 'empty'}`);
  }
}
