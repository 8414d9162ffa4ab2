// PostgreSQL itself freezes, is stopped at once and started again, or only stands by, while clients write and jobs are in hand.

import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { prepareDatabase } from '../../src/commands/prepare-database.ts';
import { openDatabase } from '../../src/platform/database/connect.ts';
import { openServiceLogin } from '../../src/platform/database/service-account.ts';
import { openNetwork } from '../network.ts';
import { comesTrue, tokenOf } from '../program.ts';
import { administer } from '../server.ts';
import { holds } from './checks.ts';
import { endQuickly, endSlowly, takeInHand } from './jobs.ts';
import { openPostgres } from './postgres.ts';
import { startReplicas } from './replicas.ts';
import { counts, isLong, randomOf, tell } from './run.ts';
import { startWriters } from './writers.ts';

t.setTimeout(900_000);

const frozenMs = isLong ? 20_000 : 8_000;
const stops = isLong ? 6 : 1;
const standbyMs = isLong ? 10_000 : 2_000;
const refusedWithinMs = 6_000;
const healsWithinMs = 15_000;

for (const count of counts) t.test(`processes: ${count}`, (t) => play(t, count));

async function play(t: Test, count: number): Promise<void> {
  const random = randomOf(t);
  const postgres = await openPostgres(t);
  await prepareDatabase(postgres.url());
  const serviceUrl = await openServiceLogin(postgres.url(), 'subsidy_faults');
  /** Both lead to wherever it listens now. */
  const [ofService, ofChecks] = [await openNetwork(t, serviceUrl), await openNetwork(t, postgres.url())];
  const db = openDatabase({
    url: ofChecks.url,
    poolSize: 6,
    random,
    onIdleError: () => {},
    connectTimeoutMs: 20_000,
  });
  t.teardown(() => db.close());
  const replicas = await startReplicas(t, ofService.url, { count });
  const [origin = ''] = replicas.urls;
  await endSlowly(db);
  const writers = await startWriters({ urls: replicas.urls, random });

  function follow(): void {
    ofService.leadTo(postgres.url());
    ofChecks.leadTo(postgres.url());
  }

  async function healthOf(path: string): Promise<number> {
    return (await fetch(`${origin}/health/${path}`)).status;
  }

  await t.test(
    'a frozen PostgreSQL: requests end within five seconds with 503, readiness says so, and it heals',
    async (t) => {
      await takeInHand(db);
      const begun = performance.now();
      postgres.freeze();
      const refused = () => writers.statuses.get(503) ?? 0;
      const before = refused();
      t.ok(await comesTrue(async () => refused() > before, refusedWithinMs), 'requests are refused');
      t.ok(
        await comesTrue(async () => (await healthOf('ready')) === 503, refusedWithinMs),
        'it is not ready',
      );
      t.equal(await healthOf('live'), 200, 'but lives');
      await delay(Math.max(0, frozenMs - (performance.now() - begun)));
      postgres.thaw();
      const thawed = performance.now();
      const written = writers.written.length;
      t.ok(
        await comesTrue(async () => writers.written.length > written, healsWithinMs),
        'a request succeeds',
      );
      tell(t, {
        fault: 'PostgreSQL is frozen',
        processes: count,
        often: `for ${frozenMs / 1_000} s`,
        held: `503 within ${refusedWithinMs / 1_000} s, not ready, live; success ${Math.round(performance.now() - thawed)} ms after`,
        worstMs: writers.longestPauseMs(begun),
      });
    },
  );

  await t.test('PostgreSQL is stopped at once and started again under writers', async (t) => {
    const begun = performance.now();
    for (let stop = 0; stop < stops; stop += 1) {
      await takeInHand(db);
      await postgres.stopAtOnce(stop % 2 === 0 ? 'kill -9' : 'immediate shutdown');
      await postgres.start();
      follow();
      const written = writers.written.length;
      t.ok(
        await comesTrue(async () => writers.written.length > written, healsWithinMs),
        'a request succeeds',
      );
    }
    tell(t, {
      fault: 'PostgreSQL is killed (`kill -9`) or shut down at once, and started again',
      processes: count,
      often: `${stops} times`,
      held: `${writers.written.length} writes`,
      worstMs: writers.longestPauseMs(begun),
    });
  });

  await t.test(
    'while there is only a standby, nothing is served, not even a read, until it is promoted',
    async (t) => {
      const begun = performance.now();
      const headers = { authorization: `Bearer ${await tokenOf(origin, 'reviewer-360203')}` };
      await takeInHand(db);
      await postgres.stop();
      await postgres.startAsStandby();
      follow();
      t.ok(
        await comesTrue(async () => (await healthOf('ready')) === 503, refusedWithinMs),
        'it is not ready',
      );
      const written = writers.written.length;
      await delay(standbyMs);
      t.equal(writers.written.length, written, 'no write succeeds');
      const read = await fetch(`${origin}/v1/recoveries`, { headers });
      t.strictSame([read.status, read.headers.get('retry-after')], [503, '1']);
      await administer(postgres.url(), 'select pg_promote()');
      t.ok(
        await comesTrue(async () => writers.written.length > written, healsWithinMs),
        'a request succeeds',
      );
      tell(t, {
        fault: 'there is only a standby, which is promoted',
        processes: count,
        often: `for ${standbyMs / 1_000} s`,
        held: '503 for reads too; success after it',
        worstMs: writers.longestPauseMs(begun),
      });
    },
  );

  await t.test('PostgreSQL’s end has lost, halved or doubled no write', async (t) => {
    await endQuickly(db);
    await holds(t, { db, replicas, writers });
  });
}
