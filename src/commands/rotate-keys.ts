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
import { printProgress, type Resources, runCommand, withDatabase } from './command.ts';

/** By then every process has loaded the key, and earlier transactions have ended. */
const settledAfterMs = keyRestMs + 2 * keysReloadMs;
const waitStepMs = 15_000;
const brokenTold = 100;

const now = () => Temporal.Now.instant();

await runCommand({
  name: 'rotate-keys',
  does:
    '生成新的数据密钥，等所有进程都用它加密后，把旧密钥加密的值重新加密 · ' +
    'makes a new data key, waits until every process encrypts with it, and encrypts anew all that older keys encrypted\n' +
    '中断后再次运行会接着做；最后列出各密钥下有多少值 · ' +
    'run again after a break it goes on; prints how many values stand under which key',
  failsWhen: { zh: '有值无法解密', en: 'values do not open' },
  options: {
    status: { type: 'boolean', help: '只显示现状 · only prints where things stand' },
    master: {
      type: 'boolean',
      help: '改为用主密钥文件第一行的密钥重新包裹数据密钥 · wraps the data keys by the first line of the master key file instead',
    },
    retire: {
      type: 'boolean',
      help: '改为删除不再使用的旧密钥 · takes away the keys that encrypt nothing any more instead',
    },
  },
  async run({ status, master, retire }) {
    return await withDatabase(
      async (resources) => {
        const { db, readMasterKeys, suite } = resources;
        let isWell = true;
        if (master) {
          const rewrapped = await rewrapAll(db, readMasterKeys(), suite, now());
          console.log(
            `已用第一个主密钥重新包裹 ${rewrapped} 个数据密钥 · ${rewrapped} data keys are now wrapped by the first master key`,
          );
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
    console.log(
      `继续上次的工作，还有 ${unfinished} 个值在旧密钥下 · going on: ${unfinished} values stand under older keys than ${key.keyId}`,
    );
  } else {
    key = await addEncryptionKey(db, readMasterKeys(), suite, now());
    console.log(`已生成密钥 ${key.keyId} · made key ${key.keyId} (${suite})`);
  }
  await settle(Temporal.Instant.from(key.createdAt));
  const all = staleIn(await standings(db), key.keyId);
  const { reencrypted, broken } = await reencryptAll(db, readMasterKeys(), key.keyId, now, (done) =>
    printProgress(done, all),
  );
  console.log(`已重新加密 ${reencrypted} 个值 · ${reencrypted} values encrypted anew under key ${key.keyId}`);
  if (broken.length === 0) return true;
  console.error(
    `有 ${broken.length} 个值无法解密，保持原样 · ${broken.length} values do not open and stay as they are:`,
  );
  for (const name of broken.slice(0, brokenTold)) console.error(`  ${name}`);
  return false;
}

async function settle(createdAt: Temporal.Instant): Promise<void> {
  for (;;) {
    const left = createdAt.epochMilliseconds + settledAfterMs - now().epochMilliseconds;
    if (left <= 0) return;
    const seconds = Math.ceil(left / 1_000);
    console.error(
      `再过 ${seconds} 秒，所有进程都使用它加密 · every process encrypts with it in ${seconds} s`,
    );
    await delay(Math.min(left, waitStepMs));
  }
}

async function retireUnused(db: Db): Promise<boolean> {
  const gone = await retireKeys(db, now());
  if (gone === null)
    console.error(
      '为时过早，最新的密钥生成满一小时后再运行 · too early: the newest key must have been there for an hour',
    );
  else
    console.log(
      gone.length === 0
        ? '没有可删除的密钥 · no key to retire'
        : `已删除密钥 ${gone.join('、')} · retired keys ${gone.join(', ')}`,
    );
  return gone !== null;
}

async function printStandings(db: Db): Promise<void> {
  console.log('各密钥下的值 · values under each key:');
  for (const { column, byKey } of await standings(db)) {
    const counts = [...byKey].sort(([a], [b]) => a - b).map(([keyId, values]) => `key ${keyId}: ${values}`);
    console.log(`  ${column.table}.${column.column}  ${counts.join(', ') || '0'}`);
  }
}
