// The bar 取消申请补贴资格 that false material brings: it comes into force with the first confirmed recovery, or confirmed by a
// reviewer where no month was granted, and stays until all is repaid and another reviewer lifts it.

import { found, noticedCase } from '../../applications/application/operations.ts';
import { emit } from '../../notifications/events/operations.ts';
import { barContent, barLiftedContent } from '../../notifications/notices/content.ts';
import { issueNotice } from '../../notifications/notices/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { refuseFutureDay } from '../../platform/http/days.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { moneyInWords } from '../../values/wording.ts';
import type { RecoveryRow } from '../recoveries/lifecycle.ts';
import type { ConfirmRecovery } from '../recoveries/schemas.ts';
import { type BarState, barStates } from '../recoveries/states.ts';
import type { BarQuery, EndBar } from './schemas.ts';
import * as bars from './store.ts';

type BarRow = NonNullable<Awaited<ReturnType<typeof bars.findBar>>>;

export async function listBars(context: ReadContext, query: BarQuery) {
  const request = pageRequest(query);
  const rows = await bars.listBars(context.tx, context.scope, query, request);
  const { items, next } = page(rows, request, (row) => row.barId);
  context.shows(items.map(({ personId }) => personId));
  return { items: await describeRows(context, items), next };
}

/**
 * Another officer than the reporter has confirmed a recovery on false material: with the first one the bar is in force. To
 * be called while the person is held.
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
 * A reviewer confirms false material on which no month was granted, or none is any more. Where months are suspected, they
 * are confirmed, and the bar with the first of them.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, same-officer
 */
export async function confirmBar(
  context: WriteContext,
  barId: string,
  expected: number,
  body: ConfirmRecovery,
) {
  const bar = await locked(context, barId, expected);
  refuseUnless(bar, 'proposed');
  await refuseWhileSuspected(context, bar);
  refuseFutureDay(body.heardOn, context.today, '/body/heardOn', '听取说明的日期');
  await putInForce(context, bar, bar.applicationId, body);
  const { personId } = bar;
  await bars.insertBarPart(context.tx, {
    personId,
    barId,
    officer: officerOf(context.actor),
    part: 'confirmer',
  });
  return await describeBar(context, barId);
}

/** What was reported is not so. Months that were suspected are dismissed first, each for itself. */
export async function dismissBar(context: WriteContext, barId: string, expected: number, body: EndBar) {
  const bar = await locked(context, barId, expected);
  refuseUnless(bar, 'proposed');
  await refuseWhileSuspected(context, bar);
  await advance(context, bar, 'dismissed', { closedAt: context.at.toString(), closingReason: body.reason });
  return await describeBar(context, barId);
}

/**
 * A reviewer who had no part in the false case lifts the bar, once all is repaid; the person is told.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, bar-not-repaid, officer-already-on-case
 */
export async function liftBar(context: WriteContext, barId: string, expected: number, body: EndBar) {
  const bar = await locked(context, barId, expected);
  refuseUnless(bar, 'in-force');
  const { personId, applicationId } = bar;
  const { suspectedMonths, owedFen } = await openOf(context, barId);
  if (suspectedMonths > 0 || owedFen > 0) {
    const doubt = suspectedMonths > 0 ? `尚有${suspectedMonths}个月的追回待确认或排除。` : '';
    const debt = owedFen > 0 ? `尚有${moneyInWords(owedFen)}未退还。` : '';
    throw new Problem('bar-not-repaid', { detail: `${doubt}${debt}全部办结后才能解除。` });
  }
  const officer = officerOf(context.actor);
  await bars.insertLifter(context.tx, { personId, barId, officer });
  await advance(context, bar, 'lifted', {
    closedAt: context.at.toString(),
    closingReason: body.reason,
    liftedBy: officer,
  });
  const noticed = await noticedCase(context, await found(context, applicationId));
  await issueNotice(context, 'bar-lifted', noticed, (subject) => barLiftedContent(subject, body.reason));
  await emit(context, [{ personId, applicationId, type: 'bar-lifted', content: {} }]);
  return await describeBar(context, barId);
}

/** From now on nobody approves a case of the person; they are told on paper, and the platform of the case by an event. */
async function putInForce(
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
  await issueNotice(context, 'bar', noticed, (subject) =>
    barContent(subject, { grounds, heardOn, heardHow }),
  );
  await emit(context, [{ personId, applicationId, type: 'applicant-barred', content: {} }]);
}

async function locked(context: WriteContext, barId: string, expected: number): Promise<BarRow> {
  const seen = await bars.findBar(context.tx, context.scope, barId);
  if (seen === undefined) throw new Problem('not-found');
  // The person before the bar, as recoveries do.
  await holdPerson(context, seen.personId);
  const row = await bars.lockBar(context.tx, context.scope, barId);
  if (row === undefined) throw new Problem('not-found');
  if (row.version !== expected) throw new Problem('precondition-failed');
  return row;
}

function refuseUnless({ state }: BarRow, wanted: BarState): void {
  if (state === wanted) return;
  const { title, next } = barStates[state];
  throw new Problem('state-conflict', { detail: `当前为“${title}”，不能进行此操作。${next}` });
}

async function refuseWhileSuspected(context: WriteContext, { barId }: BarRow): Promise<void> {
  if ((await openOf(context, barId)).suspectedMonths === 0) return;
  const detail =
    '凭该材料核定的月份已列为疑似应追回，请逐月听取说明后确认或排除；首次确认追回即取消申请资格。';
  throw new Problem('state-conflict', { detail });
}

async function advance(
  context: WriteContext,
  { personId, barId, state }: Pick<BarRow, 'personId' | 'barId' | 'state'>,
  to: BarState,
  change: Parameters<typeof bars.setBarState>[4],
): Promise<void> {
  await bars.setBarState(context.tx, barId, state, to, change);
  await context.audit({ target: ['bar', barId], personId, change: { from: state, to } });
}

async function openOf(context: ReadContext, barId: string) {
  return (await bars.listOpenOfBars(context.tx, [barId])).get(barId) ?? { suspectedMonths: 0, owedFen: 0 };
}

export async function describeBar(context: ReadContext, barId: string) {
  const row = await bars.findBar(context.tx, { relation: 'city' }, barId);
  const [described] = row === undefined ? [] : await describeRows(context, [row]);
  if (described === undefined) throw new Problem('not-found');
  return described;
}

async function describeRows(context: ReadContext, rows: readonly BarRow[]) {
  const ids = rows.map(({ barId }) => barId);
  const open = await bars.listOpenOfBars(context.tx, ids);
  const grounds = await bars.listGrounds(context.tx, ids);
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
