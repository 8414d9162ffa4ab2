// Single payment lines: lists them by state, holds them, and releases them when the doubt is cleared.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import { describe } from '../disbursement/description.ts';
import { found, locked, settleWhenEmpty } from '../disbursement/lifecycle.ts';
import { touchDisbursement } from '../disbursement/store.ts';
import { describeLines, foundLine } from './lifecycle.ts';
import { findListedLine, listLines } from './payee-store.ts';
import type { HoldLine, LineQuery, ReleaseHold } from './schemas.ts';
import { holdLines, releaseLine } from './store.ts';

/**
 * The lines of a disbursement, optionally of one state, person, case or street: the details behind a figure of its reconciliation.
 *
 * @throws Problem not-found
 */
export async function listDisbursementLines(context: ReadContext, disbursementId: string, query: LineQuery) {
  const request = pageRequest(query);
  const [rows] = await Promise.all([
    listLines(context.tx, context.scope, disbursementId, query, request),
    found(context, disbursementId),
  ]);
  const { items, next } = page(rows, request, ({ lineId }) => lineId);
  const described = await describeLines(context, items);
  return {
    items: described.map((line, index) => ({ ...line, streetCode: items[index]?.streetCode ?? '' })),
    next,
  };
}

/** A line, as the list shows it. @throws Problem not-found */
export async function getDisbursementLine(context: ReadContext, { id, lineId }: Line) {
  const [line] = await Promise.all([
    findListedLine(context.tx, context.scope, id, lineId),
    found(context, id),
  ]);
  if (line === undefined) throw new Problem('not-found');
  const [described] = await describeLines(context, [line]);
  if (described === undefined) throw new Error('one line is described as one');
  return { ...described, streetCode: line.streetCode };
}

interface Line {
  readonly id: string;
  readonly lineId: string;
}

/**
 * Holds one waiting line before the bank has it: for a doubt that arose after the roster was signed, or a name that no
 * bank format can carry. The fund request does not change; the line's money is unspent and may be returned.
 *
 * @throws Problem not-found, state-conflict
 */
export async function holdLine(
  context: WriteContext,
  { id: disbursementId, lineId }: Line,
  { reason }: HoldLine,
) {
  await locked(context, disbursementId);
  const { personId, state } = await foundLine(context, disbursementId, lineId);
  if (state !== 'waiting') {
    const detail = '只有待发放的可以暂缓；已送银行的请等待结果，已离开本批次的不需要暂缓。';
    throw new Problem('state-conflict', { detail });
  }
  await holdLines(context.tx, [{ personId, lineId, reason }]);
  const touched = await touchDisbursement(context.tx, disbursementId);
  await context.audit({
    target: ['payment-line', lineId],
    personId,
    change: { from: 'waiting', to: 'held', reason },
  });
  return await describe(context, await settleWhenEmpty(context, touched));
}

/**
 * Clears the doubt: the held line leaves its disbursement, and its months wait for the next one.
 *
 * @throws Problem not-found, state-conflict
 */
export async function releaseHold(
  context: WriteContext,
  { id: disbursementId, lineId }: Line,
  { reason }: ReleaseHold,
) {
  await locked(context, disbursementId);
  const line = await foundLine(context, disbursementId, lineId);
  if (line.state !== 'held') {
    throw new Problem('state-conflict', { detail: '这笔发放没有被暂缓，或暂缓已经解除。' });
  }
  await releaseLine(context.tx, line, 'hold-released');
  const touched = await touchDisbursement(context.tx, disbursementId);
  await context.audit({
    target: ['payment-line', lineId],
    personId: line.personId,
    change: { from: 'held', to: 'released', reason },
  });
  return await describe(context, touched);
}
