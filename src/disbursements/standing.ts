// Where a disbursement stands, what of it can be paid, and the one way it moves on. For the operations of this feature.

import type { Act, View } from '../act.ts';
import { Refusal } from '../http/problem.ts';
import { type DisbursementAct, disbursementStates, disbursementTransitions } from './states.ts';
import * as store from './store.ts';

export type DisbursementRow = NonNullable<Awaited<ReturnType<typeof store.findDisbursement>>>;
export type Line = Awaited<ReturnType<typeof store.listLines>>[number];

/** Moves a disbursement on, if it stands where the act begins, and leaves the trace. */
export async function advance(
  act: Act,
  disbursement: DisbursementRow,
  name: DisbursementAct,
  change: object,
): Promise<void> {
  const { from, to } = disbursementTransitions[name];
  if (disbursement.state !== from) throw conflict(disbursement);
  await store.setDisbursementState(act.tx, disbursement.disbursementId, from, to);
  await act.audit({ target: ['disbursement', disbursement.disbursementId], change: { from, to, ...change } });
}

export function conflict({ state }: DisbursementRow): Refusal {
  const { title, next } = disbursementStates[state];
  return new Refusal('state-conflict', { detail: `发放批次当前为“${title}”，不能进行此操作。${next}` });
}

export async function found(view: View, disbursementId: string): Promise<DisbursementRow> {
  const row = await store.findDisbursement(view.tx, view.sight, disbursementId);
  if (row === undefined) throw new Refusal('not-found');
  return row;
}

export async function locked(act: Act, disbursementId: string, expected?: number): Promise<DisbursementRow> {
  const row = await store.lockDisbursement(act.tx, act.sight, disbursementId);
  if (row === undefined) throw new Refusal('not-found');
  if (expected !== undefined && row.version !== expected) throw new Refusal('precondition-failed');
  return row;
}

export function payable(lines: readonly Line[]): Line[] {
  return lines.filter((line) => line.state === 'waiting');
}

export function totalOf(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + line.amountFen, 0);
}

export function pathOf({ agencyCode, disbursementId }: DisbursementRow) {
  return { agencyCode, disbursementId };
}
