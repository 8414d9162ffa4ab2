// Events on their way to receivers that are down, slow, wrong, redirecting or gone: at least once, of each case in order.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { buildApp } from '../../../src/app.ts';
import { takeAttempts } from '../../../src/notifications/webhooks/dispatch.ts';
import { send } from '../../../src/notifications/webhooks/send.ts';
import { deleteExpired } from '../../../src/oversight/retention/operations.ts';
import { readConfig } from '../../../src/platform/config/config.ts';
import { readMayReach } from '../../../src/platform/http/limits/outgoing.ts';
import { createIds } from '../../../src/platform/ids.ts';
import { writeAsService } from '../../../src/platform/write-context.ts';
import { type City, setup } from '../../helper.ts';
import { comesTrue } from '../../program.ts';
import { strictMatch } from '../../strict-match.ts';
import {
  deliveriesOf,
  dispatcherOf,
  hookTo,
  pass,
  sendAll,
  startReceiver,
  verify,
  type WebhookAnswer,
} from './receiver.ts';

const platform = 'platform-ganfutong';

async function hookNow({ call }: City, id: string): Promise<WebhookAnswer> {
  return (await call<WebhookAnswer>(platform, 'GET', `/v1/webhooks/${id}`, { status: 200 })).body;
}

async function redeliver({ call }: City, id: string, body: object = {}): Promise<number> {
  const { body: answer } = await call<{ redelivered: number }>(
    platform,
    'POST',
    `/v1/webhooks/${id}/redeliveries`,
    { body, status: 200 },
  );
  return answer.redelivered;
}

t.test(
  'a receiver that was down for ten minutes gets everything, each event under one webhook-id',
  async (t) => {
    const city = await setup(t);
    const receiver = await startReceiver(t);
    const hook = await hookTo(city, receiver.url);
    await receiver.goDown();
    const one = await city.accepted();
    await sendAll(city);
    strictMatch(t, (await deliveriesOf(city))[0], { attempts: 1, lastCause: 'connection', lastStatus: null });
    t.not((await hookNow(city, hook.id)).failingSince, null);
    pass(city, { seconds: 4 });
    await sendAll(city);
    t.equal((await deliveriesOf(city))[0]?.attempts, 1, 'not before its time');
    pass(city, { seconds: 2 });
    await sendAll(city);
    pass(city, { minutes: 6 });
    await sendAll(city);
    strictMatch(t, (await deliveriesOf(city))[0], { attempts: 3, state: 'waiting' });
    pass(city, { minutes: 4 });
    await receiver.comeBack();
    await sendAll(city);
    t.equal(receiver.messages.length, 0, 'the third pause is of thirty minutes');
    pass(city, { minutes: 30 });
    await sendAll(city);
    t.strictSame(
      receiver.messages.map(({ event }) => [event.applicationId, event.type]),
      [
        [one.id, 'application-submitted'],
        [one.id, 'application-accepted'],
      ],
    );
    for (const message of receiver.messages) t.strictSame(verify(hook.secret, message), message.event);
    strictMatch(t, await hookNow(city, hook.id), { failingSince: null, waiting: 0, deadLetters: 0 });
  },
);

t.test('a slow receiver holds up its own events only, and no connection of the database', async (t) => {
  const city = await setup(t);
  const [slow, quick] = [await startReceiver(t, () => 'never'), await startReceiver(t)];
  await hookTo(city, slow.url);
  await hookTo(city, quick.url, { by: 'provincial-system' });
  for (let cases = 0; cases < 10; cases += 1) await city.applied();
  const dispatcher = dispatcherOf(city, { timeoutMs: 8_000 });
  await dispatcher.round();
  t.ok(await comesTrue(async () => quick.messages.length === 8 && slow.messages.length === 8));
  const hasAll = async () => {
    await dispatcher.round();
    return quick.messages.length === 10;
  };
  t.ok(await comesTrue(hasAll), 'while all eight of the slow one wait');
  t.equal(slow.messages.length, 8, 'no more than eight at once for one receiver');
  const { pool } = city.service;
  t.ok(await comesTrue(async () => pool.idleCount === pool.totalCount), 'no connection is held');
  t.equal(slow.messages.length, 8);
  await dispatcher.idle();
  const deliveries = await deliveriesOf(city);
  t.strictSame(
    deliveries.map(({ lastCause }) => lastCause),
    [...Array(8).fill('timeout'), null, null],
  );
  await dispatcher.round();
  t.ok(await comesTrue(async () => slow.messages.length === 9), 'then one at a time');
  await delay(100);
  t.equal(slow.messages.length, 9);
  dispatcher.abort();
  await dispatcher.idle();
});

t.test(
  'a receiver that answers 500 is tried ten times in three days; the dead letter is seen and sent again',
  async (t) => {
    const city = await setup(t);
    let status = 500;
    const receiver = await startReceiver(t, () => status);
    const hook = await hookTo(city, receiver.url);
    const { id } = await city.accepted();
    await sendAll(city);
    const pauses: number[] = [];
    for (let attempt = 2; attempt <= 10; attempt += 1) {
      const [first, second] = await deliveriesOf(city);
      strictMatch(t, first, {
        state: 'waiting',
        attempts: attempt - 1,
        lastStatus: 500,
        lastCause: 'status',
      });
      t.equal(second?.attempts, 0, 'the next event of the case waits');
      const next = Temporal.Instant.from(first?.nextAttemptAt ?? '');
      pauses.push(next.since(city.clock.now()).total('seconds'));
      city.clock.set(next.toString());
      await sendAll(city);
      if (attempt === 9) status = 503;
    }
    const schedule = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (const [index, pause] of pauses.entries()) {
      const due = schedule[index] ?? 0;
      t.ok(pause >= due && pause <= due * 1.1 + 0.001, `${pause} s after attempt ${index + 1}`);
    }
    strictMatch(t, (await deliveriesOf(city, { state: 'dead' }))[0], {
      attempts: 10,
      lastStatus: 503,
      nextAttemptAt: null,
    });
    t.ok(city.logs.some(({ msg }) => msg === 'an event could not be delivered and is a dead letter'));
    strictMatch(t, await hookNow(city, hook.id), {
      state: 'disabled',
      disabledBecause: 'failing',
      deadLetters: 2,
    });
    t.ok(city.logs.some(({ msg, because }) => /is disabled/.test(String(msg)) && because === 'failing'));
    const ids = new Set(receiver.messages.map((message) => message.id));
    t.equal(receiver.messages.length, 10);
    t.equal(ids.size, 1, 'every attempt has the same webhook-id');

    status = 200;
    t.equal(await redeliver(city, hook.id), 2);
    await sendAll(city);
    t.strictSame(
      receiver.messages
        .slice(10)
        .map((message) => [ids.has(message.id), message.event.applicationId, message.event.type]),
      [
        [true, id, 'application-submitted'],
        [false, id, 'application-accepted'],
      ],
      'in order',
    );
    strictMatch(t, await hookNow(city, hook.id), { state: 'enabled', waiting: 0, deadLetters: 0 });
    const [first] = await deliveriesOf(city);
    t.equal(await redeliver(city, hook.id, { deliveryIds: [first?.id] }), 1, 'a delivered one too');
    await sendAll(city);
    t.equal(receiver.messages.at(-1)?.id, first?.id);
  },
);

t.test('one event that its receiver cannot take holds up its own case, and disables nothing', async (t) => {
  const city = await setup(t);
  const poisoned = await city.applied();
  pass(city, { seconds: 1 });
  const receiver = await startReceiver(t, ({ event }) => (event.applicationId === poisoned.id ? 500 : 204));
  const hook = await hookTo(city, receiver.url);
  await city.act('handler-360203', poisoned, 'acceptance');
  const first = await city.accepted();
  await sendAll(city);
  await city.act(platform, { ...poisoned, version: poisoned.version + 1 }, 'withdrawal');
  await city.act(platform, first, 'withdrawal');
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    await sendAll(city);
    city.clock.set(city.clock.now().add({ hours: 27 }).toString());
    await city.applied(); // and another that is delivered
  }
  await sendAll(city);
  t.strictSame(
    receiver.messages.filter(({ event }) => event.applicationId === first.id).map(({ event }) => event.type),
    ['application-submitted', 'application-accepted', 'application-withdrawn'],
    'another case is in order and not held up',
  );
  const ofPoisoned = (await deliveriesOf(city)).filter(({ applicationId }) => applicationId === poisoned.id);
  t.strictSame(
    ofPoisoned.map(({ eventType, state }) => [eventType, state]),
    [
      ['application-accepted', 'dead'],
      ['application-withdrawn', 'waiting'],
    ],
    'the next event of the case is sent once the first is given up',
  );
  t.equal((await hookNow(city, hook.id)).state, 'enabled');
});

t.test('a redirect is a failure and is not followed', async (t) => {
  const city = await setup(t);
  const elsewhere = await startReceiver(t);
  const receiver = await startReceiver(t, () => ({ status: 307, headers: { location: elsewhere.url } }));
  await hookTo(city, receiver.url);
  await city.applied();
  await sendAll(city);
  strictMatch(t, (await deliveriesOf(city))[0], { state: 'waiting', lastStatus: 307, lastCause: 'redirect' });
  t.equal(elsewhere.messages.length, 0);
});

t.test(
  'a receiver that is gone is disabled at once, and gets all it missed when its owner enables it',
  async (t) => {
    const city = await setup(t);
    let status = 410;
    const receiver = await startReceiver(t, () => status);
    const hook = await hookTo(city, receiver.url);
    const one = await city.accepted();
    await sendAll(city);
    strictMatch(t, await hookNow(city, hook.id), {
      state: 'disabled',
      disabledBecause: 'gone',
      waiting: 0,
      deadLetters: 2,
    });
    t.ok(city.logs.some(({ msg, because }) => /is disabled/.test(String(msg)) && because === 'gone'));
    const { body: audit } = await city.call<{ items: { change: object }[] }>(
      'auditor',
      'GET',
      '/v1/audit-entries',
      {
        query: { operation: 'sendEvents' },
        status: 200,
      },
    );
    t.strictSame(audit.items[0]?.change, { state: 'disabled', because: 'gone', givenUp: 1 });
    await city.act(platform, one, 'withdrawal');
    city.clock.set('2025-07-12');
    await sendAll(city);
    t.equal(receiver.messages.length, 1, 'a disabled webhook is sent nothing');
    status = 200;
    t.equal(await redeliver(city, hook.id), 2);
    await sendAll(city);
    t.strictSame(
      receiver.messages.slice(1).map(({ event }) => event.type),
      ['application-submitted', 'application-accepted', 'application-withdrawn'],
    );
  },
);

t.test(
  'an attempt that ends between sending and recording is made again with the same webhook-id',
  async (t) => {
    const city = await setup(t);
    const receiver = await startReceiver(t);
    const hook = await hookTo(city, receiver.url);
    await city.applied();
    await sendAll(city); // puts the event in line; what became of it is undone, …
    await city.db.pool.query(`update webhook_delivery set state = 'waiting', attempts = 0, attempt_until = null,
    settled_at = null, next_attempt_at = '2025-07-05T02:00:00Z'`);
    const sentBefore = receiver.messages.length;
    // … the process that dies takes it and sends it, …
    const [attempt] = await writeAsService(city.services, 'sendEvents', (context) =>
      takeAttempts(context, hook.id, 1),
    );
    if (attempt === undefined) throw new Error('it is due');
    const { mayReach } = city.services.settings.webhooks;
    const { signal } = new AbortController();
    t.strictSame(await send(attempt, { mayReach, signal }), { status: 204, cause: null });
    // … and is killed here.
    await sendAll(city);
    t.equal(receiver.messages.length, sentBefore + 1, 'its time has not run out');
    pass(city, { seconds: 61 });
    await sendAll(city);
    const again = receiver.messages.slice(sentBefore);
    t.strictSame(
      again.map(({ id }) => id),
      [attempt.deliveryId, attempt.deliveryId],
    );
    t.equal(again[0]?.text, again[1]?.text);
    strictMatch(t, (await deliveriesOf(city))[0], { state: 'delivered', attempts: 2 });
  },
);

t.test('two processes send each event once', async (t) => {
  const city = await setup(t);
  const receiver = await startReceiver(t);
  await hookTo(city, receiver.url);
  for (let cases = 0; cases < 12; cases += 1) await city.accepted();
  await Promise.all([sendAll(city), sendAll(city), sendAll(city)]);
  await sendAll(city);
  t.equal(receiver.messages.length, 24);
  t.equal(new Set(receiver.messages.map(({ id }) => id)).size, 24);
  for (const [, ofCase] of Map.groupBy(receiver.messages, ({ event }) => event.applicationId))
    t.strictSame(
      ofCase.map(({ event }) => event.type),
      ['application-submitted', 'application-accepted'],
    );
});

t.test('a private address is refused when it is connected to, also behind a name', async (t) => {
  const city = await setup(t, { SUBSIDY_WEBHOOK_PRIVATE_ADDRESSES: 'none' });
  const receiver = await startReceiver(t);
  await hookTo(city, receiver.url.replace('127.0.0.1', 'localhost'));
  await city.applied();
  await sendAll(city);
  strictMatch(t, (await deliveriesOf(city))[0], { state: 'waiting', lastStatus: null, lastCause: 'address' });
  t.equal(receiver.messages.length, 0);
});

t.test('a name that leads elsewhere the second time is connected to where it was checked', async (t) => {
  const receiver = await startReceiver(t);
  const { signal } = new AbortController();
  const outgoing = { url: receiver.url.replace('127.0.0.1', 'hook.example'), headers: {}, body: '{}' };
  const addresses = ['127.0.0.1', '127.0.0.9'];
  let asked = 0;
  const resolve = async () => [{ address: addresses[asked++] ?? '', family: 4 }];
  const mayReach = readMayReach('127.0.0.1');
  t.strictSame(await send(outgoing, { mayReach, resolve, signal }), { status: 204, cause: null });
  t.equal(asked, 1, 'resolved once');
  t.strictSame(await send(outgoing, { mayReach, resolve, signal }), { status: null, cause: 'address' });
  const both = async () => ['127.0.0.1', '127.0.0.9'].map((address) => ({ address, family: 4 }));
  t.strictSame(
    await send(outgoing, { mayReach, resolve: both, signal }),
    { status: null, cause: 'address' },
    'every address of a name must be allowed',
  );
  const nothing = async () => [];
  t.strictSame(await send(outgoing, { mayReach, resolve: nothing, signal }), { status: null, cause: 'name' });
  t.equal(receiver.messages.length, 1);
});

t.test('only public addresses are reached, whatever their notation', async (t) => {
  const mayReach = readMayReach('none');
  for (const address of ['8.8.8.8', '223.5.5.5', '2400:3200::1']) t.equal(mayReach(address), true, address);
  for (const address of [
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
    ...['192.0.0.1', '192.168.1.1', '198.18.0.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:8.8.8.8', '::ffff:127.0.0.1', '64:ff9b::a00:1', 'fc00::1', 'fd12::1', 'fe80::1'],
    ...['fe80::1%eth0', 'ff02::1', '2001::1', '2001:db8::1', '2002:a00:1::', 'localhost', ''],
  ])
    t.equal(mayReach(address), false, address);
  t.equal(readMayReach('fd12::/16, 10.1.0.0/16')('10.1.2.3'), true);
  t.equal(readMayReach('fd12::/16, 10.1.0.0/16')('10.2.2.3'), false);
  t.equal(readMayReach('allow')('10.2.2.3'), true);
  t.throws(() => readMayReach('10.1.0.0/33'), /is no address/);
});

t.test('an answer that never ends is cut off, and its status counts', async (t) => {
  const { createServer } = await import('node:http');
  const server = createServer((_request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'.repeat(64 * 1_024)), 1);
    response.on('close', () => clearInterval(timer));
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const outcome = await send(
    { url: `http://127.0.0.1:${port}/`, headers: {}, body: '{}' },
    { mayReach: () => true, signal: new AbortController().signal },
  );
  t.strictSame(outcome, { status: 200, cause: null });
});

t.test(
  'what was delivered or given up is deleted when its time is over, and what waits is kept',
  async (t) => {
    const city = await setup(t, { SUBSIDY_KEEP_WEBHOOK_DELIVERIES_DAYS: '7' });
    const receiver = await startReceiver(t, ({ event }) =>
      event.type === 'application-submitted' ? 204 : 500,
    );
    const hook = await hookTo(city, receiver.url);
    await city.call(platform, 'POST', `/v1/webhooks/${hook.id}/secrets`, { key: null, status: 200 });
    await city.accepted();
    await sendAll(city);
    const kept = async () => {
      const states = (await deliveriesOf(city)).map(({ state }) => state);
      return [states, (await hookNow(city, hook.id)).secrets.map(({ number }) => number)];
    };
    const daily = () => writeAsService(city.services, 'deleteExpired', deleteExpired);
    await daily();
    t.strictSame(await kept(), [
      ['delivered', 'waiting'],
      [1, 2],
    ]);
    city.clock.set('2025-07-11');
    await daily();
    t.strictSame(await kept(), [['delivered', 'waiting'], [2]], 'a secret that signs no more is gone');
    city.clock.set('2025-07-13');
    await daily();
    t.strictSame(await kept(), [['waiting'], [2]]);
  },
);

t.test('the running service sends by itself', async (t) => {
  const city = await setup(t);
  const receiver = await startReceiver(t);
  const hook = await hookTo(city, receiver.url);
  await city.applied();
  const config = await readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATABASE_URL: city.serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: city.dataDir,
    SUBSIDY_SWAGGER_UI: 'off',
  });
  const app = await buildApp({
    config,
    db: city.service,
    clock: () => Temporal.Now.instant(),
    newId: createIds(Date.now),
    isStopping: () => false,
    logStream: { write: () => {} },
  });
  t.ok(await comesTrue(async () => receiver.messages.length === 1));
  await app.close();
  const [message] = receiver.messages;
  if (message === undefined) throw new Error('it has come');
  t.strictSame(verify(hook.secret, message), message.event);
});
