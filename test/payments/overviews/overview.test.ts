// A person on one page: what an officer sees of them, and the lists that are asked for with the person, case or street.

import t from 'tap';
import type { Static } from 'typebox';
import { moneyStateOf } from '../../../src/applications/application/money.ts';
import { sumMoney } from '../../../src/payments/overviews/money.ts';
import type { PersonOverview } from '../../../src/payments/overviews/schemas.ts';
import { type Problem, setup } from '../../helper.ts';
import { act, heard, paidCase, refundOf } from '../recoveries/contradictions.ts';

type Overview = Static<typeof PersonOverview>;

const city = await setup(t);
const { call } = city;
const handler = 'handler-360203';
const overviewOf = (personId: string) => `/v1/people/${personId}/overview`;

async function overview(by: string, personId: string): Promise<Overview> {
  return (await call<Overview>(by, 'GET', overviewOf(personId), { status: 200 })).body;
}

const { resident, application } = await paidCase(city);
const { personId } = application;
await city.deliver([refundOf(resident)]);
await city.work();

t.test('an officer sees cases, months, money, debts, notices, recoveries and term on one page', async (t) => {
  const [suspected] = (await city.recoveries('suspected')).filter((one) => one.personId === personId);
  if (suspected === undefined) throw new Error('a refund opens a recovery');
  const { body: confirmed } = await act(city, handler, suspected, 'confirmation', heard);
  t.equal(confirmed.state, 'confirmed');
  const page = await overview(handler, personId);
  t.equal(page.personId, personId);
  t.match(page.identityNumber, /^3\*{16}[0-9X]$/);
  t.strictSame(
    page.cases.items.map(({ id, state }) => [id, state]),
    [[application.id, 'approved']],
  );
  t.strictSame(
    page.months.map(({ month, state, money }) => [month, state, money?.state, money?.owedFen]),
    [
      ['2025-04', 'recovered', 'owed', 50_000],
      ['2025-05', 'live', 'paid', 0],
      ['2025-06', 'live', 'paid', 0],
    ],
  );
  t.strictSame(page.money, {
    waitingFen: 0,
    inPaymentFen: 0,
    notPaidFen: 0,
    paidFen: 150_000,
    setOffFen: 0,
    owedFen: 50_000,
  });
  t.strictSame(
    page.recoveries.items.map(({ id, owedFen }) => [id, owedFen]),
    [[suspected.id, 50_000]],
  );
  t.strictSame(
    page.notices.items.map(({ kind }) => kind),
    ['acceptance', 'decision', 'recovery'],
  );
  t.strictSame(page.entitlement.liveMonths, ['2025-05', '2025-06']);
  t.equal(page.entitlement.term.used, 3, 'a recovered month counts until it is repaid');
  const { body: entitlement } = await call<Overview['entitlement']>(
    handler,
    'GET',
    `/v1/people/${personId}/entitlement`,
    { status: 200 },
  );
  t.strictSame(
    page.entitlement,
    entitlement,
    'the term and the claimable months are those of getEntitlement',
  );
});

t.test('street, reviewer, payer and auditor see the same page', async (t) => {
  const seen = await overview(handler, personId);
  for (const by of ['street-360203007', 'reviewer-360203', 'payer-360203', 'auditor'])
    t.strictSame(await overview(by, personId), seen, by);
});

t.test('who has no part in the person is told what everybody is told of an unknown one', async (t) => {
  const unknown = '0198a000-0000-7000-8000-000000000000';
  for (const stranger of ['street-360203001', 'handler-360202', 'payer-360222']) {
    const foreign = await call<Problem>(stranger, 'GET', overviewOf(personId), { status: 404 });
    const missing = await call<Problem>(stranger, 'GET', overviewOf(unknown), { status: 404 });
    t.strictSame([foreign.body.code, foreign.body.detail], [missing.body.code, missing.body.detail]);
  }
  for (const other of ['platform-ganfutong', 'finance-360203', 'administrator', 'provincial-system'])
    await call(other, 'GET', overviewOf(personId), { status: 403 });
});

t.test(
  'of a person with cases at two agencies each sees its own, and the term of the whole city',
  async (t) => {
    const moved = await city.resident();
    const first = await city.approved(moved, { months: ['2025-04'] });
    const elsewhere = { ...moved, street: '360202001', agency: '360202' };
    await city.deliver([
      {
        kind: 'household',
        sourceKey: `household-${moved.identityNumber.slice(-6)}-moved`,
        version: 1,
        identityNumber: moved.identityNumber,
        name: moved.name,
        from: '2025-05-01',
        street: elsewhere.street,
      },
    ]);
    const { body: drafted, status } = await call<{ id: string }>(
      'platform-ganfutong',
      'POST',
      '/v1/applications',
      {
        body: city.applicationOf(elsewhere, { months: ['2025-05'] }),
      },
    );
    t.equal(status, 201, JSON.stringify(drafted));
    const seen = await overview(handler, first.personId);
    t.strictSame(
      seen.cases.items.map(({ id }) => id),
      [first.id],
    );
    t.strictSame(
      seen.months.map(({ month }) => month),
      ['2025-04'],
    );
    const there = await overview('handler-360202', first.personId);
    t.strictSame(
      [there.months, there.recoveries.items, there.notices.items],
      [[], [], []],
      'nothing of the other agency’s case, money and notices',
    );
    t.strictSame(there.entitlement.liveMonths, ['2025-04'], 'the granted month counts in the whole city');
  },
);

t.test('reading the page leaves a trace of everything it shows', async (t) => {
  await overview('payer-360203', personId);
  const { rows } = await city.db.pool.query(
    `select facts from look where person_id = $1 and operation = 'getPersonOverview' order by at desc limit 1`,
    [personId],
  );
  t.strictSame(rows[0]?.facts, [
    'case',
    'identity',
    'entitlement',
    'notice',
    'payment',
    'recovery',
    'whole-name',
  ]);
});

t.test('recoveries, notices and lines are filtered by person, case, street and state', async (t) => {
  const other = await city.approved(await city.resident({ street: '360203001' }));
  const { body: made } = await call<{ id: string }>('payer-360203', 'POST', '/v1/disbursements', {
    status: 201,
  });
  const idsOf = async (by: string, url: string, query: Record<string, string>) => {
    const { body } = await call<{ items: Record<string, string>[] }>(by, 'GET', url, { query, status: 200 });
    return body.items.map(({ id, lineId }) => id ?? lineId);
  };
  const lists = [
    ['/v1/recoveries', 'auditor'],
    ['/v1/notices', 'auditor'],
    [`/v1/disbursements/${made.id}/lines`, 'payer-360203'],
  ] as const;
  for (const [url, by] of lists) {
    const whole = await idsOf(by, url, {});
    const person = url.endsWith('lines') ? other : application;
    const ofPerson = await idsOf(by, url, { personId: person.personId });
    t.ok(ofPerson.length > 0 && ofPerson.every((id) => whole.includes(id)), url);
    t.strictSame(await idsOf(by, url, { applicationId: person.id }), ofPerson, `${url} of the case`);
    const ofStreet = await idsOf(by, url, { streetCode: person.streetCode });
    t.ok(
      ofPerson.every((id) => ofStreet.includes(id)),
      `${url} of the street`,
    );
    t.strictSame(
      await idsOf(by, url, { personId: person.personId, streetCode: '360203002' }),
      [],
      `${url}: all that is asked must hold`,
    );
  }
  t.strictSame(await idsOf(handler, '/v1/recoveries', { personId: other.personId }), []);
  t.strictSame(await idsOf('handler-360202', '/v1/recoveries', { personId }), [], 'not another agency’s');
  t.strictSame(await idsOf('handler-360202', '/v1/notices', { personId }), [], 'nor its notices');
  t.strictSame(await idsOf('auditor', '/v1/recoveries', { personId, state: 'suspected' }), []);
});

t.test('what became of a month’s money follows from its line, set-off and recovery', (t) => {
  const live = {
    state: 'live',
    amountFen: 50_000,
    lineState: null,
    setOffAt: null,
    wasPaid: null,
    owedFen: null,
    isClosed: false,
  } as const;
  const recovered = { ...live, state: 'recovered', wasPaid: true, owedFen: 0 } as const;
  t.strictSame(
    [
      live,
      ...(
        ['waiting', 'held', 'released', 'in-payment', 'unknown', 'paid', 'failed', 'returned'] as const
      ).map((lineState) => ({ ...live, lineState })),
      { ...live, setOffAt: '2025-07-05T00:00:00Z' },
      { ...recovered, wasPaid: false },
      { ...recovered, owedFen: 20_000 },
      recovered,
      { ...live, state: 'claimed' as const, amountFen: null },
    ].map(moneyStateOf),
    [
      'waiting',
      'on-roster',
      'held',
      'waiting',
      'in-payment',
      'in-payment',
      'paid',
      'failed',
      'returned',
      'set-off',
      'stopped',
      'owed',
      'repaid',
      null,
    ],
  );
  t.strictSame(
    sumMoney([
      live,
      { ...live, lineState: 'failed' },
      { ...recovered, owedFen: 20_000 },
      { ...recovered, setOffAt: '2025-07-05T00:00:00Z' },
    ]),
    {
      waitingFen: 50_000,
      inPaymentFen: 0,
      notPaidFen: 50_000,
      paidFen: 50_000,
      setOffFen: 50_000,
      owedFen: 20_000,
    },
  );
  t.end();
});
