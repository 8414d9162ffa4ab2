// False material (undertaking 2) and the bar 取消申请补贴资格 that follows. One officer reports it. The bar comes into
// force with the first recovery confirmed by another officer or, if no month was granted, when a reviewer confirms it.
// It ends when everything is repaid and a reviewer with no part in the case lifts it.

import { noticedCase } from '../../applications/application/description.ts';
import { found, locked as lockedApplication } from '../../applications/application/lifecycle.ts';
import { listCaseMaterials } from '../../applications/materials/operations.ts';
import { emit } from '../../notifications/events/operations.ts';
import { barLiftedContent } from '../../notifications/notices/appealable.ts';
import { earlierNotice, issueNotice } from '../../notifications/notices/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { refuseFutureDay } from '../../platform/http/days.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { moneyInWords } from '../../values/wording.ts';
import { describe as describeRecovery } from '../recoveries/lifecycle.ts';
import { alreadyOpen } from '../recoveries/opening.ts';
import type { ConfirmRecovery } from '../recoveries/schemas.ts';
import { openOnFalseMaterial } from './false-material.ts';
import {
  advance,
  describeBar,
  describeRows,
  locked,
  openOf,
  putInForce,
  refuseUnless,
  refuseWhileSuspected,
} from './lifecycle.ts';
import type { BarQuery, EndBar, ReportFalseMaterial } from './schemas.ts';
import * as bars from './store.ts';

type Application = Awaited<ReturnType<typeof lockedApplication>>;

/**
 * An officer reports material of a case as false. Months granted by the officer's own agency become suspected at once,
 * months granted by others in the staged reassessment. Proposes a bar, or adds the report to the open one.
 *
 * @throws Problem not-found, state-conflict when the same was reported before
 */
export async function reportFalseMaterial(
  context: WriteContext,
  applicationId: string,
  body: ReportFalseMaterial,
) {
  const application = await lockedApplication(context, applicationId);
  const { personId } = application;
  const { grounds, materialIds = [] } = body;
  await holdPerson(context, personId);
  const digests = await digestsOf(context, application, materialIds);
  const barId =
    (await bars.findOpenBar(context.tx, personId))?.barId ?? (await propose(context, application));
  if (await bars.isReported(context.tx, { personId, barId, applicationId, grounds })) throw alreadyOpen();
  const reportedBy = officerOf(context.actor);
  const reportId = context.newId();
  await bars.insertReport(
    context.tx,
    { personId, reportId, barId, applicationId, grounds, reportedAt: context.at.toString(), reportedBy },
    materialIds,
  );
  await bars.insertBarPart(context.tx, { personId, barId, officer: reportedBy, part: 'reporter' });
  const opened = await openOnFalseMaterial(context, personId);
  await context.audit({
    target: ['bar', barId],
    personId,
    change: { reportId, applicationId, materials: materialIds.length, opened: opened.length },
  });
  await context.enqueue('reassess-person', [{ key: personId, payload: { personId } }]);
  const recoveries = [];
  for (const recoveryId of opened) recoveries.push(await describeRecovery(context, recoveryId));
  const others = await bars.findOthersWithMaterial(context.tx, personId, digests);
  return {
    applicationId,
    bar: await describeBar(context, barId),
    opened: recoveries,
    othersWithMaterial: {
      caseNumbers: others.caseNumbers,
      beyondScope: others.inCity - others.caseNumbers.length,
    },
  };
}

/** Bars within scope, including proposed and lifted ones. */
export async function listBars(context: ReadContext, query: BarQuery) {
  const request = pageRequest(query);
  const rows = await bars.listBars(context.tx, context.scope, query, request);
  const { items, next } = page(rows, request, (row) => row.barId);
  context.shows(items.map(({ personId }) => personId));
  return { items: await describeRows(context, items), next };
}

/**
 * One bar within scope, as the list shows it.
 *
 * @throws Problem not-found
 */
export async function getBar(context: ReadContext, barId: string) {
  const bar = await describeBar(context, barId, context.scope);
  context.shows([bar.personId]);
  return bar;
}

/**
 * A reviewer confirms false material if no granted month is left that rests on it. If months are suspected, their
 * recoveries are confirmed instead, and the bar comes into force with the first.
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

/**
 * Dismisses an unfounded report. Suspected months must be dismissed first, one by one.
 *
 * @throws Problem not-found, precondition-failed, state-conflict
 */
export async function dismissBar(context: WriteContext, barId: string, expected: number, body: EndBar) {
  const bar = await locked(context, barId, expected);
  refuseUnless(bar, 'proposed');
  await refuseWhileSuspected(context, bar);
  await advance(context, bar, 'dismissed', { closedAt: context.at.toString(), closingReason: body.reason });
  return await describeBar(context, barId);
}

/**
 * A reviewer with no part in the case lifts the bar once everything is repaid; the person is notified.
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
  const told = { bar: await earlierNotice(context, 'bar', { personId }), reason: body.reason };
  await issueNotice(context, 'bar-lifted', noticed, (subject, agency) =>
    barLiftedContent(subject, told, agency),
  );
  await emit(context, [{ personId, applicationId, type: 'bar-lifted', content: {} }]);
  return await describeBar(context, barId);
}

/** The digests of the named materials. @throws Problem invalid-fields with each one that is not of the case */
async function digestsOf(
  context: WriteContext,
  application: Application,
  materialIds: readonly string[],
): Promise<Buffer[]> {
  const papers = await listCaseMaterials(context, application);
  const fieldErrors: FieldError[] = [];
  const digests = materialIds.flatMap((id, index) => {
    const paper = papers.find(({ materialId }) => materialId === id);
    if (paper !== undefined) return [Buffer.from(paper.sha256, 'hex')];
    const detail = '该申请没有这份材料，请从申请的材料清单中选取。';
    fieldErrors.push({ pointer: `/body/materialIds/${index}`, code: 'unknown-material', detail });
    return [];
  });
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  return digests;
}

async function propose(context: WriteContext, application: Application): Promise<string> {
  const { personId, applicationId, agencyCode, streetCode } = application;
  const barId = context.newId();
  await bars.insertBar(context.tx, {
    personId,
    barId,
    applicationId,
    agencyCode,
    streetCode,
    state: 'proposed',
    version: 1,
    proposedAt: context.at.toString(),
    proposedBy: officerOf(context.actor),
    heardOn: null,
    heardHow: null,
    confirmedAt: null,
    confirmedBy: null,
    closedAt: null,
    closingReason: null,
    liftedBy: null,
  });
  return barId;
}
