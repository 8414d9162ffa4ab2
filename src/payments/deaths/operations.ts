// After a person's death every payment that the bank does not have yet is held, and is made only when an officer has
// found who may receive it.

import { locked as lockedApplication } from '../../applications/application/lifecycle.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { dayInWords } from '../../values/wording.ts';
import { isStillHere, lockPaymentFile, setFileWithdrawn } from '../bank/store.ts';
import { advance, settleWhenEmpty, touch } from '../disbursement/lifecycle.ts';
import { type DisbursementRow, lockDisbursement, touchDisbursement } from '../disbursement/store.ts';
import { post } from '../ledger/operations.ts';
import { Tally } from '../ledger/tally.ts';
import { sumLines } from '../lines/page-store.ts';
import { atTheBank } from '../lines/states.ts';
import { holdLines, takeOutOfBatch } from '../lines/store.ts';
import type { PayAfterDeath } from './schemas.ts';
import { findDeath, insertPaymentAfterDeath, listUndecidedLines } from './store.ts';

/**
 * Holds every line of a person who died that the bank does not have: waiting lines, and lines in a file that nobody has
 * downloaded. Such a file is withdrawn as a whole, and the payer creates a new one without the line. Must be called
 * before the person is locked. Returns the number of lines held.
 */
export async function holdLinesOfDead(context: WriteContext, personId: string): Promise<number> {
  const { tx } = context;
  const diedOn = await findDeath(tx, personId);
  if (diedOn === null) return 0;
  const disbursements = new Map<string, DisbursementRow>();
  for (const { disbursementId } of await listUndecidedLines(tx, personId)) {
    const row = await lockDisbursement(tx, { relation: 'city' }, disbursementId);
    if (row !== undefined) disbursements.set(disbursementId, row);
  }
  const withdrawn = new Set<string>();
  let held = 0;
  // Reads again under the locks: a line that was waiting may be in a file by now.
  for (const { lineId, disbursementId, batchNumber } of await listUndecidedLines(tx, personId)) {
    const disbursement = disbursements.get(disbursementId);
    if (disbursement === undefined) continue;
    if (batchNumber !== null && !withdrawn.has(batchNumber)) {
      if (!(await withdrawFile(context, disbursement, batchNumber))) continue;
      withdrawn.add(batchNumber);
    }
    const reason = `登记显示申请人已于${dayInWords(diedOn)}去世，须由经办机构确定领取人后再发放。`;
    await holdLines(tx, [{ personId, lineId, reason }]);
    await context.audit({
      target: ['payment-line', lineId],
      personId,
      change: { from: 'waiting', to: 'held', cause: 'death' },
    });
    const touched = await touchDisbursement(tx, disbursementId);
    disbursements.set(disbursementId, await settleWhenEmpty(context, touched));
    held += 1;
  }
  return held;
}

/**
 * Withdraws a batch's file, so that its lines wait again. Returns false if it was downloaded, because the bank may have
 * it.
 */
async function withdrawFile(
  context: WriteContext,
  disbursement: DisbursementRow,
  batchNumber: string,
): Promise<boolean> {
  const { tx } = context;
  const { disbursementId, agencyCode } = disbursement;
  await lockPaymentFile(tx, batchNumber);
  if (!(await isStillHere(tx, disbursementId, batchNumber))) return false;
  const sums = new Tally();
  sums.add(await takeOutOfBatch(tx, disbursementId, batchNumber));
  await setFileWithdrawn(tx, batchNumber, context.at.toString());
  const path = { agencyCode, disbursementId };
  await post(context, [
    ...sums.movements(path, 'in-payment', 'waiting'),
    ...sums.movements(path, 'cash-in-payment', 'unspent'),
  ]);
  const { lineCount } = await sumLines(tx, disbursementId, atTheBank);
  const change = { withdrawn: batchNumber };
  if (lineCount === 0) await advance(context, disbursement, 'withdrawFile', change);
  else await touch(context, disbursement, change);
  return true;
}

/**
 * An officer has found who may receive what a person who died had earned with a case; its months are gathered again.
 *
 * @throws Problem not-found, state-conflict when no register tells of a death, or it was decided before
 */
export async function payAfterDeath(context: WriteContext, applicationId: string, body: PayAfterDeath) {
  const { personId, agencyCode, caseNumber } = await lockedApplication(context, applicationId);
  const diedOn = await findDeath(context.tx, personId);
  if (diedOn === null) {
    throw new Problem('state-conflict', { detail: '登记数据中没有该申请人去世的记录，补贴照常发放。' });
  }
  const decision = {
    personId,
    applicationId,
    agencyCode,
    reason: body.reason,
    decidedAt: context.at.toString(),
    decidedBy: officerOf(context.actor),
  };
  if (!(await insertPaymentAfterDeath(context.tx, decision))) {
    throw new Problem('state-conflict', { detail: '该申请已确定领取人，无需重复登记。' });
  }
  await context.audit({ target: ['application', applicationId], personId, change: { paidAfterDeath: true } });
  return { applicationId, caseNumber, diedOn, reason: body.reason, decidedAt: decision.decidedAt };
}
