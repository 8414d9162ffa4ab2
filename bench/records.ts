// Delivers records as NDJSON over a socket: validated, matched to people, encrypted where personal and stored
// with durable commits; compared with PostgreSQL's COPY of the same rows into the same tables and indexes.
// Twice, the second time with ten times the rows, since memory should not grow with them.
// Usage: node bench/records.ts [--quick]

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { connectClient } from '../src/platform/database/connect.ts';
import { identityNumberOf } from '../test/registers/residents.ts';
import { startService, withPostgres } from './service.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, send: { type: 'string' } },
});
const monthsOfOnePerson = 10;
const surnames = '王李张刘陈杨黄赵周吴';
const tables = ['identity_index', 'person', 'person_name', 'record'];

/** Contributions of unknown people, the most expensive rows: each inserts a person and encrypts a name. */
function* lines(rows: number): Generator<string> {
  yield `${JSON.stringify({ source: 'bench' })}\n`;
  let block = '';
  for (let index = 0; index < rows; index += 1) {
    const who = Math.floor(index / monthsOfOnePerson);
    const day = Temporal.PlainDate.from('1960-01-01').add({ days: Math.floor(who / 1_000) });
    const sex = who % 2 === 0 ? 'M' : 'F';
    block += `${JSON.stringify({
      kind: 'contribution',
      sourceKey: `JF-${index}`,
      version: 1,
      identityNumber: identityNumberOf(sex, day.toString(), Math.floor((who % 1_000) / 2)),
      name: `${surnames[who % 10]}伟${who}`,
      month: `2024-${String(1 + (index % monthsOfOnePerson)).padStart(2, '0')}`,
      scheme: 'employees',
      insurance: 'pension',
      payer: 'individual',
      refunded: false,
      place: '360203',
    })}\n`;
    if (block.length > 60_000) {
      yield block;
      block = '';
    }
  }
  yield block;
}

interface Sending {
  readonly url: string;
  readonly bearer: string;
  readonly rows: number;
}

/**
 * The register, in its own process, which builds the body before timing starts. Reports how long its answer
 * took.
 */
async function send({ url, bearer, rows }: Sending): Promise<void> {
  const body = [...lines(rows)];
  const began = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = {
    authorization: `Bearer ${bearer}`,
    'content-type': 'application/x-ndjson',
    'idempotency-key': randomUUID(),
  };
  const sent = request(url, { method: 'POST', headers }, async (response) =>
    resolve((await response.setEncoding('utf8').toArray()).join('')),
  );
  sent.on('error', reject);
  await pipeline(Readable.from(body), sent);
  const answer = JSON.parse(await promise);
  if (answer.totals?.new !== rows) throw new Error(JSON.stringify(answer).slice(0, 500));
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1_000 }));
}

async function sentBy(sending: Sending): Promise<number> {
  const options = ['--max-old-space-size=4096', import.meta.filename, '--send', JSON.stringify(sending)];
  const register = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = (await register.stdout.setEncoding('utf8').toArray()).join('');
  return JSON.parse(said).seconds;
}

interface Measured {
  readonly rows: number;
  readonly seconds: number;
  readonly copySeconds: number;
  readonly megabytesBefore: number;
  readonly megabytesMost: number;
  /** Of one core, by this process. */
  readonly busy: number;
}

async function measure(rows: number): Promise<Measured> {
  return await withPostgres(async (place) => {
    const service = await startService(place, { poolSize: 4 });
    const bearer = await service.tokenOf('provincial-system');
    const megabytes = () => Math.round(process.memoryUsage.rss() / 1024 / 1024);
    const megabytesBefore = megabytes();
    let megabytesMost = megabytesBefore;
    const sampling = setInterval(() => {
      megabytesMost = Math.max(megabytesMost, megabytes());
    }, 100);
    const cpuBefore = process.cpuUsage();
    const seconds = await sentBy({ url: `${service.origin}/v1/record-deliveries`, bearer, rows });
    const { user, system } = process.cpuUsage(cpuBefore);
    clearInterval(sampling);
    const copySeconds = await copied(place.ownerUrl);
    await service.close();
    const busy = (user + system) / 1e6 / seconds;
    return { rows, seconds, copySeconds, megabytesBefore, megabytesMost, busy };
  });
}

/** Seconds that COPY takes for the stored rows, read by the server from its own disk. */
async function copied(url: string): Promise<number> {
  // A directory where PostgreSQL's own account may write.
  const folder = mkdtempSync(join(tmpdir(), 'subsidy-copy-'));
  chmodSync(folder, 0o777);
  const client = await connectClient(url, 'subsidy bench');
  try {
    for (const table of tables) {
      await client.query(`copy ${table} to '${join(folder, table)}'`);
      await client.query(`create table copied_${table} (like ${table} including all)`);
    }
    await client.query('checkpoint');
    const began = performance.now();
    for (const table of tables) await client.query(`copy copied_${table} from '${join(folder, table)}'`);
    return (performance.now() - began) / 1_000;
  } finally {
    await client.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  console.log(
    '| rows | delivered | COPY, 4 tables | delivered / COPY | this process | memory before | at most |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const rows of values.quick ? [100_000] : [100_000, 1_000_000]) {
    const { seconds, copySeconds, busy, megabytesBefore, megabytesMost } = await measure(rows);
    const rate = (took: number) => `${Math.round(rows / took).toLocaleString('en')} rows/s`;
    const ratio = (copySeconds / seconds).toFixed(2);
    const cells = [
      rows.toLocaleString('en'),
      rate(seconds),
      rate(copySeconds),
      ratio,
      `${busy.toFixed(2)} cores`,
      `${megabytesBefore} MB`,
      `${megabytesMost} MB`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

await (values.send === undefined ? main() : send(JSON.parse(values.send)));
