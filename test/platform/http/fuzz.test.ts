// Thousands of random requests, generated from the contract's schemas and then damaged. None causes an
// internal error, and none that is surely invalid is stored. FUZZ_REQUESTS sets their number, FUZZ_SEED
// repeats a run.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { type CallOptions, setup } from '../../helper.ts';
import { operationsOfContract, type Schema } from './contract.ts';
import { fingerprint } from './fingerprint.ts';
import { passingRequests } from './requests.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const numRuns = Number(process.env['FUZZ_REQUESTS'] ?? '200') / 2;
const seed = Number(process.env['FUZZ_SEED'] ?? '20250705');
const mostAttempts = 100;
t.setTimeout(60_000 + numRuns * 100);

const city = await setup(t, { SUBSIDY_RATE_LIMIT: '10000000', SUBSIDY_ADDRESS_LIMIT: '10000000' });
const { db, logs } = city;
const requests = await passingRequests(city);
const operations = new Map(operationsOfContract().map((operation) => [operation.operationId, operation]));
const withBody = requests.filter(
  ({ options }) => options.body !== undefined && !Buffer.isBuffer(options.body),
);
t.comment(`seed ${seed}, ${2 * numRuns} requests of ${requests.length} operations`);

/** Fields that only the service sets. */
const privileged = [
  'state',
  'version',
  'agencyCode',
  'personId',
  'role',
  'roles',
  'isAdmin',
  'id',
  'outcome',
];
const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    '\0',
    'a\0b',
    '\u202eabc',
    '=1+1',
    "'; drop table person; --",
    '../../etc/passwd',
    '\ud800',
  ),
  fc.constantFrom('x'.repeat(20_000), '２０２５Q２', '360299197205111035', '0000-00-00', '9999-12-31', '-0'),
);
const hostileNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER + 1, -1, 1e308, 0.1, 2 ** 31, 2 ** 63),
);
const anything: fc.Arbitrary<Json> = fc.oneof(
  hostileText,
  hostileNumber.filter(Number.isFinite),
  fc.constantFrom<Json>(null, true, [], {}, [[[]]], [null], { a: { b: { c: [] } } }),
);
const unheardOf = fc
  .oneof(fc.constantFrom(...privileged), fc.constant('unheardOf'))
  .map((name) => `${name}_`);

/** A body damaged so that every schema rejects it, as sent, with its media type. */
const spoilt = fc
  .record({
    way: fc.constantFrom('field', 'privileged', 'type', 'raw', 'media'),
    name: unheardOf,
    plain: fc.constantFrom(...privileged),
    value: anything,
    depth: fc.integer({ min: 2_000, max: 100_000 }),
    raw: fc.nat(11),
    media: fc.constantFrom(
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=gbk',
      'application/jsonp',
      'application/json,text/plain',
      'application/merge-patch+json',
      'multipart/form-data; boundary=x',
      'application/json\u00a0',
      'application/x-ndjson; charset=utf-16',
      'image/png',
    ),
  })
  .map((choice) => ({
    way: choice.way,
    spoil: (body: Json): { payload: string; type: string } => {
      const text = JSON.stringify(body);
      const type = 'application/json';
      const fields: Readonly<Record<string, Json>> =
        typeof body === 'object' && body !== null && !Array.isArray(body)
          ? (body as Record<string, Json>)
          : {};
      const json = (value: Json) => ({ payload: JSON.stringify(value), type });
      if (choice.way === 'field') return json({ ...fields, [choice.name]: choice.value });
      if (choice.way === 'privileged') return json({ ...fields, [`${choice.plain}Of`]: choice.value });
      if (choice.way === 'type') return json([body, choice.value]);
      if (choice.way === 'media')
        return { payload: JSON.stringify({ ...fields, [choice.name]: 1 }), type: choice.media };
      const raws = [
        text.slice(0, text.length / 2),
        text + text,
        text.replace('{', '{"__proto__":{"isAdmin":true},'),
        text.replace('{', '{"constructor":{"prototype":{"isAdmin":true}},'),
        text.replace('{', '{\u0000'),
        `{"a":${'['.repeat(choice.depth)}${']'.repeat(choice.depth)}}`,
        '['.repeat(choice.depth),
        `{"a":1e${choice.depth}}`,
        `{"a":${'9'.repeat(choice.depth)}}`,
        'NaN',
        '"x"',
        '\ufeff{}x',
      ];
      return { payload: raws[choice.raw] ?? '', type };
    },
  }));

/** Values that mostly match a schema. */
function fitting(schema: Schema, depth = 0): fc.Arbitrary<Json> {
  const { type, enum: list, anyOf, oneOf = anyOf, properties, required = [], items, examples = [] } = schema;
  const other = { arbitrary: anything, weight: 1 };
  if (depth > 6) return anything;
  // The cast: lists and examples of a JSON contract are JSON.
  if (list !== undefined)
    return fc.oneof({ arbitrary: fc.constantFrom(...(list as Json[])), weight: 9 }, other);
  if (oneOf !== undefined) return fc.oneof(...oneOf.map((inner) => fitting(inner, depth + 1)));
  if (properties !== undefined) {
    const fields = Object.fromEntries(
      Object.entries(properties).map(([name, inner]) => [name, fitting(inner, depth + 1)]),
    );
    const made = fc.record(fields, { requiredKeys: required.filter((name) => name in fields) });
    return fc.oneof({ arbitrary: made, weight: 19 }, other);
  }
  if (items !== undefined) {
    return fc.oneof({ arbitrary: fc.array(fitting(items, depth + 1), { maxLength: 4 }), weight: 9 }, other);
  }
  const example = examples.length === 0 ? anything : fc.constantFrom(...(examples as Json[]));
  const likely = { arbitrary: example, weight: 6 };
  if (type === 'integer' || type === 'number')
    return fc.oneof(likely, { arbitrary: fc.nat(100_000), weight: 2 }, other);
  return fc.oneof(likely, { arbitrary: hostileText, weight: 2 }, other);
}

async function send(
  { caller, method, url, options }: (typeof requests)[number],
  changed: Partial<CallOptions>,
): Promise<number> {
  const key = randomUUID();
  for (let attempt = 1; ; attempt += 1) {
    const { status } = await city.call(caller, method, url, { ...options, key, ...changed });
    // On a busy machine the service may answer 503; the request is repeated.
    if (status !== 503 || attempt === mostAttempts) return status;
    await delay(100);
  }
}

t.test('every operation rejects surely invalid requests and stores nothing', async (t) => {
  const before = await fingerprint(db);
  const property = fc.asyncProperty(fc.constantFrom(...withBody), spoilt, async (request, { way, spoil }) => {
    const { payload, type } = spoil(request.options.body as Json);
    const headers = { ...request.options.headers, 'content-type': type };
    const status = await send(request, { body: payload, headers });
    if (status < 400 || status >= 500)
      throw new Error(`${request.operation} ${way}: ${status}\n${type}\n${payload.slice(0, 300)}`);
  });
  await fc.assert(property, { numRuns, seed, endOnFailure: true, includeErrorInReport: true });
  t.strictSame(await fingerprint(db), before, 'nothing was stored');
});

t.test('a form is rejected by every operation that declares none', async (t) => {
  for (const request of withBody) {
    const headers = { ...request.options.headers, 'content-type': 'multipart/form-data; boundary=x' };
    t.equal(
      await send(request, { body: JSON.stringify(request.options.body), headers }),
      415,
      request.operation,
    );
  }
});

t.test('no request generated from the schemas causes an internal error', async (t) => {
  const statuses = new Map<number, number>();
  const bodies = new Map(
    withBody.map(({ operation }) => [operation, fitting(operations.get(operation)?.body?.schema ?? {})]),
  );
  const made = fc
    .constantFrom(...withBody)
    .chain((request) => (bodies.get(request.operation) ?? anything).map((body) => ({ request, body })));
  const property = fc.asyncProperty(made, hostileText, async ({ request, body }, text) => {
    const status = await send(request, {
      body: JSON.stringify(body),
      query: text === '' ? {} : { limit: text },
    });
    const other = await send(request, { body: JSON.stringify(body) });
    for (const one of [status, other]) statuses.set(one, (statuses.get(one) ?? 0) + 1);
    if (status >= 500 || other >= 500) throw new Error(`${request.operation}: ${status}, ${other}`);
  });
  await fc.assert(property, { numRuns: numRuns / 2, seed, endOnFailure: true, includeErrorInReport: true });
  t.comment(JSON.stringify(Object.fromEntries(statuses)));
  t.strictSame(logs.filter(({ level }) => Number(level) >= 50).slice(0, 3), [], 'and nothing broke unseen');
});
