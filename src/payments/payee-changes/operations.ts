// Changes whom an accepted or approved case pays, before the bank has the payment: another account, or the corrected
// name of its holder. One person proposes, another officer confirms. What the bank may have is never touched: a payment
// that failed is paid again by a new line (reissues).

import { noticedCase } from '../../applications/application/description.ts';
import { bumpVersion, found, locked } from '../../applications/application/lifecycle.ts';
import { payeeOf } from '../../applications/application/payee.ts';
import { accountIndexOf } from '../../applications/application/sharing.ts';
import { listCaseMaterials } from '../../applications/materials/operations.ts';
import { payeeChangeContent } from '../../notifications/notices/content.ts';
import { issueNotice } from '../../notifications/notices/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Application } from '../../platform/database/tables.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { keepNames } from '../../registers/people/operations.ts';
import { readAccountNumber } from '../../values/account-number.ts';
import { maskNumber } from '../../values/mask.ts';
import { fieldErrorsOfName, isSameName, normaliseName } from '../../values/names.ts';
import { findDeath } from '../deaths/store.ts';
import { settleWhenEmpty } from '../disbursement/lifecycle.ts';
import { lockAgency, lockDisbursement, touchDisbursement } from '../disbursement/store.ts';
import { isAtTheBank } from '../lines/states.ts';
import { releaseLine, setPayee } from '../lines/store.ts';
import {
  auditHeir,
  describe,
  describeOne,
  lockedPayee,
  lockedProposal,
  placeOf,
  propose,
  refuseLiving,
  targetOf,
} from './lifecycle.ts';
import type { ChangeAccount, CorrectApplicantName, PayeeChangeQuery, RejectPayeeChange } from './schemas.ts';
import {
  type CaseLine,
  findKind,
  hasOpenReissue,
  listLinesOfCase,
  listPayeeChanges as listRows,
  type PayeeChangeRow,
  setAnswered,
} from './store.ts';

/**
 * Proposes another account for a case that the bank has no payment of. The applicant asks for it through their channel
 * or at the street; nothing changes before another officer confirms it.
 *
 * @throws Problem not-found, state-conflict
 */
export async function changeAccount(context: WriteContext, applicationId: string, body: ChangeAccount) {
  const application = await lockedPayee(context, applicationId, '更改收款账户');
  await refuseDead(context, application.personId);
  const reading = readAccountNumber(body.account.number, '/body/account/number');
  if ('fieldErrors' in reading) throw new Problem('invalid-fields', { fieldErrors: reading.fieldErrors });
  const number = reading.value.text;
  const { bank } = body.account;
  const current = await payeeOf(context, application);
  if (current.accountNumber === number && current.bank === bank)
    throw new Problem('state-conflict', { detail: '与现在的收款账户相同，无需更改。' });
  const lines = await listLinesOfCase(context.tx, application);
  refuseSent(lines);
  refuseSettled(lines);
  const key = { personId: application.personId, payeeChangeId: context.newId() };
  const proposal = await propose(context, application, body.reason, {
    ...key,
    kind: 'account',
    bank,
    accountEncrypted: context.encryption.encrypt(number, placeOf(key, 'account_encrypted')),
    accountMasked: maskNumber(number),
    accountIndex: accountIndexOf(context, number),
  });
  const digest = (account: string) => context.encryption.digest('account', account).toString('hex');
  await context.audit({
    ...targetOf(proposal),
    change: {
      payeeChangeId: proposal.payeeChangeId,
      state: 'proposed',
      before: { bank: current.bank, account: digest(current.accountNumber) },
      after: { bank, account: digest(number) },
    },
  });
  return await describeOne(context, proposal);
}

/**
 * Proposes the right name of an applicant, shown by an identity card of the case, also after the bank refused the wrong
 * one. Nothing changes before another officer confirms it.
 *
 * @throws Problem not-found, state-conflict
 */
export async function correctApplicantName(
  context: WriteContext,
  applicationId: string,
  body: CorrectApplicantName,
) {
  const application = await lockedPayee(context, applicationId, '更正姓名');
  await refuseDead(context, application.personId);
  const fieldErrors: FieldError[] = fieldErrorsOfName(body.name, '/body/name');
  if (!(await hasIdentityCard(context, application, body.materialId))) {
    const detail = '应为本申请中未被替换的身份证复印件；还没有的，请先上传。';
    fieldErrors.push({ pointer: '/body/materialId', code: 'no-identity-card', detail });
  }
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const name = normaliseName(body.name);
  const current = await payeeOf(context, application);
  if (isSameName(name, current.name))
    throw new Problem('state-conflict', { detail: '与现在登记的姓名相同，无需更正。' });
  refuseSent(await listLinesOfCase(context.tx, application));
  const digest = (spelling: string) => context.encryption.digest('name', normaliseName(spelling));
  const key = { personId: application.personId, payeeChangeId: context.newId() };
  const proposal = await propose(context, application, body.reason, {
    ...key,
    kind: 'name',
    nameEncrypted: context.encryption.encrypt(name, placeOf(key, 'name_encrypted')),
    formerNameHash: digest(current.name),
    materialId: body.materialId,
  });
  await context.audit({
    ...targetOf(proposal),
    change: {
      payeeChangeId: proposal.payeeChangeId,
      state: 'proposed',
      before: { name: digest(current.name).toString('hex') },
      after: { name: digest(name).toString('hex') },
      materialId: body.materialId,
    },
  });
  return await describeOne(context, proposal);
}

/**
 * Another officer confirms a change 复核. Lines that the bank does not have pay to the new payee, and so does what is
 * gathered or paid again later; verified rosters stay verified. The applicant is told of another account or name. An heir
 * is paid for all cases of the person at the agency. If nobody is to be paid, the lines leave their disbursements and
 * nothing of the case is gathered again.
 *
 * @throws Problem not-found, state-conflict, same-officer
 */
export async function confirmPayeeChange(
  context: WriteContext,
  applicationId: string,
  payeeChangeId: string,
) {
  const { tx } = context;
  const seen = await found(context, applicationId);
  const kind = await findKind(tx, seen, payeeChangeId);
  // No line is gathered, sent or paid again meanwhile: locked in the order in which the others lock.
  await lockAgency(tx, seen.agencyCode);
  for (const { disbursementId } of await listLinesOfCase(tx, seen, kind))
    await lockDisbursement(tx, { relation: 'city' }, disbursementId);
  const application = await lockedPayee(context, applicationId, '更正收款信息');
  const lines = await listLinesOfCase(tx, application, kind);
  const proposal = await lockedProposal(context, application, payeeChangeId);
  const isAfterDeath = proposal.kind === 'heir' || proposal.kind === 'nobody';
  if (isAfterDeath) {
    await refuseLiving(context, application.personId);
    await refuseDuringReissue(context, application.personId);
  } else {
    await refuseDead(context, application.personId);
    refuseSent(lines);
    if (proposal.kind === 'account') refuseSettled(lines);
  }
  const officer = officerOf(context.actor);
  if (proposal.proposedBy === officer) throw new Problem('same-officer');
  const change = await setAnswered(tx, proposal, 'confirmed', context.at.toString(), officer);
  const waiting = lines.filter(({ state }) => state === 'waiting' || state === 'held');
  const lineIds = waiting.map(({ lineId }) => lineId);
  if (change.kind === 'nobody') for (const line of waiting) await leave(context, application, line);
  else {
    await setPayee(tx, application.personId, lineIds, change);
    for (const disbursementId of new Set(waiting.map((line) => line.disbursementId)))
      await touchDisbursement(tx, disbursementId);
  }
  if (change.kind === 'name') {
    const { name } = await payeeOf(context, application);
    await keepNames(context, `client:${application.clientId}`, [{ personId: application.personId, name }]);
  }
  await bumpVersion(context, application);
  await context.audit({ ...targetOf(change), change: { payeeChangeId, state: 'confirmed', lines: lineIds } });
  if (isAfterDeath) await auditHeir(context, change);
  else await tell(context, application, change);
  return await describeOne(context, change);
}

async function leave(
  context: WriteContext,
  { personId }: Application,
  { lineId, disbursementId }: CaseLine,
): Promise<void> {
  await releaseLine(context.tx, { personId, lineId }, 'closed');
  await settleWhenEmpty(context, await touchDisbursement(context.tx, disbursementId));
}

/**
 * Rejects a change that is wrong; another may be proposed. Proposers may withdraw their own.
 *
 * @throws Problem not-found, state-conflict
 */
export async function rejectPayeeChange(
  context: WriteContext,
  applicationId: string,
  payeeChangeId: string,
  { reason }: RejectPayeeChange,
) {
  const application = await locked(context, applicationId);
  const proposal = await lockedProposal(context, application, payeeChangeId);
  const { tx, at, actor } = context;
  const change = await setAnswered(tx, proposal, 'rejected', at.toString(), officerOf(actor));
  await context.audit({ ...targetOf(change), change: { payeeChangeId, state: 'rejected', reason } });
  await auditHeir(context, change);
  return await describeOne(context, change);
}

/** A page of the changes of cases in scope, oldest first: of one case, or those that wait for another officer. */
export async function listPayeeChanges(context: ReadContext, query: PayeeChangeQuery) {
  const request = pageRequest(query);
  const rows = await listRows(context.tx, context.scope, query, request);
  const { items, next } = page(rows, request, ({ payeeChangeId }) => payeeChangeId);
  context.shows(
    items.flatMap(({ personId, heirPersonId }) => [
      personId,
      ...(heirPersonId === null ? [] : [heirPersonId]),
    ]),
  );
  return { items: items.map((change) => describe(context, change)), next };
}

/** @throws Problem state-conflict */
async function refuseDuringReissue(context: WriteContext, personId: string): Promise<void> {
  if (!(await hasOpenReissue(context.tx, personId))) return;
  throw new Problem('state-conflict', { detail: '该申请人有一笔重新发放正待复核，请先复核或驳回。' });
}

/** @throws Problem state-conflict if the applicant has died */
async function refuseDead(context: WriteContext, personId: string): Promise<void> {
  if ((await findDeath(context.tx, personId)) === null) return;
  const detail = '申请人已去世，不能再更正本人的收款信息；请登记领取人，由另一人复核。';
  throw new Problem('state-conflict', { detail });
}

/** @throws Problem state-conflict while the bank may have a payment of the case */
function refuseSent(lines: readonly CaseLine[]): void {
  if (!lines.some(({ state }) => isAtTheBank(state))) return;
  const detail = '这笔补贴已列入发放文件，请等银行结果：发放失败的，更正后重新发放。';
  throw new Problem('state-conflict', { detail });
}

/** @throws Problem state-conflict if nothing is paid to another account of the case any more, or only by a reissue */
function refuseSettled(lines: readonly CaseLine[]): void {
  if (lines.some(({ state, isReplaced }) => (state === 'failed' || state === 'returned') && !isReplaced)) {
    const detail = '这笔补贴发放失败或被银行退回，请以“重新发放”更正账户。';
    throw new Problem('state-conflict', { detail });
  }
  const isWaiting = lines.some(({ state }) => state === 'waiting' || state === 'held');
  if (lines.some(({ state }) => state === 'paid') && !isWaiting) {
    const detail = '这笔补贴已经发放。今后的补贴请在下次申请时填写新的账户。';
    throw new Problem('state-conflict', { detail });
  }
}

async function hasIdentityCard(context: ReadContext, application: Application, materialId: string) {
  const supplied = await listCaseMaterials(context, application);
  const isReplaced = supplied.some(({ supersedes }) => supersedes === materialId);
  return !isReplaced && supplied.some((one) => one.materialId === materialId && one.kind === 'identity-card');
}

/** Tells the applicant by a notice, who may not have asked for it. */
async function tell(context: WriteContext, application: Application, change: PayeeChangeRow) {
  const { kind, bank, accountMasked } = change;
  const what = kind === 'account' ? { bank: bank ?? '', account: accountMasked ?? '' } : null;
  const noticed = await noticedCase(context, application);
  await issueNotice(context, 'payee-change', noticed, (subject) => payeeChangeContent(subject, what));
}
