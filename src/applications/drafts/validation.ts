// Validates an applicant's entries, in a draft or a change, and reports all errors at once, each with its place and
// remedy.

import type { WriteContext } from '../../platform/context.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { setCurrentPersonByIdentity } from '../../registers/people/operations.ts';
import { findRegisteredStreet } from '../../registers/records/operations.ts';
import { policyOn } from '../../rules/policy/policy.ts';
import { fieldErrorsOfMonths } from '../../rules/validation/claims.ts';
import { fieldErrorsOfAccountHolder, readAccountNumber } from '../../values/account-number.ts';
import { dayInShanghai } from '../../values/days.ts';
import { readIdentityNumber } from '../../values/identity-number.ts';
import { fieldErrorsOfName } from '../../values/names.ts';
import { readMobileNumber, readPhoneNumber } from '../../values/phone-number.ts';
import { listOpenItems } from '../acceptance/store.ts';
import { agentErrors, ownAgentErrors } from '../agents/validation.ts';
import { householdErrors } from '../application/household.ts';
import { conflict, locked } from '../application/lifecycle.ts';
import { channels } from '../application/schemas.ts';
import type { ApplicationRow } from '../application/store.ts';
import { type Undertaking, undertakingOf, undertakingOn } from '../undertakings/undertaking.ts';
import type { CreateApplication, SignedUndertaking, UpdateDraft } from './schemas.ts';
import { isSent, type ValidParts, validPartsOf } from './valid-parts.ts';

/** The parsed values of a valid application; `known` is the person on file, null if nobody has the number yet. */
export async function validateApplication(context: WriteContext, body: CreateApplication) {
  const { fieldErrors, personId, identity, phone, agent, account, street } = await validate(
    context,
    validPartsOf(body, []),
    null,
  );
  const isComplete = fieldErrors.length === 0 && identity !== undefined && account !== undefined;
  if (!isComplete || phone === undefined || street === undefined)
    throw new Problem('invalid-fields', { fieldErrors });
  const undertaking = undertakingIn(body.undertaking);
  return { identity, known: personId, phone, agent, account, street, undertaking };
}

/** Rejects a schema-invalid draft with schema and business errors together, so that the applicant corrects once. */
export async function refuseInvalidDraft(
  context: WriteContext,
  body: unknown,
  schemaErrors: readonly FieldError[],
): Promise<never> {
  const { fieldErrors } = await validate(context, validPartsOf(body, schemaErrors), null);
  throw new Problem('invalid-fields', { fieldErrors: [...schemaErrors, ...fieldErrors] });
}

/** Locks a case that its applicant may change. @throws Problem not-found, precondition-failed, state-conflict */
export async function lockEditable(
  context: WriteContext,
  applicationId: string,
  expected: number,
): Promise<ApplicationRow> {
  const application = await locked(context, applicationId, expected);
  if (application.state !== 'draft' && application.state !== 'correction-requested')
    throw conflict(application.state, '修改');
  return application;
}

/** The parsed values of valid changes; undefined for unchanged parts. */
export async function validateUpdate(context: WriteContext, application: ApplicationRow, body: UpdateDraft) {
  const { fieldErrors, phone, agent, account, street } = await validateChanges(
    context,
    application,
    body,
    [],
  );
  const isComplete = fieldErrors.length === 0 && (body.account === undefined || account !== undefined);
  if (!isComplete) throw new Problem('invalid-fields', { fieldErrors });
  return { phone, agent, account, street, undertaking: undertakingIn(body.undertaking) };
}

/**
 * Rejects a schema-invalid update with schema and business errors together.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, as `updateDraft`; invalid-fields otherwise
 */
export async function refuseInvalidUpdate(
  context: WriteContext,
  applicationId: string,
  expected: number,
  body: unknown,
  schemaErrors: readonly FieldError[],
): Promise<never> {
  const application = await lockEditable(context, applicationId, expected);
  const { fieldErrors } = await validateChanges(context, application, body, schemaErrors);
  throw new Problem('invalid-fields', { fieldErrors: [...schemaErrors, ...fieldErrors] });
}

/** @param application the one to be changed; null while the identity number has to state whose it is */
async function validate(context: WriteContext, parts: ValidParts, application: ApplicationRow | null) {
  const { today, settings, policies } = context;
  const { name, payee, holder, months, quarter, streetCode, channel, since, undertaking } = parts;
  const rules = { today, acceptTestPeople: settings.acceptTestPeople, acceptFifteenDigits: false };
  const identity = read(parts.identityNumber, (number) =>
    readIdentityNumber(number, '/body/applicant/identityNumber', rules),
  );
  const phone = read(parts.phone, (number) => readPhoneNumber(number, '/body/applicant/phone'));
  const contact = read(parts.contactPhone, (number) =>
    readMobileNumber(number, '/body/applicant/contact/phone'),
  );
  const agent = read(parts.agentNumber, (number) =>
    readIdentityNumber(number, '/body/agent/identityNumber', rules),
  );
  const account = read(parts.accountNumber, (number) => readAccountNumber(number, '/body/account/number'));
  const street = streetCode === undefined ? undefined : context.reference.findStreet(streetCode, today);
  const [personId, registered] = await Promise.all([
    application?.personId ??
      (identity.value === undefined ? null : setCurrentPersonByIdentity(context, identity.value)),
    findRegisteredStreet(context, application?.personId ?? null, today),
  ]);
  const fieldErrors: FieldError[] = [
    ...identity.fieldErrors,
    ...(name === undefined ? [] : fieldErrorsOfName(name, '/body/applicant/name')),
    ...phone.fieldErrors,
    ...contact.fieldErrors,
    ...agent.fieldErrors,
    ...agentErrors(context, parts, application),
    ...(agent.value === undefined
      ? []
      : await ownAgentErrors(context, agent.value.text, application, identity.value?.text)),
    ...account.fieldErrors,
    ...(months === undefined || quarter === undefined
      ? []
      : fieldErrorsOfMonths({ quarter, months }, today, policyOn(today, policies), '/body')),
    ...(streetCode === undefined ? [] : streetErrors(context, streetCode, street !== undefined)),
    ...(street === undefined
      ? []
      : householdErrors(registered, street.streetCode, '/body/household/streetCode')),
    ...(channel === undefined ? [] : channelErrors(context, channel)),
    ...(undertaking === undefined ? [] : signatureErrors(context, undertaking)),
    ...(holder === undefined || payee === undefined
      ? []
      : fieldErrorsOfAccountHolder(holder, payee, '/body/account/holder')),
    ...(since === undefined ? [] : workErrors(context, since)),
  ];
  return {
    fieldErrors,
    personId,
    identity: identity.value,
    phone: phone.value ?? contact.value,
    agent: agent.value?.text,
    account: account.value,
    street,
  };
}

type Reading<T> = { readonly value: T } | { readonly fieldErrors: readonly FieldError[] };

/** The parsed value of a text, or its errors; undefined if the text is absent. */
function read<T>(text: string | undefined, reader: (text: string) => Reading<T>) {
  const reading = text === undefined ? { fieldErrors: [] } : reader(text);
  return 'value' in reading
    ? { value: reading.value, fieldErrors: [] }
    : { value: undefined, fieldErrors: reading.fieldErrors };
}

function workErrors(context: WriteContext, since: string): FieldError[] {
  if (since <= context.today) return [];
  return [{ pointer: '/body/work/since', code: 'in-future', detail: '从业开始日期不能晚于今天。' }];
}

function streetErrors(context: WriteContext, streetCode: string, isKnown: boolean): FieldError[] {
  const fieldErrors: FieldError[] = [];
  const pointer = '/body/household/streetCode';
  if (!isKnown) {
    const detail = '不是本市现行的街道（乡镇）代码，请按户籍所在地填写。';
    fieldErrors.push({ pointer, code: 'unknown-street', detail });
  }
  if (context.scope.relation === 'street' && context.scope.code !== streetCode) {
    const detail = '户籍不在本街道（乡镇），请引导申请人到户籍所在地申请。';
    fieldErrors.push({ pointer, code: 'other-street', detail });
  }
  return fieldErrors;
}

function channelErrors(context: WriteContext, channel: keyof typeof channels): FieldError[] {
  if (channels[channel].isOnline === (context.role === 'platform')) return [];
  const detail = '申请渠道与办理方不符：线上平台使用线上渠道，线下窗口使用线下渠道。';
  return [{ pointer: '/body/channel', code: 'channel-not-yours', detail }];
}

/** Errors unless the text is the one in force on the day of the signature, and the digest, if sent, matches it. */
function signatureErrors(
  context: WriteContext,
  { version, signedAt, sha256 }: SignedUndertaking,
): FieldError[] {
  const fieldErrors: FieldError[] = [];
  const at = Temporal.Instant.from(signedAt);
  const signed = undertakingOf(version);
  const inForce = undertakingOn(dayInShanghai(at));
  if (signed === null) {
    const detail = '没有这个版本的承诺书，请出示现行版本并由申请人重新签署。';
    fieldErrors.push({ pointer: '/body/undertaking/version', code: 'unknown-version', detail });
  } else if (signed.version !== inForce?.version) {
    const detail = '签署之日使用的不是当日有效的承诺书，请出示现行版本并由申请人重新签署。';
    fieldErrors.push({ pointer: '/body/undertaking/version', code: 'not-in-force', detail });
  }
  if (signed !== null && sha256 !== undefined && sha256 !== signed.digest.toString('hex')) {
    const detail = '向申请人出示的承诺书与公布的文本不一致，请出示公布的文本并由申请人重新签署。';
    fieldErrors.push({ pointer: '/body/undertaking/sha256', code: 'other-text', detail });
  }
  if (Temporal.Instant.compare(at, context.at) > 0) {
    const detail = '签署时间不能晚于现在。';
    fieldErrors.push({ pointer: '/body/undertaking/signedAt', code: 'in-future', detail });
  }
  return fieldErrors;
}

/** The signed text, whose version was validated before; null if unsigned. */
function undertakingIn(signature: SignedUndertaking | undefined): Undertaking | null {
  if (signature === undefined) return null;
  const undertaking = undertakingOf(signature.version);
  if (undertaking === null) throw new Error(`undertaking ${signature.version} was validated before`);
  return undertaking;
}

async function validateChanges(
  context: WriteContext,
  application: ApplicationRow,
  body: unknown,
  schemaErrors: readonly FieldError[],
) {
  const parts = withUnchanged(context, application, body, validPartsOf(body, schemaErrors));
  const { fieldErrors, ...values } = await validate(context, parts, application);
  const { street } = values;
  const fixed = await fixedPartErrors(context, application, body);
  const agency = street === undefined ? [] : agencyErrors(context, application, street.agencyCode);
  return { ...values, fieldErrors: [...fixed, ...agency, ...fieldErrors] };
}

/** Adds unchanged values that a change is validated against: the person's name, and the months or their quarter. */
function withUnchanged(
  context: WriteContext,
  application: ApplicationRow,
  body: unknown,
  parts: ValidParts,
): ValidParts {
  const changesMonths = isSent(body, 'months');
  const changesQuarter = isSent(body, 'quarter') && application.state === 'draft';
  const keepsName = parts.holder !== undefined && !isSent(body, 'applicant', 'name');
  return {
    ...parts,
    months: changesMonths ? parts.months : changesQuarter ? application.months : undefined,
    quarter: changesQuarter ? parts.quarter : changesMonths ? application.quarter : undefined,
    payee: keepsName ? nameOf(context, application) : parts.payee,
  };
}

/**
 * The name changes only together with the account. Once submitted, months and street change only if the open correction
 * asks for them: the months are claimed, and the street decides which agency handles the case.
 */
async function fixedPartErrors(
  context: WriteContext,
  application: ApplicationRow,
  body: unknown,
): Promise<FieldError[]> {
  const fieldErrors: FieldError[] = [];
  if (isSent(body, 'applicant') && !isSent(body, 'account')) {
    const detail = '修改姓名或电话时请一并填写账户，以核对户名与申请人一致。';
    fieldErrors.push({ pointer: '/body/account', code: 'required', detail });
  }
  if (application.state === 'draft') return fieldErrors;
  const asked = await listOpenItems(context.tx, application);
  for (const field of ['quarter', 'months', 'household'].filter((name) => isSent(body, name))) {
    if (asked.some(({ subject }) => subject === field)) continue;
    const detail =
      '提交后季度不能修改，月份和户籍所在街道只在补正告知书要求时可以修改；如需更改，请撤回后重新申请。';
    fieldErrors.push({ pointer: `/body/${field}`, code: 'fixed', detail });
  }
  return fieldErrors;
}

/**
 * A correction changes the street only within the agency; for another agency an officer transfers the case and signs.
 */
function agencyErrors(
  { reference }: WriteContext,
  { state, agencyCode }: ApplicationRow,
  toAgency: string,
): FieldError[] {
  if (state === 'draft' || agencyCode === toAgency) return [];
  const { agencyName } = reference.findAgencyNames(toAgency);
  const detail = `该街道（乡镇）由${agencyName}办理。请向现经办机构说明，由其移送；您无需重新申请。`;
  return [{ pointer: '/body/household/streetCode', code: 'needs-transfer', detail }];
}

function nameOf(context: WriteContext, { personId, applicationId, nameEncrypted }: ApplicationRow): string {
  const place = { table: 'application', column: 'name_encrypted', row: `${personId} ${applicationId}` };
  return context.encryption.decrypt(nameEncrypted, place);
}
