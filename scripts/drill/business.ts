// What the service does in the drill, over HTTP: writes before the moment, writes that are lost, and what must hold on the
// restored data.

import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { OperatorError } from '../../src/platform/operator-error.ts';
import { agency, street } from '../../src/sandbox/story/people.ts';
import {
  type Call,
  createSteps,
  type Disbursement,
  payer,
  platform,
  type Sent,
  type Steps,
  window,
} from '../../src/sandbox/story/steps.ts';
import type { Client, Problem } from '../demo/client.ts';

const auditor = 'auditor';
const province = 'provincial-system';
/** The service seals a second after each write. */
const sealedAfterMs = 3_000;

/** Something does not hold: the drill has failed. */
export function broken(what: string): OperatorError {
  return new OperatorError(what);
}

export function same(what: string, got: unknown, expected: unknown): void {
  if (isDeepStrictEqual(got, expected)) return;
  throw broken(`${what}：得到 ${JSON.stringify(got)}，应为 ${JSON.stringify(expected)}`);
}

/** @param applying sends what a platform applies with, instead of the client */
export function stepsOf(client: Client, applying?: (body: object) => Promise<unknown>): Steps {
  const call: Call = async <T>(
    persona: string,
    method: 'GET' | 'POST',
    url: string,
    { body, version }: Sent = {},
  ) => {
    if (applying !== undefined && url === '/v1/applications' && body !== undefined)
      return (await applying(body)) as T; // the same answer
    if (method === 'GET') return await client.get<T>(persona, url);
    const content = body === undefined ? {} : { body };
    return await client.post<T>(
      persona,
      url,
      version === undefined ? content : { ...content, ifMatch: version },
    );
  };
  return createSteps(call, () => Temporal.Now.instant());
}

const hands = 4;

/** Does it so many times, a few at once. */
export async function eachOf(times: number, work: () => Promise<unknown>): Promise<void> {
  let left = times;
  const takeTurns = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: hands }, takeTurns));
}

/** How many cases were submitted while it was done. */
export async function whileWriting(steps: Steps, work: () => Promise<void>): Promise<number> {
  let isDone = false;
  let submitted = 0;
  const write = async () => {
    while (!isDone) {
      await steps.submitted(await steps.resident());
      submitted += 1;
    }
  };
  const writers = [write(), write()];
  try {
    await work();
  } finally {
    isDone = true;
    await Promise.all(writers);
  }
  return submitted;
}

/** A disbursement of all that waits, with its money there: the bank has no file of it yet. */
export async function fundNext(steps: Steps): Promise<Disbursement> {
  const { call, today } = steps;
  const { id, version } = await steps.gathered();
  const url = `/v1/disbursements/${id}`;
  await call(window, 'POST', `${url}/rosters/${street}/verification`, { body: {}, version });
  const verified = await call<Disbursement>(payer, 'GET', url);
  const requested = await call<Disbursement>(payer, 'POST', `${url}/fund-request`, {
    version: verified.version,
  });
  const body = { amountFen: requested.fundRequest?.amountFen, reference: '拨-演练', receivedOn: today() };
  return await call(`finance-${agency}`, 'POST', `${url}/fund-receipts`, {
    body,
    version: requested.version,
  });
}

/** Keeps a checkpoint of the audit, as the operator's folder does; answers its file. */
export async function keepCheckpoint(client: Client, folder: string, name: string): Promise<string> {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(await client.get(auditor, '/v1/audit-checkpoint')));
  return file;
}

interface Feed {
  readonly items: readonly { readonly id: string; readonly applicationId: string }[];
  readonly next: string;
}

const eventsAfter = (cursor: string) => `/v1/events?limit=200${cursor === '' ? '' : `&after=${cursor}`}`;

/** The cursor after every event of now. */
export async function readToEnd(client: Client, from = ''): Promise<string> {
  const { items, next } = await client.get<Feed>(province, eventsAfter(from));
  return items.length === 0 ? next : await readToEnd(client, next);
}

export interface Lost {
  readonly caseNumber: string;
  readonly applicationId: string;
  /** A request, and the key under which it was done. */
  readonly body: object;
  readonly key: string;
  readonly cursor: string;
  readonly checkpoint: string;
  /** The payment file that the bank has, and its results. */
  readonly file: string;
  readonly results: object;
}

/** A case, its answer under a key, events that are read, and a payment file that the bank has. */
export async function writeWhatIsLost(folder: string, client: Client, funded: Disbursement): Promise<Lost> {
  const key = randomUUID();
  let body: object = {};
  const steps = stepsOf(client, (sent) => {
    body = sent;
    return client.post(platform, '/v1/applications', { body, key });
  });
  const { id: applicationId, caseNumber } = await steps.submitted(await steps.resident());
  await startPayment(client, funded);
  const file = await client.get<string>(payer, fileOf(funded));
  const results = await resultsOf(stepsOf(client), funded);
  const cursor = await readToEnd(client);
  await delay(sealedAfterMs);
  const checkpoint = await keepCheckpoint(client, folder, 'lost');
  return { caseNumber, applicationId, body, key, cursor, file, results, checkpoint };
}

const fileOf = ({ id }: Disbursement) => `/v1/disbursements/${id}/payment/file`;

async function startPayment(client: Client, { id }: Disbursement): Promise<void> {
  const url = `/v1/disbursements/${id}`;
  const { version } = await client.get<Disbursement>(payer, url);
  await client.post(payer, `${url}/payment`, { body: { format: 'utf-8-csv' }, ifMatch: version });
}

/** The bank has paid everybody. */
async function resultsOf({ linesOf, call }: Steps, { id }: Disbursement): Promise<object> {
  const { paymentFiles } = await call<Disbursement>(payer, 'GET', `/v1/disbursements/${id}`);
  const lines = (await linesOf({ id }, 'in-payment')).map(({ lineId, amountFen }) => ({
    lineId,
    amountFen,
    result: 'paid',
  }));
  const paidFen = lines.reduce((total, { amountFen }) => total + amountFen, 0);
  const totals = { count: lines.length, paidFen, failedFen: 0, unknownFen: 0 };
  return { batchNumber: paymentFiles.at(-1)?.batchNumber, totals, lines };
}

/** What must hold on the restored data. @param noteBankAsked runs the command that hands payment files out again */
export async function lookAround(
  client: Client,
  {
    funded,
    lost,
    before,
  }: { readonly funded: Disbursement; readonly lost: Lost; readonly before: { readonly cursor: string } },
  noteBankAsked: () => Promise<unknown>,
): Promise<void> {
  const ahead = await client.try<Problem>(province, 'GET', eventsAfter(lost.cursor));
  same(
    '丢失部分的续读位置 · a cursor of what is lost',
    [ahead.status, ahead.body.code],
    [409, 'cursor-ahead'],
  );
  const from = /续读位置：([\w-]+)$/.exec(ahead.body.detail)?.[1] ?? '';
  const [told, kept] = [
    await client.get<Feed>(province, eventsAfter(from)),
    await client.get<Feed>(province, eventsAfter(before.cursor)),
  ];
  same('从所给位置续读 · reading from the cursor that is told', told.items, kept.items);

  const gone = await client.try(platform, 'GET', `/v1/applications/${lost.applicationId}`);
  same('丢失的申请 · the lost case', gone.status, 404);
  const { body, key } = lost;
  const anew = await client.try<{ caseNumber: string }>(platform, 'POST', '/v1/applications', { body, key });
  same('原幂等键重新办理 · done anew under its key', [anew.status, anew.replayed], [201, false]);
  const [given, next] = [lost.caseNumber, anew.body.caseNumber].map((number) => Number(number.split('-')[1]));
  if (Number(next) <= Number(given))
    throw broken(`受理编号重复 · a case number was given twice: ${anew.body.caseNumber}`);

  const url = `/v1/disbursements/${funded.id}`;
  const early = await client.try(payer, 'POST', `${url}/payment-results`, { body: lost.results });
  same('丢失的发放文件的结果 · results of the lost payment file', early.status, 409);
  await startPayment(client, funded);
  const held = await client.try(payer, 'GET', fileOf(funded));
  same('向银行核实之前下载 · a download before the banks were asked', held.status, 409);
  const settled = await client.post<{ state: string }>(payer, `${url}/payment-results`, {
    body: lost.results,
  });
  same('登记银行结果后 · with the results of the bank', settled.state, 'settled');
  await noteBankAsked();
  const again = await client.get<string>(payer, `${fileOf(funded)}?reason=${encodeURIComponent('演练核对')}`);
  same('重新生成的发放文件 · the payment file that was made anew', again, lost.file);
}
