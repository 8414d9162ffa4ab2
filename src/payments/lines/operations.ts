// Single lines of a disbursement: found by their state, and held back after their roster was signed.

import type { Act, View } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Refusal } from '../../platform/problem.ts';
import { describe, found, locked, settleWhenEmpty } from '../disbursement/lifecycle.ts';
import * as store from '../disbursement/store.ts';
import { describeLines } from '../rosters/rosters.ts';
import { findLine, listLines } from './payee-store.ts';
import type { HoldLine, LineQuery } from './schemas.ts';
import { holdLines } from './store.ts';

/** The lines of a disbursement, of one state when one is named: what a figure of its chain is made of. */
export async function listDisbursementLines(view: View, disbursementId: string, query: LineQuery) {
  await found(view, disbursementId);
  const request = pageRequest(query);
  const rows = await listLines(view.tx, view.scope, disbursementId, query.state, request);
  const { items, next } = page(rows, request, ({ lineId }) => lineId);
  view.shows(items.map(({ personId }) => personId));
  const described = await describeLines(view, items);
  return {
    items: described.map((line, index) => ({ ...line, streetCode: items[index]?.streetCode ?? '' })),
    next,
  };
}

/**
 * Stops one waiting line, before the bank has it: a doubt that arose after the roster was signed, a name that no format of
 * the bank can carry. What finance was asked for stays as it was; the line's money is unspent and may be given back.
 */
export async function holdLine(act: Act, disbursementId: string, lineId: string, body: HoldLine) {
  await locked(act, disbursementId);
  const line = await findLine(act.tx, act.scope, disbursementId, lineId);
  if (line === undefined) throw new Refusal('not-found');
  if (line.state !== 'waiting') {
    const detail = '只有待发放的可以暂缓；已送银行的请等待结果，已离开本批次的不需要暂缓。';
    throw new Refusal('state-conflict', { detail });
  }
  await holdLines(act.tx, [{ personId: line.personId, lineId, reason: body.reason }]);
  await store.touchDisbursement(act.tx, disbursementId);
  await act.audit({
    target: ['payment-line', lineId],
    personId: line.personId,
    change: { from: 'waiting', to: 'held', reason: body.reason },
  });
  await settleWhenEmpty(act, disbursementId);
  return await describe(act, disbursementId);
}
