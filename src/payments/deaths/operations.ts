// What a person's death means for money on its way: everything that the bank does not have yet is held back, and paid only
// once an officer has found who may receive it.

import { locked as lockedApplication } from '../../applications/application/lifecycle.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { dayInWords } from '../../values/wording.ts';
import type { PayAfterDeath } from '../bank/schemas.ts';
import { advance, settleWhenEmpty } from '../disbursement/lifecycle.ts';
import { atTheBank } from '../disbursement/states.ts';
import { lockDisbursement, lockPaymentFile, touchDisbursement } from '../disbursement/store.ts';
import { Tally } from '../disbursement/tally.ts';
import { enter } from '../ledger/operations.ts';
import { holdLines, sumLines } from '../lines/store.ts';
import {
  findDeath,
  insertPaymentAfterDeath,
  isStillHere,
  listUndecidedLines,
  setFileWithdrawn,
  takeOutOfBatch,
} from './store.ts';

/**
 * Holds every line of a person who died that the bank does not have: waiting ones, and those in a file that nobody has
 * fetched. Such a file is taken back whole, and made anew by the payer without the line. To be called before the person is
 * held. Answers how many lines were held.
 */
export async function holdLinesOfDead(context: WriteContext, personId: string): Promise<number> {
  const diedOn = await findDeath(context.tx, personId);
  if (diedOn === null) return 0;
  const seen = await listUndecidedLines(context.tx, personId);
  const disbursementIds = [...new Set(seen.map(({ disbursementId }) => disbursementId))];
  for (const disbursementId of disbursementIds)
    await lockDisbursement(context.tx, { relation: 'city' }, disbursementId);
  // Again, now that nobody moves them: one that waited may be in a file by now.
  const lines = (await listUndecidedLines(context.tx, personId)).filter(({ disbursementId }) =>
    disbursementIds.includes(disbursementId),
  );
  const withdrawn = new Set<string>();
  let held = 0;
  for (const { lineId, disbursementId, batchNumber } of lines) {
    if (batchNumber !== null && !withdrawn.has(batchNumber)) {
      if (!(await withdrawFile(context, disbursementId, batchNumber))) continue;
      withdrawn.add(batchNumber);
    }
    const reason = `登记显示申请人已于${dayInWords(diedOn)}去世，须由经办机构确定领取人后再发放。`;
    await holdLines(context.tx, [{ personId, lineId, reason }]);
    await touchDisbursement(context.tx, disbursementId);
    await context.audit({
      target: ['payment-line', lineId],
      personId,
      change: { from: 'waiting', to: 'held', cause: 'death' },
    });
    await settleWhenEmpty(context, disbursementId);
    held += 1;
  }
  return held;
}

/** Takes a batch's file back: its lines wait again. False when somebody has fetched it, for then the bank may have it. */
async function withdrawFile(
  context: WriteContext,
  disbursementId: string,
  batchNumber: string,
): Promise<boolean> {
  const disbursement = await lockDisbursement(context.tx, { relation: 'city' }, disbursementId);
  if (disbursement === undefined) throw new Error(`batch ${batchNumber} has no disbursement`);
  await lockPaymentFile(context.tx, batchNumber);
  if (!(await isStillHere(context.tx, disbursementId, batchNumber))) return false;
  const sums = new Tally();
  sums.add(await takeOutOfBatch(context.tx, disbursementId, batchNumber));
  await setFileWithdrawn(context.tx, batchNumber, context.at.toString());
  const path = { agencyCode: disbursement.agencyCode, disbursementId };
  await enter(context, [
    ...sums.movements(path, 'in-payment', 'waiting'),
    ...sums.movements(path, 'cash-in-payment', 'unspent'),
  ]);
  const { lineCount } = await sumLines(context.tx, disbursementId, atTheBank);
  const change = { withdrawn: batchNumber };
  if (lineCount === 0) await advance(context, disbursement, 'withdrawFile', change);
  else {
    await touchDisbursement(context.tx, disbursementId);
    await context.audit({ target: ['disbursement', disbursementId], change });
  }
  return true;
}

/**
 * An officer has found who may receive what a person who died had earned with a case: its months are gathered again.
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
