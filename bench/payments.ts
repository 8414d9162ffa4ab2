// Pays an agency's lines: gathered, verified, requested from finance, received, batched, exported with whole names and
// accounts, answered by the bank, and reconciled. Over HTTP, with durable commits and every request within its limits.
// Beside it, in alternation, the same rows are written by plain SQL (payments-plain.ts) on a copy of the database.
// Usage: node bench/payments.ts [--lines=300000] [--rounds=2] [--quick]

import { createHash, randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Static } from 'typebox';
import type { DisbursementAnswer } from '../src/payments/disbursement/schemas.ts';
import type { Reconciliation } from '../src/payments/reconciliation/schemas.ts';
import { connectClient } from '../src/platform/database/connect.ts';
import { createIds } from '../src/platform/ids.ts';
import { agency, fillAgency, monthFen, monthsOfEach } from './city.ts';
import { memoryOf } from './copied.ts';
import { today } from './morning.ts';
import { startPlain } from './payments-plain.ts';
import { cpuMsOf, type RunningService, serverCpuMs, settled, startServiceProcess } from './processes.ts';
import { median, type Server, startService, withPostgres } from './service.ts';

const { values } = parseArgs({
  options: {
    lines: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const sizes =
  values.lines === undefined ? (values.quick ? [1_000] : [30_000, 300_000]) : [Number(values.lines)];
const lineFen = monthsOfEach.length * monthFen;
const mostAttempts = 10;
const startMs = 2_000;
let retries = 0;

/** What a step used. */
interface Cost {
  readonly seconds: number;
  readonly nodeSeconds: number;
  readonly postgresSeconds: number;
  /** In MiB. */
  readonly mostMemory: number;
}

type Costs = Map<string, Cost>;
const nothing: Cost = { seconds: 0, nodeSeconds: 0, postgresSeconds: 0, mostMemory: 0 };

const runs = new Map<number, { readonly service: Costs; readonly plain: Costs }>();
for (const lines of sizes) runs.set(lines, await withPostgres((place) => measure(place, lines)));
print();

/** Rounds of the service and of plain SQL, each on its own copy of one filled database. */
async function measure(place: Server, lines: number) {
  const maker = await startService(place, { poolSize: 2 });
  const filler = await connectClient(place.ownerUrl, 'bench');
  await fillAgency(filler, maker.services.encryption, createIds(Date.now), lines);
  await filler.end();
  await maker.close();
  const rounds = Number(values.rounds ?? (lines > 100_000 ? 1 : 2));
  const service: Costs[] = [];
  const plain: Costs[] = [];
  for (let round = 0; round < rounds; round += 1) {
    service.push(await onCopy(place, async (copy) => await payWithService(copy, lines)));
    plain.push(await onCopy(place, payPlainly));
  }
  return { service: middle(service), plain: middle(plain) };
}

async function onCopy<T>(place: Server, act: (copy: Server) => Promise<T>): Promise<T> {
  const url = new URL(place.ownerUrl);
  const original = url.pathname.slice(1);
  url.pathname = '/template1';
  const owner = await connectClient(url.href, 'bench');
  await owner.query('drop database if exists copy');
  await owner.query(`create database copy template ${original} strategy file_copy`);
  await owner.query('checkpoint');
  url.pathname = '/copy';
  try {
    return await act({ ...place, ownerUrl: url.href });
  } finally {
    await owner.query('drop database copy with (force)');
    await owner.end();
  }
}

async function payPlainly(place: Server): Promise<Costs> {
  const { steps, writeResults, close } = await startPlain(place);
  const { costs, step } = meter(place);
  for (const [name, act] of Object.entries(steps)) {
    if (name === 'applyPaymentResultFile') await writeResults();
    await step(name, act);
  }
  await close();
  return costs;
}

/** Measures steps: time, the cores' time of a Node process and of PostgreSQL, and the most memory of that process. */
function meter({ postmaster }: Server, pid = process.pid) {
  const costs: Costs = new Map();
  async function step<T>(name: string, act: () => Promise<T>): Promise<T> {
    let most = memoryOf(pid).now;
    const sampling = setInterval(() => {
      most = Math.max(most, memoryOf(pid).now);
    }, 20);
    const postgres = serverCpuMs(postmaster);
    const node = cpuMsOf(pid);
    const began = performance.now();
    try {
      return await act();
    } finally {
      const seconds = (performance.now() - began) / 1_000;
      clearInterval(sampling);
      const used = {
        nodeSeconds: (cpuMsOf(pid) - node) / 1_000,
        postgresSeconds: (serverCpuMs(postmaster) - postgres) / 1_000,
      };
      costs.set(name, { seconds, ...used, mostMemory: most });
    }
  }
  return { costs, step };
}

/** One payment run of the service, step by step. */
async function payWithService(place: Server, lines: number): Promise<Costs> {
  const service = await startServiceProcess(place, { name: 'payments', poolSize: 6, on: place });
  const { costs, step } = meter(place, service.pid);
  const call = clientOf(service);
  await drained(await call('payer', 'GET', '/v1/disbursements'));
  await delay(startMs); // its first background jobs
  await settled(place.postmaster);
  const post = async (by: string, path: string, body?: unknown, version?: number) =>
    (await (await call(by, 'POST', path, body, version)).json()) as DisbursementAnswer;

  const made = await step('createDisbursement', () => post('payer', '/v1/disbursements'));
  const url = `/v1/disbursements/${made.id}`;
  if (made.lineCount !== lines) throw new Error(`${made.lineCount} lines were gathered`);
  const read = async () => (await (await call('payer', 'GET', url)).json()) as DisbursementAnswer;
  await step('verifyRoster', async () => {
    for (const { streetCode } of made.rosters) {
      const { version } = await read();
      await drained(
        await call(`street-${streetCode}`, 'POST', `${url}/rosters/${streetCode}/verification`, {}, version),
      );
    }
  });
  const asked = await step('requestFunds', async () =>
    post('payer', `${url}/fund-request`, undefined, (await read()).version),
  );
  const amountFen = lines * lineFen;
  const receipt = { amountFen, reference: 'bench', receivedOn: today };
  const funded = await step('recordFundsReceipt', () =>
    post('finance', `${url}/fund-receipts`, receipt, asked.version),
  );
  const sent = await step('startPayment', () =>
    post('payer', `${url}/payment`, { format: 'utf-8-csv' }, funded.version),
  );
  const [file] = sent.paymentFiles;
  const digest = await step('getPaymentFile', async () =>
    drained(await call('payer', 'GET', `${url}/payment/file`)),
  );
  if (digest !== file?.sha256) throw new Error('the file is not what was made');
  const results = join(place.dataDir, 'results');
  const again = await call('payer', 'GET', `${url}/payment/file?reason=bench`);
  await writeFile(results, resultFileOf(file.batchNumber, lines, again));
  await step('applyPaymentResultFile', async () =>
    drained(
      await call(
        'payer',
        'POST',
        `${url}/payment-result-files?batchNumber=${file.batchNumber}`,
        await openAsBlob(results),
      ),
    ),
  );
  const { balanced, figures } = await step('getDisbursementReconciliation', async () => {
    const response = await call('auditor', 'GET', `${url}/reconciliation`);
    return (await response.json()) as Static<typeof Reconciliation>;
  });
  if (!balanced || figures.paid?.amountFen !== amountFen) throw new Error('the chain does not tie');
  await service.stop();
  return costs;
}

/** Reads an answer to its end, and keeps its digest only. */
async function drained(response: Response): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of response.body ?? []) digest.update(chunk);
  return digest.digest('hex');
}

/** Sends a request as a persona of the agency; any error ends the benchmark. */
function clientOf({ origin, tokenOf }: RunningService) {
  return async (by: string, method: 'GET' | 'POST', path: string, body?: unknown, version?: number) => {
    const persona = by === 'payer' || by === 'finance' ? `${by}-${agency}` : by;
    const isFile = body instanceof Blob;
    const key = randomUUID();
    for (let attempt = 1; ; attempt += 1) {
      const response = await fetch(`${origin}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await tokenOf(persona)}`,
          ...(method === 'POST' ? { 'idempotency-key': key } : {}),
          ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
          ...(body === undefined ? {} : { 'content-type': isFile ? 'text/csv' : 'application/json' }),
        },
        ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
      });
      if (response.ok) return response;
      const answer = await response.text();
      // Retries with the same key, like any client.
      if (response.status !== 503 || attempt === mostAttempts)
        throw new Error(`${method} ${path}: ${response.status} ${answer.slice(0, 500)}`);
      retries += 1;
      await delay(Number(response.headers.get('retry-after')) * 1_000);
    }
  };
}

/** The bank's result file, that everybody was paid, made while it reads the payment file. */
async function* resultFileOf(batchNumber: string, lines: number, payments: Response): AsyncGenerator<string> {
  const yuan = (fen: number) => `${fen / 100}.00`;
  yield `批次号,笔数,成功金额（元）,失败金额（元）,不明金额（元）\r\n${batchNumber},${lines},${yuan(lines * lineFen)},0.00,0.00\r\n`;
  yield '行号,金额（元）,结果代码\r\n';
  const headLines = 3;
  let number = 0;
  let rest = '';
  for await (const text of payments.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const rows = (rest + text).split('\r\n');
    rest = rows.pop() ?? '';
    for (const row of rows) {
      number += 1;
      if (number > headLines) yield `${row.slice(0, row.indexOf(','))},${yuan(lineFen)},SUCCESS\r\n`;
    }
  }
}

/** The median of each figure over the rounds; of memory the most. */
function middle(rounds: readonly Costs[]): Costs {
  const names = [...(rounds[0]?.keys() ?? [])];
  return new Map(
    names.map((name) => {
      const own = rounds.flatMap((costs) => costs.get(name) ?? []);
      return [
        name,
        {
          seconds: median(own.map(({ seconds }) => seconds)),
          nodeSeconds: median(own.map(({ nodeSeconds }) => nodeSeconds)),
          postgresSeconds: median(own.map(({ postgresSeconds: used }) => used)),
          mostMemory: Math.max(...own.map(({ mostMemory }) => mostMemory)),
        },
      ];
    }),
  );
}

function print(): void {
  const totals: number[] = [];
  for (const [lines, { service, plain }] of runs) {
    console.log(`\n${lines.toLocaleString('en')} lines\n`);
    console.log(
      '| step | service | of it Node, PostgreSQL | memory | plain SQL | of it PostgreSQL | ratio |',
    );
    console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
    const row = (name: string, own: Cost, peer: Cost) =>
      console.log(
        `| ${name} | ${s(own.seconds)} | ${s(own.nodeSeconds)}, ${s(own.postgresSeconds)} | ${mib(own.mostMemory)} | ` +
          `${s(peer.seconds)} | ${s(peer.postgresSeconds)} | ${(peer.seconds / own.seconds).toFixed(2)} |`,
      );
    for (const [name, own] of service) row(name, own, plain.get(name) ?? nothing);
    const [own, peer] = [sum([...service.values()]), sum([...plain.values()])];
    row('**together**', own, peer);
    totals.push(own.seconds);
  }
  const [less = 0, more] = totals;
  if (more !== undefined)
    console.log(`\nTen times the lines cost ${(more / less).toFixed(1)} times as much.`);
  console.log(`\nAnswers that asked to come back later: ${retries}.`);
}

function sum(costs: readonly Cost[]): Cost {
  return costs.reduce(
    (all, one) => ({
      seconds: all.seconds + one.seconds,
      nodeSeconds: all.nodeSeconds + one.nodeSeconds,
      postgresSeconds: all.postgresSeconds + one.postgresSeconds,
      mostMemory: Math.max(all.mostMemory, one.mostMemory),
    }),
    nothing,
  );
}

function s(seconds: number): string {
  return `${seconds.toFixed(2)} s`;
}

function mib(mebibytes: number): string {
  return `${mebibytes} MiB`;
}
