// Whom their platform has shown a notice need not be telephoned, and a decision of the same day tells of the acceptance too.

import t from 'tap';
import type { Notice } from '../../../src/notifications/notices/schemas.ts';
import { type Problem, setup } from '../../helper.ts';
import type { Application } from '../../steps.ts';

const city = await setup(t);
const { call } = city;
const street = 'street-360203007';
const platform = 'platform-ganfutong';

async function noticesOf(by: string, query: Record<string, string>): Promise<Notice[]> {
  return (await call<{ items: Notice[] }>(by, 'GET', '/v1/notices', { query, status: 200 })).body.items;
}

const inbox = async ({ id }: Application) =>
  (await noticesOf(street, { applicationId: id, delivery: 'waiting' })).map(({ kind }) => kind);

async function record(by: string, { id, version }: Notice, body: object) {
  return await call<Notice & Problem>(by, 'POST', `/v1/notices/${id}/deliveries`, { body, ifMatch: version });
}

const shown = { method: 'shown-online', outcome: 'told' };

t.test('a notice that its platform has shown counts as told, and leaves the street’s inbox', async (t) => {
  const application = await city.accepted();
  const [notice] = await noticesOf(platform, { applicationId: application.id });
  if (notice === undefined) throw new Error('an acceptance is told');
  t.strictSame(await inbox(application), ['acceptance']);
  const { status, body } = await record(platform, notice, shown);
  t.strictSame(
    [status, body.delivery, body.attempts.map(({ method, outcome }) => [method, outcome])],
    [200, 'told', [['shown-online', 'told']]],
  );
  t.strictSame(await inbox(application), []);
  const again = await record(street, body, { method: 'phone', outcome: 'told' });
  t.equal(again.body.code, 'state-conflict');
  const { rows } = await city.db.pool.query(
    `select actor, change from audit_entry where target_id = $1 and operation = 'recordNoticeDelivery'`,
    [notice.id],
  );
  t.strictSame(
    rows.map(({ change }) => change),
    [{ attempt: 1, method: 'shown-online', outcome: 'told' }],
  );
});

t.test(
  'a platform confirms its own cases only, and only what it has shown; a street telephones',
  async (t) => {
    const application = await city.accepted();
    const [notice] = await noticesOf(platform, { applicationId: application.id });
    if (notice === undefined) throw new Error('an acceptance is told');
    t.equal((await record('platform-hall', notice, shown)).status, 404);
    for (const other of ['handler-360203', 'auditor'])
      t.equal((await record(other, notice, shown)).status, 403, other);
    const telephoned = await record(platform, notice, { method: 'phone', outcome: 'no-answer' });
    t.strictSame(
      telephoned.body.errors.map(({ pointer, code }) => [pointer, code]),
      [
        ['/body/method', 'not-for-this-role'],
        ['/body/outcome', 'not-for-this-role'],
      ],
    );
    const byStreet = await record(street, notice, shown);
    t.strictSame(
      byStreet.body.errors.map(({ pointer, code }) => [pointer, code]),
      [['/body/method', 'not-for-this-role']],
    );
    t.strictSame(await inbox(application), ['acceptance']);
  },
);

t.test(
  'a decision of the same day tells of the acceptance too, and the street telephones once',
  async (t) => {
    const application = await city.accepted();
    await city.decided(application);
    t.strictSame(await inbox(application), ['decision']);
    const [acceptance, decision] = await noticesOf(street, { applicationId: application.id });
    if (acceptance === undefined || decision === undefined) throw new Error('both are issued');
    t.strictSame([acceptance.kind, acceptance.delivery], ['acceptance', 'told-with-later']);
    t.equal(
      decision.paragraphs[1],
      `您的申请已于同日受理，《受理通知书》（${acceptance.number}）由本告知书一并告知。`,
    );
    const { body } = await record(street, acceptance, { method: 'phone', outcome: 'told' });
    t.strictSame(
      [body.code, body.detail],
      ['state-conflict', '受理情况由当日的审核结果告知书一并告知，请登记该告知书。'],
    );
    t.equal((await record(street, decision, { method: 'phone', outcome: 'told' })).body.delivery, 'told');
  },
);

t.test('an acceptance that was told before, or on another day, is told by itself', async (t) => {
  const told = await city.accepted();
  const [notice] = await noticesOf(street, { applicationId: told.id });
  if (notice === undefined) throw new Error('an acceptance is told');
  await record(street, notice, { method: 'phone', outcome: 'told' });
  await city.decided(told);
  t.strictSame(
    (await noticesOf(street, { applicationId: told.id })).map(({ delivery }) => delivery),
    ['told', 'waiting'],
  );
  const later = await city.accepted();
  city.clock.set('2025-07-08');
  await city.decided(later);
  t.strictSame(await inbox(later), ['acceptance', 'decision']);
});
