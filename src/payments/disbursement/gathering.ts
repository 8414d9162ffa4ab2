// Begins and ends a disbursement: gathers approved months into lines, shows them, lets them all go again.

import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import {
  approvedPeople,
  countAfterGathering,
  countBeforeGathering,
  gatherLines,
  linesPerPage,
  releaseWaiting,
} from '../lines/store.ts';
import { advance, describe, locked, refuseUnless } from './lifecycle.ts';
import type { DisbursementQuery } from './schemas.ts';
import * as store from './store.ts';

/** Keeps the reviewer's agency from gathering months until the transaction ends. Before any other lock: gathering takes it first too. */
export async function holdGathering(context: WriteContext): Promise<void> {
  if (context.actor.agency === null) throw new Error('a reviewer has an agency');
  await store.lockAgency(context.tx, context.actor.agency);
}

/**
 * Gathers every approved month of the payer's agency that is in no payment and not in doubt: one line per person. Two at
 * once never share a month: the second waits for the first, and the index one_live_line_per_month stands behind that.
 *
 * @throws Problem disbursement-empty
 */
export async function createDisbursement(context: WriteContext) {
  const agencyCode = context.actor.agency;
  if (agencyCode === null) throw new Error('a payer has an agency');
  await store.lockAgency(context.tx, agencyCode);
  await countBeforeGathering(context.tx);
  const disbursementId = context.newId();
  const year = context.today.slice(2, 4);
  const sequence = String(await store.nextDisbursementSequence(context.tx)).padStart(5, '0');
  await store.insertDisbursement(context.tx, {
    disbursementId,
    agencyCode,
    disbursementNumber: `FF${year}-${sequence}`,
    state: 'verifying',
    version: 1,
    createdAt: context.at.toString(),
    createdBy: officerOf(context.actor),
  });
  let lines = 0;
  for await (const people of approvedPeople(context.tx, agencyCode)) {
    // Made here, not in SQL: they rise with the order of the roster.
    const lineIds = Array.from({ length: linesPerPage }, () => context.newId());
    lines += await gatherLines(context.tx, { disbursementId, agencyCode }, people, lineIds);
  }
  if (lines === 0) throw new Problem('disbursement-empty');
  if (lines > linesPerPage) await countAfterGathering(context.tx);
  await context.audit({ target: ['disbursement', disbursementId], change: { state: 'verifying', lines } });
  return await describe(context, disbursementId);
}

/** Lets every line go before finance was asked; all months wait for another disbursement. */
export async function cancelDisbursement(
  context: WriteContext,
  disbursementId: string,
  expected: number,
  reason: string,
) {
  const disbursement = await locked(context, disbursementId, expected);
  refuseUnless(disbursement, 'cancelDisbursement');
  // Lines that a street holds back stay held: cancelling must not undo its doubt.
  const released = await releaseWaiting(context.tx, disbursementId, null, 'cancelled');
  await advance(context, disbursement, 'cancelDisbursement', { released, reason });
  return await describe(context, disbursementId);
}

export async function getDisbursement(context: ReadContext, disbursementId: string) {
  return await describe(context, disbursementId);
}

export async function listDisbursements(context: ReadContext, query: DisbursementQuery) {
  const request = pageRequest(query);
  const rows = await store.listDisbursements(context.tx, context.scope, query.state, request);
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
