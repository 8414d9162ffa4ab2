// The handler, reviewer and payer of a case are three different officers: refused over HTTP, and by the database for
// SQL that bypasses the service.

import t from 'tap';
import { constraintOf } from '../../../src/platform/database/transaction.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import { contribution } from '../../registers/residents.ts';
import type { DisbursementAnswer } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const agency = '360203';

/** One officer whose role changes from day to day. */
function wanderer(city: City, role: 'handler' | 'reviewer' | 'payer', subject = 'wang-fang') {
  return city.tokenOf({ subject, role, agency });
}

t.test('the officer who accepted a case cannot decide it', async (t) => {
  const city = await setup(t);
  const { call, read } = city;
  const submitted = await city.applied();
  const url = `/v1/applications/${submitted.id}`;
  await call(await wanderer(city, 'handler'), 'POST', `${url}/acceptance`, {
    body: {},
    ifMatch: 2,
    status: 200,
  });
  const { id: comparisonId } = await city.compared(submitted);
  const decision = { ifMatch: 3, body: { comparisonId, outcome: 'approved' } };
  const refused = await call<Problem>(await wanderer(city, 'reviewer'), 'POST', `${url}/decision`, decision);
  strictMatch(t, refused, { status: 403, body: { code: 'officer-already-on-case' } });
  strictMatch(
    t,
    await read(submitted),
    {
      state: 'accepted',
      version: 3,
      months: [{ state: 'claimed' }, { state: 'claimed' }, { state: 'claimed' }],
    },
    'nothing changed',
  );
  await call('second-reviewer-360203', 'POST', `${url}/decision`, { ...decision, status: 201 });
});

t.test('an officer who accepted or decided one case of a payment batch cannot pay the batch', async (t) => {
  const city = await setup(t);
  const { call } = city;
  await city.approved();
  const submitted = await city.applied();
  const url = `/v1/applications/${submitted.id}`;
  await call(await wanderer(city, 'handler'), 'POST', `${url}/acceptance`, {
    body: {},
    ifMatch: 2,
    status: 200,
  });
  const { id: comparisonId } = await city.compared(submitted);
  const decision = { ifMatch: 3, body: { comparisonId, outcome: 'approved' }, status: 201 };
  await call(await wanderer(city, 'reviewer', 'li-na'), 'POST', `${url}/decision`, decision);

  const requested = await city.moneyAct('payer-360203', await city.verified(), 'fund-request');
  const receipt = { amountFen: 300_000, reference: '拨-1', receivedOn: '2025-07-05' };
  const funded = await city.moneyAct('finance-360203', requested, 'fund-receipts', receipt);
  const payment = `/v1/disbursements/${funded.id}/payment`;
  const format = { format: 'utf-8-csv' };
  for (const subject of ['wang-fang', 'li-na']) {
    const payer = await wanderer(city, 'payer', subject);
    const refused = await call<Problem>(payer, 'POST', payment, { ifMatch: funded.version, body: format });
    strictMatch(t, refused, { status: 403, body: { code: 'officer-already-on-case' } }, subject);
  }
  strictMatch(t, await city.disbursement(funded), {
    state: 'funded',
    version: funded.version,
    paymentFiles: [],
  });
  strictMatch(t, await city.moneyAct('payer-360203', funded, 'payment', format), { state: 'in-payment' });
});

t.test('one payer may pay months of the same case in two batches', async (t) => {
  const city = await setup(t);
  const applicant = await city.resident();
  await city.approved(applicant);
  const another = await city.approved();
  // April is in doubt when the first batch is created, and cleared before the second.
  await city.deliver([contribution(applicant, '2025-04', { version: 2, refunded: true })]);
  await city.work();
  const [doubt] = await city.recoveries('suspected');
  if (doubt === undefined) throw new Error('a refund opens a recovery');
  const first = await city.settled(await city.inPayment());
  t.equal(first.amountFen, 250_000);
  t.not(another.id, doubt.applicationId);
  const dismissal = { ifMatch: doubt.version, body: { reason: '退费记录有误' }, status: 200 };
  await city.call('handler-360203', 'POST', `/v1/recoveries/${doubt.id}/dismissal`, dismissal);
  const second = await city.settled(await city.inPayment());
  strictMatch(t, second, { state: 'settled', amountFen: 50_000 });
  strictMatch(t, await city.reconciliation(), { balanced: true, figures: { paid: 300_000, waiting: 0 } });
});

t.test('the database refuses to give an officer a second part on a case', async (t) => {
  const city = await setup(t);
  const { personId, id } = await city.accepted();
  const [handler] = (
    await city.db.pool.query('select officer from case_part where application_id = $1', [id])
  ).rows;
  for (const part of ['reviewer', 'payer']) {
    const insert = city.db.pool.query(
      `insert into case_part (person_id, application_id, officer, part, agency_code, acted_at)
       values ($1, $2, $3, $4, '360203', now())`,
      [personId, id, handler.officer, part],
    );
    const error = await insert.then(
      () => null,
      (refusal: unknown) => refusal,
    );
    t.equal(constraintOf(error), 'one_part_per_officer_on_a_case', part);
  }
});

t.test('every act on a case records the officer, the agency and the part', async (t) => {
  const city = await setup(t);
  const { id } = await city.approved();
  const batch: DisbursementAnswer = await city.inPayment();
  const { rows } = await city.db.pool.query(
    'select part, agency_code, officer from case_part where application_id = $1 order by acted_at, part',
    [id],
  );
  const officer = (persona: string) => new RegExp(`\\|${persona}$`);
  strictMatch(t, rows, [
    { part: 'handler', agency_code: agency, officer: officer('handler-360203') },
    { part: 'payer', agency_code: agency, officer: officer('payer-360203') },
    { part: 'reviewer', agency_code: agency, officer: officer('reviewer-360203') },
  ]);
  const { rows: audited } = await city.db.pool.query(
    'select operation, actor, role, agency_code from audit_entry where target_id = any($1) order by entry_id',
    [[id, batch.id]],
  );
  t.strictSame(
    audited.map(
      (entry) => `${entry.operation} ${entry.actor.split('|')[1]} ${entry.role} ${entry.agency_code}`,
    ),
    [
      'createApplication platform-ganfutong platform null',
      'submitApplication platform-ganfutong platform null',
      'acceptApplication handler-360203 handler 360203',
      'compareApplication reviewer-360203 reviewer 360203',
      'decideApplication reviewer-360203 reviewer 360203',
      'createDisbursement payer-360203 payer 360203',
      'verifyRoster street-360203007 street-officer 360203007',
      'requestFunds payer-360203 payer 360203',
      'recordFundsReceipt finance-360203 finance 360203',
      'startPayment payer-360203 payer 360203',
    ],
  );
});
