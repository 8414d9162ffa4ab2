// Reads what an applicant sends and finds every fault of it at once, each with where it is and what to do.

import type { Act } from '../act.ts';
import { type Fault, Refusal } from '../http/problem.ts';
import { findStreet } from '../reference/store.ts';
import { faultsOfAccountHolder, readAccountNumber } from '../rules/account-number.ts';
import { readIdentityNumber } from '../rules/identity-number.ts';
import { faultsOfName } from '../rules/names.ts';
import type { UpdateDraft } from './draft-schemas.ts';
import { monthFaults } from './months.ts';
import { type CreateApplication, channels } from './schemas.ts';
import type { ApplicationRow } from './store.ts';
import { undertakingOf } from './undertaking.ts';

/** Reads the whole request and refuses with every fault, each where it is. */
export async function readApplication(act: Act, body: CreateApplication) {
  const { today, settings } = act;
  const rules = { today, acceptTestPeople: settings.acceptTestPeople, acceptFifteenDigits: false };
  const identity = readIdentityNumber(body.applicant.identityNumber, '/body/applicant/identityNumber', rules);
  const account = readAccountNumber(body.account.number, '/body/account/number');
  const street = await findStreet(act.tx, body.household.streetCode, today);
  const faults: Fault[] = [
    ...('faults' in identity ? identity.faults : []),
    ...faultsOfName(body.applicant.name, '/body/applicant/name'),
    ...('faults' in account ? account.faults : []),
    ...monthFaults(body.months, body.quarter, today),
    ...placeFaults(act, body, street !== undefined),
    ...signatureFaults(act, body),
    ...faultsOfAccountHolder(body.account.holder, body.applicant.name, '/body/account/holder'),
  ];
  if (body.work.since > today) {
    faults.push({ pointer: '/body/work/since', code: 'in-future', detail: '从业开始日期不能晚于今天。' });
  }
  const isComplete = faults.length === 0 && 'value' in identity && 'value' in account && street !== undefined;
  if (!isComplete) throw new Refusal('invalid-fields', { faults });
  return { identity: identity.value, account: account.value, street };
}

function placeFaults(act: Act, body: CreateApplication, streetIsKnown: boolean): Fault[] {
  const faults: Fault[] = [];
  const pointer = '/body/household/streetCode';
  if (!streetIsKnown) {
    faults.push({
      pointer,
      code: 'unknown-street',
      detail: '不是本市现行的街道（乡镇）代码，请按户籍所在地填写。',
    });
  }
  if (act.sight.relation === 'street' && act.sight.code !== body.household.streetCode) {
    faults.push({
      pointer,
      code: 'other-street',
      detail: '户籍不在本街道（乡镇），请引导申请人到户籍所在地申请。',
    });
  }
  const channelIsOnline = channels[body.channel].isOnline;
  if (channelIsOnline !== (act.role === 'platform')) {
    const detail = '申请渠道与办理方不符：线上平台使用线上渠道，线下窗口使用线下渠道。';
    faults.push({ pointer: '/body/channel', code: 'channel-not-yours', detail });
  }
  return faults;
}

function signatureFaults(act: Act, body: Pick<CreateApplication, 'undertaking'>): Fault[] {
  const faults: Fault[] = [];
  if (undertakingOf(body.undertaking.version) === null) {
    const detail = '没有这个版本的承诺书，请出示现行版本并由申请人重新签署。';
    faults.push({ pointer: '/body/undertaking/version', code: 'unknown-version', detail });
  }
  if (Temporal.Instant.compare(Temporal.Instant.from(body.undertaking.signedAt), act.at) > 0) {
    faults.push({
      pointer: '/body/undertaking/signedAt',
      code: 'in-future',
      detail: '签署时间不能晚于现在。',
    });
  }
  return faults;
}

/** Reads changes to a case and refuses them with every fault; answers the account and the undertaking where they change. */
export function readChanges(act: Act, application: ApplicationRow, body: UpdateDraft) {
  const faults: Fault[] = [];
  const account =
    body.account === undefined ? null : readAccountNumber(body.account.number, '/body/account/number');
  if (account !== null && 'faults' in account) faults.push(...account.faults);
  if (body.applicant !== undefined) faults.push(...faultsOfName(body.applicant.name, '/body/applicant/name'));
  if (body.applicant !== undefined && body.account === undefined) {
    const detail = '修改姓名或电话时请一并填写账户，以核对户名与申请人一致。';
    faults.push({ pointer: '/body/account', code: 'required', detail });
  }
  if (body.account !== undefined) {
    const name = body.applicant?.name ?? nameOf(act, application);
    faults.push(...faultsOfAccountHolder(body.account.holder, name, '/body/account/holder'));
  }
  faults.push(...monthChangeFaults(act, application, body));
  if (body.undertaking !== undefined) faults.push(...signatureFaults(act, { undertaking: body.undertaking }));
  if (body.work !== undefined && body.work.since > act.today) {
    faults.push({ pointer: '/body/work/since', code: 'in-future', detail: '从业开始日期不能晚于今天。' });
  }
  if (faults.length > 0 || (account !== null && 'faults' in account))
    throw new Refusal('invalid-fields', { faults });
  return {
    account: account?.value ?? null,
    undertaking: body.undertaking === undefined ? null : undertakingOf(body.undertaking.version),
  };
}

function monthChangeFaults(act: Act, application: ApplicationRow, body: UpdateDraft): Fault[] {
  if (body.months === undefined && body.quarter === undefined) return [];
  if (application.state !== 'draft') {
    const detail = '提交后月份不能修改；如需更改，请撤回后重新申请。';
    const fields = (['quarter', 'months'] as const).filter((field) => body[field] !== undefined);
    return fields.map((field) => ({ pointer: `/body/${field}`, code: 'fixed', detail }));
  }
  return monthFaults(body.months ?? application.months, body.quarter ?? application.quarter, act.today);
}

function nameOf(act: Act, { personId, applicationId, nameSealed }: ApplicationRow): string {
  const place = { table: 'application', column: 'name_sealed', row: `${personId} ${applicationId}` };
  return act.sealer.open(nameSealed, place);
}
