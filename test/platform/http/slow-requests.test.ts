// Requests that never arrive completely get problem details, and their connection is closed.

import { connect } from 'node:net';
import t from 'tap';
import { type Problem, setup } from '../../helper.ts';

const timeouts = { headersMs: 300, bodyMs: 500, checkEveryMs: 100 };
const city = await setup(t, {}, { timeouts });

/**
 * Starts a request, sends a byte every tenth of a second, and returns everything received until it closes.
 */
async function dribble(head: string, rest: string) {
  const { port } = new URL(city.origin);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(head);
  let sent = 0;
  const timer = setInterval(() => {
    if (socket.writable) socket.write(rest.charAt(sent++ % rest.length));
  }, 100);
  const begun = performance.now();
  let came = '';
  try {
    for await (const chunk of socket.setEncoding('utf8')) came += chunk;
  } finally {
    clearInterval(timer);
  }
  const [answered = '', body = ''] = came.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(answered)?.[1]),
    type: /^content-type: (.*)$/im.exec(answered)?.[1]?.trim() ?? '',
    problem: JSON.parse(body) as Problem,
    tookMs: performance.now() - begun,
  };
}

t.test('headers and bodies that arrive too slowly get a problem with a request id', async (t) => {
  const draft = await city.drafted(await city.resident());
  const token = await city.token('platform-ganfutong');
  const headers = (url: string, type: string, length: string) =>
    [
      `POST ${url} HTTP/1.1`,
      'host: service.example',
      `authorization: Bearer ${token}`,
      'idempotency-key: comes-too-slowly',
      `content-type: ${type}`,
      length,
    ].join('\r\n');
  const form = '--b\r\ncontent-disposition: form-data; name="kind"\r\n\r\nidentity-card\r\n--b\r\n';
  const create = '/v1/applications';
  const cases: readonly [what: string, head: string, rest: string][] = [
    ['headers', 'GET /v1/policies HTTP/1.1\r\nhost: service.example\r\nx-slow: ', 'x'],
    ['a body', `${headers(create, 'application/json', 'content-length: 1000')}\r\n\r\n{`, ' '],
    [
      'a body in chunks',
      `${headers(create, 'application/json', 'transfer-encoding: chunked')}\r\n\r\n1\r\n{\r\n`,
      '1\r\n \r\n',
    ],
    [
      'a form',
      `${headers(`${create}/${draft.id}/materials`, 'multipart/form-data; boundary=b', 'content-length: 1000')}\r\n\r\n${form}`,
      'x',
    ],
  ];
  for (const [what, head, rest] of cases) {
    const { status, type, problem, tookMs } = await dribble(head, rest);
    t.strictSame([status, problem.code], [408, 'request-too-slow'], what);
    t.match(type, /^application\/problem\+json/, what);
    t.match(problem.requestId, /^[0-9a-f-]{36}$/, what);
    t.equal(problem.detail, '请检查网络后重新提交；大文件请压缩或分批提交。', what);
    t.ok(tookMs < 5_000, `${what}: hung up after ${Math.round(tookMs)} ms`);
  }
  const fieldErrors = city.logs.filter(({ level }) => Number(level) >= 40);
  t.strictSame(fieldErrors, [], 'a slow client is no fault of the service');
});

t.test('a request that arrives in time is answered, and its connection stays open', async (t) => {
  const { status, headers } = await city.call('platform-ganfutong', 'POST', '/v1/applications', { body: {} });
  t.equal(status, 400);
  t.not(headers['connection'], 'close');
});
