// Delivers records as NDJSON over a socket to the service in its own process: validated, matched to people, encrypted
// where personal and stored with durable commits. In turns with PostgreSQL's COPY of the same rows into tables with the
// same keys and indexes, which grow alike. Memory should not grow with the rows.
// Usage: node bench/records.ts [--quick]

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { connectClient } from '../src/platform/database/connect.ts';
import { identityNumberOf } from '../test/registers/residents.ts';
import { memoryOf, openCopies, type Stored, spreadOf } from './copied.ts';
import { cpuMsOf, serverCpuMs, settled, startServiceProcess } from './processes.ts';
import { withPostgres } from './service.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, send: { type: 'string' } },
});
const rounds = 5;
const rowsOfRound = values.quick ? 10_000 : 200_000;
const monthsOfOnePerson = 10;
const surnames = '王李张刘陈杨黄赵周吴';
const tables = ['identity_index', 'person', 'person_name', 'record'];

/** Contributions of unknown people, the most expensive rows: each inserts a person and encrypts a name. */
function* lines(first: number, rows: number): Generator<string> {
  yield `${JSON.stringify({ source: 'bench' })}\n`;
  let block = '';
  for (let index = first; index < first + rows; index += 1) {
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
  readonly first: number;
  readonly rows: number;
}

interface Sent {
  readonly id: string;
  readonly seconds: number;
}

/**
 * The register, in its own process, which builds the body before timing starts. Reports the delivery's id and how long
 * its answer took.
 */
async function send({ url, bearer, first, rows }: Sending): Promise<void> {
  const body = [...lines(first, rows)];
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
  console.log(JSON.stringify({ id: answer.id, seconds: (performance.now() - began) / 1_000 } satisfies Sent));
}

async function sentBy(sending: Sending): Promise<Sent> {
  const options = ['--max-old-space-size=4096', import.meta.filename, '--send', JSON.stringify(sending)];
  const register = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = (await register.stdout.setEncoding('utf8').toArray()).join('');
  return JSON.parse(said) as Sent; // from send
}

async function main(): Promise<void> {
  await withPostgres(async (place) => {
    const service = await startServiceProcess(place, { name: 'records', poolSize: 4 });
    const client = await connectClient(service.ownerUrl, 'subsidy bench');
    const copies = await openCopies(client, place.postmaster, tables);
    const url = `${service.origin}/v1/record-deliveries`;
    const bearer = await service.tokenOf('provincial-system');
    const delivered: Stored[] = [];
    const copied: Stored[] = [];
    const memory = [memoryOf(service.pid)];
    for (let round = 0; round < rounds; round += 1) {
      const [nodeBefore, serverBefore] = [cpuMsOf(service.pid), serverCpuMs(place.postmaster)];
      const sent = await sentBy({ url, bearer, first: round * rowsOfRound, rows: rowsOfRound });
      delivered.push({
        seconds: sent.seconds,
        nodeMs: cpuMsOf(service.pid) - nodeBefore,
        serverMs: serverCpuMs(place.postmaster) - serverBefore,
      });
      memory.push(memoryOf(service.pid));
      await settled(place.postmaster);
      copied.push(
        await copies.copy(`person_id in (select person_id from record where delivery_id = '${sent.id}')`),
      );
    }
    copies.close();
    await client.end();
    await service.stop();
    print(delivered, copied, memory);
  });
}

function print(
  delivered: readonly Stored[],
  copied: readonly Stored[],
  memory: readonly ReturnType<typeof memoryOf>[],
): void {
  const perRow = (all: readonly Stored[], of: (one: Stored) => number) =>
    spreadOf(
      all.map((one) => (of(one) * 1_000) / rowsOfRound),
      1,
    );
  const row = (work: string, all: readonly Stored[]) => {
    const rate = spreadOf(
      all.map(({ seconds }) => rowsOfRound / seconds / 1_000),
      1,
    );
    const [node, server] = [perRow(all, ({ nodeMs }) => nodeMs), perRow(all, ({ serverMs }) => serverMs)];
    console.log(`| ${work} | ${rate} | ${node} | ${server} |`);
  };
  console.log(
    `${rounds} rounds in turns of ${rowsOfRound.toLocaleString('en')} rows, a person for every ${monthsOfOnePerson}: median (least to most).\n`,
  );
  console.log('| work | thousand rows/s | Node, µs of CPU/row | PostgreSQL, µs of CPU/row |');
  console.log('| --- | ---: | ---: | ---: |');
  row('delivered', delivered);
  row('COPY of the same rows, same keys', copied);
  const ratios = delivered.map(({ seconds }, round) => (copied[round]?.seconds ?? 0) / seconds);
  const [before, ...after] = memory;
  console.log(`\ndelivered / COPY (aim ≥ 0.4): ${spreadOf(ratios, 2)}\n`);
  console.log(
    `Memory of the service in MiB: ${before?.now} before; at most ${after.map(({ most }) => most).join(', ')} by the end of each round.`,
  );
}

await (values.send === undefined ? main() : send(JSON.parse(values.send)));
