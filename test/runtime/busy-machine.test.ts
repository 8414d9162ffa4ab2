// A file that is late only because the machine is busy is not the file's fault. Here a few threads keep the processors busy,
// and the thread that reads the file comes after all others.

import { readdirSync } from 'node:fs';
import { availableParallelism, constants, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { type Call, type Problem, patient, setup } from '../helper.ts';
import { strictMatch } from '../strict-match.ts';

t.setTimeout(120_000);

const cells = 'x'.repeat(40);
const table = Buffer.from(`公民身份号码,开始日\r\n${`${cells},${cells}\r\n`.repeat(9_000)}`);

const { call, token } = await setup(t);
const handler = await token('handler-360203');
const check = async (by: Call) =>
  await by<Problem>(handler, 'POST', '/v1/record-imports/checks', {
    body: table,
    headers: { 'content-type': 'text/csv' },
    query: { kind: 'pension' },
    key: null,
  });

const threads = () => readdirSync('/proc/self/task').map(Number);

/** What the check answers while the machine is busy, for that long at most. */
async function checkWhileBusy(ms: number, perProcessor: number) {
  const busy = Array.from(
    { length: perProcessor * availableParallelism() },
    () => new Worker('for (;;);', { eval: true }),
  );
  await Promise.all(busy.map(async (one) => await new Promise((online) => one.once('online', online))));
  const before = new Set(threads());
  const isOver = new AbortController();
  const checked = check(call).finally(() => isOver.abort());
  const stopped = (async () => {
    const until = performance.now() + ms;
    // On Linux a thread has a priority of its own.
    while (!isOver.signal.aborted && performance.now() < until) {
      for (const thread of threads())
        if (!before.has(thread)) setPriority(thread, constants.priority.PRIORITY_LOW);
      await delay(20);
    }
    await Promise.all(busy.map((one) => one.terminate()));
  })();
  await stopped;
  return await checked;
}

const options = process.platform === 'linux' ? {} : { skip: 'priorities of threads are those of Linux' };

t.test('a table is read although the machine was busy for a while', options, async (t) => {
  strictMatch(t, await checkWhileBusy(12_000, 2), { status: 200 });
});

t.test('a table that a busy machine cannot read for long is to be sent again', options, async (t) => {
  const late = await checkWhileBusy(60_000, 6);
  strictMatch(t, late, { status: 503, headers: { 'retry-after': '5' }, body: { code: 'unavailable' } });
  strictMatch(t, await check(patient(call)), { status: 200 });
});
