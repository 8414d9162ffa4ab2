// A case is transferred 移送 to another agency unchanged, by its handler, before its decision; and corrections of the
// street and of the months.

import t from 'tap';
import { scopeOfService } from '../../../src/platform/database/row-scope.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import { cleanRecords, householdIn } from '../../registers/residents.ts';
import type { Application, Resident } from '../../steps.ts';

const platform = 'platform-ganfutong';
const reason = '经核对户口簿，户籍在该街道';
const away = '360202001';

interface Notice {
  readonly id: string;
  readonly number: string;
  readonly kind: string;
  readonly agencyCode: string;
  readonly streetCode: string;
  readonly applicationId: string;
  readonly paragraphs: readonly string[];
  readonly items: readonly { readonly subject: string }[];
}

/** A person with clean records, except that no register has the household. */
async function unregistered(city: City): Promise<Resident> {
  const resident = city.nextResident();
  const rows = cleanRecords(resident, ['2025-04', '2025-05', '2025-06']);
  await city.deliver(
    rows.filter((row) => row['kind'] !== 'household'),
    '2025-06',
  );
  return resident;
}

const transfer = <T>(
  { call }: City,
  by: string,
  { id, version }: Application,
  streetCode: string,
  key?: string,
) =>
  call<T>(by, 'POST', `/v1/applications/${id}/transfer`, {
    body: { streetCode, reason },
    ifMatch: version,
    ...(key === undefined ? {} : { key }),
  });

async function seen(city: City, by: string, { id }: Application) {
  return await city.call<Application>(by, 'GET', `/v1/applications/${id}`);
}

async function noticesOf(city: City, by: string, { id }: Application, kind?: string): Promise<Notice[]> {
  const { body } = await city.call<{ items: Notice[] }>(by, 'GET', '/v1/notices', { status: 200 });
  return body.items.filter((one) => one.applicationId === id && (kind === undefined || one.kind === kind));
}

const changeDraft = <T>({ call }: City, { id, version }: Application, body: object) =>
  call<T>(platform, 'PATCH', `/v1/applications/${id}`, { body, ifMatch: version });

async function corrected(city: City, application: Application, ...subjects: string[]): Promise<Application> {
  const defects = subjects.map((subject) => ({
    subject,
    problem: '与户口簿所载不一致',
    remedy: '请核对后更正',
  }));
  const { body } = await city.call<Application>(
    `handler-${application.agencyCode}`,
    'POST',
    `/v1/applications/${application.id}/correction-requests`,
    { body: { defects }, ifMatch: application.version, status: 200 },
  );
  return body;
}

t.test(
  'a transferred case keeps its time limit, materials and months, and both streets and the platform are notified',
  async (t) => {
    const city = await setup(t);
    const { db } = city;
    const resident = await city.resident();
    const draft = await city.drafted(resident);
    const supplied = await city.supplied(draft, 'identity-card');
    const submitted = await city.act(platform, supplied, 'submission');
    const application = await city.act('handler-360203', submitted, 'acceptance');
    await city.deliver([householdIn(resident, away, 2)]);
    city.clock.set('2025-07-10');

    const answer = await transfer<object>(city, 'handler-360203', application, away, 'transfer-once');
    t.equal(answer.status, 200);
    const from = { agencyCode: '360203', streetCode: '360203007' };
    const to = { agencyCode: '360202', streetCode: away };
    const passed = { from, to, reason, transferredAt: '2025-07-10T02:00:00Z' };
    t.strictSame(answer.body, {
      applicationId: application.id,
      caseNumber: application.caseNumber,
      version: application.version + 1,
      state: 'accepted',
      ...passed,
      dueOn: application.timeLimit?.dueOn,
    });
    const again = await transfer<object>(city, 'handler-360203', application, away, 'transfer-once');
    t.strictSame([again.status, again.body], [200, answer.body], 'a retry is the same transfer');

    const { body: now } = await seen(city, 'handler-360202', application);
    t.strictSame(
      {
        ...now,
        ...{ version: 0, agencyCode: '', streetCode: '', transfers: [], flags: [], timeLimit: null },
      },
      {
        ...application,
        ...{ version: 0, agencyCode: '', streetCode: '', transfers: [], flags: [], timeLimit: null },
        recordsChangedAt: now.recordsChangedAt,
      },
      'as it stood',
    );
    t.strictSame(now.timeLimit?.dueOn, application.timeLimit?.dueOn, 'its time goes on');
    t.strictSame(now.transfers, [{ ...passed, transferredAt: '2025-07-10T02:00:00.000000Z' }]);
    t.equal((await seen(city, platform, application)).body.agencyCode, '360202');

    for (const by of ['handler-360203', 'reviewer-360203', 'payer-360203', 'street-360203007'])
      t.equal((await seen(city, by, application)).status, 404, `${by} sees it no more`);
    const back = await transfer<Problem>(city, 'handler-360203', now, '360203007');
    t.equal(back.status, 404, 'and the old agency cannot take it back');

    const told = '您无需重新申请：受理编号、已交的材料和所申请的月份均保留，办理时限连续计算';
    for (const [by, place] of [
      ['street-360203007', from],
      [`street-${away}`, to],
    ] as const) {
      const [notice, ...more] = await noticesOf(city, by, application, 'transfer');
      t.strictSame(more, [], by);
      t.strictSame({ agencyCode: notice?.agencyCode, streetCode: notice?.streetCode }, place);
      t.ok(notice?.paragraphs[1]?.startsWith(told), by);
    }
    const { body: events } = await city.call<{ items: object[] }>(platform, 'GET', '/v1/events', {
      query: { type: 'application-transferred' },
      status: 200,
    });
    t.strictSame(
      events.items.map((event) => ({ ...event, id: '', happenedAt: '' })),
      [
        {
          id: '',
          type: 'application-transferred',
          happenedAt: '',
          applicationId: application.id,
          caseNumber: application.caseNumber,
          agencyCode: '360202',
          content: { state: 'accepted' },
        },
      ],
    );
    const { rows: parts } = await db.pool.query('select part, agency_code from case_part');
    t.strictSame(parts, [{ part: 'handler', agency_code: '360203' }], 'who accepted it stays on it');

    // Its months stay claimed, and it is decided and paid by the new agency.
    const rival = await city.drafted({ ...resident, street: away }, { months: ['2025-04'] });
    const refused = await city.call<Problem>(platform, 'POST', `/v1/applications/${rival.id}/submission`, {
      ifMatch: rival.version,
      status: 409,
    });
    t.equal(refused.body.code, 'month-already-claimed');
    t.equal((await city.decided(now)).outcome, 'approved');
    const numbers = (await noticesOf(city, platform, application)).map(({ number }) => number);
    t.strictSame(
      numbers,
      [1, 2, 3, 4].map((n) => `${application.caseNumber}-0${n}`),
    );
    const run = await city.verified('360202');
    t.strictSame(
      (await city.linesOf(run)).map(({ caseNumber }) => caseNumber),
      [application.caseNumber],
    );
  },
);

t.test('after a transfer the old agency sees the transfer and nothing else of the case', async (t) => {
  const city = await setup(t);
  const application = await city.accepted(await unregistered(city));
  t.equal((await transfer(city, 'handler-360203', application, away)).status, 200);
  const left = async (code: string) =>
    await transact(city.service, { ...scopeOfService, relation: 'agency', code }, async (tx) => {
      const cases = await tx.selectFrom('application').select('caseNumber').execute();
      const months = await tx.selectFrom('subsidyMonth').select('month').execute();
      const parts = await tx.selectFrom('casePart').select('part').execute();
      const transfers = await tx.selectFrom('caseTransfer').select('toAgency').execute();
      const { numUpdatedRows } = await tx
        .updateTable('application')
        .set({ agencyCode: code })
        .where('applicationId', '=', application.id)
        .executeTakeFirst();
      return [cases.length, months.length, parts.length, transfers.length, Number(numUpdatedRows)];
    });
  t.strictSame(await left('360203'), [0, 0, 0, 1, 0]);
  t.strictSame(await left('360202'), [1, 3, 1, 1, 1]);
  t.strictSame(await left('360281'), [0, 0, 0, 0, 0]);
});

t.test('a transfer to a wrong street or by an unauthorised officer is refused', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.accepted(resident);
  const fieldErrors = async (streetCode: string) => {
    const { status, body } = await transfer<Problem>(city, 'handler-360203', application, streetCode);
    return [status, body.errors.map(({ code }) => code)];
  };
  t.strictSame(await fieldErrors(away), [400, ['other-than-registered']], 'the register says where it is');
  t.strictSame(await fieldErrors('360203007'), [400, ['already-there']]);
  t.strictSame(await fieldErrors('360203100'), [400, ['other-than-registered', 'unknown-street']], 'closed');
  for (const by of ['reviewer-360203', 'street-360203007', platform, 'auditor'])
    t.equal((await transfer<Problem>(city, by, application, away)).status, 403, by);
  t.equal((await transfer<Problem>(city, 'handler-360202', application, away)).status, 404);
  const stale = { ...application, version: 1 };
  t.equal((await transfer<Problem>(city, 'handler-360203', stale, away)).status, 412);

  const draft = await city.drafted(await city.resident());
  t.equal((await transfer<Problem>(city, 'handler-360203', draft, away)).body.code, 'state-conflict');
  await city.decided(application);
  await city.deliver([householdIn(resident, away, 2)]);
  const decided = await city.read(application);
  const late = await transfer<Problem>(city, 'handler-360203', decided, away);
  t.strictSame([late.status, late.body.code], [409, 'state-conflict'], 'after the decision');
  await t.rejects(
    transact(city.service, scopeOfService, (tx) =>
      tx
        .updateTable('application')
        .set({ streetCode: away, agencyCode: '360202' })
        .where('applicationId', '=', application.id)
        .execute(),
    ),
    { message: /a case is transferred before its decision/ },
    'the database holds it too',
  );
});

t.test(
  'a transfer to a street of a functional zone reaches the zone’s own agency, and a case may be transferred twice',
  async (t) => {
    const city = await setup(t);
    const application = await city.accepted(await unregistered(city));
    t.equal((await transfer(city, 'handler-360203', application, '360203400')).status, 200);
    const { body: inZone } = await seen(city, 'handler-3602G1', application);
    t.strictSame([inZone.agencyCode, inZone.streetCode, inZone.state], ['3602G1', '360203400', 'accepted']);
    t.equal((await transfer(city, 'handler-3602G1', inZone, '360281001')).status, 200);
    const { body: last } = await seen(city, 'handler-360281', application);
    t.strictSame(
      last.transfers.map(({ from, to }) => [from.agencyCode, to.agencyCode]),
      [
        ['360203', '3602G1'],
        ['3602G1', '360281'],
      ],
    );
    t.strictSame(
      (await noticesOf(city, platform, application)).map(({ number }) => number.slice(-2)),
      ['01', '02', '03', '04', '05'],
    );
  },
);

t.test('of two concurrent transfers, or a transfer and an acceptance, only one succeeds', async (t) => {
  const city = await setup(t);
  const application = await city.applied(await unregistered(city));
  const { id, version } = application;
  const transfers = [away, '360281001'].map((to) =>
    transfer<Problem>(city, 'handler-360203', application, to),
  );
  const acceptance = city.call('handler-360203', 'POST', `/v1/applications/${id}/acceptance`, {
    body: {},
    ifMatch: version,
  });
  const transferred = (await Promise.all(transfers)).filter(({ status }) => status === 200).length;
  t.equal(transferred + Number((await acceptance).status === 200), 1);
  const { rows } = await city.db.pool.query('select count(*)::int as transfers from case_transfer');
  t.strictSame(rows, [{ transfers: transferred }]);
});

t.test(
  'an open correction stays open after a transfer, which answers its item about the street',
  async (t) => {
    const city = await setup(t);
    const application = await city.applied(await unregistered(city));
    const open = await corrected(city, application, 'household', 'work');
    t.equal((await transfer(city, 'handler-360203', open, away)).status, 200);
    const { body: now } = await seen(city, 'handler-360202', application);
    t.equal(now.state, 'correction-requested');
    t.strictSame(
      now.correction?.items.map(({ subject, answeredAt }) => [subject, answeredAt !== null]),
      [
        ['household', true],
        ['work', false],
      ],
    );
    t.equal(now.timeLimit?.state, 'paused');
    const [notice] = await noticesOf(city, `street-${away}`, application, 'transfer');
    t.strictSame(
      notice?.items.map(({ subject }) => subject).includes('灵活就业情况'),
      true,
      'the new street reads what is still to be corrected',
    );
    const { body: mended } = await changeDraft<Application>(city, now, {
      work: { kind: 'platform', since: '2024-03-01', place: '昌江区' },
    });
    t.equal((await city.act(platform, mended, 'submission')).agencyCode, '360202');
  },
);

t.test('a correction of the street allows only streets of the same agency', async (t) => {
  const city = await setup(t);
  const application = await city.applied(await unregistered(city));
  const unasked = await corrected(city, application, 'work');
  const street = (streetCode: string) => ({ household: { streetCode } });
  const fixed = await changeDraft<Problem>(city, unasked, street('360203001'));
  t.strictSame(
    fixed.body.errors.map(({ pointer, code }) => [pointer, code]),
    [['/body/household', 'fixed']],
  );

  const asked = await corrected(city, await city.applied(await unregistered(city)), 'household');
  const far = await changeDraft<Problem>(city, asked, street(away));
  t.strictSame(far.body.errors, [
    {
      pointer: '/body/household/streetCode',
      code: 'needs-transfer',
      detail: '该街道（乡镇）由昌江区就业创业服务中心办理。请向现经办机构说明，由其移送；您无需重新申请。',
    },
  ]);
  const near = await changeDraft<Application>(city, asked, street('360203001'));
  t.strictSame([near.status, near.body.streetCode, near.body.agencyCode], [200, '360203001', '360203']);
  t.ok(near.body.correction?.items.find(({ subject }) => subject === 'household')?.answeredAt);
});

t.test('a correction of the months releases the old months and claims the new ones', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const months = (...list: string[]) => ({ months: list });
  const application = await city.applied(resident, { months: ['2025-04', '2025-05'] });
  const open = await corrected(city, application, 'months');
  const wrong = await changeDraft<Problem>(city, open, months('2025-03'));
  t.strictSame(
    wrong.body.errors.map(({ pointer }) => pointer),
    ['/body/months/0'],
    'of the same quarter',
  );
  const quarter = await changeDraft<Problem>(city, open, { quarter: '2025Q1', months: ['2025-03'] });
  t.ok(quarter.body.errors.some(({ code }) => code === 'fixed'));

  const { body: changed } = await changeDraft<Application>(city, open, months('2025-06', '2025-05'));
  t.strictSame(
    changed.months.map(({ month, state }) => [month, state]),
    [
      ['2025-05', 'claimed'],
      ['2025-06', 'claimed'],
    ],
  );
  const other = await city.applied(resident, { months: ['2025-04'] });
  t.equal(other.state, 'submitted', 'what was given up is free');
  const taken = await changeDraft<Problem>(city, changed, months('2025-04', '2025-05'));
  t.strictSame(
    [taken.body.code, taken.body.errors.map(({ pointer, code }) => [pointer, code])],
    ['month-already-claimed', [['/body/months/0', 'claimed-elsewhere']]],
  );
  await city.act(platform, other, 'withdrawal');
  const { body: back } = await changeDraft<Application>(city, changed, months('2025-04', '2025-05'));
  const submitted = await city.act(platform, back, 'submission');
  await city.decided(await city.act('handler-360203', submitted, 'acceptance'));
  const { rows } = await city.db.pool.query(
    'select month, state from subsidy_month where application_id = $1 order by month',
    [application.id],
  );
  t.strictSame(rows, [
    { month: '2025-04', state: 'live' },
    { month: '2025-05', state: 'live' },
    { month: '2025-06', state: 'released' },
  ]);
});

t.test('when two cases claim the same month at once, one of them gets it', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const one = await corrected(city, await city.applied(resident, { months: ['2025-04'] }), 'months');
  const two = await corrected(city, await city.applied(resident, { months: ['2025-05'] }), 'months');
  const answers = await Promise.all([
    changeDraft<Problem>(city, one, { months: ['2025-04', '2025-06'] }),
    changeDraft<Problem>(city, two, { months: ['2025-05', '2025-06'] }),
  ]);
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 409]);
  t.ok(answers.some(({ body }) => body.code === 'month-already-claimed'));
});
