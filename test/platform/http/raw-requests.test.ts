// Malformed requests, byte for byte over a socket: each gets one answer, as problem details.

import { connect } from 'node:net';
import t from 'tap';
import { hasRepeatedName } from '../../../src/platform/http/json.ts';
import { watchEventLoop } from '../../event-loop.ts';
import { type Problem, setup } from '../../helper.ts';

const city = await setup(t);
const { call, resident, applicationOf } = city;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly requestId: string | undefined;
  readonly problem: Problem;
}

/** Sends text over a new socket and returns everything received until it closes. */
async function exchange(text: string): Promise<Answer> {
  const { port } = new URL(city.origin);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(text);
  let came = '';
  for await (const chunk of socket.setEncoding('utf8')) came += chunk;
  const [head = '', body = ''] = came.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
    type: /^content-type: (.*)$/im.exec(head)?.[1]?.trim() ?? '',
    requestId: /^request-id: (.*)$/im.exec(head)?.[1]?.trim(),
    problem: JSON.parse(body),
  };
}

const lines = (...all: readonly string[]) => `${all.join('\r\n')}\r\n\r\n`;

t.test('a request that Node’s parser rejects gets a problem with a request id', async (t) => {
  const get = 'GET /v1/policies HTTP/1.1';
  const host = 'host: service.example';
  const cases: readonly [what: string, text: string, status: number, code: string][] = [
    ['headers of 20 kB', lines(get, host, `x-large: ${'x'.repeat(20_000)}`), 431, 'headers-too-large'],
    ['no HTTP', 'nonsense\r\n\r\n', 400, 'invalid-request'],
    ['a bad header name', lines(get, host, 'a b: c'), 400, 'invalid-request'],
    ['two lengths', lines(get, host, 'content-length: 1', 'content-length: 2'), 400, 'invalid-request'],
    [
      'a length beside chunks',
      lines('POST /v1/applications HTTP/1.1', host, 'content-length: 1', 'transfer-encoding: chunked'),
      400,
      'invalid-request',
    ],
  ];
  for (const [what, text, status, code] of cases) {
    const { type, problem, ...answer } = await exchange(text);
    t.strictSame([answer.status, problem.code], [status, code], what);
    t.match(type, /^application\/problem\+json/, what);
    t.match(problem.requestId, /^[0-9a-f-]{36}$/, what);
    t.equal(answer.requestId, problem.requestId, what);
    t.match(problem.detail, /请/, what);
  }
});

t.test('a repeated header is rejected, because a proxy may have used the other value', async (t) => {
  const token = await city.token('handler-360203');
  const good = ['GET /v1/policies HTTP/1.1', 'host: a.example', `authorization: Bearer ${token}`];
  const twice: readonly [name: string, ...more: string[]][] = [
    ['host', 'Host: b.example'],
    ['authorization', 'Authorization: Bearer other'],
    ['if-match', 'if-match: "1"', 'If-Match: "2"'],
    ['idempotency-key', 'idempotency-key: one-of-two', 'Idempotency-Key: two-of-two'],
    ['content-type', 'content-type: text/csv', 'content-type: application/json'],
  ];
  for (const [name, ...more] of twice) {
    const { status, problem } = await exchange(lines(...good, ...more, 'connection: close'));
    t.strictSame([status, problem.code], [400, 'invalid-fields'], name);
    t.strictSame(
      problem.errors.map(({ pointer }) => pointer),
      [`/headers/${name}`],
    );
  }
});

t.test('a repeated field in an object is rejected at any depth', async (t) => {
  const body = JSON.stringify(applicationOf(await resident()));
  const repeated = [
    `${body.slice(0, -1)},"quarter":"2025Q2"}`,
    `${body.slice(0, -1)},"qu\\u0061rter":"2025Q2"}`,
    body.replace('{', '{"x":{"a":1,"a":1},'),
  ];
  for (const text of repeated) {
    const { status, body: problem } = await call<Problem>('platform-ganfutong', 'POST', '/v1/applications', {
      body: text,
    });
    t.strictSame([status, problem.code], [400, 'invalid-json'], text.slice(-40));
    t.equal(problem.detail, 'JSON 中同一对象内有重复的字段名，请只保留一个后重新提交。');
  }
  await call('platform-ganfutong', 'POST', '/v1/applications', { body, status: 201 });
});

t.test('repeated names in JSON are distinguished from texts, however escaped', (t) => {
  const repeated = (text: string) => hasRepeatedName(text, JSON.parse(text));
  const fine = [
    '{}',
    '[]',
    '"a:"',
    '{"a":":","b":"\\":"}',
    '{"a\\\\":1,"b":"\\\\"}',
    '[{"a":1},{"a":2}]',
    '{"a" \n:[{"b":null}]}',
    '{"":1}',
  ];
  for (const text of fine) t.equal(repeated(text), false, text);
  for (const text of [
    '{"a":1,"a":1}',
    '[[{"a":1,"b":[{"c":0,"c":0}]}]]',
    '{"":1,"":2}',
    '{"\\"":1,"\\"" :2}',
  ])
    t.equal(repeated(text), true, text);
  t.end();
});

t.test('checking the largest body for repeated names takes milliseconds', (t) => {
  const rows = Array.from({ length: 10_000 }, (_, index) => ({
    kind: 'contribution',
    sourceKey: `JF-${index}`,
    version: 1,
    text: '\\"',
  }));
  const text = JSON.stringify({ rows });
  const value: unknown = JSON.parse(text);
  const longest = watchEventLoop();
  t.equal(hasRepeatedName(text, value), false);
  const took = longest();
  t.ok(took < 200, `${(text.length / 2 ** 20).toFixed(1)} MiB in ${took.toFixed(1)} ms`);
  const slashes = `"${'\\\\'.repeat(500_000)}"`;
  t.equal(hasRepeatedName(slashes, JSON.parse(slashes)), false);
  t.end();
});
