// Repeats payments that did not arrive: one officer corrects the account, another confirms it, and a new line that
// names the old one is paid.

import { accountIndexOf } from '../../applications/application/sharing.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { readAccountNumber } from '../../values/account-number.ts';
import { maskNumber } from '../../values/mask.ts';
import { findDeath } from '../deaths/store.ts';
import { freeOf, locked } from '../disbursement/lifecycle.ts';
import { touchDisbursement } from '../disbursement/store.ts';
import { foundLine, type LineRow } from '../lines/lifecycle.ts';
import { openAccount } from '../lines/payees.ts';
import { freeMonths, insertReplacement } from '../lines/store.ts';
import { propose } from '../payee-changes/lifecycle.ts';
import { findHeir, lockProposalOfLine, type PayeeChangeRow, setAnswered } from '../payee-changes/store.ts';
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
  const { personId } = line;
  const paid = await paidAfterDeath(context, line);
  const number = accountOf(context, paid, body);
  const bank = body.account?.bank ?? paid.bank;
  const payeeChangeId = context.newId();
  const proposal = await propose(context, line, body.reason, {
    kind: 'account',
    payeeChangeId,
    lineId,
    bank,
    accountEncrypted: context.encryption.encrypt(number, {
      table: 'payee_change',
      column: 'account_encrypted',
      row: `${personId} ${payeeChangeId}`,
    }),
    accountMasked: maskNumber(number),
    accountIndex: accountIndexOf(context, number),
  });
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
  await paidAfterDeath(context, line);
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

type Account = Pick<LineRow, 'personId' | 'applicationId' | 'accountChangeId' | 'accountEncrypted' | 'bank'>;

/**
 * The account to pay by default: the line's, or the heir's if the applicant has died since.
 *
 * @throws Problem state-conflict if nobody may be paid
 */
async function paidAfterDeath({ tx }: WriteContext, line: LineRow): Promise<Account> {
  if ((await findDeath(tx, line.personId)) === null) return line;
  const heir = await findHeir(tx, line);
  if (heir === null) {
    const detail = '申请人已去世，请先登记领取人并复核，再重新发放；已结案的不再发放。';
    throw new Problem('state-conflict', { detail });
  }
  if (line.nameChangeId === heir.id) return line;
  const { bank, accountEncrypted } = heir.row ?? {};
  if (bank == null || accountEncrypted == null)
    throw new Problem('state-conflict', { detail: '领取人登记在其他街道的申请中，请由发放人员提出。' });
  return { ...line, accountChangeId: heir.id, bank, accountEncrypted };
}

function accountOf({ encryption }: ReadContext, line: Account, { account }: ReissuePayment): string {
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
