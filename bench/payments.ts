// Pays 300,000 lines: gathered, verified, requested from finance, received, batched, exported with whole
// names and accounts, answered by the bank, and reconciled. Over HTTP, with durable commits and every request
// within its limits.
// Usage: node bench/payments.ts [--lines=300000] [--quick]

import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Static } from 'typebox';
import type { DisbursementAnswer } from '../src/payments/disbursement/schemas.ts';
import type { Reconciliation } from '../src/payments/reconciliation/schemas.ts';
import { connectClient } from '../src/platform/database/connect.ts';
import { createIds } from '../src/platform/ids.ts';
import { agency, fillAgency, monthFen, monthsOfEach } from './city.ts';
import { type BenchService, startService, withPostgres } from './service.ts';

const { values } = parseArgs({
  options: { lines: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
const sizes =
  values.lines === undefined ? (values.quick ? [30_000] : [30_000, 300_000]) : [Number(values.lines)];
const lineFen = monthsOfEach.length * monthFen;
const mebibyte = 2 ** 20;
const mostAttempts = 10;
let retries = 0;

interface Step {
  readonly name: string;
  readonly seconds: number;
  readonly mostMemory: number;
}

const steps = new Map<number, Step[]>();
for (const lines of sizes) steps.set(lines, await measure(lines));
print();

async function measure(lines: number): Promise<Step[]> {
  return await withPostgres(async (place) => {
    const service = await startService(place, { poolSize: 6 });
    const owner = await connectClient(place.ownerUrl, 'bench');
    await fillAgency(owner, service.encryption, createIds(Date.now), lines);
    await owner.end();
    const measured = await runMonth(service, lines);
    await service.close();
    return measured;
  });
}

/** One payment run, step by step. */
async function runMonth(service: BenchService, lines: number): Promise<Step[]> {
  const measured: Step[] = [];
  async function step<T>(name: string, act: () => Promise<T>): Promise<T> {
    let most = process.memoryUsage().rss;
    const sampling = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 20);
    const began = performance.now();
    try {
      return await act();
    } finally {
      clearInterval(sampling);
      measured.push({ name, seconds: (performance.now() - began) / 1_000, mostMemory: most });
    }
  }
  const call = clientOf(service);
  const post = async (by: string, path: string, body?: unknown, version?: number) =>
    (await (await call(by, 'POST', path, body, version)).json()) as DisbursementAnswer;

  const made = await step('createDisbursement', () => post('payer', '/v1/disbursements'));
  const url = `/v1/disbursements/${made.id}`;
  if (made.lineCount !== lines) throw new Error(`${made.lineCount} lines were gathered`);
  const read = async () => (await (await call('payer', 'GET', url)).json()) as DisbursementAnswer;
  await step(`verifyRoster × ${made.rosters.length}`, async () => {
    for (const { streetCode } of made.rosters) {
      const { version } = await read();
      await call(`street-${streetCode}`, 'POST', `${url}/rosters/${streetCode}/verification`, {}, version);
    }
  });
  const asked = await step('requestFunds', async () =>
    post('payer', `${url}/fund-request`, undefined, (await read()).version),
  );
  const amountFen = lines * lineFen;
  const receivedOn = Temporal.Now.plainDateISO('Asia/Shanghai').toString();
  const receipt = { amountFen, reference: 'bench', receivedOn };
  const funded = await step('recordFundsReceipt', () =>
    post('finance', `${url}/fund-receipts`, receipt, asked.version),
  );
  const sent = await step('startPayment', () =>
    post('payer', `${url}/payment`, { format: 'utf-8-csv' }, funded.version),
  );
  const [file] = sent.paymentFiles;
  const lineIds: string[] = [];
  await step('getPaymentFile', async () => {
    const digest = createHash('sha256');
    const response = await call('payer', 'GET', `${url}/payment/file`);
    for await (const chunk of response.body ?? []) digest.update(chunk);
    if (digest.digest('hex') !== file?.sha256) throw new Error('the file is not what was made');
  });
  for await (const line of lineIdsOf(await call('payer', 'GET', `${url}/payment/file?reason=bench`)))
    lineIds.push(line);
  const results = resultFileOf(file?.batchNumber ?? '', lineIds);
  await step('applyPaymentResultFile', () =>
    call('payer', 'POST', `${url}/payment-result-files?batchNumber=${file?.batchNumber}`, results),
  );
  const { balanced, figures } = await step('getReconciliation', async () => {
    const response = await call('auditor', 'GET', `/v1/reconciliation?agencyCode=${agency}`);
    return (await response.json()) as Static<typeof Reconciliation>;
  });
  if (!balanced || figures.paid?.amountFen !== amountFen) throw new Error('the chain does not tie');
  return measured;
}

/** Sends a request as a persona of the agency; any error ends the benchmark. */
function clientOf({ origin, tokenOf }: BenchService) {
  const tokens = new Map<string, Promise<string>>();
  return async (by: string, method: 'GET' | 'POST', path: string, body?: unknown, version?: number) => {
    const persona = by === 'payer' || by === 'finance' ? `${by}-${agency}` : by;
    const token = tokens.get(persona) ?? tokenOf(persona);
    tokens.set(persona, token);
    const isFile = typeof body === 'string';
    const key = randomUUID();
    for (let attempt = 1; ; attempt += 1) {
      const response = await fetch(`${origin}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await token}`,
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

/** Reads the payment file as the bank does: the ids of its lines. */
async function* lineIdsOf(response: Response): AsyncGenerator<string> {
  const headLines = 3;
  let number = 0;
  let rest = '';
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const rows = (rest + text).split('\r\n');
    rest = rows.pop() ?? '';
    for (const row of rows) {
      number += 1;
      if (number > headLines) yield row.slice(0, row.indexOf(','));
    }
  }
}

/** The bank's result file: everybody was paid. */
function resultFileOf(batchNumber: string, lineIds: readonly string[]): string {
  const yuan = (fen: number) => `${fen / 100}.00`;
  const head = `批次号,笔数,成功金额（元）,失败金额（元）,不明金额（元）\r\n${batchNumber},${lineIds.length},${yuan(lineIds.length * lineFen)},0.00,0.00\r\n`;
  const rows = lineIds.map((lineId) => `${lineId},${yuan(lineFen)},SUCCESS\r\n`);
  return `${head}行号,金额（元）,结果代码\r\n${rows.join('')}`;
}

function print(): void {
  const columns = [...steps.keys()];
  console.log(
    `| step | ${columns.map((lines) => `${lines.toLocaleString('en')} lines | memory`).join(' | ')} |`,
  );
  console.log(`| --- |${columns.map(() => ' ---: | ---: |').join('')}`);
  for (const [index, { name }] of (steps.get(columns[0] ?? 0) ?? []).entries()) {
    const cells = columns.map((lines) => {
      const step = steps.get(lines)?.[index];
      return `${step?.seconds.toFixed(1)} s | ${Math.round((step?.mostMemory ?? 0) / mebibyte)} MiB`;
    });
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
  const inB6 = ['createDisbursement', 'startPayment', 'getPaymentFile', 'getReconciliation'];
  const sums = columns.map((lines) => {
    const counted = (steps.get(lines) ?? []).filter(({ name }) => inB6.includes(name));
    const most = Math.max(...(steps.get(lines) ?? []).map(({ mostMemory }) => mostMemory));
    const seconds = counted.reduce((sum, step) => sum + step.seconds, 0);
    return `${seconds.toFixed(1)} s | ${Math.round(most / mebibyte)} MiB`;
  });
  console.log(`| **disbursement, file, totals** | ${sums.join(' | ')} |`);
  console.log(`\nAnswers that asked to come back later: ${retries}.`);
}
