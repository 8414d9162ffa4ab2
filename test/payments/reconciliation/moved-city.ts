// A city in which money has moved every way. Holds no test.

import type { Test } from 'tap';
import { type City, setup } from '../../helper.ts';
import type { RecoveryAnswer } from '../../steps.ts';

/** One batch paid but for a failure, one month recovered and half repaid, one case waiting, in two agencies. */
export async function movedCity(t: Test): Promise<City> {
  const city = await setup(t);
  const paid = await city.approved();
  await city.approved();
  const batch = await city.inPayment();
  const [first] = await city.linesOf(batch);
  await city.settled(batch, ({ lineId }) =>
    lineId === first?.lineId ? { result: 'paid' } : { result: 'failed', failure: 'account-closed' },
  );
  const body = { applicationId: paid.id, month: '2025-04', grounds: '与用人单位核实' };
  const { body: open } = await city.call<RecoveryAnswer>('handler-360203', 'POST', '/v1/recoveries', {
    body,
    status: 201,
  });
  const url = `/v1/recoveries/${open.id}`;
  const heard = { heardOn: '2025-07-05', heardHow: 'phone' };
  await city.call('reviewer-360203', 'POST', `${url}/confirmation`, { body: heard, ifMatch: 1, status: 200 });
  const repayment = { amountFen: 20_000, reference: '退-1', receivedOn: '2025-07-05' };
  await city.call('payer-360203', 'POST', `${url}/repayments`, { body: repayment, ifMatch: 2, status: 200 });
  await city.approved(await city.resident({ street: '360202001', agency: '360202' }));
  return city;
}
