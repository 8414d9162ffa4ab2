// Payments that did not arrive: told by the bank days later, corrected by one officer, confirmed by another, paid by a new
// line that names the one it replaces.

import { accountIndexOf } from '../../applications/application/sharing.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { Act, View } from '../../platform/context.ts';
import { groupedYuan } from '../../platform/documents/csv.ts';
import { refuseFutureDay } from '../../platform/http/days.ts';
import { Refusal } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { readAccountNumber } from '../../values/account-number.ts';
import { maskNumber } from '../../values/mask.ts';
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
export async function reissuePayment(act: Act, disbursementId: string, lineId: string, body: ReissuePayment) {
  await locked(act, disbursementId);
  const line = await foundLine(act, disbursementId, lineId);
  if (line.state !== 'failed' && line.state !== 'returned') {
    const detail = '只有发放失败或被银行退回的可以重新发放；结果不明的请先向银行查询。';
    throw new Refusal('state-conflict', { detail });
  }
  const payable = await corrections.listPayableMonths(act.tx, line);
  if (payable.length === 0)
    throw new Refusal('state-conflict', { detail: '这笔发放的月份均已追回或已另行发放，不能重新发放。' });
  const number = accountOf(act, line, body);
  const correctionId = act.newId();
  const isNew = await corrections.insertCorrection(act.tx, {
    personId: line.personId,
    correctionId,
    lineId,
    applicationId: line.applicationId,
    state: 'proposed',
    bank: body.account?.bank ?? line.bank,
    accountSealed: act.sealer.seal(number, {
      table: 'payment_correction',
      column: 'account_sealed',
      row: `${line.personId} ${correctionId}`,
    }),
    accountMasked: maskNumber(number),
    accountIndex: accountIndexOf(act, number),
    reason: body.reason,
    proposedAt: act.at.toString(),
    proposedBy: officerOf(act.actor),
    answeredAt: null,
    answeredBy: null,
  });
  if (!isNew)
    throw new Refusal('state-conflict', { detail: '这笔发放已提出重新发放，正待复核或已复核，请先查询。' });
  await act.audit({
    target: ['payment-line', lineId],
    personId: line.personId,
    change: {
      correctionId,
      state: 'proposed',
      before: traceAccount(act, line.bank, openAccount(act.sealer, line)),
      after: traceAccount(act, body.account?.bank ?? line.bank, number),
    },
  });
  return await describeReissue(act, disbursementId, lineId);
}

/**
 * Another officer confirms the account 复核. Where the money is still at hand the new line waits in the same disbursement
 * for the next batch; where it was given back, the months wait for the next disbursement, into the corrected account.
 *
 * @throws Refusal same-officer
 */
export async function confirmReissue(act: Act, disbursementId: string, lineId: string) {
  const disbursement = await locked(act, disbursementId);
  const line = await foundLine(act, disbursementId, lineId);
  const { personId } = line;
  await holdPerson(act, personId);
  const { correctionId } = await answer(act, line, 'confirmed');
  const payable = await corrections.listPayableMonths(act.tx, line);
  const amountFen = payable.reduce((sum, month) => sum + month.amountFen, 0);
  if (amountFen === 0)
    throw new Refusal('state-conflict', { detail: '这笔发放的月份均已追回，不能重新发放；请驳回此次更正。' });
  const reserved = await sumLines(act.tx, disbursementId, ['waiting']);
  const isFunded = (await unspentOf(act, disbursement)) - reserved.amountFen >= amountFen;
  await freeMonths(act.tx, line);
  const newLineId = isFunded ? act.newId() : null;
  if (newLineId !== null) {
    const { streetCode, applicationId } = line;
    const replaces = { lineId: newLineId, correctionId, replacesLineId: lineId };
    await corrections.insertReplacement(
      act.tx,
      { personId, disbursementId, streetCode, applicationId, amountFen, ...replaces },
      payable,
    );
  }
  await store.touchDisbursement(act.tx, disbursementId);
  await act.audit({
    target: ['payment-line', lineId],
    personId,
    change: { correctionId, state: 'confirmed', replacedBy: newLineId, amountFen },
  });
  return await describeReissue(act, disbursementId, lineId);
}

/** The correction is wrong; another may be proposed. Its proposer may take it back too. */
export async function rejectReissue(act: Act, disbursementId: string, lineId: string, body: RejectReissue) {
  await locked(act, disbursementId);
  const line = await foundLine(act, disbursementId, lineId);
  const { correctionId } = await answer(act, line, 'rejected');
  await act.audit({
    target: ['payment-line', lineId],
    personId: line.personId,
    change: { correctionId, state: 'rejected', reason: body.reason },
  });
  return await describeReissue(act, disbursementId, lineId);
}

/** The bank had said "paid" and the money came back 退票: the claim waits again, the money is unspent. */
export async function recordPaymentReturn(
  act: Act,
  disbursementId: string,
  lineId: string,
  body: RecordPaymentReturn,
) {
  const disbursement = await locked(act, disbursementId);
  const line = await foundLine(act, disbursementId, lineId);
  if (line.state !== 'paid')
    throw new Refusal('state-conflict', { detail: '只有已发放成功的可以登记银行退票。' });
  refuseFutureDay(body.returnedOn, act.today, '/body/returnedOn', '退票日期');
  if (body.amountFen !== line.amountFen) {
    const detail = `这笔发放的金额为 ${groupedYuan(line.amountFen)} 元，退票须为全额，请与银行核对。`;
    throw new Refusal('results-refused', {
      faults: [{ pointer: '/body/amountFen', code: 'amount-differs', detail }],
    });
  }
  if (await corrections.hasRecoveredMonth(act.tx, line)) {
    const detail = '这笔发放有月份已确认追回。请先撤销该追回，登记退票后再重新追回。';
    throw new Refusal('state-conflict', { detail });
  }
  const sums = new Tally();
  sums.add(await setLineReturned(act.tx, line));
  await tellPayments(act, [line], 'returned');
  await corrections.insertReturn(act.tx, {
    personId: line.personId,
    lineId,
    returnedOn: body.returnedOn,
    reference: body.reference,
    reason: body.reason,
    recordedAt: act.at.toString(),
    recordedBy: officerOf(act.actor),
  });
  const path = {
    agencyCode: disbursement.agencyCode,
    disbursementId,
    personId: line.personId,
    applicationId: line.applicationId,
    lineId,
  };
  await enter(act, [
    ...sums.movements(path, 'paid', 'waiting'),
    ...sums.movements(path, 'cash-paid', 'unspent'),
  ]);
  await store.touchDisbursement(act.tx, disbursementId);
  await act.audit({
    target: ['payment-line', lineId],
    personId: line.personId,
    change: { from: 'paid', to: 'returned', amountFen: line.amountFen },
  });
  return await describe(act, disbursementId);
}

/** Answers the proposal for a line; `same-officer` when its proposer would confirm it. */
async function answer(act: Act, line: Line, state: 'confirmed' | 'rejected') {
  const proposal = await corrections.lockProposal(act.tx, line);
  if (proposal === undefined)
    throw new Refusal('state-conflict', { detail: '这笔发放没有待复核的重新发放。' });
  const officer = officerOf(act.actor);
  if (state === 'confirmed' && proposal.proposedBy === officer) throw new Refusal('same-officer');
  await corrections.setAnswered(act.tx, proposal, state, act.at.toString(), officer);
  return proposal;
}

function accountOf({ sealer }: View, line: Line, { account }: ReissuePayment): string {
  if (account === undefined) return openAccount(sealer, line);
  const reading = readAccountNumber(account.number, '/body/account/number');
  if ('faults' in reading) throw new Refusal('invalid-fields', { faults: reading.faults });
  return reading.value.text;
}

async function foundLine(view: View, disbursementId: string, lineId: string): Promise<Line> {
  await found(view, disbursementId);
  const line = await findLine(view.tx, view.scope, disbursementId, lineId);
  if (line === undefined) throw new Refusal('not-found');
  return line;
}

/** As the audit keeps an account: equal digests are equal numbers, here and where the applicant entered one. */
function traceAccount({ sealer }: View, bank: string, number: string) {
  return { bank, account: sealer.digest('account', number).toString('hex') };
}

async function describeReissue(view: View, disbursementId: string, lineId: string) {
  const line = await foundLine(view, disbursementId, lineId);
  const correction = await corrections.findNewest(view.tx, line);
  const replacement = await corrections.findReplacement(view.tx, line);
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
