// Transfers a case 移送, before its decision, to the agency of the household's street. State, time limit, materials,
// months, open correction and signatures stay unchanged.

import { emit } from '../../notifications/events/operations.ts';
import { transferContent } from '../../notifications/notices/content.ts';
import { issueNotice } from '../../notifications/notices/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { findRegisteredStreet } from '../../registers/records/operations.ts';
import { dayInShanghai } from '../../values/days.ts';
import { subjectTitles } from '../acceptance/corrections.ts';
import { listOpenItems, setAnswered } from '../acceptance/store.ts';
import { noticedCase } from '../application/description.ts';
import { householdErrors } from '../application/household.ts';
import { conflict, locked, sign } from '../application/lifecycle.ts';
import type { ApplicationRow } from '../application/store.ts';
import type { TransferApplication } from './schemas.ts';
import { insertTransfer, moveApplication } from './store.ts';

/**
 * Transfers a case. Unless the agency stays the same, the case leaves the caller's scope. Both streets and the platform
 * are notified. Refuses a street that is unknown, closed, the current one, or not the registered one.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, officer-already-on-case
 */
export async function transferApplication(
  context: WriteContext,
  applicationId: string,
  expected: number,
  { streetCode, reason }: TransferApplication,
) {
  const application = await locked(context, applicationId, expected);
  const { personId, state } = application;
  if (state !== 'submitted' && state !== 'correction-requested' && state !== 'accepted')
    throw conflict(state, '移送');
  const place = await readTarget(context, application, streetCode);
  await sign(context, application, 'handler');
  const from = { agencyCode: application.agencyCode, streetCode: application.streetCode };
  const transferId = context.newId();
  await insertTransfer(context.tx, {
    personId,
    transferId,
    applicationId,
    fromAgency: from.agencyCode,
    fromStreet: from.streetCode,
    toAgency: place.agencyCode,
    toStreet: place.streetCode,
    reason,
    transferredAt: context.at.toString(),
    transferredBy: officerOf(context.actor),
  });
  // The transfer answers an open item about the street.
  if (state === 'correction-requested')
    await setAnswered(context.tx, application, ['household'], context.at.toString());
  const noticed = await noticedCase(context, application);
  const told = await transferTold(context, application, place, reason);
  await issueNotice(context, 'transfer', noticed, (subject) => transferContent(subject, told));
  await moveApplication(context.tx, { personId, transferId });
  await issueNotice(context, 'transfer', { ...noticed, ...place }, (subject) =>
    transferContent(subject, told),
  );
  await emit(context, [{ personId, applicationId, type: 'application-transferred', content: { state } }]);
  await context.audit({
    target: ['application', applicationId],
    personId,
    change: { transferred: true, from, to: place, state, reason },
  });
  return {
    applicationId,
    caseNumber: application.caseNumber,
    version: application.version + 1,
    state,
    from,
    to: place,
    reason,
    transferredAt: context.at.toString(),
    dueOn: application.timeLimitDueOn,
  };
}

async function readTarget(context: WriteContext, application: ApplicationRow, streetCode: string) {
  const pointer = '/body/streetCode';
  const { personId, submittedAt } = application;
  if (submittedAt === null) throw new Error(`application ${application.applicationId} was submitted`);
  const on = dayInShanghai(Temporal.Instant.from(submittedAt));
  const street = context.reference.findStreet(streetCode, context.today);
  const registered = await findRegisteredStreet(context, personId, on);
  const fieldErrors: FieldError[] = householdErrors(registered, streetCode, pointer);
  if (street === undefined) {
    const detail = '不是本市现行的街道（乡镇）代码，请按户籍所在地填写。';
    fieldErrors.push({ pointer, code: 'unknown-street', detail });
  }
  if (streetCode === application.streetCode) {
    const detail = '申请已在该街道（乡镇）办理，无需移送。';
    fieldErrors.push({ pointer, code: 'already-there', detail });
  }
  if (street === undefined || fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  return { agencyCode: street.agencyCode, streetCode: street.streetCode };
}

async function transferTold(
  context: WriteContext,
  application: ApplicationRow,
  to: { readonly agencyCode: string; readonly streetCode: string },
  reason: string,
) {
  const names = context.reference.placeNames;
  const nameOf = (code: string) => names.get(code) ?? code;
  const items =
    application.state === 'correction-requested' ? await listOpenItems(context.tx, application) : [];
  return {
    fromStreet: nameOf(application.streetCode),
    toStreet: nameOf(to.streetCode),
    toAgency: nameOf(to.agencyCode),
    keepsAgency: to.agencyCode === application.agencyCode,
    reason,
    dueOn: application.timeLimitDueOn,
    toCorrect: items
      .filter(({ answeredAt }) => answeredAt === null)
      .map(({ subject, problem, remedy }) => ({ subject: subjectTitles[subject], problem, remedy })),
  };
}
