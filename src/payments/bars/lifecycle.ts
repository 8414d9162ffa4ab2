// Finds, locks, moves and describes one bar. The person is locked before the bar, as for recoveries.

import { noticedCase } from '../../applications/application/description.ts';
import { found } from '../../applications/application/lifecycle.ts';
import { emit } from '../../notifications/events/operations.ts';
import { barContent } from '../../notifications/notices/appealable.ts';
import { issueNotice } from '../../notifications/notices/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import type { RecoveryRow } from '../recoveries/lifecycle.ts';
import type { ConfirmRecovery } from '../recoveries/schemas.ts';
import { type BarState, barStates } from './states.ts';
import * as bars from './store.ts';

type BarRow = NonNullable<Awaited<ReturnType<typeof bars.findBar>>>;

/**
 * Puts the bar in force when another officer than the reporter confirms the first recovery on false material. The
 * caller holds the person lock.
 *
 * @throws Problem same-officer
 */
export async function barOnRecovery(
  context: WriteContext,
  recovery: RecoveryRow,
  hearing: ConfirmRecovery,
): Promise<void> {
  const { personId, barId, applicationId } = recovery;
  if (barId === null) return;
  const bar = await bars.findOpenBar(context.tx, personId);
  if (bar?.state === 'proposed') await putInForce(context, bar, applicationId, hearing);
  await bars.insertBarPart(context.tx, {
    personId,
    barId,
    officer: officerOf(context.actor),
    part: 'confirmer',
  });
}

/**
 * Bars the person, so that no case of theirs can be approved. Issues the notice, and an event for the platform of the
 * case.
 */
export async function putInForce(
  context: WriteContext,
  bar: Pick<BarRow, 'personId' | 'barId' | 'proposedBy' | 'state'>,
  applicationId: string,
  { heardOn, heardHow }: ConfirmRecovery,
): Promise<void> {
  const { personId, barId } = bar;
  const confirmedBy = officerOf(context.actor);
  if (confirmedBy === bar.proposedBy) {
    const detail = '虚假材料由一人报告、另一人确认，请由其他人员确认。';
    throw new Problem('same-officer', { detail });
  }
  await advance(context, bar, 'in-force', {
    heardOn,
    heardHow,
    confirmedAt: context.at.toString(),
    confirmedBy,
  });
  const grounds = (await bars.listGrounds(context.tx, [barId])).get(barId) ?? [];
  const noticed = await noticedCase(context, await found(context, applicationId));
  await issueNotice(context, 'bar', noticed, (subject, agency) =>
    barContent(subject, { grounds, heardOn, heardHow }, agency),
  );
  await emit(context, [{ personId, applicationId, type: 'applicant-barred', content: {} }]);
}

export async function locked(context: WriteContext, barId: string, expected: number): Promise<BarRow> {
  const seen = await bars.findBar(context.tx, context.scope, barId);
  if (seen === undefined) throw new Problem('not-found');
  // Locks the person before the bar, in the same order as recoveries.
  await holdPerson(context, seen.personId);
  const row = await bars.lockBar(context.tx, context.scope, barId);
  if (row === undefined) throw new Problem('not-found');
  if (row.version !== expected) throw new Problem('precondition-failed');
  return row;
}

export function refuseUnless({ state }: BarRow, wanted: BarState): void {
  if (state === wanted) return;
  const { title, next } = barStates[state];
  throw new Problem('state-conflict', { detail: `当前为“${title}”，不能进行此操作。${next}` });
}

export async function refuseWhileSuspected(context: WriteContext, { barId }: BarRow): Promise<void> {
  if ((await openOf(context, barId)).suspectedMonths === 0) return;
  const detail =
    '凭该材料核定的月份已列为疑似应追回，请逐月听取说明后确认或排除；首次确认追回即取消申请资格。';
  throw new Problem('state-conflict', { detail });
}

export async function advance(
  context: WriteContext,
  { personId, barId, state }: Pick<BarRow, 'personId' | 'barId' | 'state'>,
  to: BarState,
  change: Parameters<typeof bars.setBarState>[4],
): Promise<void> {
  await bars.setBarState(context.tx, barId, state, to, change);
  await context.audit({ target: ['bar', barId], personId, change: { from: state, to } });
}

export async function openOf(context: ReadContext, barId: string) {
  return (await bars.listOpenOfBars(context.tx, [barId])).get(barId) ?? { suspectedMonths: 0, owedFen: 0 };
}

/**
 * @param scope the whole city after an act, whose case may be another agency's than the bar's
 * @throws Problem not-found
 */
export async function describeBar(
  context: ReadContext,
  barId: string,
  scope: ReadContext['scope'] = { relation: 'city' },
) {
  const row = await bars.findBar(context.tx, scope, barId);
  const [described] = row === undefined ? [] : await describeRows(context, [row]);
  if (described === undefined) throw new Problem('not-found');
  return described;
}

export async function describeRows(context: ReadContext, rows: readonly BarRow[]) {
  const ids = rows.map(({ barId }) => barId);
  const [open, grounds] = await Promise.all([
    bars.listOpenOfBars(context.tx, ids),
    bars.listGrounds(context.tx, ids),
  ]);
  return rows.map((row) => ({
    id: row.barId,
    version: row.version,
    state: row.state,
    progress: { ...barStates[row.state] },
    personId: row.personId,
    applicationId: row.applicationId,
    caseNumber: row.caseNumber,
    agencyCode: row.agencyCode,
    streetCode: row.streetCode,
    grounds: grounds.get(row.barId) ?? [],
    suspectedMonths: open.get(row.barId)?.suspectedMonths ?? 0,
    owedFen: open.get(row.barId)?.owedFen ?? 0,
    proposedAt: row.proposedAt,
    heardOn: row.heardOn,
    confirmedAt: row.confirmedAt,
    closedAt: row.closedAt,
    reason: row.closingReason,
  }));
}
