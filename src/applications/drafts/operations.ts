// Drafts: opened, changed, and deleted when nobody goes on with them. Each function is one operation and one transaction.

import { clientOf, officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { FieldError } from '../../platform/problem.ts';
import { enrolPerson, keepNames } from '../../registers/people/operations.ts';
import { maskNumber } from '../../values/mask.ts';
import { normaliseName } from '../../values/names.ts';
import { entrySubjects } from '../acceptance/corrections.ts';
import { setAnswered } from '../acceptance/store.ts';
import { caseNumber } from '../application/case-number.ts';
import { noClock } from '../application/clock.ts';
import { describe } from '../application/description.ts';
import { conflict, found, locked } from '../application/lifecycle.ts';
import { changeClaims } from '../application/operations.ts';
import { accountIndexOf, phoneIndexOf } from '../application/sharing.ts';
import {
  type ApplicationRow,
  deleteDraft,
  insertApplication,
  lockDraftsBefore,
  nextCaseSequence,
  setEntries,
} from '../application/store.ts';
import type { Undertaking } from '../undertakings/undertaking.ts';
import { draftsExpireBefore } from './draft-age.ts';
import { changesBetween, traceEntries } from './entry-trace.ts';
import { readApplication, readChanges, refuseMalformedChanges } from './reading.ts';
import type { CreateApplication, SignedUndertaking, UpdateDraft } from './schemas.ts';

/** In one transaction; whoever has more comes again at once. */
const draftsPerRun = 500;

/** Opens a draft. Everything that is wrong with it is told at once; a draft claims no month yet. */
export async function createApplication(context: WriteContext, body: CreateApplication) {
  const { identity, phone, account, street, undertaking } = await readApplication(context, body);
  const personId = await enrolPerson(context, identity);
  const applicationId = context.newId();
  const name = normaliseName(body.applicant.name);
  await keepNames(context, `client:${clientOf(context.actor)}`, [{ personId, name }]);
  const seal = (column: string, plain: string) =>
    context.sealer.seal(plain, { table: 'application', column, row: `${personId} ${applicationId}` });
  const year = Number(context.today.slice(0, 4));
  await insertApplication(context.tx, {
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
    nameSealed: seal('name_sealed', name),
    phoneSealed: seal('phone_sealed', phone),
    bank: body.account.bank,
    accountSealed: seal('account_sealed', account.text),
    accountMasked: maskNumber(account.text),
    accountIndex: accountIndexOf(context, account.text),
    phoneIndex: phoneIndexOf(context, phone),
    workKind: body.work.kind,
    workSince: body.work.since,
    workPlace: body.work.place,
    ...signatureOf(context, body.undertaking, undertaking),
    createdAt: context.at.toString(),
    submittedAt: null,
    acceptedAt: null,
    closedAt: null,
    recordsChangedAt: null,
    recordsToldDigest: null,
    ...noClock,
  });
  const now = await found(context, applicationId);
  const entered = { before: {}, after: traceEntries(context, now) };
  await context.audit({
    target: ['application', applicationId],
    personId,
    change: { state: 'draft', channel: body.channel, ...entered },
  });
  return await describe(context, now);
}

/**
 * Changes a draft; or, while a correction is open, what the applicant entered and was asked about, or found wrong by
 * themselves. Months that are claimed, and the street, change only where the correction asks for them: the months are
 * claimed anew in the same transaction. Whose application it is never changes.
 */
export async function updateDraft(
  context: WriteContext,
  applicationId: string,
  expected: number,
  body: UpdateDraft,
) {
  const application = await lockedChangeable(context, applicationId, expected);
  const { phone, account, street, undertaking } = await readChanges(context, application, body);
  const { personId } = application;
  const seal = (column: string, plain: string) =>
    context.sealer.seal(plain, { table: 'application', column, row: `${personId} ${applicationId}` });
  const name = body.applicant === undefined ? null : normaliseName(body.applicant.name);
  if (name !== null) await keepNames(context, `client:${application.clientId}`, [{ personId, name }]);
  const entries: Partial<ApplicationRow> = {
    ...(body.months === undefined ? {} : { months: body.months.toSorted() }),
    ...(body.quarter === undefined ? {} : { quarter: body.quarter }),
    ...(name === null ? {} : { nameSealed: seal('name_sealed', name) }),
    ...(phone === undefined
      ? {}
      : { phoneSealed: seal('phone_sealed', phone), phoneIndex: phoneIndexOf(context, phone) }),
    ...(body.account === undefined || account === undefined
      ? {}
      : {
          bank: body.account.bank,
          accountSealed: seal('account_sealed', account.text),
          accountMasked: maskNumber(account.text),
          accountIndex: accountIndexOf(context, account.text),
        }),
    ...(body.work === undefined
      ? {}
      : { workKind: body.work.kind, workSince: body.work.since, workPlace: body.work.place }),
    ...(street === undefined ? {} : { streetCode: street.streetCode, agencyCode: street.agencyCode }),
    ...(body.undertaking === undefined ? {} : signatureOf(context, body.undertaking, undertaking)),
  };
  if (body.months !== undefined && application.state === 'correction-requested')
    await changeClaims(context, application, body.months);
  await setEntries(context.tx, application, entries);
  const changed = Object.keys(body);
  const subjects = entrySubjects.filter((subject) => changed.includes(subject)); // each is a part of the body
  await setAnswered(context.tx, application, subjects, context.at.toString());
  const now = await found(context, applicationId);
  const trace = changesBetween(traceEntries(context, application), traceEntries(context, now));
  await context.audit({ target: ['application', applicationId], personId, change: { changed, ...trace } });
  return await describe(context, now);
}

/** Refuses changes that have not even their form, as `updateDraft` would, with everything that is wrong besides. */
export async function refuseInvalidUpdate(
  context: WriteContext,
  applicationId: string,
  expected: number,
  body: unknown,
  formErrors: readonly FieldError[],
): Promise<never> {
  const application = await lockedChangeable(context, applicationId, expected);
  return await refuseMalformedChanges(context, application, body, formErrors);
}

async function lockedChangeable(
  context: WriteContext,
  applicationId: string,
  expected: number,
): Promise<ApplicationRow> {
  const application = await locked(context, applicationId, expected);
  if (application.state !== 'draft' && application.state !== 'correction-requested')
    throw conflict(application.state, '修改');
  return application;
}

/** What was signed, when, how, and before whom. Nothing, while it is not. */
function signatureOf(
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

/**
 * Deletes drafts that have expired, really and with their materials; the audit keeps that they were there. Answers whether
 * there may be more.
 */
export async function expireDrafts(context: WriteContext): Promise<boolean> {
  const expired = await lockDraftsBefore(context.tx, draftsExpireBefore(context.today), draftsPerRun);
  for (const draft of expired) {
    const materials = await deleteDraft(context.tx, draft);
    await context.audit({
      target: ['application', draft.applicationId],
      personId: draft.personId,
      change: { from: 'draft', to: null, because: 'expired', materialsDeleted: materials },
    });
  }
  return expired.length === draftsPerRun;
}
