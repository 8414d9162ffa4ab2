// False material (undertaking 2): all cases that used it are recovered, and no case of the person is approved until all
// is repaid and a reviewer with no part in it lifts the bar.

import t from 'tap';
import type { Flag } from '../../../src/applications/flags/operations.ts';
import type { Notice } from '../../../src/notifications/notices/schemas.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import { keyOf } from '../../registers/residents.ts';
import type { Application, Claim, RecoveryAnswer, Resident } from '../../steps.ts';
import { act, heard } from '../recoveries/contradictions.ts';

interface BarAnswer {
  readonly id: string;
  readonly version: number;
  readonly state: string;
  readonly personId: string;
  readonly suspectedMonths: number;
  readonly owedFen: number;
}

interface Report {
  readonly bar: BarAnswer;
  readonly opened: readonly RecoveryAnswer[];
  readonly othersWithMaterial: { readonly caseNumbers: readonly string[]; readonly beyondScope: number };
}

const flag: Flag = {
  code: 'barred',
  title: '因虚假材料取消申请资格',
  detail:
    '申请人因提供虚假材料，自2025年7月5日起被取消申请补贴资格。凭该材料核定的补贴全部退还，并由未参与办理的审核人员解除后，才能审核通过。',
  amountFen: null,
  needs: 'lifting',
};
const grounds = '灵活就业证明系伪造，出具单位已书面否认';

/** An accepted case with a supplied material. */
async function acceptedWithPaper(city: City, resident: Resident, claim: Claim): Promise<Application> {
  const draft = await city.drafted(resident, claim);
  const supplied = await city.supplied(draft, 'flexible-employment-proof');
  const handedIn = await city.act('platform-ganfutong', supplied, 'submission');
  return await city.act(`handler-${handedIn.agencyCode}`, handedIn, 'acceptance');
}

async function approvedWithPaper(city: City, resident: Resident, claim: Claim): Promise<Application> {
  const accepted = await acceptedWithPaper(city, resident, claim);
  await city.decided(accepted);
  return await city.read(accepted);
}

function report(city: City, { id, materials }: Application, by = 'handler-360203') {
  const [paper] = materials;
  const body = { grounds, ...(paper === undefined ? {} : { materialIds: [paper.id] }) };
  const url = `/v1/applications/${id}/false-material-reports`;
  return city.call<Report & Problem>(by, 'POST', url, { body });
}

function onBar(city: City, by: string, { id, version }: BarAnswer, step: string, body: object) {
  return city.call<BarAnswer & Problem>(by, 'POST', `/v1/bars/${id}/${step}`, { body, ifMatch: version });
}

async function barOf(city: City, personId: string, by = 'auditor'): Promise<BarAnswer | undefined> {
  const query = { personId };
  const { body } = await city.call<{ items: BarAnswer[] }>(by, 'GET', '/v1/bars', { query, status: 200 });
  return body.items.at(-1);
}

async function decide(city: City, application: Application) {
  const comparison = await city.compared(application);
  const answer = await city.call<Problem>(
    `reviewer-${application.agencyCode}`,
    'POST',
    `/v1/applications/${application.id}/decision`,
    { body: { comparisonId: comparison.id, outcome: 'approved' }, ifMatch: application.version },
  );
  return { ...answer, comparison };
}

function repaid(city: City, recovery: RecoveryAnswer) {
  const body = { amountFen: recovery.owedFen, reference: '退-1', receivedOn: '2025-07-05' };
  return act(city, 'payer-360203', recovery, 'repayments', body);
}

/** A person barred for a paid month who claims June meanwhile. */
async function barred(city: City) {
  const resident = await city.resident();
  const falsified = await approvedWithPaper(city, resident, { months: ['2025-04'] });
  await city.settled(await city.inPayment());
  const { body } = await report(city, falsified);
  const [suspected] = body.opened;
  if (suspected === undefined) throw new Error('the month is suspected');
  const { body: recovery } = await act(city, 'reviewer-360203', suspected, 'confirmation', heard);
  const open = await city.accepted(resident, { months: ['2025-06'] });
  return { falsified, recovery, open };
}

t.test(
  'a report of false material covers every live month of every case that used the file, and counts other people’s cases',
  async (t) => {
    const city = await setup(t);
    const resident = await city.resident();
    const first = await approvedWithPaper(city, resident, { months: ['2025-04'] });
    await city.settled(await city.inPayment());
    const second = await approvedWithPaper(city, resident, { months: ['2025-05'] });
    const without = await city.approved(resident, { months: ['2025-06'] });
    const other = await acceptedWithPaper(city, await city.resident(), { months: ['2025-04'] });
    const away = { street: '360202001', agency: '360202' };
    await acceptedWithPaper(city, await city.resident(away), { months: ['2025-04'] });

    const { status, body } = await report(city, first);
    t.equal(status, 201);
    t.strictSame(
      body.opened.map(({ applicationId, month, cause, state }) => [applicationId, month, cause, state]),
      [
        [first.id, '2025-04', 'false-material', 'suspected'],
        [second.id, '2025-05', 'false-material', 'suspected'],
      ],
    );
    t.strictSame(body.othersWithMaterial, { caseNumbers: [other.caseNumber], beyondScope: 1 });
    t.strictSame([body.bar.state, body.bar.suspectedMonths], ['proposed', 2]);
    t.strictSame((await city.read(without)).flags, [], 'nobody is barred by a report');
    t.equal((await report(city, first)).body.code, 'state-conflict', 'the same again');
    const unknown = await city.call<Problem>(
      'handler-360203',
      'POST',
      `/v1/applications/${first.id}/false-material-reports`,
      { body: { grounds: '另一份材料', materialIds: [second.materials[0]?.id] } },
    );
    t.strictSame(
      unknown.body.errors.map(({ pointer, code }) => [pointer, code]),
      [['/body/materialIds/0', 'unknown-material']],
      'a material of another case',
    );
  },
);

t.test(
  'the first recovery confirmed by another officer bars the person, and every agency sees the bar',
  async (t) => {
    const city = await setup(t);
    const resident = await city.resident();
    const falsified = await approvedWithPaper(city, resident, { months: ['2025-04'] });
    await city.settled(await city.inPayment());
    const { body } = await report(city, falsified);
    const [suspected] = body.opened;
    if (suspected === undefined) throw new Error('the month is suspected');
    const own = await act(city, 'handler-360203', suspected, 'confirmation', heard);
    t.strictSame([own.status, own.body.code], [403, 'same-officer'], 'who reported does not confirm');
    t.equal((await act(city, 'reviewer-360203', suspected, 'confirmation', heard)).status, 200);
    t.strictSame((await barOf(city, falsified.personId))?.state, 'in-force');

    const submitted = await city.applied(resident, { months: ['2025-06'] });
    const check = await city.asked<{ flags: Flag[] }>(resident, { months: ['2025-06'] });
    t.strictSame(check.body.flags[0], flag, 'at the pre-check');
    const accepted = await city.act('handler-360203', submitted, 'acceptance');
    t.strictSame(accepted.flags[0], flag, 'at acceptance');
    const listed = await city.call<{ items: { id: string }[] }>('handler-360203', 'GET', '/v1/applications', {
      query: { flag: 'barred', state: 'accepted' },
      status: 200,
    });
    t.strictSame(
      listed.body.items.map(({ id }) => id),
      [accepted.id],
      'on the work list',
    );
    const decision = await decide(city, accepted);
    t.strictSame(decision.comparison.flags[0], flag, 'at the comparison');
    t.strictSame([decision.status, decision.body.code], [409, 'applicant-barred'], 'at the decision');
    const batch = await city.call<{ done: number; items: { refusal: Problem }[] }>(
      'reviewer-360203',
      'POST',
      '/v1/decisions',
      {
        body: {
          items: [
            { applicationId: accepted.id, version: accepted.version, comparisonId: decision.comparison.id },
          ],
        },
        status: 200,
      },
    );
    t.strictSame(
      [batch.body.done, batch.body.items[0]?.refusal.errors[0]?.code],
      [0, 'barred'],
      'never by batch signing',
    );

    const { body: notices } = await city.call<{ items: Notice[] }>('street-360203007', 'GET', '/v1/notices', {
      query: { applicationId: falsified.id, kind: 'bar' },
      status: 200,
    });
    t.strictSame(
      notices.items.map(({ title }) => title),
      ['取消申请补贴资格告知书'],
    );
    t.match(
      notices.items[0]?.paragraphs.join(''),
      new RegExp(`${grounds}.*现取消您申请补贴的资格.*须全部退还`),
    );
    const { body: demands } = await city.call<{ items: Notice[] }>('street-360203007', 'GET', '/v1/notices', {
      query: { applicationId: falsified.id, kind: 'recovery' },
      status: 200,
    });
    t.match(demands.items[0]?.closing.join(''), /您因提供虚假材料被取消申请补贴资格/);
    const events = await city.call<{ items: { applicationId: string }[] }>(
      'platform-ganfutong',
      'GET',
      '/v1/events',
      {
        query: { type: 'applicant-barred' },
        status: 200,
      },
    );
    t.strictSame(
      events.body.items.map(({ applicationId }) => applicationId),
      [falsified.id],
    );
  },
);

t.test('a bar is lifted once all is repaid, by a reviewer who had no part in the false case', async (t) => {
  const city = await setup(t);
  const { falsified, recovery, open } = await barred(city);
  const bar = async () => {
    const found = await barOf(city, falsified.personId);
    if (found === undefined) throw new Error('the person is barred');
    return found;
  };
  const lift = async (by: string) =>
    onBar(city, by, await bar(), 'lifting', { reason: '已全部退还并说明情况' });
  const early = await lift('second-reviewer-360203');
  t.strictSame([early.status, early.body.code], [409, 'bar-not-repaid']);
  t.match(early.body.detail, /尚有500元未退还/);
  t.equal((await repaid(city, recovery)).status, 200);
  t.equal((await decide(city, open)).body.code, 'applicant-barred', 'repaying alone lifts nothing');
  for (const by of ['handler-360203', 'payer-360203', 'street-360203007', 'platform-ganfutong'])
    t.equal((await lift(by)).status, 403, `${by} may not`);
  t.equal((await lift('reviewer-360202')).status, 404, 'nor may another agency');
  const own = await lift('reviewer-360203');
  t.strictSame(
    [own.status, own.body.code],
    [403, 'officer-already-on-case'],
    'nor who decided and confirmed',
  );
  const lifted = await lift('second-reviewer-360203');
  t.strictSame([lifted.status, lifted.body.state], [200, 'lifted']);
  t.equal((await lift('second-reviewer-360203')).body.code, 'state-conflict', 'once');
  t.equal((await decide(city, open)).status, 201);
  t.strictSame((await city.read(open)).flags, []);
  const events = await city.call<{ items: object[] }>('platform-ganfutong', 'GET', '/v1/events', {
    query: { type: 'bar-lifted' },
    status: 200,
  });
  t.equal(events.body.items.length, 1);
  const { body: notices } = await city.call<{ items: Notice[] }>('street-360203007', 'GET', '/v1/notices', {
    query: { applicationId: falsified.id },
    status: 200,
  });
  const verified = async (kind: string) => {
    const code = notices.items.find((one) => one.kind === kind)?.verificationCode;
    const url = `/v1/notice-verifications/${code}`;
    return (await city.call<{ isOverruled: boolean }>(null, 'GET', url, { status: 200 })).body.isOverruled;
  };
  t.strictSame(
    [await verified('bar'), await verified('bar-lifted')],
    [true, false],
    'the first paper no longer holds',
  );
});

t.test('if no month was granted, another reviewer than the reporter confirms the report', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const open = await acceptedWithPaper(city, resident, { months: ['2025-04'] });
  const { body } = await report(city, open, 'reviewer-360203');
  t.strictSame(body.opened, []);
  const confirm = (by: string) => onBar(city, by, body.bar, 'confirmation', heard);
  for (const by of ['handler-360203', 'payer-360203', 'street-360203007'])
    t.equal((await confirm(by)).status, 403, `${by} may not`);
  t.equal((await confirm('reviewer-360202')).status, 404, 'nor may another agency');
  const own = await confirm('reviewer-360203');
  t.strictSame([own.status, own.body.code], [403, 'same-officer']);
  t.equal((await confirm('second-reviewer-360203')).body.state, 'in-force');
  t.equal((await decide(city, open)).body.code, 'applicant-barred');
});

t.test(
  'an unfounded report of false material is dismissed, month by month and then as a whole',
  async (t) => {
    const city = await setup(t);
    const resident = await city.resident();
    const application = await approvedWithPaper(city, resident, { months: ['2025-04'] });
    const { body } = await report(city, application);
    const dismiss = (by = 'reviewer-360203') =>
      onBar(city, by, body.bar, 'dismissal', { reason: '材料属实' });
    t.equal((await dismiss()).body.code, 'state-conflict', 'a month is still in doubt');
    t.equal(
      (await onBar(city, 'second-reviewer-360203', body.bar, 'confirmation', heard)).body.code,
      'state-conflict',
      'nor is it confirmed past the month',
    );
    const [suspected] = body.opened;
    if (suspected === undefined) throw new Error('the month is suspected');
    await act(city, 'reviewer-360203', suspected, 'dismissal', { reason: '材料属实' });
    t.equal((await dismiss('payer-360203')).status, 403);
    t.equal((await dismiss()).body.state, 'dismissed');
    t.strictSame((await city.read(application)).flags, []);
  },
);

t.test('months that another agency granted on false material are confirmed by its officers', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const here = await approvedWithPaper(city, resident, { months: ['2025-04'] });
  const { identityNumber, name } = resident;
  const household = { kind: 'household', identityNumber, name };
  const sourceKey = `household-${keyOf({ identityNumber })}`;
  await city.deliver([
    { ...household, sourceKey, version: 2, street: resident.street, from: '1990-01-01', to: '2025-06-30' },
    { ...household, sourceKey: `${sourceKey}-2`, version: 1, street: '360202001', from: '2025-07-01' },
  ]);
  const moved = { ...resident, street: '360202001', agency: '360202' };
  const there = await approvedWithPaper(city, moved, { months: ['2025-05'] });
  const { body } = await report(city, here);
  t.strictSame(
    body.opened.map(({ month }) => month),
    ['2025-04'],
    'the officer opens those of their own agency',
  );
  await city.work();
  const suspected = (await city.recoveries('suspected')).find(
    ({ applicationId }) => applicationId === there.id,
  );
  if (suspected === undefined) throw new Error('the other agency’s month is suspected');
  t.strictSame([suspected.month, suspected.cause, suspected.grounds], ['2025-05', 'false-material', grounds]);
  t.equal((await act(city, 'handler-360203', suspected, 'confirmation', heard)).status, 404);
  t.equal((await act(city, 'handler-360202', suspected, 'confirmation', heard)).status, 200);
  const bar = await barOf(city, here.personId, 'handler-360203');
  t.strictSame([bar?.state, bar?.suspectedMonths], ['in-force', 1], 'the bar is of the agency that reported');
  t.equal(await barOf(city, here.personId, 'handler-360202'), undefined);
  t.strictSame((await city.read(there)).flags, [flag], 'and its flag is seen by both');
});

t.test('the database refuses an inconsistent bar', async (t) => {
  const city = await setup(t);
  const { falsified, open } = await barred(city);
  const comparison = await city.compared(open);
  const { pool } = city.db;
  const brokenBy = (statement: string, values: unknown[] = []): Promise<string | null> =>
    pool.query(statement, values).then(
      () => null,
      (error: { constraint?: string }) => error.constraint ?? String(error),
    );
  const approve = () =>
    brokenBy(
      `insert into decision (person_id, decision_id, application_id, comparison_id, outcome, approved_months, amount_fen,
         officer, agency_code, role, decided_at)
       values ($1, gen_random_uuid(), $2, $3, 'approved', '{2025-06}', 50000, 'somebody', '360203', 'reviewer', now())`,
      [open.personId, open.id, comparison.id],
    );
  t.equal(await approve(), 'nobody_is_approved_who_is_barred');
  const lift = `update bar set state = 'lifted', closed_at = now(), closing_reason = 'so', lifted_by = $1`;
  t.equal(await brokenBy(lift, ['nobody']), 'bar_is_lifted_once_all_is_repaid');
  await pool.query(`update recovery set state = 'repaid', repaid_fen = amount_fen where person_id = $1`, [
    falsified.personId,
  ]);
  const { rows } = await pool.query<{ officer: string }>(
    `select officer from bar_part where part = 'reporter'`,
  );
  t.equal(await brokenBy(lift, [rows[0]?.officer]), 'bar_is_lifted_by_an_officer_without_part');
  t.equal(
    await brokenBy(`insert into bar_part select person_id, bar_id, officer, 'lifter' from bar_part limit 1`),
    'one_part_per_officer_in_a_bar',
  );
  t.equal(
    await brokenBy(`insert into bar (person_id, bar_id, application_id, agency_code, street_code, state, version, proposed_at,
      proposed_by) select person_id, gen_random_uuid(), application_id, agency_code, street_code, 'proposed', 1, now(), 'x'
      from bar`),
    'one_open_bar_per_person',
  );
  await pool.query('drop trigger refuse_approval_of_barred on decision');
  t.equal(await approve(), null, 'without the guard this test would say so');
});
