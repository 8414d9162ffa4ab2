// Cases that several preparations begin with, each in a state of its own.

import { monthsOfQuarter } from '../../values/days.ts';
import { recordOf } from './people.ts';
import { platform, reviewer, type Steps } from './steps.ts';

/** What to fill in, by the names of parameters and fields. */
export interface Prepared {
  readonly values: Readonly<Record<string, string | number>>;
  /** For If-Match. */
  readonly version?: number | undefined;
}

export interface Versioned {
  readonly id: string;
  readonly version: number;
}

export const ofCase = ({ id: applicationId, version }: Versioned): Prepared => ({
  values: { applicationId },
  version,
});
/** For an item of many, which names its version itself. */
export const listed = ({ id: applicationId, version }: Versioned): Prepared => ({
  values: { applicationId, version },
});
export const ofRecovery = ({ id: recoveryId, version }: Versioned): Prepared => ({
  values: { recoveryId },
  version,
});
export const ofBar = ({ id: barId, version }: Versioned): Prepared => ({ values: { barId }, version });

/** The case of somebody who is found on the list of dishonest people after applying. */
export async function excluded(
  { accepted, submitted, deliver, resident }: Steps,
  state: 'submitted' | 'accepted',
) {
  const somebody = await resident();
  const application = await (state === 'submitted' ? submitted : accepted)(somebody);
  await deliver([recordOf('dishonesty', somebody, { from: '2025-06-01', to: null })]);
  return application;
}

/** A refused case, which the sandbox always draws for a quality review. */
export async function drawn(steps: Steps): Promise<Prepared> {
  const { id: applicationId, version } = await steps.decided(await excluded(steps, 'accepted'), 'refused');
  const { id: decisionId } = await steps.call(reviewer, 'GET', `/v1/applications/${applicationId}/decision`);
  return { values: { applicationId, decisionId }, version };
}

/** A paid month that is owed. */
export async function owed({ approved, resident, settled, suspected, confirmed, quarter }: Steps) {
  const [month] = monthsOfQuarter(quarter());
  const paid = await approved(await resident(), [month]);
  await settled('paid');
  return await confirmed(await suspected(paid, month));
}

/** A paid month that is owed, another month of the same person that waits, and the consent to use it. */
export async function debtAndMonth(steps: Steps): Promise<Prepared> {
  const { approved, resident, settled, suspected, confirmed, addPaper, quarter } = steps;
  const somebody = await resident();
  const [paidMonth, month] = monthsOfQuarter(quarter());
  const paid = await approved(somebody, [paidMonth]);
  await settled('paid');
  // Before the debt, which a reviewer would have to see and confirm.
  const waiting = await approved(somebody, [month]);
  const { id: recoveryId, version } = await confirmed(await suspected(paid, paidMonth));
  const consentMaterialId = await addPaper(waiting, 'set-off-consent');
  return { values: { recoveryId, applicationId: waiting.id, month, consentMaterialId }, version };
}

/** An approved case against whose decision the applicant appeals. */
export async function contested({ approved, resident, call }: Steps) {
  const application = await approved(await resident());
  const body = { kind: 'objection', grounds: '本人四月已按灵活就业人员缴费，请重新核对' };
  const url = `/v1/applications/${application.id}/appeals`;
  const { id: appealId, version } = await call(platform, 'POST', url, { body });
  return { application, appealId, version };
}

/** An approved case whose applicant has died since. */
export async function deceased({ approved, deliver, resident, call }: Steps) {
  const somebody = await resident();
  const application = await approved(somebody);
  const url = `/v1/applications/${application.id}`;
  const { submittedAt } = await call<{ readonly submittedAt: string }>(reviewer, 'GET', url);
  await deliver([recordOf('death', somebody, { from: submittedAt.slice(0, 10) })]);
  return application;
}

/** An approved case whose applicant asks for another account. */
export async function accountProposed({ approved, resident, call }: Steps): Promise<Prepared> {
  const { id: applicationId } = await approved(await resident());
  const account = { bank: '景德镇农商银行', number: '6217000000000000126' };
  const body = { account, reason: '本人更换社会保障卡，已核对新卡' };
  const { payeeChangeId } = await call<{ readonly payeeChangeId: string }>(
    platform,
    'POST',
    `/v1/applications/${applicationId}/account-changes`,
    { body },
  );
  return { values: { applicationId, payeeChangeId } };
}

/** A line that its street has still to verify. */
export async function lineGathered({ approved, resident, gathered, linesOf }: Steps): Promise<Prepared> {
  await approved(await resident());
  const { id: disbursementId } = await gathered();
  const [line] = await linesOf({ id: disbursementId }, 'waiting');
  return { values: { disbursementId, lineId: line?.lineId ?? '' } };
}
