// Unknown input is rejected, never ignored, and hostile input is neither stored nor causes errors: generated
// for every operation from a valid request.

import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { type Problem, setup } from '../../helper.ts';
import { strictMatch } from '../../strict-match.ts';
import { operationsOfContract, type Schema } from './contract.ts';
import { fingerprint } from './fingerprint.ts';
import { type PassingRequest, passingRequests } from './requests.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Path = readonly (string | number)[];

const city = await setup(t);
const { call, db } = city;
const requests = await passingRequests(city);
const operations = new Map(operationsOfContract().map((operation) => [operation.operationId, operation]));
const withBody = requests.filter(
  ({ options }) => options.body !== undefined && !Buffer.isBuffer(options.body),
);

/** A delivery with an invalid row is stored with its rejections; the row is not. */
const ofDeliveries = ['audit_entry', 'idempotency_key', 'record_delivery', 'record_delivery_refusal'];

/** Operations that reject single rows within the answer. */
const rowByRow = ['deliverRecords', 'checkRecordImport', 'importRecords'];
const isInRow = ({ operation }: PassingRequest, at: Path) => rowByRow.includes(operation) && at[0] === 'rows';

/** A case is assigned to nobody. */
const takesNull = ({ operation }: PassingRequest, at: Path) =>
  operation === 'assignApplications' && at.at(-1) === 'account';

/** Nothing is stored during `act`, except in these tables. */
async function storesNothing(t: Test, act: () => Promise<void>, but: readonly string[] = []): Promise<void> {
  const before = await fingerprint(db);
  await act();
  const after = await fingerprint(db);
  for (const table of but) after[table] = before[table] ?? '';
  t.strictSame(after, before, 'nothing was stored');
}

type Refused = Pick<Problem, 'errors'>;

/** Sends a request with another body and returns its rejection, for a delivery the row's, for many items the items'. */
async function send({ caller, method, url, options }: PassingRequest, body: unknown) {
  const answer = await call<Problem & { refused?: Refused[] | number; items?: { refusal?: Refused }[] }>(
    caller,
    method,
    url,
    { ...options, body },
  );
  const { errors, refused, items = [] } = answer.body;
  const alone = Array.isArray(refused) ? refused : items.flatMap(({ refusal }) => refusal ?? []);
  return { ...answer, fieldErrors: errors ?? alone.flatMap((one) => one.errors) };
}

t.test('an unknown field is refused at every depth of every request', async (t) => {
  await storesNothing(t, async () => {
    for (const request of withBody) {
      const objects = pathsOf(request.options.body as Json).filter(({ value }) => isObject(value));
      for (const path of objects.filter(({ at }) => !isInRow(request, at))) {
        const body = replaced(request.options.body as Json, path.at, {
          ...(path.value as object),
          unheardOf: 1,
        });
        const { status, fieldErrors } = await send(request, body);
        const pointer = `/body${path.at.map((part) => `/${part}`).join('')}/unheardOf`;
        strictMatch(
          t,
          { status, fieldErrors },
          { status: 400, fieldErrors: [{ pointer, code: 'unknown-field' }] },
          `${request.operation} ${pointer}`,
        );
      }
    }
  });
});

t.test('an unknown query parameter is refused by every operation', async (t) => {
  await storesNothing(t, async () => {
    for (const { operation, caller, method, url, options } of requests) {
      const query = { ...options.query, unheardOf: '1' };
      const { status, body } = await call<Problem>(caller, method, url, { ...options, query });
      const errors = [{ pointer: '/query/unheardOf', code: 'unknown-field' }];
      strictMatch(t, { status, errors: body.errors }, { status: 400, errors }, operation);
    }
  });
});

t.test('a value outside a closed list is rejected wherever the contract has one', async (t) => {
  let lists = 0;
  await storesNothing(
    t,
    async () => {
      for (const request of withBody) {
        const schema = operations.get(request.operation)?.body?.schema ?? {};
        for (const at of enumsOf(schema, request.options.body as Json)) {
          const { fieldErrors } = await send(
            request,
            replaced(request.options.body as Json, at, 'unheard-of'),
          );
          t.ok(
            fieldErrors.some(({ code }) => code === 'unknown-value'),
            `${request.operation} ${at.join('/')}`,
          );
          lists += 1;
        }
      }
      for (const request of requests) {
        for (const { name, in: place, schema } of operations.get(request.operation)?.parameters ?? []) {
          if (place !== 'query' || schema.enum === undefined) continue;
          const query = { ...request.options.query, [name]: 'unheard-of' };
          const { status } = await call(request.caller, request.method, request.url, {
            ...request.options,
            query,
          });
          t.equal(status, 400, `${request.operation} ?${name}`);
          lists += 1;
        }
      }
    },
    ofDeliveries,
  );
  t.ok(lists >= 10, `${lists} closed lists`);
});

t.test('a required field cannot be left out of any request', async (t) => {
  await storesNothing(t, async () => {
    for (const request of withBody) {
      const { required = [] } = operations.get(request.operation)?.body?.schema ?? {};
      for (const name of required) {
        const { [name]: _, ...body } = request.options.body as Record<string, Json>;
        const { status, fieldErrors } = await send(request, body);
        const expected = [{ pointer: `/body/${name}`, code: 'required' }];
        strictMatch(
          t,
          { status, fieldErrors },
          { status: 400, fieldErrors: expected },
          `${request.operation} without ${name}`,
        );
      }
    }
  });
});

t.test('a value of another type, or one that cannot be stored, is rejected everywhere', async (t) => {
  await storesNothing(
    t,
    async () => {
      for (const request of withBody) {
        for (const { at, value } of pathsOf(request.options.body as Json)) {
          for (const hostile of hostileTo(value)) {
            if (hostile === null && takesNull(request, at)) continue;
            const body = JSON.stringify(replaced(request.options.body as Json, at, hostile));
            const { status, fieldErrors } = await send(request, body);
            const where = `${request.operation} /${at.join('/')} = ${JSON.stringify(hostile).slice(0, 40)}`;
            // An invalid row is rejected within the answer; other errors reject the request.
            const isRow = isInRow(request, at) && at.length > 1;
            // An import must match what was checked, so it is rejected before rows are read.
            if (isRow && request.operation === 'importRecords') {
              t.equal(status, 409, where);
              continue;
            }
            if (!isRow) t.ok(status === 400 || status === 422, `${where}: ${status}`);
            t.ok(fieldErrors.length > 0, `${where} says what is wrong`);
          }
        }
      }
    },
    ofDeliveries,
  );
});

t.test('no query value causes an internal error', async (t) => {
  const values = [
    '',
    '\u0000',
    'a\u0000b',
    "'; drop table person; --",
    '..',
    '[]',
    '-1',
    '1e999',
    'x'.repeat(2_000),
    '🏺',
  ];
  const run = async () => {
    for (const request of requests) {
      for (const { name, in: place } of operations.get(request.operation)?.parameters ?? []) {
        if (place !== 'query') continue;
        for (const value of values) {
          const query = { ...request.options.query, [name]: value };
          const { caller, method, url, options } = request;
          const { status } = await call(caller, method, url, { ...options, query });
          t.ok(
            [200, 400, 404, 409, 422].includes(status),
            `${request.operation} ?${name}=${value.slice(0, 30)}: ${status}`,
          );
        }
      }
    }
  };
  // A payment file that may be read was read, which is recorded.
  await storesNothing(t, run, ['audit_entry', 'payment_file_download']);
});

t.test('a body that is no JSON object in UTF-8 is rejected by every operation that takes one', async (t) => {
  const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  await storesNothing(t, async () => {
    for (const request of withBody) {
      const text = JSON.stringify(request.options.body);
      const bodies: Record<string, string | Buffer> = {
        'half a body': text.slice(0, text.length / 2),
        'two bodies': text + text,
        __proto__: text.replace('{', '{"__proto__":{"isAdmin":true},'),
        'constructor.prototype': text.replace('{', '{"constructor":{"prototype":{"isAdmin":true}},'),
        'a raw NUL': text.replace('{', '{\u0000'),
        'GB18030 bytes': Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xcd, 0xf5]), Buffer.from('"}')]),
        'deep nesting': `{"a":${deep(100_000)}}`,
        'a deep body': deep(100_000),
        'a number beyond all': '{"a":1e999}',
        'a list': `[${text}]`,
        null: 'null',
        'a text': '"x"',
        nothing: '',
      };
      for (const [name, body] of Object.entries(bodies)) {
        const { status, body: answer } = await send(request, body);
        t.equal(status, 400, `${request.operation}: ${name}`, { answer });
      }
    }
  });
});

t.test('a body in another encoding is rejected with that reason', async (t) => {
  const gb18030 = Buffer.from([0x7b, 0x22, 0xcd, 0xf5, 0x22, 0x3a, 0x31, 0x7d]);
  const { body } = await call<Problem>('platform-ganfutong', 'POST', '/v1/applications', { body: gb18030 });
  strictMatch(t, body, { code: 'invalid-json', detail: /GB18030/ });
});

t.test('no form of Content-Type bypasses a body’s schema', async (t) => {
  const json = withBody.find(({ operation }) => operation === 'createApplication');
  const form = requests.find(({ operation }) => operation === 'addMaterial');
  if (json === undefined || form === undefined) throw new Error('both operations have a request');
  const sneaked = JSON.stringify({ ...(json.options.body as object), isAdmin: true });
  const spellings = [
    'application/json',
    'application/JSON; charset=utf-8',
    'application/json;charset="utf-8"',
    'application/json; charset=gb18030',
    'application/json; charset=utf-16',
    'application/json\t',
    'application/json ; a=b',
    'application/json;',
    ' application/json',
    'application/json, text/plain',
    'application/json/x',
    'application/vnd.api+json',
    'application/x-ndjson',
    'text/json',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/\u0130son',
    '*/*',
    'json',
    '',
  ];
  await storesNothing(t, async () => {
    for (const spelling of spellings) {
      for (const { operation, caller, method, url, options } of [json, form]) {
        const headers = { 'content-type': spelling };
        const { status } = await call(caller, method, url, { ...options, body: sneaked, headers });
        t.ok(status === 400 || status === 415, `${operation} ${JSON.stringify(spelling)}: ${status}`);
      }
    }
    for (const contentType of [
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/mixed; boundary=x',
    ]) {
      const headers = { 'content-type': contentType };
      const { status } = await call(form.caller, 'POST', form.url, { ...form.options, headers });
      t.ok([400, 413, 415].includes(status), `a form as ${contentType}: ${status}`);
    }
  });
});

t.test('an unexpected body is rejected, on a GET too', async (t) => {
  await storesNothing(t, async () => {
    for (const { operation, caller, method, url, options } of requests) {
      if (options.body !== undefined) continue;
      const { status, body } = await call<Problem>(caller, method, url, {
        ...options,
        body: { unheardOf: 1 },
      });
      strictMatch(
        t,
        { status, body },
        { status: 400, body: { errors: [{ pointer: '/body', code: 'unknown-field' }] } },
        operation,
      );
    }
  });
});

t.test('an invalid id is rejected', async (t) => {
  const ids = [
    'x',
    '1',
    '%00',
    '..%2f..',
    'urn:uuid:0198a000-0000-7000-8000-000000000000',
    '0198A000-0000-7000-8000-000000000000',
    '{}',
    "'--",
  ];
  await storesNothing(t, async () => {
    for (const { operation, caller, method, url, options } of requests) {
      const id = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(url)?.[0];
      if (id === undefined) continue;
      for (const other of ids) {
        const { status } = await call(caller, method, url.replace(id, other), options);
        t.ok(status === 400 || status === 404, `${operation} with ${other}: ${status}`);
      }
    }
  });
});

t.test('a truncated body stores nothing, and the next request is served', async (t) => {
  const json = withBody.find(({ operation }) => operation === 'createApplication');
  const token = await city.token('platform-ganfutong');
  const text = JSON.stringify(json?.options.body);
  const { port } = new URL(city.origin);
  await storesNothing(t, async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          `POST /v1/applications HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nidempotency-key: broken-off-1\r\n` +
            `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text.slice(0, 100)}`,
        );
        socket.end();
      });
      socket.on('close', () => resolve()).on('error', () => resolve());
      socket.resume();
    });
  });
  t.equal((await call('platform-ganfutong', 'GET', '/v1/applications')).status, 200);
});

t.test('none of the strictness tests caused an internal error', async (t) => {
  t.strictSame(
    city.logs.filter(({ level }) => Number(level) >= 50),
    [],
  );
});

/** Every value in a body with its path; the body itself first. */
function pathsOf(value: Json, at: Path = []): { at: Path; value: Json }[] {
  const below =
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([name, inner]) =>
          pathsOf(inner, [...at, Array.isArray(value) ? Number(name) : name]),
        );
  return [{ at, value }, ...below];
}

function replaced(value: Json, at: Path, by: unknown): unknown {
  const [first, ...rest] = at;
  if (first === undefined) return by;
  if (Array.isArray(value))
    return value.map((item, index) => (index === first ? replaced(item, rest, by) : item));
  if (!isObject(value)) throw new Error('the way leads through objects and lists');
  return { ...value, [first]: replaced(value[first] ?? null, rest, by) };
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Values that are invalid in the place of this one. */
function hostileTo(value: Json): unknown[] {
  if (typeof value === 'string')
    return [null, 0, true, [], {}, '\u0000', `${value}\u0000`, `${value}\ud800`, 'x'.repeat(20_000)];
  if (typeof value === 'number') return [null, String(value), true, [], {}, -1, 0.5, 1e300];
  if (typeof value === 'boolean') return [null, String(value), 0, [], {}];
  if (Array.isArray(value)) return [null, 0, 'x', {}];
  return [null, 0, 'x', []];
}

/** Paths of body values whose schema is a closed list. */
/** The members of a union, of unions within it too. */
function membersOf({ anyOf, oneOf }: Schema): readonly Schema[] {
  const members = anyOf ?? oneOf ?? [];
  return [...members, ...members.flatMap(membersOf)];
}

function enumsOf(schema: Schema, value: Json, at: Path = []): Path[] {
  if (schema.enum !== undefined && typeof value === 'string') return [at];
  if (Array.isArray(value))
    return value.flatMap((item, index) => enumsOf(schema.items ?? {}, item, [...at, index]));
  if (!isObject(value)) return [];
  const inner = membersOf(schema).find(({ properties }) => properties?.['kind'] !== undefined) ?? schema;
  return Object.entries(value).flatMap(([name, one]) =>
    enumsOf(inner.properties?.[name] ?? {}, one, [...at, name]),
  );
}
