// Set-off: a whole granted month settles a debt once, with the person's written consent, and can be reversed.

import t from 'tap';
import { reconcile } from '../../../src/payments/reconciliation/whole-city.ts';
import { scopeOfService } from '../../../src/platform/database/row-scope.ts';
import { constraintOf, transact } from '../../../src/platform/database/transaction.ts';
import { materialForm } from '../../applications/material-form.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import { contribution, deathOf } from '../../registers/residents.ts';
import type { Application, RecoveryAnswer } from '../../steps.ts';
import { brokenInvariants } from '../invariants.ts';
import { act, contradicted, heard, refundOf } from '../recoveries/contradictions.ts';

const payer = 'payer-360203';

t.setTimeout(120_000);

/** A person who was paid April and owes it, and whose May and June are granted and not yet paid. */
async function debtor(city: City) {
  const resident = await city.resident();
  const paid = await city.approved(resident, { months: ['2025-04'] });
  await city.settled(await city.inPayment());
  const suspected = await contradicted(city, paid.id, [refundOf(resident)]);
  const { body: recovery } = await act(city, 'handler-360203', suspected, 'confirmation', heard);
  await city.deliver([contribution(resident, '2025-04', { version: 3 })]);
  const waiting = await city.approved(resident, { months: ['2025-05', '2025-06'] });
  return { resident, paid, recovery, waiting };
}

async function consented({ call }: City, { id }: Application): Promise<string> {
  const url = `/v1/applications/${id}/materials`;
  const { body } = await call<{ id: string }>('street-360203007', 'POST', url, {
    ...materialForm('set-off-consent'),
    status: 201,
  });
  return body.id;
}

function setOff(
  city: City,
  recovery: RecoveryAnswer,
  { id }: Pick<Application, 'id'>,
  consentMaterialId: string,
  month = '2025-05',
) {
  return act(city, payer, recovery, 'set-offs', { applicationId: id, month, consentMaterialId });
}

function reverse(city: City, recovery: RecoveryAnswer) {
  const last = recovery.setOffs.at(-1);
  return act(city, payer, recovery, `set-offs/${last?.id}/reversal`, { reason: '本人撤回同意' });
}

/** Amounts in hundreds of yuan, and whether the agency's equations and the whole reconciliation hold. */
async function chain(city: City) {
  const { balanced, figures } = await city.reconciliation();
  const { waiting, paid, setOff, settledBySetOff, recoverable, repaid, net } = figures;
  const found = await transact(city.db, scopeOfService, (tx) => reconcile(tx, () => {}), { readOnly: true });
  const ties = balanced && found.broken.length === 0 && found.looseEnds.length === 0;
  const amounts = { waiting, paid, setOff, settledBySetOff, recoverable, repaid, net };
  const hundreds = Object.entries(amounts).map(([name, fen]) => [name, fen / 10_000]);
  return { ties, ...Object.fromEntries(hundreds) };
}

const nothing = {
  ties: true,
  waiting: 0,
  paid: 0,
  setOff: 0,
  settledBySetOff: 0,
  recoverable: 0,
  repaid: 0,
  net: 0,
};

t.test(
  'a granted month settles a debt instead of being paid, and the reversal undoes it to the fen',
  async (t) => {
    const city = await setup(t);
    const { resident, recovery, waiting } = await debtor(city);
    const consent = await consented(city, waiting);
    const before = { ...nothing, waiting: 10, paid: 5, recoverable: 5, net: 5 };
    t.strictSame(await chain(city), before);

    const { status, body: settled } = await setOff(city, recovery, waiting, consent);
    t.equal(status, 200);
    t.strictSame(
      [settled.state, settled.owedFen, settled.setOffFen, settled.repaidFen],
      ['repaid', 0, 50_000, 0],
    );
    t.strictSame(
      settled.setOffs.map(({ id: _, madeAt: __, madeBy: { account, name }, ...one }) => [
        account.split('|')[1],
        name,
        one,
      ]),
      [
        [
          'payer-360203',
          '珠山区就业创业服务中心 发放人员',
          {
            applicationId: waiting.id,
            caseNumber: waiting.caseNumber,
            month: '2025-05',
            amountFen: 50_000,
            consentMaterialId: consent,
            reversedAt: null,
            reason: null,
          },
        ],
      ],
    );
    const after = { ...nothing, waiting: 5, paid: 5, setOff: 5, settledBySetOff: 5, net: 5 };
    t.strictSame(await chain(city), after);
    const seen = await city.read(waiting);
    t.strictSame(
      seen.months.map(({ month, state, money }) => [month, state, money?.state === 'set-off']),
      [
        ['2025-05', 'live', true],
        ['2025-06', 'live', false],
      ],
    );

    const { body: owed } = await reverse(city, settled);
    t.strictSame([owed.state, owed.owedFen, owed.setOffFen], ['confirmed', 50_000, 0]);
    t.strictSame(await chain(city), before);
    const again = await reverse(city, owed);
    t.equal(again.status, 409);

    const { body: anew } = await setOff(city, owed, waiting, consent);
    t.equal(anew.state, 'repaid');
    const batch = await city.settled(await city.inPayment());
    t.equal(batch.amountFen, 50_000, 'June alone is paid out');
    t.strictSame(await chain(city), { ...after, waiting: 0, paid: 10, net: 10 });

    const april = await city.approved(resident, { months: ['2025-04'] });
    t.equal(april.state, 'approved', 'April may be claimed again');
    const late = await reverse(city, anew);
    t.strictSame([late.status, late.body.code], [409, 'month-already-claimed']);
    t.strictSame(await brokenInvariants(city.db.pool), []);
  },
);

t.test('a set-off needs consent on that case, an unpaid month, and a debt at least as large', async (t) => {
  const city = await setup(t);
  const { resident, recovery, waiting, paid } = await debtor(city);
  const proof = await city.call<{ id: string }>(
    'street-360203007',
    'POST',
    `/v1/applications/${waiting.id}/materials`,
    {
      ...materialForm('contribution-proof'),
    },
  );
  t.equal(proof.status, 409, 'a decided case takes no other paper');
  const consent = await consented(city, waiting);
  const elsewhere = await consented(city, paid);
  const refusal = async (answer: ReturnType<typeof setOff>) => {
    const { status, body } = await answer;
    return [
      status,
      body.code,
      body.errors.map(({ pointer, code }: Problem['errors'][number]) => [pointer, code]),
    ];
  };
  const refused = (pointer: string, code: string) => [409, 'set-off-refused', [[`/body/${pointer}`, code]]];
  t.strictSame(
    await refusal(setOff(city, recovery, waiting, elsewhere)),
    refused('consentMaterialId', 'no-consent'),
  );
  t.strictSame(
    await refusal(setOff(city, recovery, paid, elsewhere, '2025-04')),
    refused('month', 'not-granted'),
  );
  const stranger = await city.approved(await city.resident(), { months: ['2025-05'] });
  t.strictSame(
    await refusal(setOff(city, recovery, stranger, await consented(city, stranger))),
    refused('applicationId', 'not-the-debtors'),
  );
  const doubted = await contradicted(city, waiting.id, [refundOf(resident, '2025-06')]);
  t.strictSame(
    await refusal(setOff(city, recovery, waiting, consent, '2025-06')),
    refused('month', 'in-doubt'),
  );
  await act(city, 'handler-360203', doubted, 'dismissal', { reason: '退费登记有误' });

  const { body: half } = await act(city, payer, recovery, 'repayments', {
    amountFen: 10_000,
    reference: '退-1',
    receivedOn: '2025-07-05',
  });
  const tooMuch = await setOff(city, half, waiting, consent);
  t.strictSame([tooMuch.status, tooMuch.body.code], [422, 'repayment-exceeds-debt']);
  t.equal(
    tooMuch.body.errors[0]?.detail,
    '2025年5月补贴为500元，超过尚欠的400元；抵扣须用整月，请登记退款。',
  );
  const run = await city.verified();
  t.equal(run.amountFen, 150_000);
  t.strictSame(await refusal(setOff(city, half, waiting, consent)), refused('month', 'in-payment'));
});

t.test('months of a person who has died are not set off', async (t) => {
  const city = await setup(t);
  const { resident, recovery, waiting } = await debtor(city);
  const consent = await consented(city, waiting);
  await city.deliver([deathOf(resident, '2025-07-02')]);
  const { status, body } = await setOff(city, recovery, waiting, consent);
  t.strictSame([status, body.code, body.errors.map(({ code }) => code)], [409, 'set-off-refused', ['died']]);
});

t.test(
  'a wrongly granted month that settled a debt becomes owed itself, and the set-off stays',
  async (t) => {
    const city = await setup(t);
    const { resident, recovery, waiting } = await debtor(city);
    const { body: settled } = await setOff(city, recovery, waiting, await consented(city, waiting));
    const wrong = await contradicted(city, waiting.id, [refundOf(resident, '2025-05')]);
    const { body: owed } = await act(city, 'handler-360203', wrong, 'confirmation', heard);
    t.strictSame([owed.state, owed.wasPaid, owed.owedFen], ['confirmed', true, 50_000]);
    t.strictSame(await chain(city), {
      ...nothing,
      waiting: 5,
      paid: 5,
      setOff: 5,
      settledBySetOff: 5,
      recoverable: 5,
      net: 5,
    });
    const { status, body } = await reverse(city, settled);
    t.strictSame([status, body.code], [409, 'state-conflict']);
    const { body: right } = await act(city, 'reviewer-360203', owed, 'reversal', { reason: '退费记录有误' });
    t.equal(right.state, 'reversed');
    t.strictSame((await chain(city)).ties, true);
    t.equal((await city.verified()).amountFen, 50_000, 'and May is still not paid out');
  },
);

t.test('a recovery or decision is reversed only after its set-off', async (t) => {
  const city = await setup(t);
  const { recovery, waiting } = await debtor(city);
  const { body: settled } = await setOff(city, recovery, waiting, await consented(city, waiting));
  const early = await act(city, 'reviewer-360203', settled, 'reversal', { reason: '退费记录有误' });
  t.strictSame([early.status, early.body.code], [409, 'state-conflict']);
  const undo = await city.call<Problem>(
    'second-reviewer-360203',
    'POST',
    `/v1/applications/${waiting.id}/decision/undo`,
    { body: { reason: '比对有误' }, ifMatch: (await city.read(waiting)).version },
  );
  t.strictSame(
    [undo.status, undo.body.code, undo.body.errors.map(({ pointer, code }) => [pointer, code])],
    [409, 'decision-in-payment', [['/months/2025-05', 'in-payment']]],
  );
  const { body: owed } = await reverse(city, settled);
  const { status, body } = await act(city, 'reviewer-360203', owed, 'reversal', { reason: '退费记录有误' });
  t.strictSame([status, body.state], [200, 'reversed']);
  t.strictSame((await chain(city)).ties, true);
});

t.test('a set-off that ended a bar cannot be reversed', async (t) => {
  const city = await setup(t);
  const { call } = city;
  const resident = await city.resident();
  const draft = await city.drafted(resident, { months: ['2025-04'] });
  const supplied = await city.supplied(draft, 'flexible-employment-proof');
  const handedIn = await city.act('platform-ganfutong', supplied, 'submission');
  const accepted = await city.act('handler-360203', handedIn, 'acceptance');
  await city.decided(accepted);
  await city.settled(await city.inPayment());
  const waiting = await city.approved(resident, { months: ['2025-05'] });
  const report = { grounds: '灵活就业证明系伪造', materialIds: [supplied.materials[0]?.id] };
  const reports = `/v1/applications/${accepted.id}/false-material-reports`;
  const { body: reported } = await call<{ opened: RecoveryAnswer[] }>('handler-360203', 'POST', reports, {
    body: report,
    status: 201,
  });
  const [suspected] = reported.opened;
  if (suspected === undefined) throw new Error('the month is suspected');
  const { body: recovery } = await act(city, 'reviewer-360203', suspected, 'confirmation', heard);
  const { body: settled } = await setOff(city, recovery, waiting, await consented(city, waiting));
  const { body: bars } = await call<{ items: { id: string; version: number; owedFen: number }[] }>(
    'auditor',
    'GET',
    '/v1/bars',
    { query: { personId: recovery.personId }, status: 200 },
  );
  const [bar] = bars.items;
  t.equal(bar?.owedFen, 0, 'what was set off is not owed');
  await call('second-reviewer-360203', 'POST', `/v1/bars/${bar?.id}/lifting`, {
    body: { reason: '已全部抵扣' },
    ifMatch: bar?.version ?? 0,
    status: 200,
  });
  const { status, body } = await reverse(city, settled);
  t.strictSame([status, body.code], [409, 'state-conflict']);
  t.match(body.detail, /资格已经解除/);
});

t.test('a month is set off or gathered, never both, even concurrently', async (t) => {
  const city = await setup(t);
  for (let round = 0; round < 2; round += 1) {
    const { recovery, waiting } = await debtor(city);
    const consent = await consented(city, waiting);
    const [used, gathered] = await Promise.all([
      setOff(city, recovery, waiting, consent),
      city.call<{ id: string; version: number }>(payer, 'POST', '/v1/disbursements'),
    ]);
    t.ok(used.status === 200 || used.status === 409);
    t.strictSame(await brokenInvariants(city.db.pool), []);
    t.strictSame((await chain(city)).ties, true);
    if (gathered.status === 201) {
      const url = `/v1/disbursements/${gathered.body.id}/cancellation`;
      const body = { reason: '重新汇集' };
      await city.call(payer, 'POST', url, { body, ifMatch: gathered.body.version, status: 200 });
    }
    await city.settled(await city.inPayment());
  }
});

t.test('the database enforces a set-off’s consent, and that it occupies its month', async (t) => {
  const city = await setup(t);
  const { recovery, waiting } = await debtor(city);
  await setOff(city, recovery, waiting, await consented(city, waiting));
  const { pool } = city.db;
  const broken = async (statement: string) =>
    await pool.query(statement).then(
      () => null,
      (error: unknown) => constraintOf(error),
    );
  t.equal(
    await broken(`insert into payment_line_month (person_id, line_id, month, application_id, amount_fen)
      select person_id, gen_random_uuid(), month, application_id, amount_fen from set_off`),
    'one_live_line_per_month',
  );
  t.equal(
    await broken(`insert into set_off (person_id, set_off_id, recovery_id, agency_code, application_id, month, amount_fen,
        consent_id, made_at, made_by)
      select person_id, gen_random_uuid(), recovery_id, agency_code, application_id, '2025-06', amount_fen,
        gen_random_uuid(), made_at, made_by from set_off`),
    'set_off_needs_written_consent',
  );
  t.equal(await broken('update recovery set set_off_fen = set_off_fen + 1'), 'repaid_is_repaid_whole');
});
