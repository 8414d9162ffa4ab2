// Finds, locks and moves one disbursement. The steps themselves are in the operations.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { balance } from '../ledger/operations.ts';
import { sumLines } from '../lines/page-store.ts';
import {
  type DisbursementAct,
  type DisbursementState,
  disbursementStates,
  disbursementTransitions,
} from './states.ts';
import {
  type DisbursementRow,
  findDisbursement,
  lockDisbursement,
  setDisbursementState,
  touchDisbursement,
} from './store.ts';

/** @throws Problem not-found out of scope */
export async function found(context: ReadContext, disbursementId: string): Promise<DisbursementRow> {
  const row = await findDisbursement(context.tx, context.scope, disbursementId);
  if (row === undefined) throw new Problem('not-found');
  return row;
}

/**
 * Locks the disbursement until the transaction ends. It is locked before any person or month, so that all operations
 * lock in one order and cannot deadlock.
 *
 * @throws Problem not-found, precondition-failed
 */
export async function locked(
  context: WriteContext,
  disbursementId: string,
  expected?: number,
): Promise<DisbursementRow> {
  const row = await lockDisbursement(context.tx, context.scope, disbursementId);
  if (row === undefined) throw new Problem('not-found');
  if (expected !== undefined && row.version !== expected) throw new Problem('precondition-failed');
  return row;
}

/** @throws Problem state-conflict if the step does not start from this state */
export function refuseUnless(disbursement: DisbursementRow, name: DisbursementAct): void {
  const from: readonly DisbursementState[] = disbursementTransitions[name].from;
  if (!from.includes(disbursement.state)) throw conflict(disbursement);
}

/** Moves a disbursement to the step's next state and audits it. Returns the new row. */
export async function advance(
  context: WriteContext,
  disbursement: DisbursementRow,
  name: DisbursementAct,
  change: object,
): Promise<DisbursementRow> {
  refuseUnless(disbursement, name);
  const { state: from, disbursementId } = disbursement;
  const { to } = disbursementTransitions[name];
  const moved =
    from === to
      ? await touchDisbursement(context.tx, disbursementId)
      : await setDisbursementState(context.tx, disbursementId, from, to);
  await context.audit({ target: ['disbursement', disbursementId], change: { from, to, ...change } });
  return moved;
}

/** Increments the version after a change that leaves the state as it was, and audits it. Returns the new row. */
export async function touch(
  context: WriteContext,
  { disbursementId }: DisbursementRow,
  change: Readonly<Record<string, unknown>>,
): Promise<DisbursementRow> {
  const touched = await touchDisbursement(context.tx, disbursementId);
  await context.audit({ target: ['disbursement', disbursementId], change });
  return touched;
}

/**
 * Settles a funded disbursement that has no line left to pay, so that its money can be returned. Returns the current
 * row.
 */
export async function settleWhenEmpty(
  context: WriteContext,
  disbursement: DisbursementRow,
): Promise<DisbursementRow> {
  const { disbursementId, state } = disbursement;
  if (state !== 'funded') return disbursement;
  const { lineCount } = await sumLines(context.tx, disbursementId, ['waiting']);
  if (lineCount > 0) return disbursement;
  const settled = await setDisbursementState(context.tx, disbursementId, 'funded', 'settled');
  await context.audit({
    target: ['disbursement', disbursementId],
    change: { from: 'funded', to: 'settled' },
  });
  return settled;
}

export function conflict({ state }: DisbursementRow): Problem {
  const { title, next } = disbursementStates[state];
  return new Problem('state-conflict', { detail: `发放批次当前为“${title}”，不能进行此操作。${next}` });
}

/** Money received for a disbursement and neither sent to the bank nor returned to finance, in fen. */
export async function unspentOf(context: ReadContext, { disbursementId }: DisbursementRow): Promise<number> {
  const quarters = await balance(context, disbursementId, 'unspent');
  return [...quarters.values()].reduce((sum, amountFen) => sum + amountFen, 0);
}

/** Unspent money that no waiting line needs, in fen. */
export async function freeOf(context: ReadContext, disbursement: DisbursementRow): Promise<number> {
  const reserved = await sumLines(context.tx, disbursement.disbursementId, ['waiting']);
  return Math.max(0, (await unspentOf(context, disbursement)) - reserved.amountFen);
}
