// Repeats payments that did not arrive: one officer corrects the account, another confirms it, and a new line that
// names the old one is paid.

import { accountIndexOf } from '../../applications/application/sharing.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { readAccountNumber } from '../../values/account-number.ts';
import { maskNumber } from '../../values/mask.ts';
import { freeOf, locked } from '../disbursement/lifecycle.ts';
import { touchDisbursement } from '../disbursement/store.ts';
import { foundLine, type LineRow } from '../lines/lifecycle.ts';
import { openAccount } from '../lines/payees.ts';
import { freeMonths, insertReplacement } from '../lines/store.ts';
import {
  insertPayeeChange,
  lockProposalOfLine,
  type PayeeChangeRow,
  setAnswered,
} from '../payee-changes/store.ts';
import type { ReissuePayment, RejectReissue } from './schemas.ts';
import { listPayableMonths } from './store.ts';

interface Line {
  readonly id: string;
  readonly lineId: string;
}

/**
 * Proposes to pay a failed or returned line again, to a corrected account or, if the bank has fixed its error, to the
 * same one. Nothing is paid before another officer confirms it.
 *
 * @throws Problem not-found, state-conflict
 */
export async function reissuePayment(
  context: WriteContext,
  { id: disbursementId, lineId }: Line,
  body: ReissuePayment,
) {
  await locked(context, disbursementId);
  const line = await foundLine(context, disbursementId, lineId);
  if (line.state !== 'failed' && line.state !== 'returned') {
    const detail = '只有发放失败或被银行退回的可以重新发放；结果不明的请先向银行查询。';
    throw new Problem('state-conflict', { detail });
  }
  if ((await listPayableMonths(context.tx, line)).length === 0)
    throw new Problem('state-conflict', { detail: '这笔发放的月份均已追回或已另行发放，不能重新发放。' });
  const { personId, applicationId } = line;
  const number = accountOf(context, line, body);
  const bank = body.account?.bank ?? line.bank;
  const payeeChangeId = context.newId();
  const proposal = await insertPayeeChange(context.tx, {
    personId,
    kind: 'account',
    payeeChangeId,
    lineId,
    applicationId,
    state: 'proposed',
    bank,
    accountEncrypted: context.encryption.encrypt(number, {
      table: 'payee_change',
      column: 'account_encrypted',
      row: `${personId} ${payeeChangeId}`,
    }),
    accountMasked: maskNumber(number),
    accountIndex: accountIndexOf(context, number),
    nameEncrypted: null,
    formerNameHash: null,
    materialId: null,
    reason: body.reason,
    proposedAt: context.at.toString(),
    proposedBy: officerOf(context.actor),
    answeredAt: null,
    answeredBy: null,
  });
  if (proposal === undefined)
    throw new Problem('state-conflict', { detail: '这笔发放已提出重新发放，正待复核或已复核，请先查询。' });
  await context.audit({
    target: ['payment-line', lineId],
    personId,
    change: {
      payeeChangeId,
      state: 'proposed',
      before: traceAccount(context, line.bank, openAccount(context.encryption, line)),
      after: traceAccount(context, bank, number),
    },
  });
  return describe(line, proposal, null);
}

/**
 * Another officer confirms the account 复核. If the disbursement still has the money, the new line waits in it for the
 * next batch; if the money was returned to finance, the months wait for the next disbursement, with the corrected
 * account.
 *
 * @throws Problem not-found, state-conflict, same-officer
 */
export async function confirmReissue(context: WriteContext, { id: disbursementId, lineId }: Line) {
  const disbursement = await locked(context, disbursementId);
  const line = await foundLine(context, disbursementId, lineId);
  const { personId, streetCode, applicationId } = line;
  await holdPerson(context, personId);
  const correction = await answer(context, line, 'confirmed');
  const { payeeChangeId } = correction;
  const payable = await listPayableMonths(context.tx, line);
  const amountFen = payable.reduce((sum, month) => sum + month.amountFen, 0);
  if (amountFen === 0)
    throw new Problem('state-conflict', { detail: '这笔发放的月份均已追回，不能重新发放；请驳回此次更正。' });
  const isFunded = (await freeOf(context, disbursement)) >= amountFen;
  await freeMonths(context.tx, line);
  const newLineId = isFunded ? context.newId() : null;
  if (newLineId !== null) {
    const replaces = { lineId: newLineId, accountChangeId: payeeChangeId, replacesLineId: lineId };
    await insertReplacement(
      context.tx,
      { personId, disbursementId, streetCode, applicationId, amountFen, ...replaces },
      payable,
    );
  }
  await touchDisbursement(context.tx, disbursementId);
  await context.audit({
    target: ['payment-line', lineId],
    personId,
    change: { payeeChangeId, state: 'confirmed', replacedBy: newLineId, amountFen },
  });
  return describe(line, correction, newLineId);
}

/**
 * Rejects a wrong correction; another may be proposed. Proposers may withdraw their own.
 *
 * @throws Problem not-found, state-conflict
 */
export async function rejectReissue(
  context: WriteContext,
  { id: disbursementId, lineId }: Line,
  { reason }: RejectReissue,
) {
  await locked(context, disbursementId);
  const line = await foundLine(context, disbursementId, lineId);
  const correction = await answer(context, line, 'rejected');
  await context.audit({
    target: ['payment-line', lineId],
    personId: line.personId,
    change: { payeeChangeId: correction.payeeChangeId, state: 'rejected', reason },
  });
  return describe(line, correction, null);
}

/** @throws Problem same-officer when the proposer would confirm it, state-conflict if nothing is proposed */
async function answer(
  context: WriteContext,
  line: LineRow,
  state: 'confirmed' | 'rejected',
): Promise<PayeeChangeRow> {
  const proposal = await lockProposalOfLine(context.tx, line);
  if (proposal === undefined)
    throw new Problem('state-conflict', { detail: '这笔发放没有待复核的重新发放。' });
  const officer = officerOf(context.actor);
  if (state === 'confirmed' && proposal.proposedBy === officer) throw new Problem('same-officer');
  return await setAnswered(context.tx, proposal, state, context.at.toString(), officer);
}

function accountOf({ encryption }: ReadContext, line: LineRow, { account }: ReissuePayment): string {
  if (account === undefined) return openAccount(encryption, line);
  const reading = readAccountNumber(account.number, '/body/account/number');
  if ('fieldErrors' in reading) throw new Problem('invalid-fields', { fieldErrors: reading.fieldErrors });
  return reading.value.text;
}

/** The account as the audit records it: its digest equals that of the same account entered by an applicant. */
function traceAccount({ encryption }: ReadContext, bank: string, number: string) {
  return { bank, account: encryption.digest('account', number).toString('hex') };
}

function describe({ lineId, state }: LineRow, correction: PayeeChangeRow, replacedBy: string | null) {
  return {
    lineId,
    state,
    correction: {
      state: correction.state,
      // A check constraint gives every change of an account both.
      bank: correction.bank ?? '',
      account: correction.accountMasked ?? '',
      proposedAt: correction.proposedAt,
      answeredAt: correction.answeredAt,
    },
    replacedBy,
    /** The money was returned to finance, so the months wait for the next disbursement. */
    waitsForNextDisbursement: correction.state === 'confirmed' && replacedBy === null,
  };
}
