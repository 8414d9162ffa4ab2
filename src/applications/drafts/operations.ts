// Creates and changes drafts, and deletes expired ones.

import { clientOf, officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { together } from '../../platform/database/together.ts';
import { enrolPerson, keepNames } from '../../registers/people/operations.ts';
import { caseNumber } from '../../values/case-number.ts';
import { maskNumber } from '../../values/mask.ts';
import { normaliseName } from '../../values/names.ts';
import { entrySubjects } from '../acceptance/corrections.ts';
import { setAnswered } from '../acceptance/store.ts';
import { agentColumns, contactColumns } from '../agents/agents.ts';
import { describe } from '../application/description.ts';
import { changeClaims } from '../application/months.ts';
import { accountIndexOf, phoneIndexOf } from '../application/sharing.ts';
import {
  type CaseKey,
  deleteDraft,
  insertApplication,
  lockDraftsBefore,
  nextCaseSequence,
  setFields,
} from '../application/store.ts';
import { noTimeLimit } from '../application/time-limit.ts';
import { foundWhole } from '../application/whole-case.ts';
import { deleteMaterials } from '../materials/store.ts';
import type { Undertaking } from '../undertakings/undertaking.ts';
import { draftsExpireBefore } from './draft-age.ts';
import { changesBetween, traceEntries } from './entry-trace.ts';
import type { CreateApplication, SignedUndertaking, UpdateDraft } from './schemas.ts';
import { lockEditable, validateApplication, validateUpdate } from './validation.ts';

/** Maximum deleted per transaction; expireDrafts returns whether there may be more. */
const draftsPerRun = 500;

/** Creates a draft, which claims no month yet. All errors are reported at once. */
export async function createApplication(context: WriteContext, body: CreateApplication) {
  const { identity, known, phone, agent, account, street, undertaking } = await validateApplication(
    context,
    body,
  );
  const personId = known ?? (await enrolPerson(context, identity));
  const applicationId = context.newId();
  const name = normaliseName(body.applicant.name);
  const year = Number(context.today.slice(0, 4));
  const inserting = insertApplication(context.tx, {
    personId,
    applicationId,
    caseNumber: caseNumber(year, await nextCaseSequence(context.tx)),
    state: 'draft',
    version: 1,
    quarter: body.quarter,
    months: body.months.toSorted(),
    channel: body.channel,
    clientId: clientOf(context.actor),
    streetCode: body.household.streetCode,
    agencyCode: street.agencyCode,
    ...nameColumns(context, { personId, applicationId }, name),
    ...phoneColumns(context, { personId, applicationId }, phone),
    ...contactColumns(context, { personId, applicationId }, body.applicant.contact),
    ...agentColumns(context, { personId, applicationId }, body.agent, agent),
    ...accountColumns(context, { personId, applicationId }, body.account.bank, account.text),
    ...workColumns(body.work),
    ...signatureColumns(context, body.undertaking, undertaking),
    createdAt: context.at.toString(),
    submittedAt: null,
    acceptedAt: null,
    acceptanceReason: null,
    assignedTo: null,
    closedAt: null,
    recordsChangedAt: null,
    recordsToldDigest: null,
    ...noTimeLimit,
  });
  // After the case, which locks the person: two drafts of one person that begin with the name lock it crosswise.
  const naming = keepNames(context, `client:${clientOf(context.actor)}`, [{ personId, name }]);
  const [application, , whole] = await together([inserting, naming, foundWhole(context, applicationId)]);
  const entered = { before: {}, after: traceEntries(context, application) };
  await context.audit({
    target: ['application', applicationId],
    personId,
    change: { state: 'draft', channel: body.channel, ...entered },
  });
  return await describe(context, whole);
}

/**
 * Changes a draft; or, during an open correction, any entry of the applicant. Months and street, once submitted, change
 * only if the correction asks for them; the months are then claimed anew in the same transaction. The person of an
 * application never changes.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, month-already-claimed
 */
export async function updateDraft(
  context: WriteContext,
  applicationId: string,
  expected: number,
  body: UpdateDraft,
) {
  const draft = await lockEditable(context, applicationId, expected);
  const { phone, agent, account, street, undertaking } = await validateUpdate(context, draft, body);
  const { personId } = draft;
  const name = body.applicant === undefined ? null : normaliseName(body.applicant.name);
  const isCorrected = draft.state === 'correction-requested';
  if (body.months !== undefined && isCorrected) await changeClaims(context, draft, body.months);
  const application = await setFields(context.tx, draft, {
    ...(body.months === undefined ? {} : { months: body.months.toSorted() }),
    ...(body.quarter === undefined ? {} : { quarter: body.quarter }),
    ...(name === null ? {} : nameColumns(context, draft, name)),
    ...(body.applicant === undefined ? {} : contactColumns(context, draft, body.applicant.contact)),
    ...(phone === undefined ? {} : phoneColumns(context, draft, phone)),
    ...(body.agent === undefined ? {} : agentColumns(context, draft, body.agent, agent)),
    ...(body.account === undefined || account === undefined
      ? {}
      : accountColumns(context, draft, body.account.bank, account.text)),
    ...(body.work === undefined ? {} : workColumns(body.work)),
    ...(street === undefined ? {} : { streetCode: street.streetCode, agencyCode: street.agencyCode }),
    ...(body.undertaking === undefined ? {} : signatureColumns(context, body.undertaking, undertaking)),
  });
  if (name !== null) await keepNames(context, `client:${draft.clientId}`, [{ personId, name }]);
  const changed = Object.keys(body);
  const subjects = entrySubjects.filter((subject) => changed.includes(subject)); // each is a part of the body
  if (isCorrected) await setAnswered(context.tx, application, subjects, context.at.toString());
  const trace = changesBetween(traceEntries(context, draft), traceEntries(context, application));
  await context.audit({ target: ['application', applicationId], personId, change: { changed, ...trace } });
  return await describe(context, await foundWhole(context, applicationId));
}

function encrypted(
  context: WriteContext,
  { personId, applicationId }: CaseKey,
  column: string,
  plain: string,
) {
  return context.encryption.encrypt(plain, {
    table: 'application',
    column,
    row: `${personId} ${applicationId}`,
  });
}

function nameColumns(context: WriteContext, key: CaseKey, name: string) {
  return { nameEncrypted: encrypted(context, key, 'name_encrypted', name) };
}

function phoneColumns(context: WriteContext, key: CaseKey, phone: string) {
  return {
    phoneEncrypted: encrypted(context, key, 'phone_encrypted', phone),
    phoneIndex: phoneIndexOf(context, phone),
  };
}

function accountColumns(context: WriteContext, key: CaseKey, bank: string, account: string) {
  return {
    bank,
    accountEncrypted: encrypted(context, key, 'account_encrypted', account),
    accountMasked: maskNumber(account),
    accountIndex: accountIndexOf(context, account),
  };
}

function workColumns({ kind, since, place }: CreateApplication['work']) {
  return { workKind: kind, workSince: since, workPlace: place };
}

/** The signature's columns; all null until signed. */
function signatureColumns(
  context: WriteContext,
  signature: SignedUndertaking | undefined,
  undertaking: Undertaking | null,
) {
  return {
    undertakingVersion: undertaking?.version ?? null,
    undertakingDigest: undertaking?.digest ?? null,
    undertakingSignedAt: signature?.signedAt ?? null,
    undertakingSignedHow: signature?.method ?? null,
    undertakingTakenBy: undertaking === null ? null : officerOf(context.actor),
  };
}

/** Deletes expired drafts with their materials; the audit records each. Returns whether there may be more. */
export async function expireDrafts(context: WriteContext): Promise<boolean> {
  const expired = await lockDraftsBefore(context.tx, draftsExpireBefore(context.today), draftsPerRun);
  for (const draft of expired) {
    const materialsDeleted = await deleteMaterials(context.tx, draft);
    await deleteDraft(context.tx, draft);
    await context.audit({
      target: ['application', draft.applicationId],
      personId: draft.personId,
      change: { from: 'draft', to: null, because: 'expired', materialsDeleted },
    });
  }
  return expired.length === draftsPerRun;
}
