// Requests beyond what the service can do are refused before anything is done for them.

import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type City, type Problem, setup } from '../../helper.ts';
import { comesTrue } from '../../program.ts';
import { strictMatch } from '../../strict-match.ts';

/** Takes all connections of the pool, so that whatever needs one stays in progress; returns them. */
async function occupy({ service: { pool } }: City): Promise<() => void> {
  const held = await Promise.all(Array.from({ length: pool.options.max ?? 0 }, () => pool.connect()));
  return () => {
    for (const client of held) client.release();
  };
}

const crowd = 100;
const list = (city: City) => city.call<Problem>('handler-360203', 'GET', '/v1/applications');

t.test('who is refused learns when to come back, and costs no log line of its own', async (t) => {
  const city = await setup(t);
  await list(city);
  const before = city.logs.length;
  const release = await occupy(city);
  const refused: Awaited<ReturnType<typeof list>>[] = [];
  const answers = Array.from({ length: crowd }, async () => {
    const answer = await list(city);
    if (answer.status === 503) refused.push(answer);
  });
  t.ok(await comesTrue(async () => refused.length > 40, 5_000), `${refused.length} are refused`);
  const unknown = await city.call<Problem>(null, 'GET', '/v1/applications');
  t.equal(unknown.status, 401, 'a place is kept for others');
  strictMatch(t, await city.call(null, 'GET', '/health/ready'), {
    status: 200,
    body: { status: 'up', isOverloaded: true },
  });
  t.equal((await city.call(null, 'GET', '/health/live')).status, 200);
  release();
  await Promise.all(answers);
  for (const { headers, body } of refused) {
    t.equal(body.code, 'unavailable');
    t.equal(headers['request-id'], body.requestId);
  }
  const told = new Set(refused.map(({ headers }) => headers['retry-after']));
  t.ok(told.size > 1, 'they do not come back together');
  t.ok([...told].every((seconds) => /^[1-4]$/.test(String(seconds))));
  t.equal(new Set(refused.map(({ body }) => body.requestId)).size, refused.length);

  const inOneLine = () => city.logs.filter(({ msg }) => msg === 'requests refused');
  const counted = () => inOneLine().reduce((sum, line) => sum + Number(line['refused']), 0);
  t.ok(await comesTrue(async () => counted() === city.app.load().refused, 5_000));
  t.ok(inOneLine().length <= 4, `${inOneLine().length} lines`);
  const lines = city.logs
    .slice(before)
    .filter(({ msg }) => msg === 'request')
    .map(({ reqId }) => reqId);
  const unlogged = refused.filter(({ body }) => !lines.includes(body.requestId));
  t.equal(unlogged.length, city.app.load().refused);
  await list(city);
  const ready = () => city.call<{ isOverloaded: boolean }>(null, 'GET', '/health/ready');
  t.ok(await comesTrue(async () => !(await ready()).body.isOverloaded, 5_000), 'normal again');
});

t.test('during overload nothing is done for who is refused: not even the token is looked at', async (t) => {
  const city = await setup(t);
  await list(city);
  const release = await occupy(city);
  const crowds = Array.from({ length: crowd }, () => list(city));
  const alike = Array.from({ length: 3 * crowd }, () =>
    city.call<Problem>('not.a.token', 'GET', '/v1/applications'),
  );
  const unverified = (await Promise.all(alike)).filter(({ status }) => status === 503);
  release();
  await Promise.all(crowds);
  t.ok(unverified.length > 0, `${unverified.length} are refused`);
  const verified = city.logs.filter(({ msg }) => msg === 'token refused').length;
  t.equal(verified + unverified.length, 3 * crowd);
});

/** Opens a request whose body does not come. */
function dribble(test: Test, city: City, token: string) {
  const socket = connect(Number(new URL(city.origin).port), '127.0.0.1');
  test.teardown(() => socket.destroy());
  socket.on('error', () => {});
  const head = [
    'POST /v1/eligibility-checks HTTP/1.1',
    'host: service.example',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    'content-length: 1000',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n{`);
}

t.test('clients that send slowly keep no places meanwhile', async (t) => {
  const city = await setup(t);
  const token = await city.token('handler-360203');
  await list(city);
  for (let count = 0; count < 40; count += 1) dribble(t, city, token);
  await delay(300);
  t.equal(city.app.load().inProgress, 0);
  t.equal((await list(city)).status, 200);
});

t.test('a body that comes late waits for a place like any request, and is then answered', async (t) => {
  const city = await setup(t);
  const token = await city.token('handler-360203');
  const socket = connect(Number(new URL(city.origin).port), '127.0.0.1');
  t.teardown(() => socket.destroy());
  let came = '';
  socket.setEncoding('utf8').on('data', (text) => {
    came += text;
  });
  socket.write(
    `POST /v1/people/look-ups HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n`,
  );
  await delay(100);
  socket.write('{}');
  t.ok(await comesTrue(async () => came.includes('invalid-fields'), 5_000), came);
  t.equal(city.app.load().inProgress, 0);
});
