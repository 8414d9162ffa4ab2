// Finds, locks, moves and describes one recovery.

import { describeHeirs } from '../../applications/application/heirs.ts';
import { setMonthOwed } from '../../applications/application/months.ts';
import { applicantName } from '../../applications/application/payee.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import type { CheckCode } from '../../rules/checks.ts';
import { quarterOf } from '../../values/days.ts';
import { listSetOffs } from '../set-offs/store.ts';
import { type RecoveryAct, type RecoveryState, recoveryStates, recoveryTransitions } from './states.ts';
import * as store from './store.ts';

export type RecoveryRow = NonNullable<Awaited<ReturnType<typeof store.findRecovery>>>;

export interface Finding {
  readonly check: CheckCode;
  readonly records: readonly string[];
}

export async function locked(
  context: WriteContext,
  recoveryId: string,
  expected: number,
): Promise<RecoveryRow> {
  const row = await store.lockRecovery(context.tx, context.scope, recoveryId);
  if (row === undefined) throw new Problem('not-found');
  if (row.version !== expected) throw new Problem('precondition-failed');
  return row;
}

/** A recovery within scope. */
export async function findRecovery({ tx, scope }: ReadContext, recoveryId: string) {
  return await store.findRecovery(tx, scope, recoveryId);
}

type Change = Parameters<typeof store.setRecoveryState>[4];

export async function advance(
  context: WriteContext,
  recovery: RecoveryRow,
  name: RecoveryAct,
  change: Change,
): Promise<void> {
  const { from, to } = recoveryTransitions[name];
  const allowed: readonly RecoveryState[] = from;
  if (!allowed.includes(recovery.state)) throw conflict(recovery);
  await store.setRecoveryState(context.tx, recovery.recoveryId, recovery.state, to, change);
  await context.audit({
    target: ['recovery', recovery.recoveryId],
    personId: recovery.personId,
    change: { from: recovery.state, to, ...change },
  });
}

export function conflict({ state }: RecoveryRow): Problem {
  const { title, next } = recoveryStates[state];
  return new Problem('state-conflict', { detail: `追回当前为“${title}”，不能进行此操作。${next}` });
}

/** Marks a recovery as fully repaid: its month no longer counts against the cap and may be claimed again. */
export async function setRepaid(
  context: WriteContext,
  recovery: RecoveryRow,
  name: 'recordRepayment' | 'setOffRecovery',
): Promise<void> {
  await advance(context, recovery, name, { closedAt: context.at.toString() });
  await setMonthOwed(context, recovery, false);
}

/** The ledger path to which a recovery is posted. */
export function pathOf({ agencyCode, month, personId, applicationId, recoveryId }: RecoveryRow) {
  return { agencyCode, quarter: quarterOf(month), personId, applicationId, recoveryId };
}

export async function describe(context: ReadContext, recoveryId: string) {
  const row = await store.findRecovery(context.tx, context.scope, recoveryId);
  const [described] = row === undefined ? [] : await describeRows(context, [row]);
  if (described === undefined) throw new Problem('not-found');
  return described;
}

export async function describeRows(context: ReadContext, rows: readonly RecoveryRow[]) {
  const ids = rows.map(({ recoveryId }) => recoveryId);
  const [listed, heirs] = await Promise.all([
    listSetOffs(context.tx, ids),
    describeHeirs(context, [...new Set(rows.flatMap(({ heirPaid }) => heirPaid ?? []))]),
  ]);
  const setOffs = Map.groupBy(listed, ({ recoveryId }) => recoveryId);
  return rows.map((row) => ({
    ...describeRow(row, applicantName(context, row, row.nameChange), setOffs.get(row.recoveryId) ?? []),
    heir: heirs.get(row.heirPaid ?? '') ?? null,
  }));
}

export function findingsOf({ findings }: Pick<RecoveryRow, 'findings'>): readonly Finding[] {
  // opening.ts writes this shape, and the column is never updated.
  return findings as unknown as readonly Finding[];
}

function describeRow(row: RecoveryRow, name: string, setOffs: Awaited<ReturnType<typeof listSetOffs>>) {
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
    applicant: { name },
    month: row.month,
    agencyCode: row.agencyCode,
    streetCode: row.streetCode,
    findings: findingsOf(row).map(({ check, records }) => ({ check, records: [...records] })),
    amountFen: row.amountFen,
    wasPaid: row.wasPaid,
    repaidFen: row.repaidFen,
    setOffFen: row.setOffFen,
    owedFen: row.owedFen,
    setOffs: setOffs.map(({ setOffId, recoveryId: _, ...setOff }) => ({ id: setOffId, ...setOff })),
    refundedFen: row.refundedFen,
    openedAt: row.openedAt,
    openedBy: row.opener,
    heardOn: row.heardOn,
    isUnderAppeal: row.isUnderAppeal,
    reason: row.reason,
  };
}
