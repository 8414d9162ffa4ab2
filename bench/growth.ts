// How the cost of a request grows with the data, on three databases of one PostgreSQL with 10,000, 100,000 and
// 1,000,000 people, each with a case, records and what became of the case (city-work.ts). A handler reads a case, and a
// draft is submitted; then every long list and figure is asked for. Alternates between the databases, so that load on the
// machine affects all three. Statistics and forecast are counted once before, as the background does.
// Usage: node bench/growth.ts [--people=10000,30000] [--quick]

import { parseArgs } from 'node:util';
import { flagCodes } from '../src/applications/flags/kinds.ts';
import { connectClient } from '../src/platform/database/connect.ts';
import { countFigures } from '../src/platform/figures.ts';
import { createIds } from '../src/platform/ids.ts';
import { writeAsService } from '../src/platform/write-context.ts';
import { counted } from '../src/runtime/jobs/tasks.ts';
import { withDatabase } from '../test/server.ts';
import { createSteps } from '../test/steps.ts';
import { agency, fillAgency, fillRecords } from './city.ts';
import { fillWork } from './city-work.ts';
import {
  type BenchService,
  getting,
  median,
  type Place,
  platform,
  startLoad,
  startService,
  submitting,
  withPostgres,
} from './service.ts';

const { values } = parseArgs({
  options: { people: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
const usualSizes = values.quick ? [500, 5_000] : [10_000, 100_000, 1_000_000];
const sizes = values.people?.split(',').map(Number) ?? usualSizes;
const rounds = values.quick ? 1 : 7;
const reads = values.quick ? 100 : 1_000;
const submissions = values.quick ? 8 : 100;
const readers = 8;
const submitters = 8;
const mostGrowth = 1.1;
const asks = values.quick ? 3 : 5;
const longestAnswerMs = 200;
const countTimeoutMs = 600_000;

/** Lists and figures over many cases, and who asks; the officers see every case of their agency, the others of the city. */
const handlerOf = `handler-${agency}`;
const questions: readonly (readonly [persona: string, path: string])[] = [
  [handlerOf, '/v1/applications'],
  [handlerOf, '/v1/applications?order=waiting'],
  ...flagCodes.map((flag) => [handlerOf, `/v1/applications?flag=${flag}`] as const),
  ['auditor', '/v1/statistics?by=street'],
  ['auditor', '/v1/statistics?by=category'],
  ['auditor', '/v1/forecast'],
  [handlerOf, `/v1/reconciliation?agencyCode=${agency}`],
  [handlerOf, `/v1/reconciliation/months?agencyCode=${agency}&figure=waiting`],
  [handlerOf, '/v1/work-summary'],
  [handlerOf, '/v1/notices'],
  [handlerOf, '/v1/notices?delivery=waiting'],
  [platform, '/v1/events'],
  ['provincial-system', '/v1/events'],
];

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
  await fillAgency(owner, service.services.encryption, createIds(Date.now), people);
  await fillRecords(owner);
  await fillWork(owner, service.services.encryption);
  // A random person, to avoid a warm cache.
  const { rows } = await owner.query<{ id: string }>(
    `select application_id as id from application where state = 'approved' order by random() limit $1`,
    [reads],
  );
  await owner.end();
  return {
    ...service,
    people,
    countedMs: await countAll(service),
    ids: rows.map(({ id }) => id),
    steps: createSteps(service.call, { now: () => now, set: () => {} }),
    handler: await service.tokenOf(`handler-${agency}`),
    applicant: await service.tokenOf(platform),
    read: [] as number[],
    submitted: [] as number[],
  };
}

/** Counts what is kept, and tells how long each subject took. */
async function countAll({ services }: BenchService): Promise<readonly number[]> {
  const db = services.db.another({ poolSize: 1, statementTimeoutMs: countTimeoutMs });
  const took: number[] = [];
  for (const subject of counted) {
    const began = performance.now();
    await writeAsService({ ...services, db }, 'countFigures', (context) =>
      countFigures(context, subject, () => performance.now()),
    );
    took.push(performance.now() - began);
  }
  await db.close();
  return took;
}

/** Milliseconds of an answer; a refusal, such as one that took too long, is told by its status. */
async function timed({ call }: City, persona: string, path: string): Promise<number | string> {
  const began = performance.now();
  const { status, body } = await call<{ items?: unknown[]; balanced?: boolean }>(persona, 'GET', path);
  const ms = performance.now() - began;
  if (status !== 200) return `status ${status}`;
  if (body.items?.length === 0) throw new Error(`nothing is listed: ${path}`);
  if (body.balanced === false) throw new Error('the money of the agency does not tie');
  return ms;
}

/** A row for each question: the median answer of each city. */
async function askAll(cities: readonly City[]): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [persona, path] of questions) {
    const took = cities.map((): (number | string)[] => []);
    for (let round = 0; round < asks; round += 1) {
      for (const [place, city] of cities.entries()) took[place]?.push(await timed(city, persona, path));
    }
    const cells = took.map((all) => {
      const refused = all.find((one) => typeof one === 'string');
      if (refused !== undefined) return `**${refused}**`;
      const ms = median(all.map(Number));
      return ms > longestAnswerMs ? `**${ms.toFixed(0)}**` : ms.toFixed(0);
    });
    rows.push([`\`${path.slice('/v1/'.length)}\`, ${persona}`, ...cells]);
  }
  return rows;
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
  print(cities);
  printAnswers(cities, await askAll(cities));
  for (const city of cities) await city.close();
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

function printAnswers(cities: readonly City[], answers: readonly string[][]): void {
  const least = `aim at most ${longestAnswerMs} for an answer; bold: more`;
  console.log(`\nLists and figures: milliseconds, the median of ${asks} in turns, ${least}.\n`);
  const row = (cells: readonly string[]) => console.log(`| ${cells.join(' | ')} |`);
  row(['asked, by whom', ...cities.map(({ people }) => `${people.toLocaleString('en')} people`)]);
  row(['---', ...cities.map(() => '---:')]);
  for (const cells of answers) row(cells);
  for (const [place, { name }] of counted.entries()) {
    const took = cities.map(({ countedMs }) => (countedMs[place] ?? Number.NaN).toFixed(0));
    row([`counting in the background: ${name}`, ...took]);
  }
}
