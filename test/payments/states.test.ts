// Compares the table of a disbursement's transitions with the service: in each state every other step is tried first,
// and changes nothing.

import t from 'tap';
import {
  type DisbursementAct,
  disbursementStates,
  disbursementTransitions,
} from '../../src/payments/disbursement/states.ts';
import { type Answer, type Problem, setup } from '../helper.ts';
import type { DisbursementAnswer } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';

const wayOfMoney = [
  'verifyRoster',
  'requestFunds',
  'recordFundsReceipt',
  'startPayment',
  'applyPaymentResults',
] as const satisfies readonly DisbursementAct[];
type Step = (typeof wayOfMoney)[number];

t.test('a disbursement’s transitions lead from the first state to the last, unless it is cancelled', (t) => {
  const states = Object.keys(disbursementStates).filter((state) => state !== 'cancelled');
  t.strictSame(
    wayOfMoney.map((act) => disbursementTransitions[act].from[0]),
    states.slice(0, -1),
  );
  t.strictSame(
    wayOfMoney.map((act) => disbursementTransitions[act].to),
    states.slice(1),
  );
  t.end();
});

t.test('over HTTP each step of a disbursement is accepted only in its state', async (t) => {
  const city = await setup(t);
  await city.approved();
  const { body: made } = await city.call<DisbursementAnswer>('payer-360203', 'POST', '/v1/disbursements', {
    status: 201,
  });
  const url = `/v1/disbursements/${made.id}`;

  async function perform(
    act: Step,
    { version }: DisbursementAnswer,
  ): Promise<Answer<DisbursementAnswer & Problem>> {
    const post = (by: string, step: string, body?: object) =>
      city.call<DisbursementAnswer & Problem>(by, 'POST', `${url}/${step}`, {
        ifMatch: version,
        ...(body === undefined ? {} : { body }),
      });
    switch (act) {
      case 'verifyRoster':
        return await post('street-360203007', 'rosters/360203007/verification', {});
      case 'requestFunds':
        return await post('payer-360203', 'fund-request');
      case 'recordFundsReceipt':
        return await post('finance-360203', 'fund-receipts', {
          amountFen: 150_000,
          reference: '拨-1',
          receivedOn: '2025-07-05',
        });
      case 'startPayment':
        return await post('payer-360203', 'payment', { format: 'utf-8-csv' });
      case 'applyPaymentResults': {
        const [line] = await city.linesOf(made);
        const lines = [{ lineId: line?.lineId, amountFen: 150_000, result: 'paid' }];
        const totals = { count: 1, paidFen: 150_000, failedFen: 0, unknownFen: 0 };
        const batchNumber = `${made.number}-01`;
        return await post('payer-360203', 'payment-results', { batchNumber, totals, lines });
      }
    }
  }

  for (const current of [...wayOfMoney, null]) {
    const before = await city.disbursement(made);
    for (const act of wayOfMoney) {
      if (act === current) continue;
      const { status } = await perform(act, before);
      t.equal(status, 409, `${act} while ${before.state}`);
    }
    t.strictSame(await city.disbursement(made), before, `${before.state} is as it was`);
    if (current === null) break;
    t.equal(before.state, disbursementTransitions[current].from[0]);
    t.equal((await perform(current, before)).status, 200, current);
    t.equal((await city.disbursement(made)).state, disbursementTransitions[current].to);
    strictMatch(t, await city.reconciliation(), { balanced: true });
  }
});

t.test('a payment file cannot be downloaded before it was created', async (t) => {
  const city = await setup(t);
  await city.approved();
  const verified = await city.verified();
  const answer = await city.call<Problem>(
    'payer-360203',
    'GET',
    `/v1/disbursements/${verified.id}/payment/file`,
  );
  strictMatch(t, answer, { status: 409, body: { code: 'state-conflict' } });
});
