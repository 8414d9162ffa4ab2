// One recovery as all its operations see it: found, held, moved on, described.

import type { Act, View } from '../act.ts';
import { Refusal } from '../http/problem.ts';
import type { CheckCode } from '../rules/checks.ts';
import { type RecoveryAct, type RecoveryState, recoveryStates, recoveryTransitions } from './states.ts';
import * as store from './store.ts';

export type RecoveryRow = NonNullable<Awaited<ReturnType<typeof store.findRecovery>>>;

export interface Finding {
  readonly check: CheckCode;
  readonly records: readonly string[];
}

export async function locked(act: Act, recoveryId: string, expected: number): Promise<RecoveryRow> {
  const row = await store.lockRecovery(act.tx, act.sight, recoveryId);
  if (row === undefined) throw new Refusal('not-found');
  if (row.version !== expected) throw new Refusal('precondition-failed');
  return row;
}

type Change = Parameters<typeof store.setRecoveryState>[4];

export async function advance(
  act: Act,
  recovery: RecoveryRow,
  name: RecoveryAct,
  change: Change,
): Promise<void> {
  const { from, to } = recoveryTransitions[name];
  const allowed: readonly RecoveryState[] = from;
  if (!allowed.includes(recovery.state)) throw conflict(recovery);
  await store.setRecoveryState(act.tx, recovery.recoveryId, recovery.state, to, change);
  await act.audit({
    target: ['recovery', recovery.recoveryId],
    personId: recovery.personId,
    change: { from: recovery.state, to, ...change },
  });
}

export function conflict({ state }: RecoveryRow): Refusal {
  const { title, next } = recoveryStates[state];
  return new Refusal('state-conflict', { detail: `追回当前为“${title}”，不能进行此操作。${next}` });
}

export async function describe(view: View, recoveryId: string) {
  const row = await store.findRecovery(view.tx, view.sight, recoveryId);
  if (row === undefined) throw new Refusal('not-found');
  return describeRow(row);
}

export function findingsOf({ findings }: RecoveryRow): readonly Finding[] {
  // Written by opening.ts in this shape, and never changed.
  return findings as unknown as readonly Finding[];
}

export function describeRow(row: RecoveryRow) {
  const isOwed = row.wasPaid === true && (row.state === 'confirmed' || row.state === 'repaid');
  return {
    id: row.recoveryId,
    version: row.version,
    state: row.state,
    progress: { ...recoveryStates[row.state] },
    cause: row.cause,
    grounds: row.grounds,
    personId: row.personId,
    applicationId: row.applicationId,
    caseNumber: row.caseNumber,
    month: row.month,
    agencyCode: row.agencyCode,
    streetCode: row.streetCode,
    findings: findingsOf(row).map(({ check, records }) => ({ check, records: [...records] })),
    amountFen: row.amountFen,
    wasPaid: row.wasPaid,
    repaidFen: row.repaidFen,
    owedFen: isOwed ? row.amountFen - row.repaidFen : 0,
    refundedFen: row.refundedFen,
    openedAt: row.openedAt,
    heardOn: row.heardOn,
    reason: row.reason,
  };
}
