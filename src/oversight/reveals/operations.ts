// Reveals full personal data to officers who need them, in limited numbers and always audited; and reports who saw
// which data of a person, when and why (个人信息保护法 第四十五条: the right to consult).

import { agentsOf } from '../../applications/agents/agents.ts';
import { findLatestCase } from '../../applications/application/lifecycle.ts';
import { payeeOf } from '../../applications/application/payee.ts';
import { askAbout, nobody, readAsking } from '../../eligibility/questions/asking.ts';
import type { Asking } from '../../eligibility/questions/schemas.ts';
import { seesNames } from '../../platform/access/names.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Json } from '../../platform/database/tables.ts';
import type { FactGroup } from '../../platform/http/fact-groups.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { findPerson, identityNumberOf } from '../../registers/people/operations.ts';
import { isPersonInScope } from '../../registers/records/operations.ts';
import { refuseTooManyReveals } from '../../registers/reveals/limits.ts';
import type { AccessReportQuery, Reveal, RevealableField, RevealPerson } from './schemas.ts';
import { listTraces, type Trace } from './store.ts';

/** A street needs no more to notify a person. */
const streetFields: readonly RevealableField[] = ['name', 'phone'];
const streetPurpose: RevealPerson['purpose'] = 'contact-applicant';

/**
 * Reveals fields of a person as in the newest submitted case within scope. Drafts do not count: anyone who knows an
 * identity number can create one.
 *
 * @throws Problem not-found
 */
export async function revealPerson(
  context: WriteContext,
  personId: string,
  body: RevealPerson,
): Promise<Reveal> {
  const { fields, purpose } = body;
  const fieldErrors = context.scope.relation === 'street' ? fieldErrorsForStreet(body) : [];
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const application = await findLatestCase(context, personId);
  if (application === undefined) throw new Problem('not-found');
  const [person, payee] = await Promise.all([
    findPerson(context, personId),
    payeeOf(context, application),
    refuseTooManyReveals(context),
  ]);
  if (person === undefined) throw new Error('the person of a case is seen');
  const { applicationId, caseNumber } = application;
  const place = { table: 'application', column: 'phone_encrypted', row: `${personId} ${applicationId}` };
  const { contact, agent } = agentsOf(context, application);
  const whole: Record<RevealableField, () => string | undefined> = {
    identityNumber: () => identityNumberOf(context.encryption, person),
    name: () => payee.name,
    phone: () => context.encryption.decrypt(application.phoneEncrypted, place),
    account: () => payee.accountNumber,
    agentIdentityNumber: () => agent?.identityNumber,
  };
  await context.audit({
    target: ['person', personId],
    personId,
    change: { fields: [...fields].sort(), purpose, applicationId },
  });
  return {
    personId,
    applicationId,
    caseNumber,
    ...Object.fromEntries(fields.map((field) => [field, whole[field]()])),
    ...(contact !== null && fields.includes('phone') ? { contact } : {}),
  };
}

function fieldErrorsForStreet({ fields, purpose }: RevealPerson): FieldError[] {
  const fieldErrors = fields.flatMap((field, index): FieldError[] => {
    if (streetFields.includes(field)) return [];
    const detail = '街道（乡镇）只能查看姓名和手机号码，其他项目请由经办机构查看。';
    return [{ pointer: `/body/fields/${index}`, code: 'not-for-streets', detail }];
  });
  if (purpose !== streetPurpose) {
    const detail = '街道（乡镇）只能为联系申请人查看。';
    fieldErrors.push({ pointer: '/body/purpose', code: 'not-for-streets', detail });
  }
  return fieldErrors;
}

/** Operations other than revealPerson that always return the same full personal data. */
const shownBy: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<readonly string[]>({
    getPaymentFile: ['name', 'account'],
    getMaterialFile: ['material'],
  }),
);

/** Acts and papers about one person whose answer has the applicant's name: whole for who sees it (`seesNames`). */
export const naming: ReadonlySet<string> = new Set([
  'createApplication',
  'continueApplication',
  'updateDraft',
  'submitApplication',
  'withdrawApplication',
  'requestCorrection',
  'acceptApplication',
  'declineApplication',
  'getUndertakingFile',
  'changeAccount',
  'correctApplicantName',
  'proposeHeir',
  'confirmPayeeChange',
  'rejectPayeeChange',
  'recordNoticeDelivery',
  'getNoticeFile',
  'getMonthExplanationFile',
  'openRecovery',
  'confirmRecovery',
  'dismissRecovery',
  'recordRepayment',
  'reverseRecovery',
  'setOffRecovery',
  'reverseSetOff',
  'reportFalseMaterial',
]);

/** Groups of facts that are whole, as in answers to the provincial system. */
const shownAs: ReadonlyMap<string, string> = new Map<FactGroup, RevealableField>([
  ['whole-identity-number', 'identityNumber'],
  ['whole-name', 'name'],
]);

const traceKey = /^(\d{1,17}) (entry|look) (\d{1,16})$/;

/**
 * Who acted on a person and saw which of their data, oldest first.
 *
 * @throws Problem not-found
 */
export async function getAccessReport(context: ReadContext, personId: string, query: AccessReportQuery) {
  const [isInScope, { items, next }] = await Promise.all([
    isPersonInScope(context, personId),
    pageOfTraces(context, personId, query),
  ]);
  if (!isInScope) throw new Problem('not-found');
  context.shows([personId]);
  return { items: items.map(describe), next };
}

/**
 * The same for a person logged in at a platform, who must state a ground like everyone who asks about people: names the
 * officer's organisation, not the officer. A wrong name gets the same empty answer as an unknown person.
 *
 * @throws Problem too-many-people
 */
export async function askAccessReport(context: WriteContext, body: Asking, query: AccessReportQuery) {
  const { personId } = await askAbout(context, body, readAsking(context, body));
  if (personId === nobody) return { items: [], next: null };
  const { items, next } = await pageOfTraces(context, personId, query);
  return {
    items: items.map((trace) => ({
      at: trace.at,
      operation: trace.operation,
      role: trace.role,
      place: context.reference.placeNames.get(trace.agencyCode ?? '') ?? null,
      shown: shownIn(trace),
      facts: [...trace.facts],
      purpose: revealIn(trace.change).purpose ?? trace.purpose,
    })),
    next,
  };
}

async function pageOfTraces(context: ReadContext, personId: string, query: AccessReportQuery) {
  const request = pageRequest(query, traceKey);
  const [, microseconds = '0', kind = '', id = '0'] = traceKey.exec(request.afterId ?? '') ?? [];
  const rows = await listTraces(context.tx, personId, { microseconds, kind, id }, request.limit + 1);
  return page(rows, request, (row) => `${row.microseconds} ${row.kind} ${row.id}`);
}

function describe(trace: Trace) {
  const { kind, id, at, operation, officer, clientId, role, agencyCode, requestId, sourceAddress } = trace;
  return {
    entryId: kind === 'entry' ? id : null,
    at,
    operation,
    officer,
    clientId,
    role,
    agencyCode,
    target: { kind: trace.targetKind, id: trace.targetId },
    shown: shownIn(trace),
    facts: [...trace.facts],
    purpose: revealIn(trace.change).purpose ?? trace.purpose,
    requestId,
    sourceAddress,
  };
}

/** The fields shown in full. A held line never reached the bank's file. */
function shownIn({ change, operation, role, isPaidThere, facts }: Trace): string[] {
  const seen = facts.flatMap((group) => shownAs.get(group) ?? []);
  const named = naming.has(operation) && seesNames(role) ? ['name'] : [];
  const always = isPaidThere === false ? [] : (shownBy.get(operation) ?? []);
  return [...revealIn(change).fields, ...always, ...named, ...seen];
}

function revealIn(change: Json): { fields: readonly string[]; purpose: string | null } {
  const isObject = typeof change === 'object' && change !== null && !Array.isArray(change);
  const { fields, purpose } = isObject ? change : {};
  return {
    fields: Array.isArray(fields) ? fields.map(String) : [],
    purpose: typeof purpose === 'string' ? purpose : null,
  };
}
