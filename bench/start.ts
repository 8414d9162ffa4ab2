// Starts the program as `npm start` does, on a database that exists: how long until it is ready, and what memory it
// holds then, idle, and under load. For comparison: Node alone, which starts and ends.
// Usage: node bench/start.ts [--quick]

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { tokenOf } from '../test/program.ts';
import { createSteps } from '../test/steps.ts';
import { getting, median, type Place, platform, startLoad, startService, withPostgres } from './service.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const starts = values.quick ? 3 : 7;
const idleMs = values.quick ? 2_000 : 10_000;
const thousands = values.quick ? 2 : 20;
const readers = 8;
const cases = 20;
const pollMs = 5;

const checkout = join(import.meta.dirname, '..');
const { scripts }: { scripts: { start: string } } = JSON.parse(
  readFileSync(join(checkout, 'package.json'), 'utf8'),
);
/** Node's options and the program. */
const program = scripts.start.split(' ').slice(2);

await withPostgres(run);

async function run(place: Place): Promise<void> {
  const { serviceUrl, ids } = await prepared(place);
  const environment = {
    PORT: '0',
    LOG_LEVEL: 'warn',
    DATABASE_URL: serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: place.dataDir,
    SUBSIDY_RATE_LIMIT: '10000000',
    SUBSIDY_ADDRESS_LIMIT: '10000000',
  };
  // Ends in peace, and so leaves what Node has compiled to the next.
  await (await start(environment)).end();
  const services: { readyMs: number; cpuMs: number }[] = [];
  const bare: number[] = [];
  for (let round = 0; round < starts; round += 1) {
    const service = await start(environment);
    services.push(service);
    await service.end();
    const begun = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    bare.push(performance.now() - begun);
  }

  const service = await start(environment);
  await delay(idleMs);
  const idle = service.memory();
  const load = startLoad();
  const loaded: number[] = [];
  for (let round = 0; round < thousands; round += 1) {
    const bearer = await tokenOf(service.origin, platform);
    const shots = Array.from({ length: 1_000 }, (_, at) => getting(ids[at % cases] ?? '', bearer));
    await load.fire({ origin: service.origin, connections: readers, shots });
    loaded.push(service.memory());
  }
  await load.stop();
  await service.end();

  const spread = (all: readonly number[]) =>
    `${Math.round(median(all))} (${Math.round(Math.min(...all))}–${Math.round(Math.max(...all))})`;
  console.log('| what | median (least–most) |\n| --- | --- |');
  console.log(`| from start to ready, ms | ${spread(services.map(({ readyMs }) => readyMs))} |`);
  console.log(`| processor time until ready, ms | ${spread(services.map(({ cpuMs }) => cpuMs))} |`);
  console.log(`| Node alone, ms | ${spread(bare)} |`);
  const ratios = services.map(({ readyMs }, round) => readyMs / (bare[round] ?? Number.NaN));
  console.log(`| start / Node alone | ${spread(ratios)} |`);
  console.log(`| memory after ${idleMs / 1_000} s idle, MiB | ${idle} |`);
  console.log(`| memory after 1,000 reads, MiB | ${loaded[0]} |`);
  console.log(`| memory after ${thousands},000 reads, MiB | ${loaded.at(-1)} |`);
}

/** A database with cases, and no service on it. */
async function prepared(place: Place): Promise<{ serviceUrl: string; ids: readonly string[] }> {
  const now = Temporal.Instant.from('2025-07-05T02:00:00Z');
  const service = await startService(place, { poolSize: 6, clock: () => now });
  const steps = createSteps(service.call, { now: () => now, set: () => {} });
  const ids: string[] = [];
  for (let index = 0; index < cases; index += 1) ids.push((await steps.applied()).id);
  await service.close();
  return { serviceUrl: service.serviceUrl, ids };
}

async function start(environment: Record<string, string>) {
  const begun = performance.now();
  const running = spawn(process.execPath, program, {
    cwd: checkout,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(running, 'exit');
  const origin = await new Promise<string>((resolve) => {
    running.stdout.setEncoding('utf8').on('data', (text: string) => {
      const url = /http:\/\/[\d.:]+/.exec(text)?.[0];
      if (url !== undefined) resolve(url);
    });
  });
  while ((await fetch(`${origin}/health/ready`)).status !== 200) await delay(pollMs);
  const readyMs = performance.now() - begun;
  const [, counters = ''] = readFileSync(`/proc/${running.pid}/stat`, 'utf8').split(') ');
  const [user, system] = counters.split(' ').slice(11);
  return {
    origin,
    readyMs,
    // Linux counts in hundredths of a second.
    cpuMs: (Number(user) + Number(system)) * 10,
    /** Resident, in MiB. */
    memory: () => {
      const status = readFileSync(`/proc/${running.pid}/status`, 'utf8');
      return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024);
    },
    end: async () => {
      running.kill('SIGTERM');
      await ended;
    },
  };
}
