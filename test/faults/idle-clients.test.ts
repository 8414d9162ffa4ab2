// Thousands of connections that ask for nothing, send a header or a body at a byte a second, or read no answer: they are closed
// by time-outs, and others hardly notice. They are of one process alone.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { testDatabase } from '../database.ts';
import { comesTrue, tokenOf } from '../program.ts';
import { startReplicas } from './replicas.ts';
import { isLong, tell } from './run.ts';

t.setTimeout(180_000);

const idle = isLong ? 10_000 : 1_500;
const others = 8;
const beforeMs = isLong ? 5_000 : 2_000;
/** A body has half a minute, and so has an answer that nobody reads. */
const closedWithinMs = 60_000;
const watchEveryMs = 100;
/** Files that the program opens meanwhile. */
const few = 10;
/** Below this a busy machine’s own pauses are measured. */
const hardlyNoticedMs = isLong ? 100 : 500;

t.test(
  `${idle} idle and slow connections are closed in time, and the p99 of others is less than doubled`,
  async (t) => {
    const { serviceUrl } = await testDatabase(t);
    // With the contract, which is a long answer.
    const replicas = await startReplicas(t, serviceUrl, { environment: { SUBSIDY_SWAGGER_UI: 'on' } });
    const [url = ''] = replicas.urls;
    await (await fetch(`${url}/openapi.json`)).text(); // which is made the first time
    const token = await tokenOf(url, 'administrator');
    let times: number[] = [];
    let isOver = false;
    const asking = Promise.all(
      Array.from({ length: others }, async () => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        while (!isOver) times.push(await timeOf(`${url}/v1/background-work`, token, agent));
        agent.destroy();
      }),
    );
    const p99 = () => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
    await delay(beforeMs); // the first answers are of a cold program
    times = [];
    await delay(beforeMs);
    const before = p99();
    times = [];
    const usual = readdirSync(`/proc/${replicas.processes[0]?.pid}/fd`).length;
    const begun = performance.now();
    const flood = spawn(
      process.execPath,
      [
        join(import.meta.dirname, 'idle-sockets.ts'),
        new URL(url).port,
        String(idle),
        await tokenOf(url, 'platform-ganfutong'),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    t.teardown(() => flood.kill('SIGKILL'));
    const connections = () => readdirSync(`/proc/${replicas.processes[0]?.pid}/fd`).length - usual;
    let mostOpen = 0;
    const watch = setInterval(() => {
      mostOpen = Math.max(mostOpen, connections());
    }, watchEveryMs);
    await once(flood.stdout, 'data');
    t.ok(await comesTrue(async () => mostOpen > 1_000), `${mostOpen} were open at once`);
    t.ok(
      await comesTrue(async () => connections() < few, closedWithinMs),
      `of ${mostOpen} ${connections()} are left`,
    );
    clearInterval(watch);
    const closedAfter = performance.now() - begun;
    const during = p99();
    isOver = true;
    await asking;
    t.ok(
      during < Math.max(2 * before, hardlyNoticedMs),
      `p99 ${before.toFixed(1)} ms, then ${during.toFixed(1)} ms`,
    );
    t.equal((await fetch(`${url}/health/ready`)).status, 200, 'a new client is served');
    tell(t, {
      fault: `${idle} connections that ask for nothing, send a byte a second, or read no answer`,
      processes: 1,
      often: `${mostOpen} open at once`,
      held: `closed after ${(closedAfter / 1_000).toFixed(0)} s; p99 of others ${before.toFixed(0)} ms before, ${during.toFixed(0)} ms meanwhile`,
      worstMs: null,
    });
  },
);

/** Milliseconds until a request is answered; a refusal counts like a very late answer. */
async function timeOf(url: string, token: string, agent: Agent): Promise<number> {
  const begun = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (answer) => {
    answer.resume().once('end', () => resolve(answer.statusCode === 200));
  }).on('error', reject);
  return (await promise) ? performance.now() - begun : Number.POSITIVE_INFINITY;
}
