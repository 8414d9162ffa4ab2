// Whose queue a case is in, the lists and counts that follow from it, and who may not.

import t from 'tap';
import type { Static } from 'typebox';
import type { WorkSummary } from '../../../src/decisions/work-summary/schemas.ts';
import { type Problem, setup } from '../../helper.ts';
import { held } from '../../registers/residents.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const city = await setup(t);
const { call } = city;
const handler = 'handler-360203';
const reviewer = 'reviewer-360203';
const colleague = await city.tokenOf({ subject: 'colleague', role: 'handler', agency: '360203' });

interface Results {
  readonly items: readonly {
    readonly result: { readonly assignedTo: string | null; readonly before: string | null } | null;
    readonly refusal: Problem | null;
  }[];
}

async function assign(by: string, ...items: readonly object[]): Promise<Results['items']> {
  return (await call<Results>(by, 'POST', '/v1/assignments', { body: { items }, status: 200 })).body.items;
}

async function listed(by: string, query: Readonly<Record<string, string>>): Promise<string[]> {
  const options = { query, status: 200 };
  const { body } = await call<{ items: { id: string }[] }>(by, 'GET', '/v1/applications', options);
  return body.items.map(({ id }) => id);
}

async function summary(by: string): Promise<Static<typeof WorkSummary>> {
  return (await call<Static<typeof WorkSummary>>(by, 'GET', '/v1/work-summary', { status: 200 })).body;
}

t.test('a case is assigned, taken over with a reason, and given back; lists and counts follow', async (t) => {
  const [first, second] = [await city.applied(), await city.applied()];
  const to = (one: Application, account: string | null, reason?: string) => ({
    applicationId: one.id,
    account,
    ...(reason === undefined ? {} : { reason }),
  });
  const given = await assign(handler, to(first, 'colleague'), to(second, 'me'));
  const account = given[0]?.result?.assignedTo ?? '';
  t.match(account, /^http.*\|colleague$/);
  t.equal(given[0]?.result?.before, null);
  t.strictSame(await listed(colleague, { assignedTo: 'me' }), [first.id]);
  t.strictSame(await listed(handler, { assignedTo: 'colleague', order: 'waiting' }), [first.id]);
  t.strictSame(await listed(handler, { assignedTo: 'me' }), [second.id]);
  t.strictSame(await listed(handler, { assignedTo: 'nobody' }), []);
  strictMatch(t, (await summary(colleague)).cases, { submitted: 2, assignedToMe: 1, unassigned: 0 });
  const seen = await city.read(first);
  strictMatch(t, seen, { assignedTo: account, version: first.version }, 'what is edited stays valid');

  const silent = await assign(handler, to(first, 'me'));
  t.equal(silent[0]?.refusal?.errors[0]?.pointer, '/body/items/0/reason', 'taking over says why');
  const taken = await assign(reviewer, to(first, handler, '原经办人员休假'));
  t.equal(taken[0]?.result?.before, account);
  t.strictSame(await listed(handler, { assignedTo: account }), [], 'by the whole account too');
  t.strictSame(await listed(handler, { assignedTo: 'me' }), [first.id, second.id]);
  const { rows } = await city.db.pool.query(
    `select change from audit_entry where operation = 'assignApplications' and target_id = $1 order by entry_id`,
    [first.id],
  );
  t.strictSame(
    rows.map(({ change }) => change.reason),
    [null, '原经办人员休假'],
  );
  await assign(handler, to(second, null));
  t.strictSame(await listed(handler, { assignedTo: 'nobody' }), [second.id]);

  const accepted = await city.act(handler, first, 'acceptance');
  t.equal(accepted.assignedTo, null, 'a reviewer goes on with it');
  const draft = await city.drafted(await city.resident());
  const refused = await assign(handler, to(draft, 'me'));
  t.equal(refused[0]?.refusal?.code, 'state-conflict');
});

t.test('an assignment gives nobody a right, ends with a transfer, and is not for platforms', async (t) => {
  const resident = await city.resident();
  const one = await city.applied(resident);
  await assign(handler, { applicationId: one.id, account: 'colleague' });
  t.ok((await listed('platform-ganfutong', { assignedTo: 'nobody' })).includes(one.id));
  t.strictSame(await listed('platform-ganfutong', { assignedTo: 'colleague' }), []);
  const own = await call<Application>('platform-ganfutong', 'GET', `/v1/applications/${one.id}`, {
    status: 200,
  });
  t.equal(own.body.assignedTo, null);
  const elsewhere = await assign('handler-360202', { applicationId: one.id, account: 'me' });
  t.equal(elsewhere[0]?.refusal?.code, 'not-found');
  for (const by of ['platform-ganfutong', 'street-360203007', 'payer-360203', 'auditor'])
    await call(by, 'POST', '/v1/assignments', {
      body: { items: [{ applicationId: one.id, account: 'me' }] },
      status: 403,
    });

  await city.deliver([{ ...held('household', resident, '2025-05-01'), street: '360202001' }]);
  await call(handler, 'POST', `/v1/applications/${one.id}/transfer`, {
    body: { streetCode: '360202001', reason: '经核对户口簿，户籍在该街道' },
    ifMatch: one.version,
    status: 200,
  });
  const moved = await call<Application>('handler-360202', 'GET', `/v1/applications/${one.id}`, {
    status: 200,
  });
  t.equal(moved.body.assignedTo, null);
});

t.test('what is due before a day is listed and counted, notices too', async (t) => {
  const own = await setup(t);
  const early = await own.applied();
  own.clock.set('2025-07-09');
  const late = await own.applied();
  const dueOf = async (query: Readonly<Record<string, string>>) => {
    const answer = await own.call<{ items: { id: string }[] }>(handler, 'GET', '/v1/applications', {
      query,
      status: 200,
    });
    return answer.body.items.map(({ id }) => id);
  };
  t.equal(early.timeLimit?.dueOn, '2025-07-11');
  t.strictSame(await dueOf({ dueBefore: '2025-07-11' }), []);
  t.strictSame(await dueOf({ dueBefore: '2025-07-12' }), [early.id]);
  t.strictSame(await dueOf({ dueBefore: '2025-07-31', order: 'waiting' }), [early.id, late.id]);
  own.clock.set('2025-07-10');
  const counted = async () =>
    (await own.call<Static<typeof WorkSummary>>(handler, 'GET', '/v1/work-summary', { status: 200 })).body;
  strictMatch(t, (await counted()).cases, { submitted: 2, overdue: 0, dueByTomorrow: 1 });
  own.clock.set('2025-07-14');
  strictMatch(t, (await counted()).cases, { submitted: 2, overdue: 1, dueByTomorrow: 0 });
  await own.act(handler, early, 'acceptance');
  const notices = async (dueBefore: string) =>
    (
      await own.call<{ items: unknown[] }>('street-360203007', 'GET', '/v1/notices', {
        query: { dueBefore },
        status: 200,
      })
    ).body.items.length;
  t.strictSame([await notices('2025-07-15'), await notices('2025-07-31')], [0, 1]);
});

t.test('each role is given the counts of its own lists, of its own scope', async (t) => {
  const own = await setup(t);
  const of = async (by: string) =>
    (await own.call<Static<typeof WorkSummary>>(by, 'GET', '/v1/work-summary', { status: 200 })).body;
  const person = await own.resident();
  await own.approved(person);
  await own.settled(await own.inPayment());
  await own.deliver([held('employer-insurance', person, '2025-04-01')]);
  await own.work();
  const approved = await own.approved();
  await own.call('payer-360203', 'POST', '/v1/disbursements', { status: 201 });
  const account = { bank: '江西银行', number: '621700000000009999' };
  await own.call('street-360203007', 'POST', `/v1/applications/${approved.id}/account-changes`, {
    body: { account, reason: '更换社会保障卡' },
    status: 200,
  });
  await own.applied();

  const atAgency = await of(handler);
  strictMatch(t, atAgency, {
    cases: { submitted: 1, accepted: 0 },
    notices: { untold: 2, overdue: 0 },
    rostersToVerify: 1,
    payeeChangesToConfirm: 1,
    qualityReviews: null,
  });
  t.ok((atAgency.recoveries?.suspected ?? 0) > 0);
  strictMatch(t, await of(reviewer), { rostersToVerify: 1, qualityReviews: 0 });
  strictMatch(t, await of('street-360203007'), { rostersToVerify: 1, payeeChangesToConfirm: null });
  const nothing = {
    cases: { submitted: 0, unassigned: 0 },
    notices: { untold: 0 },
    rostersToVerify: 0,
    recoveries: { suspected: 0, owed: 0 },
  };
  for (const by of ['handler-360202', 'street-360203001']) strictMatch(t, await of(by), nothing, by);
  for (const by of ['platform-ganfutong', 'finance-360203', 'auditor', 'administrator'])
    await own.call(by, 'GET', '/v1/work-summary', { status: 403 });
});
