// The machine's clock is set forward and back while clients write, or one machine's clock is another than the others':
// no month is claimed twice or missed, tokens are renewed, and nobody waits longer for it.

import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { testDatabase } from '../database.ts';
import { comesTrue, tokenOf } from '../program.ts';
import { holds } from './checks.ts';
import { startReplicas } from './replicas.ts';
import { counts, isLong, randomOf, tell } from './run.ts';
import { startWriters, type Writers } from './writers.ts';

t.setTimeout(600_000);

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Ahead of the first morning; the declarations were signed before it. */
const steps = [hourMs, 3 * dayMs, dayMs, 40 * dayMs, 10 * minuteMs, dayMs, 0];
const betweenStepsMs = isLong ? 4_000 : 700;
const servesWithinMs = 5_000;

/** Clients have a success in time, and write on for a while. */
async function goesOn(t: Test, { written }: Writers, step: string): Promise<void> {
  const before = written.length;
  t.ok(await comesTrue(async () => written.length > before, servesWithinMs), step);
  await delay(betweenStepsMs);
}

for (const count of counts)
  t.test(
    `a clock that jumps by hours and weeks, forward and back, harms no write; processes: ${count}`,
    async (t) => {
      const random = randomOf(t);
      const { db, serviceUrl } = await testDatabase(t);
      const replicas = await startReplicas(t, serviceUrl, { count });
      const writers = await startWriters({ urls: replicas.urls, random });
      for (const ahead of steps) {
        await replicas.stepClock(ahead);
        await goesOn(t, writers, `${ahead / hourMs} h`);
      }
      await holds(t, { db, replicas, writers });
      tell(t, {
        fault: 'the clock jumps between one hour and forty days, forward and back',
        processes: count,
        often: `${steps.length} times`,
        held: `${writers.written.length} writes; ${writers.statuses.get(401) ?? 0} expired tokens were renewed`,
        worstMs: writers.longestPauseMs(),
      });
    },
  );

/** How far the one clock is from the others'; two hours are beyond the life of a token. */
const apart = [minuteMs, -minuteMs, 20 * minuteMs, -20 * minuteMs, 2 * hourMs, -2 * hourMs];

t.test('one process whose clock is fast or slow harms no write; processes: 3', async (t) => {
  const random = randomOf(t);
  const { db, serviceUrl } = await testDatabase(t);
  const replicas = await startReplicas(t, serviceUrl, { count: 3 });
  // Of a slow clock, too, the declarations were signed before.
  await replicas.stepClock(dayMs);
  const writers = await startWriters({ urls: replicas.urls, random });
  for (const ahead of apart) {
    await replicas.stepClock(dayMs + ahead, 1);
    await goesOn(t, writers, `${ahead / minuteMs} min`);
  }
  await holds(t, { db, replicas, writers });
  tell(t, {
    fault: 'one clock of three is up to two hours fast or slow',
    processes: 3,
    often: `${apart.length} times`,
    held: `${writers.written.length} writes; ${writers.statuses.get(401) ?? 0} tokens were renewed`,
    worstMs: writers.longestPauseMs(),
  });
});

t.test(
  'a client that reached its limit waits a minute at most, also when the clock is set back',
  async (t) => {
    const { serviceUrl } = await testDatabase(t);
    const limit = 20;
    const replicas = await startReplicas(t, serviceUrl, {
      environment: { SUBSIDY_RATE_LIMIT: String(limit) },
    });
    const [url = ''] = replicas.urls;
    await replicas.stepClock(2 * dayMs);
    const ask = async () => {
      const headers = { authorization: `Bearer ${await tokenOf(url, 'administrator')}` };
      return await fetch(`${url}/v1/background-work`, { headers });
    };
    t.equal((await ask()).status, 200);
    await replicas.stepClock(0);
    t.equal((await ask()).status, 200);
    let refused = await ask();
    for (let asked = 2; asked <= limit && refused.status === 200; asked += 1) refused = await ask();
    t.equal(refused.status, 429);
    const seconds = Number(refused.headers.get('retry-after'));
    t.ok(seconds > 0 && seconds <= 60, `${seconds} s`);
  },
);
