// No single request, however large or crafted, blocks or swells the started program: its event loop is
// measured from outside by liveness requests, its memory by the operating system.

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import t from 'tap';
import { materialForm } from '../../applications/material-form.ts';
import { dataFolder, type Service, serve, tokenOf } from '../../program.ts';

t.setTimeout(240_000);

const mebibyte = 2 ** 20;
// On an idle machine the longest stall is a tenth.
const longestStallMs = 500;
const mostGrowthBytes = 200 * mebibyte;
const mostAnswerBytes = 300_000;

const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const json = 'application/json';

function workbook(sheet: string, falseSizes = false): Buffer {
  const files = {
    'xl/worksheets/sheet1.xml': strToU8(
      `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${sheet}</sheetData></worksheet>`,
    ),
  };
  const archive = Buffer.from(zipSync(files, { level: 9 }));
  if (falseSizes) {
    const entry = archive.indexOf('PK\x01\x02', 0, 'latin1');
    archive.writeUInt32LE(100, entry + 24);
    archive.writeUInt32LE(100, 22);
  }
  return archive;
}

function emptyObjectStreams(bytes: number): Buffer {
  const empty = deflateSync(Buffer.alloc(0));
  const one = Buffer.concat([
    Buffer.from(`7 0 obj\n<</Type/ObjStm/Filter/FlateDecode/N 0/Length ${empty.length}>>\nstream\n`),
    empty,
    Buffer.from('\nendstream\nendobj\n'),
  ]);
  const streams = Buffer.alloc(bytes - 100, one);
  return Buffer.concat([Buffer.from('%PDF-1.7\n'), streams, Buffer.from('\ntrailer\n<<>>\n%%EOF\n')]);
}

const zeros = (count: number) => Array.from({ length: count }, () => 0);
const id = '0197d8a1-4b00-7000-8000-000000000001';

interface Sent {
  readonly what: string;
  readonly by: string;
  readonly path: string;
  readonly type: string;
  readonly body: Buffer | string;
}

const history = { by: 'handler-360203', path: '/v1/record-imports/checks?kind=prior-benefit' };
const apply = { by: 'platform-ganfutong', path: '/v1/applications', type: json };
const deliver = { by: 'provincial-system', path: '/v1/record-deliveries' };
const results = { by: 'payer-360203', path: `/v1/disbursements/${id}/payment-results`, type: json };

const largest: readonly Sent[] = [
  {
    what: 'a cell in XFD1048576',
    ...history,
    type: xlsx,
    body: workbook('<row><c r="XFD1048576"><v>1</v></c></row>'),
  },
  { what: 'a million empty rows', ...history, type: xlsx, body: workbook('<row/>'.repeat(1_000_000)) },
  {
    what: 'a workbook with false sizes',
    ...history,
    type: xlsx,
    body: workbook(`<row><c t="inlineStr"><is><t>${'x'.repeat(60 * mebibyte)}</t></is></c></row>`, true),
  },
  { what: 'a CSV of commas', ...history, type: 'text/csv', body: ','.repeat(15 * mebibyte) },
  {
    what: 'a quoted cell of 8.4 million characters',
    ...history,
    type: 'text/csv',
    body: `"${'x'.repeat(8_400_000)}"`,
  },
  { what: 'months of zeros', ...apply, body: JSON.stringify({ months: zeros(120_000) }) },
  { what: 'JSON a hundred thousand deep', ...apply, body: `${'['.repeat(100_000)}${']'.repeat(100_000)}` },
  {
    what: 'twenty thousand unknown fields',
    ...apply,
    body: JSON.stringify(Object.fromEntries(zeros(20_000).map((_, index) => [`f${index}`, index]))),
  },
  { what: 'results of zeros', ...results, body: JSON.stringify({ lines: zeros(500_000) }) },
  {
    what: 'coverage of zeros',
    ...deliver,
    type: json,
    body: JSON.stringify({ source: 'jx', rows: [], coverage: zeros(7_000_000) }),
  },
  {
    what: 'ten thousand rows of zeros',
    ...deliver,
    type: json,
    body: JSON.stringify({ source: 'jx', rows: zeros(10_000) }),
  },
  {
    what: 'rows of fifteen kilobytes that fit no schema',
    ...deliver,
    type: 'application/x-ndjson',
    body: [
      { source: 'jx-human-resources' },
      ...zeros(600).map(() => ({
        kind: 'contribution',
        ...Object.fromEntries(zeros(1_200).map((_, at) => [`f${at}`, at])),
      })),
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  },
];

/** A draft of an unknown person, to which a material can be added. */
async function openDraft(service: Service): Promise<string> {
  const answer = await fetch(`${service.url}/v1/applications`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await tokenOf(service.url, 'platform-ganfutong')}`,
      'content-type': json,
      'idempotency-key': 'one-request-draft',
    },
    body: JSON.stringify({
      channel: 'ganfutong',
      quarter: '2025Q2',
      months: ['2025-04'],
      applicant: { identityNumber: '360299197205111035', name: '王建国', phone: '13900000000' },
      household: { streetCode: '360203007' },
      account: { bank: '景德镇农商银行', number: '6217000000000001236', holder: '王建国' },
      work: { kind: 'platform', since: '2024-03-01', place: '珠山区外卖配送' },
    }),
  });
  const { id: draft } = (await answer.json()) as { id?: string };
  if (draft === undefined) throw new Error(`no draft: ${answer.status}`);
  return draft;
}

/** Rejected bodies, whose schemas a larger body needs as well. */
const small = new Map([
  [json, '{}'],
  ['application/x-ndjson', '{"source":"jx-human-resources"}\n{"kind":"contribution","other":0}\n'],
]);

/**
 * A body rejected by its length is not read completely: a client that is still sending may find the
 * connection closed before the answer, and repeats the request.
 */
async function send(service: Service, sent: Sent, tries = 5): Promise<{ status: number; bytes: number }> {
  try {
    return await sendOnce(service, sent);
  } catch (error) {
    if (tries === 1 || !(error instanceof TypeError)) throw error;
    return await send(service, sent, tries - 1);
  }
}

async function sendOnce(service: Service, { by, path, type, body }: Sent) {
  const answer = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await tokenOf(service.url, by)}`,
      'content-type': type,
      'idempotency-key': `one-request-${Math.random()}`,
      'if-match': '"1"',
    },
    body,
  });
  const bytes = (await answer.arrayBuffer()).byteLength;
  return { status: answer.status, bytes };
}

/**
 * Requests liveness again and again; returns for how long the event loop worked on something else at most. Time in which
 * other programs had the processors is not the service's.
 */
function watch(service: Service) {
  let longestMs = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const [asked, worked] = [performance.now(), workedMs(service)];
      await fetch(`${service.url}/health/live`).then((answer) => answer.arrayBuffer());
      longestMs = Math.max(longestMs, Math.min(performance.now() - asked, workedMs(service) - worked));
      await delay(20);
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return longestMs;
  };
}

/** Processor time of the main thread, to ten milliseconds. */
function workedMs({ process: { pid } }: Service): number {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  // After the name in brackets: user and system time are the 12th and 13th field, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

function memoryOf({ process: { pid } }: Service): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { now: of('VmRSS'), most: of('VmHWM') };
}

t.test(
  'no request blocks the event loop, exhausts memory or gets a larger answer than it sent',
  async (t) => {
    const service = await serve(t, { SUBSIDY_DATA_DIR: dataFolder(t) });
    const draft = await openDraft(service);
    const materials: Sent[] = [];
    for (const bytes of [mebibyte / 2, 4 * mebibyte]) {
      for (const [whose, applicationId] of [
        ['a case that is not there', id],
        ['a case of its own', draft],
      ] as const) {
        const { body, headers } = materialForm('identity-card', emptyObjectStreams(bytes));
        materials.push({
          what: `a PDF of empty object streams, ${bytes / mebibyte} MiB, for ${whose}`,
          by: 'platform-ganfutong',
          path: `/v1/applications/${applicationId}/materials`,
          type: headers['content-type'] ?? '',
          body,
        });
      }
    }
    // Compiles the schemas first, which is no stall caused by a hostile request.
    for (const { by, path, type } of largest)
      await send(service, { what: 'small', by, path, type, body: small.get(type) ?? 'x' });
    for (const sent of [...largest, ...materials]) {
      const before = memoryOf(service).now;
      const stop = watch(service);
      const asked = performance.now();
      const { status, bytes } = await send(service, sent);
      const tookMs = Math.round(performance.now() - asked);
      const stallMs = Math.round(await stop());
      const grown = Math.round((memoryOf(service).now - before) / mebibyte);
      const told = `${sent.what}: ${status}, ${tookMs} ms, stall ${stallMs} ms, ${grown} MiB more, answer ${bytes} bytes`;
      t.comment(told);
      t.ok((status >= 400 && status < 500) || status === 201, told);
      t.ok(stallMs < longestStallMs, told);
      t.ok(grown * mebibyte < mostGrowthBytes, told);
      t.ok(bytes < mostAnswerBytes, told);
    }
    t.equal(service.process.exitCode, null, 'and the process lives');
  },
);
