// Begins and ends a disbursement: gathers approved months into lines, shows them, lets them all go again.

import { officerOf } from '../../platform/access/actor.ts';
import type { Act, View } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Refusal } from '../../platform/problem.ts';
import {
  countAfterGathering,
  countBeforeGathering,
  gatherLines,
  linesPerPage,
  nextPeople,
  releaseWaiting,
} from '../lines/store.ts';
import { advance, describe, locked, refuseUnless } from './lifecycle.ts';
import type { DisbursementQuery } from './schemas.ts';
import * as store from './store.ts';

/** Keeps the reviewer's agency from gathering months until the transaction ends. Before any other lock: gathering takes it first too. */
export async function holdGathering(act: Act): Promise<void> {
  if (act.actor.agency === null) throw new Error('a reviewer has an agency');
  await store.lockAgency(act.tx, act.actor.agency);
}

/**
 * Gathers every approved month of the payer's agency that is in no payment and not in doubt: one line per person. Two at
 * once never share a month: the second waits for the first, and the index one_live_line_per_month stands behind that.
 *
 * @throws Refusal disbursement-empty
 */
export async function createDisbursement(act: Act) {
  const agencyCode = act.actor.agency;
  if (agencyCode === null) throw new Error('a payer has an agency');
  await store.lockAgency(act.tx, agencyCode);
  await countBeforeGathering(act.tx);
  const disbursementId = act.newId();
  const year = act.today.slice(2, 4);
  const sequence = String(await store.nextDisbursementSequence(act.tx)).padStart(5, '0');
  await store.insertDisbursement(act.tx, {
    disbursementId,
    agencyCode,
    disbursementNumber: `FF${year}-${sequence}`,
    state: 'verifying',
    version: 1,
    createdAt: act.at.toString(),
    createdBy: officerOf(act.actor),
  });
  let lines = 0;
  let afterId: string | null = null;
  for (;;) {
    const throughId: string | undefined = await nextPeople(act.tx, agencyCode, afterId);
    if (throughId === undefined) break;
    // Made here, not in SQL: they rise with the order of the roster.
    const lineIds = Array.from({ length: linesPerPage }, () => act.newId());
    lines += await gatherLines(act.tx, { disbursementId, agencyCode }, { afterId, throughId }, lineIds);
    afterId = throughId;
  }
  if (lines === 0) throw new Refusal('disbursement-empty');
  if (lines > linesPerPage) await countAfterGathering(act.tx);
  await act.audit({ target: ['disbursement', disbursementId], change: { state: 'verifying', lines } });
  return await describe(act, disbursementId);
}

/** Lets every line go before finance was asked; all months wait for another disbursement. */
export async function cancelDisbursement(act: Act, disbursementId: string, expected: number, reason: string) {
  const disbursement = await locked(act, disbursementId, expected);
  refuseUnless(disbursement, 'cancelDisbursement');
  // Lines that a street holds back stay held: cancelling must not undo its doubt.
  const released = await releaseWaiting(act.tx, disbursementId, null, 'cancelled');
  await advance(act, disbursement, 'cancelDisbursement', { released, reason });
  return await describe(act, disbursementId);
}

export async function getDisbursement(view: View, disbursementId: string) {
  return await describe(view, disbursementId);
}

export async function listDisbursements(view: View, query: DisbursementQuery) {
  const request = pageRequest(query);
  const rows = await store.listDisbursements(view.tx, view.scope, query.state, request);
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
