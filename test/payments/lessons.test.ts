// Errors known from similar systems. Those caused by concurrency are in races.test.ts; empty disbursements and timeouts
// that were paid again in payments.test.ts; a deduction that could not be reversed in turns.test.ts.

import t from 'tap';
import { type Answer, type Problem, setup } from '../helper.ts';
import { contribution, priorBenefit } from '../registers/residents.ts';
import type { DisbursementAnswer, RecoveryAnswer } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';

const payer = 'payer-360203';

interface Batch {
  readonly done: number;
  readonly refused: number;
  readonly items: readonly { readonly refusal: Problem | null }[];
}

t.test('a held line stays held when its disbursement is cancelled, gathered again and paid', async (t) => {
  const city = await setup(t);
  const [first] = [await city.approved(), await city.approved(), await city.approved()];
  const gather = async () =>
    (await city.call<DisbursementAnswer>(payer, 'POST', '/v1/disbursements', { status: 201 })).body;
  const made = await gather();
  const doubtful = (await city.linesOf(made)).find(({ caseNumber }) => caseNumber === first.caseNumber);
  const verification = `/v1/disbursements/${made.id}/rosters/360203007/verification`;
  const held = { held: [{ lineId: doubtful?.lineId, reason: '联系不上本人' }] };
  await city.call('street-360203007', 'POST', verification, { body: held, ifMatch: 1, status: 200 });
  const verified = await city.disbursement(made);
  await city.moneyAct(payer, verified, 'cancellation', { reason: '重新汇集' });

  // Repeats every request.
  const paid = await city.settled(await city.inPayment());
  t.equal(paid.lineCount, 2);
  strictMatch(t, await city.call(payer, 'POST', '/v1/disbursements'), {
    body: { code: 'disbursement-empty' },
  });
  strictMatch(
    t,
    (await city.linesOf(made)).find(({ lineId }) => lineId === doubtful?.lineId),
    {
      state: 'held',
      holdReason: '联系不上本人',
    },
  );
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { held: 150_000, waiting: 150_000, paid: 300_000 },
  });
});

t.test('after a recovery, retried requests with their old idempotency keys pay nothing again', async (t) => {
  const city = await setup(t);
  const application = await city.approved();
  const tried: (() => Promise<Answer<unknown>>)[] = [];
  const once = async <T>(by: string, url: string, options: { body?: object; ifMatch?: number } = {}) => {
    const key = `${url.replaceAll('/', '-')}-key`;
    const request = () => city.call<T>(by, 'POST', url, { ...options, key });
    const answer = await request();
    t.ok(answer.status === 200 || answer.status === 201, `${url}: ${answer.status}`);
    tried.push(request);
    return answer.body;
  };
  const made = await once<DisbursementAnswer>(payer, '/v1/disbursements');
  const url = `/v1/disbursements/${made.id}`;
  const signed = { body: {}, ifMatch: 1 };
  await once('street-360203007', `${url}/rosters/360203007/verification`, signed);
  const { version } = await city.disbursement(made);
  await once(payer, `${url}/fund-request`, { ifMatch: version });
  const receipt = { amountFen: 150_000, reference: '拨-1', receivedOn: '2025-07-05' };
  await once('finance-360203', `${url}/fund-receipts`, { body: receipt, ifMatch: version + 1 });
  const sent = await once<DisbursementAnswer>(payer, `${url}/payment`, {
    body: { format: 'utf-8-csv' },
    ifMatch: version + 2,
  });
  await once(payer, `${url}/payment-results`, { body: await city.resultsOf(sent) });

  const opened = { applicationId: application.id, month: '2025-04', grounds: '与用人单位核实' };
  const recovery = await once<RecoveryAnswer>('handler-360203', '/v1/recoveries', { body: opened });
  const heard = { heardOn: '2025-07-05', heardHow: 'phone' };
  const ofRecovery = `/v1/recoveries/${recovery.id}`;
  await once('reviewer-360203', `${ofRecovery}/confirmation`, { body: heard, ifMatch: 1 });
  const repayment = { amountFen: 50_000, reference: '退-1', receivedOn: '2025-07-05' };
  await once(payer, `${ofRecovery}/repayments`, { body: repayment, ifMatch: 2 });

  const chain = await city.reconciliation();
  strictMatch(t, chain, { balanced: true, figures: { paid: 150_000, repaid: 50_000, net: 100_000 } });
  for (const request of tried) {
    const { headers } = await request();
    t.equal(headers['idempotency-replayed'], 'true');
  }
  t.strictSame(await city.reconciliation(), chain);
  strictMatch(t, await city.call(payer, 'POST', '/v1/disbursements'), {
    body: { code: 'disbursement-empty' },
  });
});

t.test('of a person’s two cases decided in one request, the second finds the cap used up', async (t) => {
  const city = await setup(t);
  const applicant = await city.resident();
  const firstQuarter = { quarter: '2025Q1', months: ['2025-03'] };
  await city.deliver([contribution(applicant, '2025-03'), priorBenefit(applicant, 35)]);
  const cases = [
    await city.accepted(applicant, firstQuarter),
    await city.accepted(applicant, { months: ['2025-04'] }),
  ];
  const compared = [];
  for (const one of cases) {
    const comparison = await city.compared(one);
    compared.push({ applicationId: one.id, version: one.version, comparisonId: comparison.id });
  }
  const { body } = await city.call<Batch>('reviewer-360203', 'POST', '/v1/decisions', {
    body: { items: compared },
    status: 200,
  });
  strictMatch(t, body, { done: 1, refused: 1 });
  strictMatch(t, body.items, [{ refusal: null }, { result: null, refusal: { code: 'comparison-stale' } }]);
  const { rows } = await city.db.pool.query('select imported_months, live_months, cap from term');
  t.strictSame(rows, [{ imported_months: 35, live_months: 1, cap: 36 }]);
  const batch = await city.settled(await city.inPayment());
  strictMatch(t, batch, { lineCount: 1, amountFen: 50_000 });
});

t.test('the tenth failed payment of a batch is corrected like the first', async (t) => {
  // PostgreSQL plans a statement anew a few times, and then once for all.
  const city = await setup(t);
  for (let person = 0; person < 10; person += 1)
    await city.approved(await city.resident(), { months: ['2025-04'] });
  const batch = await city.settled(await city.inPayment(), () => ({
    result: 'failed',
    failure: 'account-closed',
  }));
  const statuses: number[] = [];
  for (const { lineId } of await city.linesOf(batch)) {
    const account = { bank: '景德镇农商银行', number: '6217000000000000126' };
    const body = { account, reason: '持卡人更换社会保障卡，已核对新卡' };
    const url = `/v1/disbursements/${batch.id}/lines/${lineId}/reissue`;
    statuses.push((await city.call(payer, 'POST', url, { body })).status);
  }
  t.strictSame(statuses, Array(10).fill(200));
});
