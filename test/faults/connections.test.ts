// The connections between the service and its database break while clients write and jobs are in hand: terminated one and
// all, slow, reset, half-sent, silent and refused.

import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { testDatabase } from '../database.ts';
import { openNetwork } from '../network.ts';
import { comesTrue } from '../program.ts';
import { holds } from './checks.ts';
import { endQuickly, endSlowly, takeInHand } from './jobs.ts';
import { startReplicas } from './replicas.ts';
import { counts, isLong, randomOf, tell } from './run.ts';
import { startWriters } from './writers.ts';

t.setTimeout(900_000);

const terminateEveryMs = 100;
const resetEveryMs = 200;
const healsWithinMs = 10_000;
/** One in ten; more, and no transaction of a few answers ends. */
const brokenAnswers = 10;

for (const count of counts) t.test(`processes: ${count}`, (t) => play(t, count));

async function play(t: Test, count: number): Promise<void> {
  const random = randomOf(t);
  const { db: hurried, serviceUrl } = await testDatabase(t);
  /** A job's end holds its row for a second, and there are many. */
  const db = hurried.another({ statementTimeoutMs: 60_000 });
  t.teardown(() => db.close());
  const network = await openNetwork(t, serviceUrl);
  const replicas = await startReplicas(t, network.url, { count });
  await endSlowly(db);
  const writers = await startWriters({ urls: replicas.urls, random });

  const faults: readonly [
    fault: string,
    seconds: [long: number, short: number],
    act: (ms: number) => unknown,
  ][] = [
    [
      `all database connections are terminated every ${terminateEveryMs} ms`,
      [30, 3],
      (ms) =>
        repeatFor(ms, terminateEveryMs, () =>
          db.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and usename <> current_user`),
        ),
    ],
    [
      'everything to and from the database takes 50 ms',
      [10, 1],
      async (ms) => {
        network.slow(50);
        await delay(ms);
      },
    ],
    [
      `all connections to the database are reset every ${resetEveryMs} ms`,
      [20, 2],
      (ms) => repeatFor(ms, resetEveryMs, network.reset),
    ],
    [
      `${brokenAnswers} of a hundred answers of the database end half-way`,
      [20, 2],
      async (ms) => {
        network.breakAnswers(brokenAnswers, random);
        await delay(ms);
      },
    ],
    [
      'the database is refused to everybody',
      [10, 2],
      async (ms) => {
        network.cut();
        await delay(ms);
      },
    ],
    [
      'the database is silent, and nobody is told',
      [20, 8],
      async (ms) => {
        network.swallow();
        await delay(ms);
      },
    ],
  ];

  for (const [fault, [long, short], act] of faults) {
    const seconds = isLong ? long : short;
    await t.test(`${fault}, and the service goes on afterwards`, async (t) => {
      await takeInHand(db);
      const before = writers.written.length;
      const begun = performance.now();
      await act(seconds * 1_000);
      network.heal();
      const healed = writers.written.length;
      t.ok(await comesTrue(async () => writers.written.length > healed, healsWithinMs), 'a request succeeds');
      t.equal(replicas.processes[0]?.exitCode, null, 'the process lives');
      tell(t, {
        fault,
        processes: count,
        often: `for ${seconds} s`,
        held: `${healed - before} writes meanwhile`,
        worstMs: writers.longestPauseMs(begun),
      });
    });
  }

  await t.test('no broken connection has lost, halved or doubled a write', async (t) => {
    await endQuickly(db);
    await holds(t, { db, replicas, writers });
  });
}

async function repeatFor(milliseconds: number, everyMs: number, act: () => unknown): Promise<void> {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    await act();
    await delay(everyMs);
  }
}
