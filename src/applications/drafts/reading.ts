// Reads what an applicant sends and finds every error of it at once, each with where it is and what to do.

import type { WriteContext } from '../../platform/context.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { findAgencyNames, findStreet } from '../../platform/reference/store.ts';
import { takeByIdentity } from '../../registers/people/operations.ts';
import { policyOn } from '../../rules/policy/policy.ts';
import { fieldErrorsOfMonths } from '../../rules/validation/claims.ts';
import { fieldErrorsOfAccountHolder, readAccountNumber } from '../../values/account-number.ts';
import { dayInShanghai } from '../../values/days.ts';
import { readIdentityNumber } from '../../values/identity-number.ts';
import { fieldErrorsOfName } from '../../values/names.ts';
import { readPhoneNumber } from '../../values/phone-number.ts';
import { findLatestCorrection, listItems } from '../acceptance/store.ts';
import { householdErrors } from '../application/household.ts';
import { channels } from '../application/schemas.ts';
import type { ApplicationRow } from '../application/store.ts';
import { type Undertaking, undertakingOf, undertakingOn } from '../undertakings/undertaking.ts';
import { type Entered, enteredIn, isSent } from './entered.ts';
import type { CreateApplication, SignedUndertaking, UpdateDraft } from './schemas.ts';

/** Reads the whole request and refuses with every error, each where it is. */
export async function readApplication(context: WriteContext, body: CreateApplication) {
  const { fieldErrors, identity, phone, account, street } = await validate(
    context,
    enteredIn(body, []),
    null,
  );
  const isComplete = fieldErrors.length === 0 && identity !== undefined && account !== undefined;
  if (!isComplete || phone === undefined || street === undefined)
    throw new Problem('invalid-fields', { fieldErrors });
  return { identity, phone, account, street, undertaking: readSignature(body.undertaking) };
}

/**
 * Refuses a request that has not even its form, with what its form lacks and with everything that is wrong besides: whoever
 * stands at a counter is sent home once.
 */
export async function refuseInvalidDraft(
  context: WriteContext,
  body: unknown,
  formErrors: readonly FieldError[],
): Promise<never> {
  const { fieldErrors } = await validate(context, enteredIn(body, formErrors), null);
  throw new Problem('invalid-fields', { fieldErrors: [...formErrors, ...fieldErrors] });
}

/** @param known whose application it is; null while the identity number has to say it */
async function validate(context: WriteContext, entered: Entered, known: string | null) {
  const { today, settings } = context;
  const { name, payee, holder, months, quarter, since, undertaking } = entered;
  const rules = { today, acceptTestPeople: settings.acceptTestPeople, acceptFifteenDigits: false };
  const identity = given(entered.identityNumber, (number) =>
    readIdentityNumber(number, '/body/applicant/identityNumber', rules),
  );
  const phone = given(entered.phone, (number) => readPhoneNumber(number, '/body/applicant/phone'));
  const account = given(entered.accountNumber, (number) => readAccountNumber(number, '/body/account/number'));
  const street =
    entered.streetCode === undefined ? undefined : await findStreet(context.tx, entered.streetCode, today);
  const personId =
    known ??
    (identity !== undefined && 'value' in identity ? await takeByIdentity(context, identity.value) : null);
  const fieldErrors: FieldError[] = [
    ...(identity !== undefined && 'fieldErrors' in identity ? identity.fieldErrors : []),
    ...(name === undefined ? [] : fieldErrorsOfName(name, '/body/applicant/name')),
    ...(phone !== undefined && 'fieldErrors' in phone ? phone.fieldErrors : []),
    ...(account !== undefined && 'fieldErrors' in account ? account.fieldErrors : []),
    ...(months === undefined || quarter === undefined
      ? []
      : fieldErrorsOfMonths({ quarter, months }, today, policyOn(today, settings), '/body')),
    ...(entered.streetCode === undefined
      ? []
      : streetErrors(context, entered.streetCode, street !== undefined)),
    ...(street === undefined || personId === null
      ? []
      : await householdErrors(
          context,
          personId,
          { streetCode: street.streetCode, on: today },
          '/body/household/streetCode',
        )),
    ...(entered.channel === undefined ? [] : channelErrors(context, entered.channel)),
    ...(undertaking === undefined ? [] : signatureErrors(context, undertaking)),
    ...(holder === undefined || payee === undefined
      ? []
      : fieldErrorsOfAccountHolder(holder, payee, '/body/account/holder')),
    ...(since === undefined ? [] : workErrors(context, since)),
  ];
  return {
    fieldErrors,
    identity: identity !== undefined && 'value' in identity ? identity.value : undefined,
    phone: phone !== undefined && 'value' in phone ? phone.value : undefined,
    account: account !== undefined && 'value' in account ? account.value : undefined,
    street,
  };
}

function given<T, R>(value: T | undefined, read: (value: T) => R): R | undefined {
  return value === undefined ? undefined : read(value);
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

/** The text must be the one that was signed on that day, and its digest, where a platform says what it showed, the same. */
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

/** The text that was signed; null where nothing was. Judged before. */
function readSignature(signature: SignedUndertaking | undefined): Undertaking | null {
  if (signature === undefined) return null;
  const undertaking = undertakingOf(signature.version);
  if (undertaking === null) throw new Error('the undertaking was judged before');
  return undertaking;
}

/** Reads changes to a case and refuses them with every error; answers what the changed parts mean. */
export async function readChanges(context: WriteContext, application: ApplicationRow, body: UpdateDraft) {
  const { fieldErrors, phone, account, street } = await validateChanges(context, application, body, []);
  const isComplete = fieldErrors.length === 0 && (body.account === undefined || account !== undefined);
  if (!isComplete) throw new Problem('invalid-fields', { fieldErrors });
  return { phone, account, street, undertaking: readSignature(body.undertaking) };
}

/** Refuses changes that have not even their form, with what it lacks and with everything that is wrong besides. */
export async function refuseMalformedChanges(
  context: WriteContext,
  application: ApplicationRow,
  body: unknown,
  formErrors: readonly FieldError[],
): Promise<never> {
  const { fieldErrors } = await validateChanges(context, application, body, formErrors);
  throw new Problem('invalid-fields', { fieldErrors: [...formErrors, ...fieldErrors] });
}

async function validateChanges(
  context: WriteContext,
  application: ApplicationRow,
  body: unknown,
  formErrors: readonly FieldError[],
) {
  const entered = besideWhatStays(context, application, body, enteredIn(body, formErrors));
  const { fieldErrors, phone, account, street } = await validate(context, entered, application.personId);
  const fixed = await fieldErrorsOfParts(context, application, body);
  const other =
    street === undefined ? [] : await fieldErrorsOfAgency(context, application, street.agencyCode);
  return { fieldErrors: [...fixed, ...other, ...fieldErrors], phone, account, street };
}

/** What was not sent stays: the account has to be that person's, the months of that quarter. */
function besideWhatStays(
  context: WriteContext,
  application: ApplicationRow,
  body: unknown,
  entered: Entered,
): Entered {
  const [newMonths, newQuarter] = [isSent(body, 'months'), isSent(body, 'quarter')];
  const isJudged = newMonths || (newQuarter && application.state === 'draft');
  const keepsName = entered.holder !== undefined && !isSent(body, 'applicant', 'name');
  return {
    ...entered,
    months: isJudged ? (newMonths ? entered.months : application.months) : undefined,
    quarter: isJudged
      ? newQuarter && application.state === 'draft'
        ? entered.quarter
        : application.quarter
      : undefined,
    payee: keepsName ? nameOf(context, application) : entered.payee,
  };
}

/**
 * A name is changed with its account. What was handed in with the case stays, unless its open correction asks for it: the
 * months are claimed, and the household has said who handles it.
 */
async function fieldErrorsOfParts(
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
  const correction = await findLatestCorrection(context.tx, application);
  const asked = correction?.closedAt === null ? await listItems(context.tx, correction) : [];
  for (const field of ['quarter', 'months', 'household'].filter((name) => isSent(body, name))) {
    if (asked.some(({ subject }) => subject === field)) continue;
    const detail =
      '提交后季度不能修改，月份和户籍所在街道只在补正告知书要求时可以修改；如需更改，请撤回后重新申请。';
    fieldErrors.push({ pointer: `/body/${field}`, code: 'fixed', detail });
  }
  return fieldErrors;
}

/**
 * A correction changes the street within the agency alone. Who handles the case is the handler's to change: by a transfer
 * both streets are told, and an officer has signed for it.
 */
async function fieldErrorsOfAgency(
  context: WriteContext,
  { state, agencyCode }: ApplicationRow,
  toAgency: string,
): Promise<FieldError[]> {
  if (state === 'draft' || agencyCode === toAgency) return [];
  const { agencyName } = await findAgencyNames(context.tx, toAgency);
  const detail = `该街道（乡镇）由${agencyName}办理。请向现经办机构说明，由其移送；您无需重新申请。`;
  return [{ pointer: '/body/household/streetCode', code: 'needs-transfer', detail }];
}

function nameOf(context: WriteContext, { personId, applicationId, nameSealed }: ApplicationRow): string {
  const place = { table: 'application', column: 'name_sealed', row: `${personId} ${applicationId}` };
  return context.sealer.open(nameSealed, place);
}
