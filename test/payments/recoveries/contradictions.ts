// Helpers that put a granted month in doubt. Contains no test.

import type { City, Problem } from '../../helper.ts';
import { contribution, type Row } from '../../registers/residents.ts';
import type { Application, RecoveryAnswer, Resident } from '../../steps.ts';

export const heard = { heardOn: '2025-07-05', heardHow: 'in-person' };

/** Opens the recovery that a record requires. */
export async function contradicted(
  city: City,
  applicationId: string,
  rows: readonly Row[],
): Promise<RecoveryAnswer> {
  await city.deliver(rows);
  await city.work();
  const [recovery, ...others] = (await city.recoveries('suspected')).filter(
    (one) => one.applicationId === applicationId,
  );
  if (recovery === undefined || others.length > 0) throw new Error('one contradiction opens one recovery');
  return recovery;
}

export function refundOf(resident: Resident, month = '2025-04'): Row {
  return contribution(resident, month, { version: 2, refunded: true });
}

export async function paidCase(city: City): Promise<{ resident: Resident; application: Application }> {
  const resident = await city.resident();
  const application = await city.approved(resident);
  await city.settled(await city.inPayment());
  return { resident, application };
}

export function act(city: City, by: string, { id, version }: RecoveryAnswer, step: string, body: object) {
  return city.call<RecoveryAnswer & Problem>(by, 'POST', `/v1/recoveries/${id}/${step}`, {
    body,
    ifMatch: version,
  });
}
