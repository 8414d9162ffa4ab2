// The guide for engineers of other systems is true: its rows are accepted, its codes exist, its client runs.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { eventTypes } from '../../src/notifications/events/types.ts';
import { problems } from '../../src/platform/problem.ts';
import { mappings } from '../../src/registers/records/mapping.ts';
import { kinds } from '../../src/rules/facts.ts';
import { patient, setup } from '../helper.ts';
import type { DeliveryAnswer } from '../steps.ts';

const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/integration.md'), 'utf8');

const city = await setup(t);
const call = patient(city.call);

async function send(body: object): Promise<DeliveryAnswer> {
  const url = '/v1/record-deliveries';
  return (await call<DeliveryAnswer>('provincial-system', 'POST', url, { body, status: 201 })).body;
}

function section(title: string): string {
  const start = guide.indexOf(`\n## ${title}\n`);
  if (start === -1) throw new Error(`the guide has no “${title}”`);
  return guide.slice(start, guide.indexOf('\n## ', start + 1));
}

t.test('the guide has an example for every kind of record, and each is accepted', async (t) => {
  const examples = section('各类记录').matchAll(/^\| `([a-z-]+)`.*\| `("[^|]*)` \|$/gm);
  const rows = [...examples].map(([, kind, rest]) => ({
    kind,
    sourceKey: `guide-${kind}`,
    version: 1,
    identityNumber: city.nextResident().identityNumber,
    ...(JSON.parse(`{${rest}}`) as object),
  }));
  t.strictSame(rows.map(({ kind }) => kind).sort(), [...kinds].sort());
  const { totals, refused } = await send({ source: 'guide', rows });
  t.strictSame(refused, []);
  t.equal(totals.new, kinds.length);
});

t.test('every complete row in the guide is accepted, with a mapping where the guide names one', async (t) => {
  const fences = [...guide.matchAll(/^```json\n([^`]*)```$/gm)].map(
    ([, text = '']) => JSON.parse(text) as Record<string, unknown>,
  );
  t.equal(fences.length, 4, 'a refund in either way, a deletion, a row in other words');
  for (const row of fences) {
    const isTranslated = 'AAC002' in row;
    const body = {
      source: 'guide',
      ...(isTranslated ? { mapping: 'ministry-indicators' } : {}),
      rows: [row],
    };
    t.strictSame((await send(body)).refused, []);
  }
});

t.test('the guide lists every code of the mapping, and only problems that exist', (t) => {
  for (const { fields = {}, kinds: ofKinds } of mappings.values()) {
    const codes = [fields, ...Object.values(ofKinds).map((own) => own.fields ?? {})].flatMap(Object.keys);
    t.strictSame(
      [...new Set(codes)].filter((code) => !guide.includes(code)),
      [],
    );
  }
  const named = [...section('重试').matchAll(/^\| [\d, ]+ (.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => code),
  );
  t.ok(named.length > 8);
  t.strictSame(
    named.filter((code) => !Object.hasOwn(problems, code)),
    [],
  );
  t.end();
});

t.test('the guide says what each event means', (t) => {
  const [events = ''] = section('跟踪案件').split('\n### ');
  const told = [...events.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z-]+)`/g)].map(([, type]) => type),
  );
  t.strictSame(told.sort(), Object.keys(eventTypes).sort());
  t.end();
});

t.test('the TypeScript client delivers rows, and a file whose repetition is a replay', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'subsidy-guide-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'rows.ndjson');
  const row = { kind: 'pension', sourceKey: 'guide-file', version: 1, from: '2025-01-01' };
  const { identityNumber } = city.nextResident();
  writeFileSync(file, `{"source":"guide"}\n${JSON.stringify({ ...row, identityNumber })}\n`);
  const env = { ...process.env, BASE_URL: city.origin, TOKEN: await city.token('provincial-system') };
  const run = async (...options: string[]) => {
    const program = join(root, 'clients/typescript/examples/deliver.ts');
    return (await promisify(execFile)(process.execPath, [program, ...options], { env })).stdout;
  };
  t.match(await run(), /received: 1,\s*new: 1/s);
  t.match(await run(file), /^201 .*state: 'complete'.*received: 1,\s*new: 1/s);
});

t.test('what curl sends in the guide and in either README is accepted', async (t) => {
  const personas: Readonly<Record<string, string>> = {
    '/v1/record-deliveries': 'provincial-system',
    '/v1/eligibility-checks': 'platform-ganfutong',
  };
  const texts = [
    guide,
    ...['README.md', 'README.zh-CN.md'].map((file) => readFileSync(join(root, file), 'utf8')),
  ];
  const sent = texts.flatMap((text) => [
    ...text.matchAll(/^curl \S+ http:\/\/127\.0\.0\.1:3000(\S+) [^']*(?:'[^']*' *\\\n *)*-d '([^']*)'$/gm),
  ]);
  t.strictSame(
    sent.map(([, path]) => path),
    ['/v1/record-deliveries', '/v1/eligibility-checks', '/v1/eligibility-checks'],
  );
  for (const [, path = '', body = ''] of sent) {
    const status = path === '/v1/record-deliveries' ? 201 : 200;
    await call(personas[path] ?? '', 'POST', path, { body: JSON.parse(body) as object, status });
  }
});
