// Single lines of a disbursement: found by their state, and held back after their roster was signed.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import { describe, found, locked, settleWhenEmpty } from '../disbursement/lifecycle.ts';
import * as store from '../disbursement/store.ts';
import { describeLines } from '../rosters/rosters.ts';
import { findLine, listLines } from './payee-store.ts';
import type { HoldLine, LineQuery } from './schemas.ts';
import { holdLines } from './store.ts';

/** The lines of a disbursement, of one state when one is named: what a figure of its reconciliation is made of. */
export async function listDisbursementLines(context: ReadContext, disbursementId: string, query: LineQuery) {
  await found(context, disbursementId);
  const request = pageRequest(query);
  const rows = await listLines(context.tx, context.scope, disbursementId, query.state, request);
  const { items, next } = page(rows, request, ({ lineId }) => lineId);
  context.shows(items.map(({ personId }) => personId));
  const described = await describeLines(context, items);
  return {
    items: described.map((line, index) => ({ ...line, streetCode: items[index]?.streetCode ?? '' })),
    next,
  };
}

/**
 * Stops one waiting line, before the bank has it: a doubt that arose after the roster was signed, a name that no format of
 * the bank can carry. What finance was asked for stays as it was; the line's money is unspent and may be given back.
 */
export async function holdLine(
  context: WriteContext,
  disbursementId: string,
  lineId: string,
  body: HoldLine,
) {
  await locked(context, disbursementId);
  const line = await findLine(context.tx, context.scope, disbursementId, lineId);
  if (line === undefined) throw new Problem('not-found');
  if (line.state !== 'waiting') {
    const detail = '只有待发放的可以暂缓；已送银行的请等待结果，已离开本批次的不需要暂缓。';
    throw new Problem('state-conflict', { detail });
  }
  await holdLines(context.tx, [{ personId: line.personId, lineId, reason: body.reason }]);
  await store.touchDisbursement(context.tx, disbursementId);
  await context.audit({
    target: ['payment-line', lineId],
    personId: line.personId,
    change: { from: 'waiting', to: 'held', reason: body.reason },
  });
  await settleWhenEmpty(context, disbursementId);
  return await describe(context, disbursementId);
}
