// A file that is late only because the machine is busy is not the file's fault.

import { readdirSync } from 'node:fs';
import { availableParallelism, constants, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { type Call, type Problem, patient, setup } from '../helper.ts';
import { strictMatch } from '../strict-match.ts';

t.setTimeout(120_000);

const cells = 'x'.repeat(200);
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

const threads = (): number[] =>
  process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number) : [];

/** Those that read no file. */
const usual = threads();

/**
 * What the check answers while threads keep the processors busy, for so long at most. With few of them, so that tests
 * beside this one go on, the thread that reads the file comes after all others.
 */
async function checkWhileBusy({
  ms,
  perProcessor,
  isLast,
}: {
  ms: number;
  perProcessor: number;
  isLast: boolean;
}) {
  const before = threads();
  const busy = Array.from(
    { length: perProcessor * availableParallelism() },
    () => new Worker('for (;;);', { eval: true }),
  );
  await Promise.all(busy.map(async (one) => await new Promise((online) => one.once('online', online))));
  const others = new Set([...usual, ...threads().filter((thread) => !before.includes(thread))]);
  const isOver = new AbortController();
  const checked = check(call).finally(() => isOver.abort());
  const until = performance.now() + ms;
  while (!isOver.signal.aborted && performance.now() < until) {
    for (const thread of threads())
      if (isLast && !others.has(thread)) setPriority(thread, constants.priority.PRIORITY_LOW);
    await delay(20);
  }
  await Promise.all(busy.map((one) => one.terminate()));
  return await checked;
}

t.test('a table is read although the machine was busy for a while', async (t) => {
  const read = await checkWhileBusy({ ms: 6_000, perProcessor: 30, isLast: false });
  strictMatch(t, read, { status: 200 });
});

const onLinux = process.platform === 'linux' ? {} : { skip: 'elsewhere a thread has no priority of its own' };

t.test('a table that a busy machine cannot read for long is to be sent again', onLinux, async (t) => {
  const late = await checkWhileBusy({ ms: 60_000, perProcessor: 6, isLast: true });
  strictMatch(t, late, { status: 503, headers: { 'retry-after': '5' }, body: { code: 'unavailable' } });
  strictMatch(t, await check(patient(call)), { status: 200 });
});
