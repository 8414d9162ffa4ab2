// How the cost of a request grows with the data. A handler reads a case, and a draft is submitted, on three
// databases of one PostgreSQL with 10,000, 100,000 and 1,000,000 people, each with a decided case, granted
// months and records. Alternates between them, so that load on the machine affects all three.
// Usage: node bench/growth.ts [--quick]

import { parseArgs } from 'node:util';
import { connectClient } from '../src/platform/database/connect.ts';
import { createIds } from '../src/platform/ids.ts';
import { withDatabase } from '../test/server.ts';
import { createSteps } from '../test/steps.ts';
import { agency, fillAgency, fillRecords } from './city.ts';
import {
  getting,
  median,
  type Place,
  platform,
  startLoad,
  startService,
  submitting,
  withPostgres,
} from './service.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const sizes = values.quick ? [500, 5_000] : [10_000, 100_000, 1_000_000];
const rounds = values.quick ? 1 : 7;
const reads = values.quick ? 100 : 1_000;
const submissions = values.quick ? 8 : 100;
const readers = 8;
const submitters = 8;
const mostGrowth = 1.2;

type City = Awaited<ReturnType<typeof openCity>>;

/** A service on its own database with this many people. */
async function openCity({ dataDir, ownerUrl }: Place, people: number) {
  const server = await connectClient(ownerUrl, 'bench');
  await server.query(`create database people_${people}`);
  await server.end();
  const place = { dataDir, ownerUrl: withDatabase(ownerUrl, `people_${people}`) };
  const now = Temporal.Instant.from('2025-07-05T02:00:00Z');
  const service = await startService(place, { poolSize: 6, clock: () => now });
  const owner = await connectClient(place.ownerUrl, 'bench');
  await fillAgency(owner, service.encryption, createIds(Date.now), people);
  await fillRecords(owner);
  // A random person, to avoid a warm cache.
  const { rows } = await owner.query<{ id: string }>(
    'select application_id as id from application order by random() limit $1',
    [reads],
  );
  await owner.end();
  return {
    ...service,
    people,
    ids: rows.map(({ id }) => id),
    steps: createSteps(service.call, { now: () => now, set: () => {} }),
    handler: await service.tokenOf(`handler-${agency}`),
    applicant: await service.tokenOf(platform),
    read: [] as number[],
    submitted: [] as number[],
  };
}

await withPostgres(async (place) => {
  const cities: City[] = [];
  for (const people of sizes) {
    console.error(`${people.toLocaleString('en')} people`);
    cities.push(await openCity(place, people));
  }
  const load = startLoad();
  for (let round = 0; round <= rounds; round += 1) {
    for (const { origin, ids, steps, handler, applicant, read, submitted } of cities) {
      const shots = Array.from({ length: reads }, (_, index) =>
        getting(ids[index % ids.length] ?? '', handler),
      );
      const gotten = await load.fire({ origin, connections: readers, shots });
      const drafts = [];
      for (let index = 0; index < submissions; index += 1)
        drafts.push(await steps.drafted(await steps.resident()));
      const handedIn = await load.fire({
        origin,
        connections: submitters,
        shots: drafts.map(({ id }) => submitting(id, applicant)),
      });
      if (round === 0) continue; // the first round warms the caches
      read.push(gotten.perSecond);
      submitted.push(handedIn.perSecond);
    }
  }
  await load.stop();
  for (const city of cities) await city.close();
  print(cities);
});

function print(cities: readonly City[]): void {
  const smallest = cities[0];
  if (smallest === undefined) throw new Error('there is a smallest city');
  const cells = (all: readonly number[], least: readonly number[]) => {
    const spread = `${Math.round(Math.min(...all))} to ${Math.round(Math.max(...all))}`;
    return `${Math.round(median(all))} | ${spread} | ${(median(least) / median(all)).toFixed(2)}`;
  };
  console.log(`${rounds} rounds in turns; the cost beside the smallest city's, aim at most ${mostGrowth}.\n`);
  console.log('| people on file | read /s | spread | cost | handed in /s | spread | cost |');
  console.log('| ---: | ---: | --- | ---: | ---: | --- | ---: |');
  for (const { people, read, submitted } of cities) {
    console.log(
      `| ${people.toLocaleString('en')} | ${cells(read, smallest.read)} | ${cells(submitted, smallest.submitted)} |`,
    );
  }
}
