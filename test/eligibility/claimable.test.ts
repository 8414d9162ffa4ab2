// Who may claim a quarter and has not applied: the list of a street or platform, and what platforms are told, once each.

import t from 'tap';
import type { Static } from 'typebox';
import type { ClaimableQuarter } from '../../src/eligibility/continuing/schemas.ts';
import { lockUntoldOfQuarter } from '../../src/eligibility/continuing/store.ts';
import type { Event } from '../../src/notifications/events/schemas.ts';
import { scopeOfService } from '../../src/platform/database/row-scope.ts';
import { transact } from '../../src/platform/database/transaction.ts';
import { type City, type Problem, setup } from '../helper.ts';
import { deathOf, held } from '../registers/residents.ts';

type Claimable = Static<typeof ClaimableQuarter>;

const platform = 'platform-ganfutong';
const street = 'street-360203007';

async function listed({ call }: City, by: string, query: Record<string, string> = {}): Promise<Claimable[]> {
  const url = '/v1/claimable-quarters';
  return (await call<{ items: Claimable[] }>(by, 'GET', url, { query, status: 200 })).body.items;
}

/** What the job tells, in this and in an earlier run that may have broken off. */
async function told(city: City, type: string) {
  await city.db.pool.query("select graphile_worker.add_job('tell-claimable')");
  await city.work();
  const { rows } = await city.db.pool.query('select from event where position is null');
  if (rows.length > 0) throw new Error('the job leaves it to the readers to put its events in order');
  const query = { type, limit: '200' };
  const { body } = await city.call<{ items: Static<typeof Event>[] }>(platform, 'GET', '/v1/events', {
    query,
    status: 200,
  });
  return body.items.map(({ caseNumber, content }) => ({ caseNumber, ...content }));
}

t.test('who was granted a quarter may claim the next, until applying for it', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  const elsewhere = await city.approved(await city.resident({ street: '360203001' }), { by: platform });
  t.strictSame(await listed(city, street), [], 'before the quarter has ended');
  city.clock.set('2025-10-01');
  const item = {
    applicationId: application.id,
    caseNumber: application.caseNumber,
    personId: application.personId,
    streetCode: '360203007',
    applicant: { name: resident.name },
    quarter: '2025Q3',
    months: ['2025-07', '2025-08', '2025-09'],
  };
  t.strictSame(await listed(city, street), [item]);
  t.strictSame(
    (await listed(city, platform)).map(({ caseNumber }) => caseNumber),
    [application.caseNumber, elsewhere.caseNumber],
  );
  t.strictSame(await listed(city, 'platform-hall'), [], 'another platform sees none of them');
  t.strictSame(await listed(city, street, { quarter: '2025Q2' }), [], 'the second quarter was applied for');
  const page = await city.call<{ items: Claimable[]; next: string }>(
    platform,
    'GET',
    '/v1/claimable-quarters',
    {
      query: { limit: '1' },
      status: 200,
    },
  );
  const after = await listed(city, platform, { limit: '1', after: page.body.next });
  t.strictSame([...page.body.items, ...after], await listed(city, platform));
  const { body } = await city.call<{ application: { id: string; version: number } }>(
    platform,
    'POST',
    `/v1/applications/${application.id}/continuations`,
    { status: 201 },
  );
  t.equal((await listed(city, street)).length, 1, 'a draft is no application');
  await city.call(platform, 'PATCH', `/v1/applications/${body.application.id}`, {
    body: {
      undertaking: {
        version: 'jdz-2024-139',
        signedAt: '2025-10-01T01:00:00Z',
        method: 'online-confirmation',
      },
    },
    ifMatch: body.application.version,
    status: 200,
  });
  await city.call(platform, 'POST', `/v1/applications/${body.application.id}/submission`, {
    ifMatch: body.application.version + 1,
    status: 200,
  });
  t.strictSame(await listed(city, street), []);
  const early = await city.call<Problem>(street, 'GET', '/v1/claimable-quarters', {
    query: { quarter: '2025Q4' },
  });
  t.strictSame(
    [early.status, early.body.errors.map(({ pointer, code }) => `${pointer} ${code}`)],
    [400, ['/query/quarter quarter-not-ended']],
  );
});

t.test('nobody is listed whose term is over, who has died, is in prison or is barred', async (t) => {
  const city = await setup(t);
  const dead = await city.resident();
  const imprisoned = await city.resident();
  const free = await city.resident();
  for (const one of [dead, imprisoned, free]) await city.approved(one);
  const retired = await city.approved(await city.resident());
  await city.db.pool.query(`update term set retirement_month = '2025-06' where person_id = $1`, [
    retired.personId,
  ]);
  const exhausted = await city.approved(await city.resident());
  await city.db.pool.query('update term set imported_months = cap - live_months where person_id = $1', [
    exhausted.personId,
  ]);
  await city.deliver([deathOf(dead, '2025-09-20'), held('imprisonment', imprisoned, '2025-08-01')]);
  city.clock.set('2025-10-01');
  t.strictSame(
    (await listed(city, street)).map(({ applicant }) => applicant.name),
    [free.name],
  );
});

t.test('a platform is told once that a quarter can be claimed, whatever runs twice', async (t) => {
  const city = await setup(t);
  const application = await city.approved();
  await city.approved(await city.resident(), { by: street });
  t.strictSame(await told(city, 'quarter-claimable'), [], 'before the quarter has ended');
  city.clock.set('2025-10-01');
  const once = [
    {
      caseNumber: application.caseNumber,
      quarter: '2025Q3',
      months: ['2025-07', '2025-08', '2025-09'].map((month) => ({
        month,
        state: 'claimable',
        amountFen: null,
      })),
    },
  ];
  t.strictSame(
    await told(city, 'quarter-claimable'),
    once,
    'the street that applied for others has its list',
  );
  city.clock.set('2025-10-02');
  t.strictSame(await told(city, 'quarter-claimable'), once);
  city.clock.set('2026-01-01');
  t.strictSame(
    (await told(city, 'quarter-claimable')).map(({ quarter }) => quarter),
    ['2025Q3', '2025Q4'],
  );
  const { rows } = await city.db.pool.query(
    `select change from audit_entry where operation = 'tellClaimable' order by entry_id`,
  );
  t.strictSame(
    rows.map(({ change }) => change),
    [
      { claimable: 1, ending: 0 },
      { claimable: 1, ending: 0 },
    ],
  );
});

t.test('a disbursement is created while platforms are being told', async (t) => {
  const city = await setup(t);
  const { id } = await city.approved();
  city.clock.set('2025-10-01');
  await transact(city.service, scopeOfService, async (tx) => {
    const telling = await lockUntoldOfQuarter(tx, [id], '2025Q3', ['2025-07', '2025-08', '2025-09']);
    t.strictSame(
      telling.map(({ applicationId }) => applicationId),
      [id],
    );
    await city.call('payer-360203', 'POST', '/v1/disbursements', { status: 201 });
  });
});

t.test('thirty days before a term ends, by age or by the cap, the platform is told once', async (t) => {
  const city = await setup(t);
  const byAge = await city.approved();
  await city.db.pool.query(`update term set retirement_month = '2025-11' where person_id = $1`, [
    byAge.personId,
  ]);
  const byCap = await city.approved();
  await city.db.pool.query('update term set imported_months = cap - live_months - 4 where person_id = $1', [
    byCap.personId,
  ]);
  city.clock.set('2025-09-30');
  t.strictSame(await told(city, 'term-ending'), []);
  city.clock.set('2025-10-01');
  const october = {
    caseNumber: byCap.caseNumber,
    months: [{ month: '2025-10', state: 'last-of-term', amountFen: null }],
  };
  t.strictSame(await told(city, 'term-ending'), [october], 'four months are left after June');
  city.clock.set('2025-10-30');
  t.strictSame(await told(city, 'term-ending'), [october]);
  city.clock.set('2025-10-31');
  const november = {
    caseNumber: byAge.caseNumber,
    months: [{ month: '2025-11', state: 'last-of-term', amountFen: null }],
  };
  t.strictSame(await told(city, 'term-ending'), [october, november]);
  t.strictSame(await told(city, 'term-ending'), [october, november]);
});

t.test('the list leaves a trace, and only streets and platforms have one', async (t) => {
  const city = await setup(t);
  const { personId } = await city.approved();
  city.clock.set('2025-10-01');
  await listed(city, platform);
  const { rows } = await city.db.pool.query(
    `select facts from look where person_id = $1 and operation = 'listClaimable'`,
    [personId],
  );
  t.strictSame(
    rows.map(({ facts }) => facts),
    [['case', 'entitlement', 'whole-name']],
  );
  for (const other of ['handler-360203', 'payer-360203', 'auditor', 'administrator'])
    await city.call(other, 'GET', '/v1/claimable-quarters', { status: 403 });
});
