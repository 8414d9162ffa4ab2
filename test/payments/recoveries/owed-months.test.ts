// A month is not claimed, approved and paid again while its first payment is owed: refused at the counter, enforced by
// the database, and detected by the reconciliation.

import t from 'tap';
import { reconcile } from '../../../src/payments/reconciliation/whole-city.ts';
import { scopeOfService } from '../../../src/platform/database/row-scope.ts';
import { constraintOf, transact } from '../../../src/platform/database/transaction.ts';
import { type City, type Problem, patient, setup } from '../../helper.ts';
import { contribution } from '../../registers/residents.ts';
import type { Application, ReconciliationAnswer, RecoveryAnswer, Resident } from '../../steps.ts';
import { act, contradicted, heard, paidCase, refundOf } from './contradictions.ts';

/** A person who was paid three months and owes April, whose contribution was paid later. */
async function owing(city: City) {
  const { resident, application } = await paidCase(city);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  const { body: recovery } = await act(city, 'handler-360203', suspected, 'confirmation', heard);
  await city.deliver([contribution(resident, '2025-04', { version: 3 })]);
  return { resident, application, recovery };
}

function repay(city: City, recovery: RecoveryAnswer, amountFen = 50_000, reference = '退-1') {
  const body = { amountFen, reference, receivedOn: '2025-07-05' };
  return act(city, 'payer-360203', recovery, 'repayments', body);
}

async function draftOfApril(city: City, resident: Resident): Promise<Application> {
  return await city.drafted(resident, { months: ['2025-04'] });
}

function submit({ call }: City, { id }: Application, key?: string) {
  return call<Application & Problem>('platform-ganfutong', 'POST', `/v1/applications/${id}/submission`, {
    ifMatch: 1,
    ...(key === undefined ? {} : { key }),
  });
}

t.test('a month with a debt cannot be submitted, and the refusal states the amount', async (t) => {
  const city = await setup(t);
  const { resident, recovery } = await owing(city);
  const draft = await draftOfApril(city, resident);
  const owed = (yuan: string) => ({
    status: 409,
    code: 'month-already-claimed',
    errors: [
      {
        pointer: '/months/0',
        code: 'still-owed',
        detail: `2025年4月补贴曾被追回，尚欠${yuan}元未退还，还清后可再申请。`,
      },
    ],
  });
  const told = async (key?: string) => {
    const { status, body } = await submit(city, draft, key);
    return { status, code: body.code, errors: body.errors };
  };
  t.strictSame(await told('owed-key-1'), owed('500'));
  const { body: half } = await repay(city, recovery, 30_000);
  t.strictSame(await told('owed-key-2'), owed('200'));
  t.equal((await repay(city, half, 20_000, '退-2')).status, 200);
  const { status, body } = await submit(city, draft, 'owed-key-3');
  t.equal(status, 200);
  t.equal(body.state, 'submitted');
  const again = await submit(city, draft, 'owed-key-1');
  t.equal(again.status, 412, 'a retried key claims nothing twice');
});

t.test('the database refuses a claim of an owed month, and a debt without an owed month', async (t) => {
  const city = await setup(t);
  const { resident, recovery } = await owing(city);
  const draft = await draftOfApril(city, resident);
  const broken = async (statement: string, values: readonly unknown[] = []) =>
    await city.db.pool.query(statement, [...values]).then(
      () => null,
      (error: unknown) => constraintOf(error),
    );
  t.equal(
    await broken(
      `insert into subsidy_month (person_id, month, application_id, state) values ($1, '2025-04', $2, 'claimed')`,
      [draft.personId, draft.id],
    ),
    'one_live_claim_per_person_month',
  );
  t.equal(await broken('update subsidy_month set still_owed = false'), 'owed_month_says_so');
  t.equal(await broken(`update recovery set state = 'repaid'`), 'repaid_is_repaid_whole');
  t.equal(
    await broken(`update subsidy_month set still_owed = true where month = '2025-05'`),
    'owed_month_is_recovered',
  );
  t.equal((await repay(city, recovery)).status, 200);
});

t.test('a claim that races with a recovery or its last repayment never coexists with a debt', async (t) => {
  const city = await setup(t);
  const call = patient(city.call);
  const standing = async () =>
    (
      await city.db.pool.query(
        `select m.person_id from subsidy_month m join recovery r using (person_id, month)
        where m.state in ('claimed', 'live') and r.state = 'confirmed' and r.was_paid
          and m.application_id <> r.application_id`,
      )
    ).rows;
  for (let round = 0; round < 4; round += 1) {
    const { resident, application } = await paidCase(city);
    const suspected = await contradicted(city, application.id, [refundOf(resident)]);
    const draft = await draftOfApril(city, resident);
    const [confirmed, early] = await Promise.all([
      call<RecoveryAnswer>('handler-360203', 'POST', `/v1/recoveries/${suspected.id}/confirmation`, {
        body: heard,
        ifMatch: suspected.version,
        status: 200,
      }),
      call<Problem>('platform-ganfutong', 'POST', `/v1/applications/${draft.id}/submission`, { ifMatch: 1 }),
    ]);
    t.equal(early.status, 409);
    t.equal(early.body.code, 'month-already-claimed');
    const [repaid, late] = await Promise.all([
      repay(city, confirmed.body),
      call<Problem>('platform-ganfutong', 'POST', `/v1/applications/${draft.id}/submission`, { ifMatch: 1 }),
    ]);
    t.equal(repaid.status, 200);
    t.ok(late.status === 200 || late.body.code === 'month-already-claimed');
    t.strictSame(await standing(), []);
    if (late.status !== 200) await submit(city, draft);
    const refund = { amountFen: 50_000, reference: '付-1', refundedOn: '2025-07-05' };
    const reversed = await act(city, 'reviewer-360203', repaid.body, 'reversal', {
      reason: '退费记录有误',
      refund,
    });
    t.equal(reversed.body.code, 'month-already-claimed', 'nor is the first grant live beside the second');
  }
});

t.test('a recovery is not reversed while the second payment of its month is owed', async (t) => {
  const city = await setup(t);
  const { resident, recovery } = await owing(city);
  const { body: repaid } = await repay(city, recovery);
  const again = await city.approved(resident, { months: ['2025-04'] });
  await city.settled(await city.inPayment());
  const second = await contradicted(city, again.id, [
    contribution(resident, '2025-04', { version: 4, refunded: true }),
  ]);
  await act(city, 'handler-360203', second, 'confirmation', heard);
  const refund = { amountFen: 50_000, reference: '付-1', refundedOn: '2025-07-05' };
  const { status, body } = await act(city, 'reviewer-360203', repaid, 'reversal', {
    reason: '退费记录有误',
    refund,
  });
  t.strictSame([status, body.code], [409, 'month-already-claimed']);
});

t.test('a recovered month counts against the cap until it is repaid', async (t) => {
  const city = await setup(t);
  const { resident, recovery } = await owing(city);
  const counted = async () => {
    const { rows } = await city.db.pool.query('select live_months from term');
    const { body } = await city.call<{ term: { used: number; left: number } }>(
      'reviewer-360203',
      'GET',
      `/v1/people/${recovery.personId}/entitlement`,
      { status: 200 },
    );
    return [rows[0]?.live_months, body.term.used, body.term.left];
  };
  t.strictSame(await counted(), [3, 3, 33], 'confirmed and owed');
  const { body: half } = await repay(city, recovery, 30_000);
  t.strictSame(await counted(), [3, 3, 33], 'owed in part');
  await repay(city, half, 20_000, '退-2');
  t.strictSame(await counted(), [2, 2, 34]);
  await city.approved(resident, { months: ['2025-04'] });
  t.strictSame(await counted(), [3, 3, 33]);
});

t.test('with the constraint dropped, the reconciliation detects a month paid twice while owed', async (t) => {
  const city = await setup(t);
  const { resident, application, recovery } = await owing(city);
  const { pool } = city.db;
  await pool.query(
    'alter table recovery drop constraint owed_month_says_so, drop constraint repaid_is_repaid_whole',
  );
  await pool.query('update subsidy_month set still_owed = false');
  await pool.query(`update recovery set state = 'repaid'`);
  const again = await city.approved(resident, { months: ['2025-04'] });
  await city.settled(await city.inPayment());
  await pool.query(`update recovery set state = 'confirmed'`);

  const equation = {
    name: 'paid − repaid ≤ one month’s amount, month by month: excess',
    left: 50_000,
    right: 0,
    holds: false,
  };
  const agency = await city.reconciliation();
  t.equal(agency.balanced, false);
  t.strictSame(
    agency.equations.filter(({ holds }) => !holds),
    [equation],
  );
  const { body: person } = await city.call<ReconciliationAnswer>(
    'auditor',
    'GET',
    `/v1/people/${recovery.personId}/reconciliation`,
    { status: 200 },
  );
  t.equal(person.balanced, false);
  t.strictSame(
    person.equations.filter(({ holds }) => !holds),
    [equation],
  );
  t.strictSame(
    person.figures.paid,
    { count: 3, amountFen: 200_000 },
    'three months of a person, paid four times',
  );

  const found = await transact(city.db, scopeOfService, (tx) => reconcile(tx, () => {}), {
    readOnly: true,
  });
  t.strictSame(
    found.looseEnds.filter(({ tie }) => tie === 'paid − repaid of a month ≤ its amount'),
    [
      {
        tie: 'paid − repaid of a month ≤ its amount',
        where: `${recovery.personId} 2025-04 ${application.caseNumber} ${again.caseNumber}`,
        left: 100_000,
        right: 50_000,
      },
    ],
  );
  t.strictSame(
    found.looseEnds.filter(({ tie }) => tie === 'owed month = recovery that owes').map(({ where }) => where),
    [`${recovery.personId} 2025-04`],
  );
});
