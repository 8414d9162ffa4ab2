// No client blocks the others: by bad tokens, open sockets, many requests or heavy ones.

import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { networkOf } from '../../../src/platform/http/limits/address-limit.ts';
import { watchEventLoop } from '../../event-loop.ts';
import { type City, setup } from '../../helper.ts';
import { comesTrue } from '../../program.ts';

const attacker = '127.0.0.2';
const others = '127.0.0.1';

interface Came {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** One request over a new socket from one of this machine's addresses. */
async function ask(city: City, localAddress: string, path: string, token?: string): Promise<Came> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(`${city.origin}${path}`, { localAddress, headers, agent: false }, resolve)
    .on('error', reject)
    .end();
  const response = await promise;
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body };
}

function tally(statuses: readonly number[]): Readonly<Record<number, number>> {
  return Object.fromEntries(
    [...Map.groupBy(statuses, (status) => status)].map(([s, all]) => [s, all.length]),
  );
}

/** How often the service takes a database connection during `act`. */
async function countAsked(city: City, work: () => Promise<void>): Promise<number> {
  let asked = 0;
  const count = () => {
    asked += 1;
  };
  city.service.pool.on('acquire', count);
  await work();
  city.service.pool.off('acquire', count);
  return asked;
}

t.test(
  'after many bad tokens an address’s new tokens are rejected unverified; known tokens and others pass',
  async (t) => {
    const city = await setup(t, { SUBSIDY_FAILURE_LIMIT: '20' });
    const proven = await city.token('handler-360203');
    t.equal((await ask(city, attacker, '/v1/policies', proven)).status, 200);
    const statuses: number[] = [];
    for (let sent = 0; sent < 60; sent += 1) {
      const bad = `${proven.slice(0, -8)}${String(sent).padStart(8, 'A')}`;
      statuses.push((await ask(city, attacker, '/v1/policies', bad)).status);
    }
    t.strictSame(statuses, [...Array(20).fill(401), ...Array(40).fill(429)]);
    const refused = await ask(city, attacker, '/v1/policies', 'x.y.z');
    t.equal(refused.status, 429);
    t.ok(Number(refused.retryAfter) >= 1 && Number(refused.retryAfter) <= 60, `wait ${refused.retryAfter} s`);
    t.equal((await ask(city, attacker, '/v1/policies', proven)).status, 200, 'who was known before');
    const fresh = await city.token('handler-360281');
    t.equal((await ask(city, attacker, '/v1/policies', fresh)).status, 429, 'who was not');
    t.equal((await ask(city, others, '/v1/policies', fresh)).status, 200, 'from elsewhere');
    t.equal((await ask(city, others, '/v1/policies', 'x.y.z')).status, 401);
    const told = city.logs.filter(({ msg }) => String(msg).startsWith('too many bad tokens'));
    t.strictSame(
      told.map(({ address }) => address),
      [attacker],
    );
  },
);

t.test('requests without a token count as failed authentications', async (t) => {
  const city = await setup(t, { SUBSIDY_FAILURE_LIMIT: '20' });
  const proven = await city.token('handler-360203');
  t.equal((await ask(city, attacker, '/v1/policies', proven)).status, 200);
  const statuses: number[] = [];
  for (let sent = 0; sent < 30; sent += 1) statuses.push((await ask(city, attacker, '/v1/policies')).status);
  t.strictSame(statuses, [...Array(20).fill(401), ...Array(10).fill(429)]);
  t.equal((await ask(city, attacker, '/v1/policies', 'x.y.z')).status, 429, 'nor is a bad one looked at');
  t.equal((await ask(city, attacker, '/v1/policies', proven)).status, 200, 'who was known before');
  t.equal((await ask(city, others, '/v1/policies')).status, 401, 'from elsewhere');
});

t.test('requests per address and minute are limited before authentication', async (t) => {
  const city = await setup(t, { SUBSIDY_ADDRESS_LIMIT: '30', SUBSIDY_TRUSTED_PROXIES: '127.0.0.3' });
  const token = await city.token('handler-360203');
  const statuses: number[] = [];
  for (let sent = 0; sent < 40; sent += 1)
    statuses.push((await ask(city, attacker, sent % 2 === 0 ? '/v1/policies' : '/v1/nothing', token)).status);
  t.strictSame(tally(statuses), { 200: 15, 404: 15, 429: 10 });
  const refused = await ask(city, attacker, '/v1/policies', token);
  t.equal(refused.status, 429);
  t.ok(Number(refused.retryAfter) >= 1 && Number(refused.retryAfter) <= 60, `wait ${refused.retryAfter} s`);
  t.equal((await ask(city, attacker, '/health/live')).status, 200, 'whether it lives is always told');
  t.equal((await ask(city, others, '/v1/policies', token)).status, 200, 'from elsewhere');
  const behindProxy = async (client: string) => {
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': client };
    const { statusCode } = await city.app.inject({
      url: '/v1/policies',
      remoteAddress: '127.0.0.3',
      headers,
    });
    return statusCode;
  };
  t.equal(await behindProxy(attacker), 429, 'the same address, through a proxy that is trusted');
  t.equal(await behindProxy('192.0.2.7'), 200, 'another one behind that proxy');
  const told = city.logs.filter(({ msg }) => String(msg).startsWith('too many requests from one address'));
  t.strictSame(
    told.map(({ address }) => address),
    [attacker],
  );
});

t.test(
  'after many signatures under invented names no more are looked up, and known API clients pass',
  async (t) => {
    const city = await setup(t, { SUBSIDY_FAILURE_LIMIT: '5' });
    const header = (app: string) =>
      `SUBSIDY-HMAC-SM3 version=2, app=${app}, key=1, timestamp=1751680800, nonce=0197d8a1-4b00-7000, ` +
      `digest=${'0'.repeat(64)}, signature=${'0'.repeat(64)}`;
    const statuses: number[] = [];
    const asked = await countAsked(city, async () => {
      for (let sent = 0; sent < 12; sent += 1) {
        const headers = { authorization: header(`made-up-${sent}`) };
        statuses.push((await city.call(null, 'GET', '/v1/applications', { headers })).status);
      }
    });
    t.strictSame(tally(statuses), { 401: 5, 429: 7 });
    t.equal(asked, 5);
  },
);

t.test('220 idle sockets from one address do not block others', async (t) => {
  const city = await setup(t, { SUBSIDY_CONNECTIONS_PER_ADDRESS: '100' });
  const token = await city.token('handler-360203');
  const sockets = await openSockets(t, city, 220);
  const open = () => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
  t.ok(await comesTrue(async () => open() === 100), `${open()} are left`);
  t.equal((await ask(city, others, '/v1/policies', token)).status, 200);
  sockets[sockets.findIndex((socket) => !socket.destroyed)]?.destroy();
  await delay(100);
  t.equal((await ask(city, attacker, '/v1/policies', token)).status, 200, 'a place that is free is taken');
});

async function openSockets(t: Test, city: City, count: number): Promise<Socket[]> {
  const { port } = new URL(city.origin);
  const sockets = Array.from({ length: count }, () =>
    connect({ port: Number(port), host: '127.0.0.1', localAddress: attacker }),
  );
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) socket.on('error', () => {}).resume();
  await delay(300);
  return sockets;
}

t.test('connections of a trusted proxy are not limited', async (t) => {
  const city = await setup(t, { SUBSIDY_CONNECTIONS_PER_ADDRESS: '10', SUBSIDY_TRUSTED_PROXIES: attacker });
  const sockets = await openSockets(t, city, 40);
  t.equal(sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length, 40);
});

t.test('readiness is answered from memory, even when all database connections are in use', async (t) => {
  const city = await setup(t);
  const { pool } = city.service;
  const held = await Promise.all(Array.from({ length: pool.options.max ?? 0 }, () => pool.connect()));
  const answers = await Promise.all(
    Array.from({ length: 220 }, () => city.call<{ ageSeconds: number }>(null, 'GET', '/health/ready')),
  );
  for (const client of held) client.release();
  t.strictSame(tally(answers.map(({ status }) => status)), { 200: 220 });
  t.ok(answers.every(({ body }) => body.ageSeconds <= 2));
});

t.test('four hundred concurrent requests by one caller leave places for others', async (t) => {
  const city = await setup(t);
  for (const one of ['handler-360203', 'reviewer-360203'])
    await city.call(one, 'GET', '/v1/policies', { status: 200 });
  const flood = Array.from({ length: 400 }, () => city.call('handler-360203', 'GET', '/v1/applications'));
  const other = await Promise.all(
    Array.from({ length: 5 }, () => city.call('reviewer-360203', 'GET', '/v1/applications')),
  );
  t.strictSame(tally(other.map(({ status }) => status)), { 200: 5 });
  const answers = await Promise.all(flood);
  const { 200: served = 0, 503: refusals = 0 } = tally(answers.map(({ status }) => status));
  t.equal(served + refusals, 400);
  t.ok(served >= 9, `${served} are served`);
  t.ok(refusals > 50, `${refusals} are refused`);
  await city.call('handler-360203', 'GET', '/v1/applications', { status: 200 });
});

t.test('heavy operations of one caller run one at a time, and few wait', async (t) => {
  const city = await setup(t);
  await city.call('auditor', 'GET', '/v1/policies', { status: 200 });
  const verify = () => city.call('auditor', 'POST', '/v1/audit-verifications', { body: {}, key: null });
  const verifications = Array.from({ length: 40 }, verify);
  await city.call('auditor', 'GET', '/v1/policies', { status: 200 });
  const statuses = (await Promise.all(verifications)).map(({ status }) => status);
  t.strictSame(tally(statuses), { 200: 25, 429: 15 });
  t.equal((await verify()).status, 200, 'places are given back');
});

const nobodys = '00000000-0000-7000-8000-000000000000';

t.test('slow operations run one at a time per caller, single files two at a time', async (t) => {
  const city = await setup(t);
  const { pool } = city.service;
  const disbursement = `/v1/disbursements/${nobodys}`;
  const heavy = [
    ['auditor', '/v1/statistics?by=street'],
    ['auditor', '/v1/statistics/file?by=street&format=csv'],
    ['auditor', '/v1/forecast'],
    ['auditor', '/v1/reconciliation?agencyCode=360203'],
    ['payer-360203', `${disbursement}/rosters/360203001/file?format=pdf`],
    ['payer-360203', `${disbursement}/fund-request/file`],
    ['payer-360203', `${disbursement}/payment/file`],
    ['provincial-system', `/v1/record-deliveries/${nobodys}/refusals/file`],
  ] as const;
  const files = [
    ['handler-360203', `/v1/applications/${nobodys}/undertaking/file`],
    ['handler-360203', `/v1/applications/${nobodys}/materials/${nobodys}/file`],
    ['handler-360203', `/v1/notices/${nobodys}/file`],
    ['handler-360203', `/v1/people/${nobodys}/months/2026-01/explanation/file`],
  ] as const;
  /** How many of forty requests are rejected while none can finish. */
  const countRefused = async ([persona, path]: readonly [string, string]): Promise<number> => {
    await city.token(persona);
    const held = await Promise.all(Array.from({ length: pool.options.max ?? 0 }, () => pool.connect()));
    let refused = 0;
    const sent = Array.from({ length: 40 }, async () => {
      const { status } = await city.call(persona, 'GET', path);
      if (status === 429) refused += 1;
    });
    await comesTrue(async () => refused >= 14, 2_000);
    await delay(50);
    for (const client of held) client.release();
    await Promise.all(sent);
    return refused;
  };
  for (const one of heavy) t.equal(await countRefused(one), 40 - 1 - 24, one.join(' '));
  for (const one of files) t.equal(await countRefused(one), 40 - 2 - 24, one.join(' '));
});

t.test(
  'a disconnected client’s place is released when its work is done, or after a time limit',
  async (t) => {
    const city = await setup(t);
    const token = await city.token('auditor');
    for (let round = 0; round < 5; round += 1) {
      const sent = Array.from({ length: 20 }, () => {
        const asked = request(`${city.origin}/v1/audit-verifications`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          agent: false,
        });
        asked.on('error', () => {}).end('{}');
        return asked;
      });
      await delay(20);
      for (const asked of sent) asked.destroy();
    }
    const isFree = async () =>
      (await city.call('auditor', 'POST', '/v1/audit-verifications', { body: {}, key: null })).status === 200;
    t.ok(await comesTrue(isFree));
  },
);

t.test('verifying a paper queries once, and attempts per address are limited', async (t) => {
  const city = await setup(t);
  const code = '0000-0000-0000-0000';
  const path = `/v1/notice-verifications/${code}`;
  const statuses: number[] = [];
  const asked = await countAsked(city, async () => {
    for (let sent = 0; sent < 125; sent += 1) statuses.push((await ask(city, attacker, path)).status);
  });
  t.strictSame(tally(statuses), { 404: 120, 429: 5 });
  t.equal(asked, 1);
  t.equal((await ask(city, others, path)).status, 404);
});

t.test('sixteen papers at once by one caller are printed in threads, two at a time', async (t) => {
  const city = await setup(t);
  const { id } = await city.applied(await city.resident());
  const print = () => city.call('handler-360203', 'GET', `/v1/applications/${id}/undertaking/file`);
  await print();
  const longest = watchEventLoop();
  const papers = Promise.all(Array.from({ length: 16 }, print));
  await city.call('reviewer-360203', 'GET', '/v1/policies', { status: 200 });
  t.strictSame(tally((await papers).map(({ status }) => status)), { 200: 16 });
  const longestMs = longest();
  t.ok(longestMs < 500, `the longest stall was ${longestMs.toFixed(0)} ms`);
});

t.test('an IPv6 address stands for its network of 64 bits', (t) => {
  t.equal(networkOf('::ffff:10.0.0.7'), '10.0.0.7');
  t.equal(networkOf('10.0.0.7'), '10.0.0.7');
  t.equal(networkOf('2001:db8:0:1::7'), '2001:db8:0:1');
  t.equal(networkOf('2001:0DB8:0000:0001:ffff::8'), '2001:db8:0:1');
  t.equal(networkOf('2001:db8::8'), '2001:db8:0:0');
  t.equal(networkOf('::1'), '0:0:0:0');
  t.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0');
  t.end();
});
