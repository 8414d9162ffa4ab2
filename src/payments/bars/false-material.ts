// False material (undertaking 2): what was reported of a case puts every month in doubt that was granted on it, in every case
// of the person that used it, and proposes to bar them.

import { listCaseMaterials, locked as lockedApplication } from '../../applications/application/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { describe } from '../recoveries/lifecycle.ts';
import { alreadyOpen, open } from '../recoveries/opening.ts';
import * as store from '../recoveries/store.ts';
import { describeBar } from './operations.ts';
import type { ReportFalseMaterial } from './schemas.ts';
import * as bars from './store.ts';

type Application = Awaited<ReturnType<typeof lockedApplication>>;

/**
 * An officer reports material of a case as false. Months of the officer's own agency are suspected at once, those that
 * others granted by the staged second look; a bar is proposed, unless one is open already, which the report then joins.
 *
 * @throws Problem invalid-fields, state-conflict when the same was reported before
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
  for (const recoveryId of opened) recoveries.push(await describe(context, recoveryId));
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

/**
 * Opens a suspected recovery for every live month within scope that was granted on false material and has none yet: at the
 * report, and again whenever the person is looked at. Answers those that are new.
 */
export async function openOnFalseMaterial(context: WriteContext, personId: string): Promise<string[]> {
  const bar = await bars.findOpenBar(context.tx, personId);
  if (bar === undefined) return [];
  const { barId, proposedBy } = bar;
  await bars.insertCaseOfficers(context.tx, personId, barId);
  const covered = await bars.listCoveredCases(context.tx, personId, barId);
  const opened: string[] = [];
  for (const month of await store.listGrantedMonths(context.tx, personId)) {
    const grounds = covered.get(month.applicationId);
    const isInScope = context.scope.relation === 'city' || isOfAgency(context, month.agencyCode);
    if (grounds === undefined || !isInScope) continue;
    const openedBy = context.role === 'service' ? proposedBy : officerOf(context.actor);
    const recoveryId = await open(context, personId, month, 'false-material', { grounds, barId, openedBy });
    if (recoveryId !== null) opened.push(recoveryId);
  }
  return opened;
}

function isOfAgency({ scope }: WriteContext, agencyCode: string): boolean {
  return scope.relation === 'agency' && scope.code === agencyCode;
}

/** The digests of the named materials; a fault for each that is not of the case. */
async function digestsOf(
  context: WriteContext,
  application: Application,
  materialIds: readonly string[],
): Promise<Buffer[]> {
  const papers = await listCaseMaterials(context, application);
  const fieldErrors: FieldError[] = [];
  const digests = materialIds.flatMap((id, index) => {
    const paper = papers.find(({ materialId }) => materialId === id);
    if (paper !== undefined) return [paper.digest];
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
