// Creates, lists and cancels disbursements: a new one gathers approved months into payment lines.

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

/**
 * Keeps the reviewer's agency from gathering months until the transaction ends. Taken before any other lock, as
 * gathering does.
 */
export async function holdGathering(context: WriteContext): Promise<void> {
  if (context.actor.agency === null) throw new Error('a reviewer has an agency');
  await lockAgency(context.tx, context.actor.agency);
}

/**
 * Gathers every approved month of the payer's agency that is in no payment and not in doubt: one line per person.
 * Concurrent calls never share a month: the second waits for the first, and the index one_live_line_per_month enforces
 * it.
 *
 * @throws Problem disbursement-empty, state-conflict (a month was set off meanwhile)
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
    // Generated here and not in SQL, so that ids ascend in roster order.
    const lineIds = people.map(() => context.newId());
    const personIds = people.map(({ personId }) => personId);
    lines += await gatherLines(tx, disbursement, personIds, lineIds);
  }
  if (lines === 0) throw new Problem('disbursement-empty');
  if (lines > linesPerPage) await countAfterGathering(tx);
  await context.audit({
    target: ['disbursement', disbursement.disbursementId],
    change: { state: 'verifying', lines },
  });
  return await describe(context, disbursement);
}

/** The disbursements within scope, optionally of one state. */
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
 * One disbursement with the totals of its rosters.
 *
 * @throws Problem not-found
 */
export async function getDisbursement(context: ReadContext, disbursementId: string) {
  return await describe(context, await found(context, disbursementId));
}

/**
 * Cancels a disbursement before money was requested; all its months wait for another one.
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
  // Lines held by a street stay held: cancelling must not clear the doubt.
  const released = await releaseWaiting(context.tx, disbursementId, null, 'cancelled');
  return await describe(
    context,
    await advance(context, disbursement, 'cancelDisbursement', { released, reason }),
  );
}
