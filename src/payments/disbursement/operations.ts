// Begins and ends a disbursement: gathers approved months into lines, shows them, lets them all go again.

import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import { linesPerPage } from '../lines/page-store.ts';
import { gatherLines, releaseWaiting } from '../lines/store.ts';
import { describe } from './description.ts';
import { advance, found, locked, refuseUnless } from './lifecycle.ts';
import type { CancelDisbursement, DisbursementQuery } from './schemas.ts';
import {
  approvedPeople,
  countAfterGathering,
  countBeforeGathering,
  insertDisbursement,
  listDisbursements as listRows,
  lockAgency,
  nextDisbursementSequence,
} from './store.ts';

/** Keeps the reviewer's agency from gathering months until the transaction ends. Before any other lock: gathering takes it first too. */
export async function holdGathering(context: WriteContext): Promise<void> {
  if (context.actor.agency === null) throw new Error('a reviewer has an agency');
  await lockAgency(context.tx, context.actor.agency);
}

/**
 * Gathers every approved month of the payer's agency that is in no payment and not in doubt: one line per person. Two at
 * once never share a month: the second waits for the first, and the index one_live_line_per_month stands behind that.
 *
 * @throws Problem disbursement-empty
 */
export async function createDisbursement(context: WriteContext) {
  const { tx, actor, at, today } = context;
  const agencyCode = actor.agency;
  if (agencyCode === null) throw new Error('a payer has an agency');
  await lockAgency(tx, agencyCode);
  await countBeforeGathering(tx);
  const sequence = String(await nextDisbursementSequence(tx)).padStart(5, '0');
  const disbursement = await insertDisbursement(tx, {
    disbursementId: context.newId(),
    agencyCode,
    disbursementNumber: `FF${today.slice(2, 4)}-${sequence}`,
    state: 'verifying',
    version: 1,
    createdAt: at.toString(),
    createdBy: officerOf(actor),
  });
  let lines = 0;
  for await (const people of approvedPeople(tx, agencyCode)) {
    // Made here, not in SQL: they rise with the order of the roster.
    const lineIds = Array.from({ length: linesPerPage }, () => context.newId());
    lines += await gatherLines(tx, disbursement, people, lineIds);
  }
  if (lines === 0) throw new Problem('disbursement-empty');
  if (lines > linesPerPage) await countAfterGathering(tx);
  await context.audit({
    target: ['disbursement', disbursement.disbursementId],
    change: { state: 'verifying', lines },
  });
  return await describe(context, disbursement);
}

/** The disbursements within scope, of one state when one is named. */
export async function listDisbursements(context: ReadContext, query: DisbursementQuery) {
  const request = pageRequest(query);
  const rows = await listRows(context.tx, context.scope, query.state, request);
  const { items, next } = page(rows, request, (row) => row.disbursementId);
  return {
    items: items.map((row) => ({
      id: row.disbursementId,
      number: row.disbursementNumber,
      agencyCode: row.agencyCode,
      state: row.state,
      createdAt: row.createdAt,
    })),
    next,
  };
}

/**
 * One disbursement, with what its rosters come to.
 *
 * @throws Problem not-found
 */
export async function getDisbursement(context: ReadContext, disbursementId: string) {
  return await describe(context, await found(context, disbursementId));
}

/**
 * Lets every line go before finance was asked; all months wait for another disbursement.
 *
 * @throws Problem not-found, precondition-failed, state-conflict
 */
export async function cancelDisbursement(
  context: WriteContext,
  disbursementId: string,
  expected: number,
  { reason }: CancelDisbursement,
) {
  const disbursement = await locked(context, disbursementId, expected);
  refuseUnless(disbursement, 'cancelDisbursement');
  // Lines that a street holds back stay held: cancelling must not undo its doubt.
  const released = await releaseWaiting(context.tx, disbursementId, null, 'cancelled');
  return await describe(
    context,
    await advance(context, disbursement, 'cancelDisbursement', { released, reason }),
  );
}
