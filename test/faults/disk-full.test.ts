// The disk of the data, or of the write-ahead log, is full: requests that write are refused with 503 and nothing is half
// done; the log says why; when there is room again, all goes on. Needs root, for a small file system of its own.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync, statfsSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { prepareDatabase } from '../../src/commands/prepare-database.ts';
import { openDatabase } from '../../src/platform/database/connect.ts';
import { openServiceLogin } from '../../src/platform/database/service-account.ts';
import { openNetwork } from '../network.ts';
import { comesTrue, dataFolder } from '../program.ts';
import { holds } from './checks.ts';
import { openPostgres } from './postgres.ts';
import { startReplicas } from './replicas.ts';
import { counts, isLong, randomOf, tell } from './run.ts';
import { startWriters } from './writers.ts';

t.setTimeout(600_000);

const fullMs = isLong ? 15_000 : 2_000;
const noticedWithinMs = 30_000;
const healsWithinMs = 20_000;

const isPossible = process.getuid?.() === 0 && canMount(dataFolder(t));
if (!isPossible) t.comment('no file system can be mounted here: a full disk is not shown');

function canMount(place: string): boolean {
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]).status !== 0) return false;
  return spawnSync('umount', [place]).status === 0;
}

/** A file system of its own, as large as that. */
function mount(test: Test, megabytes: number): string {
  const place = dataFolder(test);
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=711`, 'tmpfs', place]);
  test.teardown(() => {
    spawnSync('umount', ['-l', place]);
  });
  return place;
}

const disks = [
  { what: 'the data', directory: 'base', megabytes: 96 },
  { what: 'the write-ahead log', directory: 'pg_wal', megabytes: 96 },
];
const played = (isLong ? disks : disks.slice(0, 1)).flatMap((disk) =>
  counts.map((count) => ({ ...disk, count })),
);
for (const { what, directory, megabytes, count } of played) {
  t.test(
    `a full disk of ${what} refuses writes, and all goes on with room; processes: ${count}`,
    { skip: !isPossible },
    async (t) => {
      const random = randomOf(t);
      const place = mount(t, megabytes);
      const dataDir = dataFolder(t);
      const postgres = await openPostgres(t, dataDir);
      await prepareDatabase(postgres.url());
      const serviceUrl = await openServiceLogin(postgres.url(), 'subsidy_faults');
      const [ofService, ofChecks] = [await openNetwork(t, serviceUrl), await openNetwork(t, postgres.url())];
      const db = openDatabase({
        url: ofChecks.url,
        poolSize: 4,
        random,
        onIdleError: () => {},
        connectTimeoutMs: 20_000,
      });
      t.teardown(() => db.close());

      await postgres.stop();
      move(join(dataDir, 'postgresql/pgdata', directory), join(place, directory));
      await startAnew();
      const replicas = await startReplicas(t, ofService.url, { count, environment: { LOG_LEVEL: 'warn' } });
      const writers = await startWriters({ urls: replicas.urls, random });
      await delay(1_000);

      const begun = performance.now();
      const filler = join(place, 'filler');
      const refused = () => writers.statuses.get(503) ?? 0;
      const before = refused();
      const isRefused = async () => {
        fill(place, filler);
        // The log is written into files of sixteen megabytes, which are there already.
        if (directory === 'pg_wal') await db.pool.query('select pg_switch_wal()').catch(() => {});
        return refused() > before + 20;
      };
      t.ok(await comesTrue(isRefused, noticedWithinMs), 'requests are refused');
      const isTold = async () => replicas.lines().some((line) => line.includes('disk_full'));
      // Without room for its log PostgreSQL ends, and only its own log says why.
      if (directory === 'base') t.ok(await comesTrue(isTold, noticedWithinMs), 'and the log says why');
      await delay(fullMs);
      rmSync(filler);
      // Its supervisor starts it again.
      if (!postgres.isUp()) await startAnew();
      const written = writers.written.length;
      t.ok(
        await comesTrue(async () => writers.written.length > written, healsWithinMs),
        'a request succeeds',
      );
      await holds(t, { db, replicas, writers });
      tell(t, {
        fault: `the disk of ${what} is full`,
        processes: count,
        often: `for ${Math.round((performance.now() - begun) / 1_000)} s`,
        held: `${refused() - before} refused with 503, nothing half; ${writers.written.length} writes`,
        worstMs: writers.longestPauseMs(begun),
      });

      async function startAnew(): Promise<void> {
        await postgres.start();
        ofService.leadTo(postgres.url());
        ofChecks.leadTo(postgres.url());
      }
    },
  );
}

function move(from: string, to: string): void {
  const { uid, gid } = statSync(from);
  cpSync(from, to, { recursive: true });
  spawnSync('chown', ['-R', `${uid}:${gid}`, to]);
  spawnSync('chmod', ['-R', 'u=rwX,go=', to]);
  rmSync(from, { recursive: true });
  symlinkSync(to, from);
  spawnSync('chown', ['-h', `${uid}:${gid}`, from]);
}

/** Takes what room is left. */
function fill(place: string, filler: string): void {
  const { bavail, bsize } = statfsSync(place);
  if (bavail > 0) {
    const taken = existsSync(filler) ? statSync(filler).size : 0;
    spawnSync('fallocate', ['-l', String(taken + bavail * bsize), filler]);
  }
}
