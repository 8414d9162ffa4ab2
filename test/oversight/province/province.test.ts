// What the provincial system reads: every decision and payment outcome of the city with whole personal data, again after
// every change, each page in the audit and in the access report of everybody on it.

import t from 'tap';
import type { Static } from 'typebox';
import { insertEvents } from '../../../src/notifications/events/store.ts';
import type { DecisionChanges, PaymentOutcomeChanges } from '../../../src/oversight/province/schemas.ts';
import { deleteExpired } from '../../../src/oversight/retention/operations.ts';
import type { Access, OwnAccess } from '../../../src/oversight/reveals/schemas.ts';
import type { Tx } from '../../../src/platform/database/connect.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { writeAsService } from '../../../src/platform/write-context.ts';
import { type City, patient, setup } from '../../helper.ts';
import { contribution, deathOf, held, keyOf } from '../../registers/residents.ts';
import { type Application, questionAbout, type RecoveryAnswer } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

type Decisions = Static<typeof DecisionChanges>;
type Outcomes = Static<typeof PaymentOutcomeChanges>;
type Query = Record<string, string>;

const province = 'provincial-system';
const second = ['2025-04', '2025-05', '2025-06'];

async function decisionsOf({ call }: City, query: Query = {}): Promise<Decisions> {
  return (await patient(call)<Decisions>(province, 'GET', '/v1/decisions', { query, status: 200 })).body;
}

async function outcomesOf({ call }: City, query: Query = {}): Promise<Outcomes> {
  return (await patient(call)<Outcomes>(province, 'GET', '/v1/payment-outcomes', { query, status: 200 }))
    .body;
}

t.test('the province reads a decision with its person, months, reasons and officer', async (t) => {
  const city = await setup(t);
  const { resident, approved, accepted, decided } = city;
  const person = await resident();
  const granted = await approved(person, { months: ['2025-04', '2025-05'] });
  const listed = await resident();
  const application = await accepted(listed);
  await city.deliver([held('dishonesty', listed, '2025-04-01')]);
  await decided(await city.read(application), 'refused');

  const { items } = await decisionsOf(city);
  t.strictSame(
    items.map(({ caseNumber, outcome, state }) => [caseNumber, outcome, state]),
    [
      [granted.caseNumber, 'approved', 'in-force'],
      [application.caseNumber, 'refused', 'in-force'],
    ],
  );
  const [first, refused] = items;
  strictMatch(t, first, {
    applicationId: granted.id,
    quarter: '2025Q2',
    agencyCode: '360203',
    streetCode: '360203007',
    role: 'reviewer',
    amountFen: 100_000,
    replacesDecisionId: null,
    undone: null,
    decidedAt: '2025-07-05T02:00:00.000000Z',
    changedAt: '2025-07-05T02:00:00.000000Z',
  });
  t.match(first?.officer?.account, /\|reviewer-360203$/);
  strictMatch(t, first?.person, { identityNumber: person.identityNumber, name: person.name });
  t.strictSame(
    first?.person.sourceKeys.map(({ source, kind, sourceKey }) => [source, kind, sourceKey]),
    [
      ['contribution', `contribution-${keyOf(person)}-2025-06`],
      ['flexible-employment', `flexible-employment-${keyOf(person)}`],
      ['hardship-recognition', `hardship-recognition-${keyOf(person)}`],
      ['household', `household-${keyOf(person)}`],
      ['unemployment-registration', `unemployment-registration-${keyOf(person)}`],
    ].map(([kind, key]) => ['jx-human-resources', kind, key]),
    'of each kind the newest of its own keys',
  );
  t.strictSame(
    first?.months.map(({ month, outcome, amountFen, reasons, payment, recovery }) => [
      month,
      outcome,
      amountFen,
      reasons,
      payment,
      recovery,
    ]),
    ['2025-04', '2025-05'].map((month) => [month, 'payable', 50_000, [], null, null]),
  );
  t.equal(refused?.amountFen, 0);
  t.strictSame(
    refused?.months.map(({ month, outcome, amountFen }) => [month, outcome, amountFen]),
    second.map((month) => [month, 'excluded', 0]),
  );
  strictMatch(t, refused?.months[0]?.reasons, [{ check: 'dishonest', article: '第六条第7项' }]);
  t.match(refused?.months[0]?.explanation, /不予补贴/);

  t.test('an event tells the province its own keys of the person, and a platform none', async (t) => {
    type Heard = { items: { applicationId: string; sourceKeys?: object[] }[] };
    const heard = async (caller: string) =>
      (await city.call<Heard>(caller, 'GET', '/v1/events', { status: 200 })).body.items.find(
        ({ applicationId }) => applicationId === granted.id,
      );
    t.strictSame((await heard(province))?.sourceKeys, first?.person.sourceKeys);
    t.equal((await heard('platform-ganfutong'))?.sourceKeys, undefined);
    t.equal((await heard('auditor'))?.sourceKeys, undefined);
  });
});

t.test('a decision comes again when it is confirmed, undone, replaced, paid and recovered', async (t) => {
  const city = await setup(t, { SUBSIDY_QUALITY_REVIEW_APPROVALS: '100' });
  const { call, resident, approved, read, decided } = city;
  let next: string | undefined;
  const changed = async () => {
    const page = await decisionsOf(city, next === undefined ? {} : { after: next });
    next = page.next;
    return page.items;
  };
  const states = async () => (await changed()).map(({ state }) => state);
  const person = await resident();
  let application = await approved(person, { months: ['2025-04'] });
  t.strictSame(await states(), ['awaiting-quality-review'], 'shown as not yet in force');
  t.strictSame(await states(), [], 'and not again without a change');

  const url = `/v1/applications/${application.id}/decision`;
  const second = 'second-reviewer-360203';
  await call(second, 'POST', `${url}/quality-review/return`, {
    body: { reason: '须重新比对' },
    ifMatch: application.version,
    status: 200,
  });
  const [undone] = await changed();
  strictMatch(t, undone, { state: 'undone' });
  t.match(undone?.undone?.by?.account, /second-reviewer-360203$/);

  application = await read(application);
  await decided(application);
  application = await read(application);
  const replaced = await changed();
  t.strictSame(
    replaced.map(({ state, replacesDecisionId }) => [state, replacesDecisionId]),
    [
      ['undone', null],
      ['awaiting-quality-review', undone?.id],
    ],
    'the undone one beside the one that replaced it',
  );
  await call(second, 'POST', `${url}/quality-review/confirmation`, {
    ifMatch: application.version,
    status: 200,
  });
  t.strictSame(await states(), ['undone', 'in-force']);

  await city.settled(await city.inPayment());
  const month = async () => (await changed()).at(-1)?.months[0];
  strictMatch(t, await month(), { payment: { state: 'paid' }, recovery: null });

  await city.deliver([contribution(person, '2025-04', { version: 2, refunded: true })]);
  await city.work();
  strictMatch(t, await month(), {
    payment: { state: 'paid' },
    recovery: { state: 'suspected', wasPaid: null },
  });
  const [suspected] = await city.recoveries('suspected');
  const act = async (by: string, version: number, step: string, body: object) =>
    (
      await call<RecoveryAnswer>(by, 'POST', `/v1/recoveries/${suspected?.id}/${step}`, {
        body,
        ifMatch: version,
        status: 200,
      })
    ).body;
  const heard = { heardOn: '2025-07-05', heardHow: 'phone' };
  const confirmed = await act('handler-360203', suspected?.version ?? 0, 'confirmation', heard);
  strictMatch(t, await month(), {
    payment: { state: 'paid' },
    recovery: { state: 'confirmed', wasPaid: true, owedFen: 50_000 },
  });
  const repaid = (amountFen: number, reference: string) => ({
    amountFen,
    reference,
    receivedOn: '2025-07-05',
  });
  const part = await act('payer-360203', confirmed.version, 'repayments', repaid(20_000, '退-1'));
  strictMatch(t, await month(), { recovery: { state: 'confirmed', repaidFen: 20_000, owedFen: 30_000 } });
  await act('payer-360203', part.version, 'repayments', repaid(30_000, '退-2'));
  strictMatch(t, await month(), { recovery: { state: 'repaid', owedFen: 0 } });
  t.strictSame(await states(), []);
  t.strictSame(
    (await decisionsOf(city)).items.map(({ state }) => state),
    ['undone', 'in-force'],
    'from the beginning each decision comes once, as it is now',
  );
});

t.test(
  'a payment outcome comes again when it is returned, and its replacement comes as its own',
  async (t) => {
    const city = await setup(t);
    const { call, resident } = city;
    const people = [await resident(), await resident()];
    const [paid, failing] = [await city.approved(people[0]), await city.approved(people[1])];
    t.strictSame((await outcomesOf(city)).items, [], 'nothing before the bank has answered');
    const failed = { result: 'failed', failure: 'account-closed' } as const;
    const sent = await city.inPayment();
    t.strictSame((await outcomesOf(city)).items, [], 'nor while it has the payment');
    city.clock.set('2025-07-05T03:00:00Z');
    await city.settled(sent, ({ caseNumber }) =>
      caseNumber === failing.caseNumber ? failed : { result: 'paid' },
    );
    const first = await outcomesOf(city);
    t.strictSame(
      first.items.map((item) => [item.person.identityNumber, item.state, item.failure, item.amountFen]),
      [
        [people[0]?.identityNumber, 'paid', null, 150_000],
        [people[1]?.identityNumber, 'failed', 'account-closed', 150_000],
      ],
    );
    strictMatch(t, first.items[0], {
      agencyCode: '360203',
      disbursementNumber: sent.number,
      batchNumber: sent.paymentFiles[0]?.batchNumber,
      sentAt: '2025-07-05T02:00:00.000000Z',
      settledAt: '2025-07-05T03:00:00.000000Z',
      returnedOn: null,
      replacesLineId: null,
    });
    const decisions = (await decisionsOf(city)).items;
    t.strictSame(
      first.items[0]?.months.map(({ month, amountFen, caseNumber, decisionId }) => [
        month,
        amountFen,
        caseNumber,
        decisionId,
      ]),
      second.map((month) => [month, 50_000, paid.caseNumber, decisions[0]?.id]),
    );

    city.clock.set('2025-07-06T02:00:00Z');
    const url = `/v1/disbursements/${sent.id}/lines/${first.items[0]?.id}`;
    const returned = {
      amountFen: 150_000,
      returnedOn: '2025-07-05',
      reference: '退票-1',
      reason: '户名不符',
    };
    await call('payer-360203', 'POST', `${url}/return`, { body: returned, status: 200 });
    const again = await outcomesOf(city, { after: first.next });
    t.strictSame(
      again.items.map(({ id, state, returnedOn, settledAt }) => [id, state, returnedOn, settledAt]),
      [[first.items[0]?.id, 'returned', '2025-07-05', '2025-07-06T02:00:00.000000Z']],
    );

    const body = { account: { bank: '景德镇农商银行', number: '621700000000009999' }, reason: '更换卡' };
    await call('payer-360203', 'POST', `${url}/reissue`, { body, status: 200 });
    await call('reviewer-360203', 'POST', `${url}/reissue/confirmation`, { status: 200 });
    const resent = await city.moneyAct('payer-360203', await city.disbursement(sent), 'payment', {
      format: 'utf-8-csv',
    });
    await city.settled(resent);
    const replaced = await outcomesOf(city, { after: again.next });
    t.strictSame(
      replaced.items.map(({ state, replacesLineId }) => [state, replacesLineId]),
      [
        ['returned', null],
        ['paid', first.items[0]?.id],
      ],
    );
  },
);

t.test('pages hold every item once, and a cursor used again gives what has not changed since', async (t) => {
  const city = await setup(t);
  const cases = [];
  for (const _ of [1, 2, 3, 4, 5]) cases.push(await city.approved());
  const whole = await decisionsOf(city, { limit: '200' });
  const paged: Decisions['items'] = [];
  let after: string | undefined;
  for (;;) {
    const page = await decisionsOf(city, { limit: '2', ...(after === undefined ? {} : { after }) });
    after = page.next;
    if (page.items.length === 0) break;
    paged.push(...page.items);
  }
  t.strictSame(paged, whole.items);
  t.strictSame(
    paged.map(({ applicationId }) => applicationId),
    cases.map(({ id }) => id),
  );
  t.equal(after, whole.next);
  t.strictSame(await decisionsOf(city, { after: after ?? '' }), { items: [], next: after });
  for (const bad of ['x', Buffer.from('1 x').toString('base64url')]) {
    for (const url of ['/v1/decisions', '/v1/payment-outcomes']) {
      const { body } = await city.call(province, 'GET', url, { query: { after: bad }, status: 400 });
      strictMatch(t, body, { errors: [{ pointer: '/query/after', code: 'wrong-format' }] });
    }
  }
});

t.test('no decision is missed while others commit at the same time', async (t) => {
  const city = await setup(t);
  const applications: Application[] = [];
  for (let index = 0; index < 12; index += 1) applications.push(await city.accepted());
  let isDone = false;
  const seen = new Map<string, number>();
  const read = async () => {
    let after: string | undefined;
    let quietPages = 0;
    while (quietPages < 3) {
      const { items, next } = await decisionsOf(city, {
        limit: '2',
        ...(after === undefined ? {} : { after }),
      });
      after = next;
      for (const { applicationId } of items) seen.set(applicationId, (seen.get(applicationId) ?? 0) + 1);
      quietPages = isDone && items.length === 0 ? quietPages + 1 : 0;
    }
  };
  const decide = async () => {
    await Promise.all(applications.map((application) => city.decided(application)));
    isDone = true;
  };
  await Promise.all([read(), decide()]);
  t.strictSame([...seen.keys()].sort(), applications.map(({ id }) => id).sort());
  t.ok(
    [...seen.values()].every((times) => times === 1),
    'and each once, since none changed again',
  );
});

t.test('a decision whose transaction commits late is still read', async (t) => {
  const city = await setup(t);
  const [slow, quick] = [await city.approved(), await city.approved()];
  const before = await decisionsOf(city);
  const confirm = (one: { id: string; personId: string }, eventId: string) => async (tx: Tx) => {
    await insertEvents(tx, '2025-07-05T02:00:00Z', [
      { personId: one.personId, applicationId: one.id, type: 'decision-confirmed', content: {}, eventId },
    ]);
  };
  const { promise: mayFinish, resolve: finish } = Promise.withResolvers<void>();
  const { promise: written, resolve: hasWritten } = Promise.withResolvers<void>();
  const slowly = transact(city.db, null, async (tx) => {
    await confirm(slow, '01930000-0000-7000-8000-000000000001')(tx);
    hasWritten();
    await mayFinish;
  });
  await written;
  await transact(city.db, null, confirm(quick, '01930000-0000-7000-8000-000000000002'));
  const during = await decisionsOf(city, { after: before.next });
  t.strictSame(
    during.items.map(({ applicationId }) => applicationId),
    [quick.id],
  );
  finish();
  await slowly;
  const after = await decisionsOf(city, { after: during.next });
  t.strictSame(
    after.items.map(({ applicationId }) => applicationId),
    [slow.id],
  );
});

t.test('only the provincial system reads them, and only with its own scope', async (t) => {
  const city = await setup(t);
  await city.approved();
  const others = [
    'platform-ganfutong',
    'street-360203007',
    'handler-360203',
    'reviewer-360203',
    'payer-360203',
    'finance-360203',
    'auditor',
    'administrator',
  ];
  const narrow = await city.tokenOf({
    subject: province,
    role: province,
    clientId: province,
    scope: 'records:deliver events:read',
  });
  for (const url of ['/v1/decisions', '/v1/payment-outcomes'])
    for (const caller of [...others, narrow]) await city.call(caller, 'GET', url, { status: 403 });
  const { rows } = await city.db.pool.query(`select from audit_entry where target_kind = 'export'`);
  t.equal(rows.length, 0);
});

t.test('every page is in the audit, and in the report of everybody on it', async (t) => {
  const city = await setup(t);
  const { call, resident, approved } = city;
  const person = await resident();
  const application = await approved(person);
  await city.settled(await city.inPayment());
  const untouched = await city.applied();
  const { next } = await decisionsOf(city);
  await outcomesOf(city);
  await decisionsOf(city, { after: next });

  const { rows } = await city.db.pool.query(
    `select operation, role, target_id, person_id, change from audit_entry where target_kind = 'export'
     order by entry_id`,
  );
  const entry = (operation: string, list: string, count: number, cursor: string) => ({
    operation,
    role: province,
    target_id: list,
    person_id: null,
    change: { items: count, people: count, withheld: [], next: cursor },
  });
  t.strictSame(rows, [
    entry('listDecisions', 'decisions', 1, next),
    entry('listPaymentOutcomes', 'payment-outcomes', 1, rows[1]?.change.next),
    entry('listDecisions', 'decisions', 0, next),
  ]);

  const reportOf = async (personId: string) =>
    (
      await call<{ items: Static<typeof Access>[] }>(
        'auditor',
        'GET',
        `/v1/people/${personId}/access-report`,
        {
          status: 200,
        },
      )
    ).body.items
      .filter(({ role }) => role === province)
      .map(({ operation, shown, facts, purpose }) => [operation, shown, facts, purpose]);
  const whole = ['identityNumber', 'name'];
  const wholeFacts = ['whole-identity-number', 'whole-name'];
  const looks = [
    ['listDecisions', whole, [...wholeFacts, 'decision', 'payment', 'recovery'], 'exchange-data'],
    ['listPaymentOutcomes', whole, [...wholeFacts, 'payment', 'recovery'], 'exchange-data'],
  ];
  t.strictSame(await reportOf(application.personId), looks, 'once for each page they were on');
  t.strictSame(await reportOf(untouched.personId), [], 'who was on none');

  const { body: own } = await call<{ items: Static<typeof OwnAccess>[] }>(
    'platform-ganfutong',
    'POST',
    '/v1/people/access-reports',
    { body: questionAbout(person), key: null, query: { limit: '200' }, status: 200 },
  );
  t.strictSame(
    own.items
      .filter(({ role }) => role === province)
      .map(({ operation, shown, facts, purpose }) => [operation, shown, facts, purpose]),
    looks,
    'the person reads the same',
  );
});

t.test('what the operator withholds is not in the answer, and the report does not claim it', async (t) => {
  const city = await setup(t, { SUBSIDY_PROVINCE_WITHHOLDS: 'name, reasons, officer' });
  const person = await city.resident();
  const application = await city.approved(person);
  await city.settled(await city.inPayment());
  const decisions = await decisionsOf(city);
  const [decision] = decisions.items;
  strictMatch(t, decision, {
    officer: null,
    person: { identityNumber: person.identityNumber, name: null },
  });
  t.strictSame(
    decision?.months.map(({ explanation, reasons }) => [explanation, reasons]),
    second.map(() => [null, null]),
  );
  const outcomes = await outcomesOf(city);
  strictMatch(t, outcomes.items[0]?.person, { name: null });
  t.notMatch(JSON.stringify([decisions, outcomes]), new RegExp(`${person.name}|reviewer-360203`));
  const { body } = await city.call<{ items: Static<typeof Access>[] }>(
    'auditor',
    'GET',
    `/v1/people/${application.personId}/access-report`,
    { status: 200 },
  );
  t.strictSame(
    body.items.filter(({ role }) => role === province).map(({ shown }) => shown),
    [['identityNumber'], ['identityNumber']],
  );

  const nameless = await setup(t, { SUBSIDY_PROVINCE_WITHHOLDS: 'identity-number' });
  const another = await nameless.resident();
  await nameless.approved(another);
  const withoutNumber = await decisionsOf(nameless);
  strictMatch(t, withoutNumber.items[0]?.person, { identityNumber: null, name: another.name });
  t.notMatch(JSON.stringify(withoutNumber), new RegExp(another.identityNumber));
});

t.test('phone and account are never given, nor what an officer only wrote', async (t) => {
  const city = await setup(t);
  const person = await city.resident();
  await city.approved(person);
  await city.settled(await city.inPayment());
  const said = JSON.stringify([await decisionsOf(city), await outcomesOf(city)]);
  for (const secret of [person.phone, person.account]) t.notMatch(said, new RegExp(secret));
});

t.test('a decision stays readable when its person has died and what may expire is deleted', async (t) => {
  const city = await setup(t);
  const person = await city.resident();
  const application = await city.approved(person);
  const { items: before } = await decisionsOf(city);
  await city.deliver([deathOf(person, '2025-07-02')]);
  await city.work();
  city.clock.set('2060-07-05');
  await writeAsService(city.services, 'deleteExpired', deleteExpired);
  const { items } = await decisionsOf(city);
  strictMatch(t, items[0], { applicationId: application.id, person: { name: person.name } });
  t.strictSame(items[0]?.months.length, before[0]?.months.length);
});
