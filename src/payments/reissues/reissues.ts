// Payments that did not arrive: told by the bank days later, corrected by one officer, confirmed by another, paid by a new
// line that names the one it replaces.

import { accountIndexOf } from '../../applications/application/sharing.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { refuseFutureDay } from '../../platform/http/days.ts';
import { Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { readAccountNumber } from '../../values/account-number.ts';
import { maskNumber } from '../../values/mask.ts';
import { groupedYuan } from '../../values/yuan.ts';
import { describe, found, locked, unspentOf } from '../disbursement/lifecycle.ts';
import { tellPayments } from '../disbursement/notify.ts';
import type { RecordPaymentReturn, ReissuePayment, RejectReissue } from '../disbursement/schemas.ts';
import * as store from '../disbursement/store.ts';
import { Tally } from '../disbursement/tally.ts';
import { enter } from '../ledger/operations.ts';
import { findLine } from '../lines/payee-store.ts';
import { openAccount } from '../lines/payees.ts';
import { freeMonths, setLineReturned, sumLines } from '../lines/store.ts';
import * as corrections from './store.ts';

type Line = NonNullable<Awaited<ReturnType<typeof findLine>>>;

/**
 * Proposes to pay a failed or returned line again, into a corrected account or, where the bank has mended the fault, into
 * the same one. Nothing is paid before another officer confirms it.
 */
export async function reissuePayment(
  context: WriteContext,
  disbursementId: string,
  lineId: string,
  body: ReissuePayment,
) {
  await locked(context, disbursementId);
  const line = await foundLine(context, disbursementId, lineId);
  if (line.state !== 'failed' && line.state !== 'returned') {
    const detail = '只有发放失败或被银行退回的可以重新发放；结果不明的请先向银行查询。';
    throw new Problem('state-conflict', { detail });
  }
  const payable = await corrections.listPayableMonths(context.tx, line);
  if (payable.length === 0)
    throw new Problem('state-conflict', { detail: '这笔发放的月份均已追回或已另行发放，不能重新发放。' });
  const number = accountOf(context, line, body);
  const correctionId = context.newId();
  const isNew = await corrections.insertCorrection(context.tx, {
    personId: line.personId,
    correctionId,
    lineId,
    applicationId: line.applicationId,
    state: 'proposed',
    bank: body.account?.bank ?? line.bank,
    accountSealed: context.sealer.seal(number, {
      table: 'payment_correction',
      column: 'account_sealed',
      row: `${line.personId} ${correctionId}`,
    }),
    accountMasked: maskNumber(number),
    accountIndex: accountIndexOf(context, number),
    reason: body.reason,
    proposedAt: context.at.toString(),
    proposedBy: officerOf(context.actor),
    answeredAt: null,
    answeredBy: null,
  });
  if (!isNew)
    throw new Problem('state-conflict', { detail: '这笔发放已提出重新发放，正待复核或已复核，请先查询。' });
  await context.audit({
    target: ['payment-line', lineId],
    personId: line.personId,
    change: {
      correctionId,
      state: 'proposed',
      before: traceAccount(context, line.bank, openAccount(context.sealer, line)),
      after: traceAccount(context, body.account?.bank ?? line.bank, number),
    },
  });
  return await describeReissue(context, disbursementId, lineId);
}

/**
 * Another officer confirms the account 复核. Where the money is still at hand the new line waits in the same disbursement
 * for the next batch; where it was given back, the months wait for the next disbursement, into the corrected account.
 *
 * @throws Problem same-officer
 */
export async function confirmReissue(context: WriteContext, disbursementId: string, lineId: string) {
  const disbursement = await locked(context, disbursementId);
  const line = await foundLine(context, disbursementId, lineId);
  const { personId } = line;
  await holdPerson(context, personId);
  const { correctionId } = await answer(context, line, 'confirmed');
  const payable = await corrections.listPayableMonths(context.tx, line);
  const amountFen = payable.reduce((sum, month) => sum + month.amountFen, 0);
  if (amountFen === 0)
    throw new Problem('state-conflict', { detail: '这笔发放的月份均已追回，不能重新发放；请驳回此次更正。' });
  const reserved = await sumLines(context.tx, disbursementId, ['waiting']);
  const isFunded = (await unspentOf(context, disbursement)) - reserved.amountFen >= amountFen;
  await freeMonths(context.tx, line);
  const newLineId = isFunded ? context.newId() : null;
  if (newLineId !== null) {
    const { streetCode, applicationId } = line;
    const replaces = { lineId: newLineId, correctionId, replacesLineId: lineId };
    await corrections.insertReplacement(
      context.tx,
      { personId, disbursementId, streetCode, applicationId, amountFen, ...replaces },
      payable,
    );
  }
  await store.touchDisbursement(context.tx, disbursementId);
  await context.audit({
    target: ['payment-line', lineId],
    personId,
    change: { correctionId, state: 'confirmed', replacedBy: newLineId, amountFen },
  });
  return await describeReissue(context, disbursementId, lineId);
}

/** The correction is wrong; another may be proposed. Its proposer may take it back too. */
export async function rejectReissue(
  context: WriteContext,
  disbursementId: string,
  lineId: string,
  body: RejectReissue,
) {
  await locked(context, disbursementId);
  const line = await foundLine(context, disbursementId, lineId);
  const { correctionId } = await answer(context, line, 'rejected');
  await context.audit({
    target: ['payment-line', lineId],
    personId: line.personId,
    change: { correctionId, state: 'rejected', reason: body.reason },
  });
  return await describeReissue(context, disbursementId, lineId);
}

/** The bank had said "paid" and the money came back 退票: the claim waits again, the money is unspent. */
export async function recordPaymentReturn(
  context: WriteContext,
  disbursementId: string,
  lineId: string,
  body: RecordPaymentReturn,
) {
  const disbursement = await locked(context, disbursementId);
  const line = await foundLine(context, disbursementId, lineId);
  if (line.state !== 'paid')
    throw new Problem('state-conflict', { detail: '只有已发放成功的可以登记银行退票。' });
  refuseFutureDay(body.returnedOn, context.today, '/body/returnedOn', '退票日期');
  if (body.amountFen !== line.amountFen) {
    const detail = `这笔发放的金额为 ${groupedYuan(line.amountFen)} 元，退票须为全额，请与银行核对。`;
    throw new Problem('results-refused', {
      fieldErrors: [{ pointer: '/body/amountFen', code: 'amount-differs', detail }],
    });
  }
  if (await corrections.hasRecoveredMonth(context.tx, line)) {
    const detail = '这笔发放有月份已确认追回。请先撤销该追回，登记退票后再重新追回。';
    throw new Problem('state-conflict', { detail });
  }
  const sums = new Tally();
  sums.add(await setLineReturned(context.tx, line));
  await tellPayments(context, [line], 'returned');
  await corrections.insertReturn(context.tx, {
    personId: line.personId,
    lineId,
    returnedOn: body.returnedOn,
    reference: body.reference,
    reason: body.reason,
    recordedAt: context.at.toString(),
    recordedBy: officerOf(context.actor),
  });
  const path = {
    agencyCode: disbursement.agencyCode,
    disbursementId,
    personId: line.personId,
    applicationId: line.applicationId,
    lineId,
  };
  await enter(context, [
    ...sums.movements(path, 'paid', 'waiting'),
    ...sums.movements(path, 'cash-paid', 'unspent'),
  ]);
  await store.touchDisbursement(context.tx, disbursementId);
  await context.audit({
    target: ['payment-line', lineId],
    personId: line.personId,
    change: { from: 'paid', to: 'returned', amountFen: line.amountFen },
  });
  return await describe(context, disbursementId);
}

/** Answers the proposal for a line; `same-officer` when its proposer would confirm it. */
async function answer(context: WriteContext, line: Line, state: 'confirmed' | 'rejected') {
  const proposal = await corrections.lockProposal(context.tx, line);
  if (proposal === undefined)
    throw new Problem('state-conflict', { detail: '这笔发放没有待复核的重新发放。' });
  const officer = officerOf(context.actor);
  if (state === 'confirmed' && proposal.proposedBy === officer) throw new Problem('same-officer');
  await corrections.setAnswered(context.tx, proposal, state, context.at.toString(), officer);
  return proposal;
}

function accountOf({ sealer }: ReadContext, line: Line, { account }: ReissuePayment): string {
  if (account === undefined) return openAccount(sealer, line);
  const reading = readAccountNumber(account.number, '/body/account/number');
  if ('fieldErrors' in reading) throw new Problem('invalid-fields', { fieldErrors: reading.fieldErrors });
  return reading.value.text;
}

async function foundLine(context: ReadContext, disbursementId: string, lineId: string): Promise<Line> {
  await found(context, disbursementId);
  const line = await findLine(context.tx, context.scope, disbursementId, lineId);
  if (line === undefined) throw new Problem('not-found');
  return line;
}

/** As the audit keeps an account: equal digests are equal numbers, here and where the applicant entered one. */
function traceAccount({ sealer }: ReadContext, bank: string, number: string) {
  return { bank, account: sealer.digest('account', number).toString('hex') };
}

async function describeReissue(context: ReadContext, disbursementId: string, lineId: string) {
  const line = await foundLine(context, disbursementId, lineId);
  const correction = await corrections.findNewest(context.tx, line);
  const replacement = await corrections.findReplacement(context.tx, line);
  if (correction === undefined) throw new Error(`line ${lineId} has no correction`);
  return {
    lineId,
    state: line.state,
    correction: {
      state: correction.state,
      bank: correction.bank,
      account: correction.accountMasked,
      proposedAt: correction.proposedAt,
      answeredAt: correction.answeredAt,
    },
    replacedBy: replacement?.lineId ?? null,
    /** Months freed for the next disbursement, because the money was given back. */
    waitsForNextDisbursement: correction.state === 'confirmed' && replacement === undefined,
  };
}
