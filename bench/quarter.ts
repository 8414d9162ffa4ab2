// B5: a quarter's run. People are made, assessed and their months with every reason stored, a portion at a time; prints
// people per second and the memory at each tenth. Usage: node bench/quarter.ts [people, 1000000 if absent]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectClient } from '../src/database/connect.ts';
import { startEmbedded } from '../src/database/embedded.ts';
import { assess, type CheckResult } from '../src/rules/assess.ts';
import { policyOn } from '../src/rules/policy.ts';
import { peopleOf } from './rules-people.ts';

const people = Number(process.argv[2] ?? 1_000_000);
const peoplePerStatement = 2_000;
const mebibyte = 2 ** 20;

// Made anew, and fewer than are assessed: making them is not what is measured, and a million would not fit.
const pool = peopleOf(5, Math.min(people, 2_000));
const policy = policyOn('2026-07-10', { statutoryAge: 'national' });

const dataDir = mkdtempSync(join(tmpdir(), 'subsidy-bench-'));
const embedded = await startEmbedded({ dataDir, log: () => {}, durable: true });
try {
  const client = await connectClient(embedded.url, 'bench');
  await client.query(`create table assessed_month (
    person int, month text, outcome text, amount_fen int, reasons text, primary key (person, month))`);
  const started = performance.now();
  const memory: number[] = [];
  let assessing = 0;
  let pending: Promise<unknown> = Promise.resolve();
  for (let start = 0; start < people; start += peoplePerStatement) {
    const began = performance.now();
    const columns = assessPortion(start, Math.min(start + peoplePerStatement, people));
    assessing += performance.now() - began;
    // One statement is stored while the next portion is assessed, and never more than one.
    await pending;
    pending = client.query(
      `insert into assessed_month select * from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::text[])`,
      columns,
    );
    const isTenth = start % (Math.ceil(people / 10 / peoplePerStatement) * peoplePerStatement) === 0;
    if (isTenth) memory.push(process.memoryUsage().rss);
  }
  await pending;
  const seconds = (performance.now() - started) / 1_000;
  const { rows } = await client.query(
    'select count(*), pg_total_relation_size($1) as bytes from assessed_month',
    ['assessed_month'],
  );
  await client.end();
  const inMebibytes = memory.map((bytes) => Math.round(bytes / mebibyte));
  console.log(
    `${people} people, ${rows[0].count} months stored, ${Math.round(rows[0].bytes / mebibyte)} MiB`,
  );
  console.log(
    `${seconds.toFixed(1)} s, ${Math.round(people / seconds)} people/s; ${(assessing / 1_000).toFixed(1)} s of it assessing`,
  );
  console.log(`memory in MiB at each tenth: ${inMebibytes.join(' ')}; most ${Math.max(...inMebibytes)}`);
} finally {
  await embedded.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** Every check of every month with its answer and the records it rests on. */
function assessPortion(from: number, to: number) {
  const columns: [number[], string[], string[], number[], string[]] = [[], [], [], [], []];
  for (let person = from; person < to; person += 1) {
    const claim = pool[person % pool.length];
    if (claim === undefined) throw new Error('the pool is not empty');
    for (const { month, outcome, amountFen, checks } of assess(claim, policy).months) {
      columns[0].push(person);
      columns[1].push(month);
      columns[2].push(outcome);
      columns[3].push(amountFen);
      columns[4].push(reasonsOf(checks));
    }
  }
  return columns;
}

function reasonsOf(checks: readonly CheckResult[]): string {
  let reasons = '';
  for (const { code, answer, facts } of checks) {
    reasons += `${code} ${answer}`;
    for (const id of facts) reasons += ` ${id}`;
    reasons += ';';
  }
  return reasons;
}
