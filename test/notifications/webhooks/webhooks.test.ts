// Webhooks of platforms and of the provincial system: what is sent to them, and that each client sees its own only.

import t from 'tap';
import { type Problem, setup } from '../../helper.ts';
import { strictMatch } from '../../strict-match.ts';
import {
  deliveriesOf,
  hookTo,
  pass,
  sendAll,
  startReceiver,
  verify,
  type WebhookAnswer,
} from './receiver.ts';

const platform = 'platform-ganfutong';
const province = 'provincial-system';

t.test(
  'an event is sent as listEvents shows it to the same client, signed for standardwebhooks',
  async (t) => {
    const city = await setup(t);
    await city.applied(); // before the webhooks: not sent
    pass(city, { seconds: 1 });
    const [gft, all, some] = [await startReceiver(t), await startReceiver(t), await startReceiver(t)];
    const hook = await hookTo(city, gft.url);
    const provincial = await hookTo(city, all.url, { by: province });
    await hookTo(city, some.url, { by: province, eventTypes: ['application-approved'] });
    const { body: before } = await city.call<{ next: string }>(province, 'GET', '/v1/events', {
      query: { limit: '200' },
    });
    await city.approved();
    await city.applied(await city.resident(), { by: 'street-360203007' });
    await sendAll(city);

    const listed = async (caller: string) =>
      (
        await city.call<{ items: unknown[] }>(caller, 'GET', '/v1/events', {
          query: { after: before.next, limit: '200' },
        })
      ).body.items;
    const sent = ({ messages }: typeof gft) => messages.map(({ text }) => JSON.parse(text));
    t.strictSame(sent(gft), await listed(platform));
    t.equal(gft.messages.length, 3, 'not the case of the street');
    t.strictSame(
      sent(all).sort((a, b) => (a.id < b.id ? -1 : 1)),
      ((await listed(province)) as { id: string }[]).sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
    t.equal(all.messages.length, 4);
    t.strictSame(
      some.messages.map(({ event }) => event.type),
      ['application-approved'],
    );

    for (const message of gft.messages) {
      t.strictSame(verify(hook.secret, message), message.event);
      t.throws(() => verify(provincial.secret, message), /No matching signature/);
      t.throws(() => verify(hook.secret, { ...message, text: `${message.text} ` }), /No matching signature/);
      t.match(message.headers['content-type'], /^application\/json$/);
      t.notOk('authorization' in message.headers);
    }
    t.strictSame(
      gft.messages.map(({ id }) => id),
      (await deliveriesOf(city)).map(({ id }) => id),
      'webhook-id is the id of the delivery',
    );
    await sendAll(city);
    t.equal(gft.messages.length, 3, 'what was delivered is not sent again');
  },
);

t.test('the first attempt of each delivery is in the report of who saw the applicant’s data', async (t) => {
  const city = await setup(t);
  const receiver = await startReceiver(t);
  await hookTo(city, receiver.url);
  const application = await city.applied();
  await sendAll(city);
  const { body } = await city.call<{ items: { operation: string; role: string; clientId: string }[] }>(
    'auditor',
    'GET',
    `/v1/people/${application.personId}/access-report`,
    { query: { limit: '200' }, status: 200 },
  );
  const sent = body.items.filter(({ operation }) => operation === 'sendEvents');
  t.equal(sent.length, 1);
  strictMatch(t, sent[0], { role: 'platform', facts: ['case'], purpose: 'serve-applicant' });
  t.match(sent[0]?.clientId, /platform-ganfutong$/);
});

t.test('a client sees and changes its own webhooks only', async (t) => {
  const city = await setup(t);
  const { call } = city;
  const receiver = await startReceiver(t, () => 500);
  const { secret, ...hook } = await hookTo(city, receiver.url);
  await city.applied();
  await sendAll(city);
  const [delivery] = await deliveriesOf(city);
  const url = `/v1/webhooks/${hook.id}`;
  for (const stranger of ['platform-hall', province]) {
    t.strictSame((await call<{ items: unknown[] }>(stranger, 'GET', '/v1/webhooks')).body.items, []);
    t.strictSame(await deliveriesOf(city, {}, stranger), []);
    t.strictSame(await deliveriesOf(city, { webhookId: hook.id }, stranger), []);
    await call(stranger, 'GET', url, { status: 404 });
    await call(stranger, 'POST', `${url}/secrets`, { key: null, status: 404 });
    await call(stranger, 'POST', `${url}/redeliveries`, { body: {}, status: 404 });
    await call(stranger, 'DELETE', url, { key: null, status: 404 });
  }
  for (const officer of ['auditor', 'administrator', 'handler-360203', 'street-360203007']) {
    await call(officer, 'GET', '/v1/webhooks', { status: 403 });
    await call(officer, 'GET', url, { status: 403 });
    await call(officer, 'POST', '/v1/webhooks', { body: { url: receiver.url }, key: null, status: 403 });
    await call(officer, 'DELETE', url, { key: null, status: 403 });
  }
  const own = await call<WebhookAnswer>(platform, 'GET', url, { status: 200 });
  strictMatch(t, own.body, { id: hook.id, state: 'enabled', waiting: 1, deadLetters: 0 });
  const list = await call<{ items: unknown[] }>(platform, 'GET', '/v1/webhooks', { status: 200 });
  t.strictSame(list.body.items, [own.body]);
  t.notMatch(JSON.stringify([own.body, list.body, city.logs]), secret.slice(6));
  const { rows } = await city.db.pool.query(
    `select encode(secret_encrypted, 'escape') as kept from webhook_secret`,
  );
  t.notMatch(rows[0].kept, secret.slice(6), 'stored encrypted');

  const foreign = await hookTo(city, receiver.url, { by: 'platform-hall' });
  const body = { deliveryIds: [delivery?.id, '01930000-0000-7000-8000-000000000001'] };
  const refused = await call<Problem>('platform-hall', 'POST', `/v1/webhooks/${foreign.id}/redeliveries`, {
    body,
    status: 400,
  });
  t.strictSame(
    refused.body.errors.map(({ pointer }) => pointer),
    ['/body/deliveryIds/0', '/body/deliveryIds/1'],
    'a delivery of another client is unknown',
  );
});

t.test('a URL is refused with every fault, and so is one that the client has already', async (t) => {
  const city = await setup(t, { SUBSIDY_WEBHOOK_PRIVATE_ADDRESSES: '10.36.0.0/16' });
  const { call } = city;
  const create = (url: string, status: number) =>
    call<Problem>(platform, 'POST', '/v1/webhooks', { body: { url }, key: null, status });
  for (const [url, faults] of [
    ['nowhere', 1],
    ['ftp://hook.example/', 1],
    ['https://user:word@hook.example/', 1],
    ['http://user@127.0.0.1/#there', 3],
    ['https://[::1]/', 1],
    ['https://0x7f.1/', 1],
    ['https://169.254.169.254/latest', 1],
    ['https://[::ffff:10.37.0.1]/', 1],
    ['https://[fd00::1]/', 1],
    ['https://10.37.0.1/', 1],
  ] as const) {
    const { body } = await create(url, 400);
    t.strictSame(
      body.errors.map(({ pointer }) => pointer),
      Array(faults).fill('/body/url'),
      url,
    );
  }
  await create('https://10.36.0.1/', 201);
  await create('https://hook.example/a', 201);
  t.equal((await create('https://hook.example/a', 409)).body.code, 'state-conflict');
  for (let number = 3; number <= 10; number += 1) await create(`https://hook.example/${number}`, 201);
  t.match((await create('https://hook.example/11', 409)).body.detail, /10 个/);
});

t.test(
  'outside the sandbox a URL must be https, and no private address is reached unless configured',
  async (t) => {
    const city = await setup(
      t,
      {},
      {
        config: { webhooks: { allowsHttp: false, mayReach: () => true } },
      },
    );
    const { body } = await city.call<Problem>(platform, 'POST', '/v1/webhooks', {
      body: { url: 'http://hook.example/' },
      key: null,
      status: 400,
    });
    t.strictSame(
      body.errors.map(({ detail }) => detail),
      ['接收地址必须使用 https。'],
    );
  },
);

t.test('a deleted webhook is sent nothing more, and its secrets and deliveries are gone', async (t) => {
  const city = await setup(t);
  const receiver = await startReceiver(t, () => 500);
  const hook = await hookTo(city, receiver.url);
  await city.applied();
  await sendAll(city);
  t.equal(receiver.messages.length, 1);
  await city.call(platform, 'DELETE', `/v1/webhooks/${hook.id}`, { key: null, status: 204 });
  await city.call(platform, 'GET', `/v1/webhooks/${hook.id}`, { status: 404 });
  await city.call(platform, 'DELETE', `/v1/webhooks/${hook.id}`, { key: null, status: 404 });
  const { rows } = await city.db.pool.query(
    'select (select count(*)::int from webhook_secret) + (select count(*)::int from webhook_delivery) as kept',
  );
  t.equal(rows[0].kept, 0);
  city.clock.set('2025-07-06');
  await sendAll(city);
  t.equal(receiver.messages.length, 1);
  const { body } = await city.call<{ items: unknown[] }>(platform, 'GET', '/v1/events');
  t.equal(body.items.length, 1, 'listEvents still has what was not sent');
});

t.test('while a secret is changed both sign, and after 24 hours the new one alone', async (t) => {
  const city = await setup(t);
  const receiver = await startReceiver(t);
  const hook = await hookTo(city, receiver.url);
  const rotate = (status = 200) =>
    city.call<WebhookAnswer>(platform, 'POST', `/v1/webhooks/${hook.id}/secrets`, { key: null, status });
  const { body: rotated } = await rotate();
  t.not(rotated.secret, hook.secret);
  t.match(rotated.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  t.strictSame(
    rotated.secrets.map(({ number, expiresAt }) => [number, expiresAt]),
    [
      [1, '2025-07-06T02:00:00.000000Z'],
      [2, null],
    ],
  );
  await city.applied();
  await sendAll(city);
  const [both] = receiver.messages;
  if (both === undefined) throw new Error('one was sent');
  t.match(both.headers['webhook-signature'], /^v1,\S+ v1,\S+$/);
  t.strictSame(verify(hook.secret, both), both.event);
  t.strictSame(verify(rotated.secret, both), both.event);
  await rotate();
  t.match(
    (
      await city.call<Problem>(platform, 'POST', `/v1/webhooks/${hook.id}/secrets`, {
        key: null,
        status: 409,
      })
    ).body.detail,
    /24 小时/,
  );

  city.clock.set('2025-07-06T02:00:01Z');
  const { body: newest } = await rotate();
  await city.applied();
  city.clock.set('2025-07-07T02:00:02Z');
  await sendAll(city);
  const after = receiver.messages.at(-1);
  if (after === undefined) throw new Error('another was sent');
  t.match(after.headers['webhook-signature'], /^v1,\S+$/);
  t.strictSame(verify(newest.secret, after), after.event);
  t.throws(() => verify(rotated.secret, after), /No matching signature/);
});
