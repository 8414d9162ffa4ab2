// False material (undertaking 2): what was reported of a case puts every month in doubt that was granted on it, in every case
// of the person that used it, and proposes to bar them.

import { listCaseMaterials, locked as lockedApplication } from '../../applications/application/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { Act } from '../../platform/context.ts';
import { type Fault, Refusal } from '../../platform/problem.ts';
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
 * @throws Refusal invalid-fields, state-conflict when the same was reported before
 */
export async function reportFalseMaterial(act: Act, applicationId: string, body: ReportFalseMaterial) {
  const application = await lockedApplication(act, applicationId);
  const { personId } = application;
  const { grounds, materialIds = [] } = body;
  await holdPerson(act, personId);
  const digests = await digestsOf(act, application, materialIds);
  const barId = (await bars.findOpenBar(act.tx, personId))?.barId ?? (await propose(act, application));
  if (await bars.isReported(act.tx, { personId, barId, applicationId, grounds })) throw alreadyOpen();
  const reportedBy = officerOf(act.actor);
  const reportId = act.newId();
  await bars.insertReport(
    act.tx,
    { personId, reportId, barId, applicationId, grounds, reportedAt: act.at.toString(), reportedBy },
    materialIds,
  );
  await bars.insertBarPart(act.tx, { personId, barId, officer: reportedBy, part: 'reporter' });
  const opened = await openOnFalseMaterial(act, personId);
  await act.audit({
    target: ['bar', barId],
    personId,
    change: { reportId, applicationId, materials: materialIds.length, opened: opened.length },
  });
  await act.enqueue('reassess-person', [{ key: personId, payload: { personId } }]);
  const recoveries = [];
  for (const recoveryId of opened) recoveries.push(await describe(act, recoveryId));
  const others = await bars.findOthersWithMaterial(act.tx, personId, digests);
  return {
    applicationId,
    bar: await describeBar(act, barId),
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
export async function openOnFalseMaterial(act: Act, personId: string): Promise<string[]> {
  const bar = await bars.findOpenBar(act.tx, personId);
  if (bar === undefined) return [];
  const { barId, proposedBy } = bar;
  await bars.insertCaseOfficers(act.tx, personId, barId);
  const covered = await bars.listCoveredCases(act.tx, personId, barId);
  const opened: string[] = [];
  for (const month of await store.listGrantedMonths(act.tx, personId)) {
    const grounds = covered.get(month.applicationId);
    const isInScope = act.scope.relation === 'city' || isOfAgency(act, month.agencyCode);
    if (grounds === undefined || !isInScope) continue;
    const openedBy = act.role === 'service' ? proposedBy : officerOf(act.actor);
    const recoveryId = await open(act, personId, month, 'false-material', { grounds, barId, openedBy });
    if (recoveryId !== null) opened.push(recoveryId);
  }
  return opened;
}

function isOfAgency({ scope }: Act, agencyCode: string): boolean {
  return scope.relation === 'agency' && scope.code === agencyCode;
}

/** The digests of the named materials; a fault for each that is not of the case. */
async function digestsOf(
  act: Act,
  application: Application,
  materialIds: readonly string[],
): Promise<Buffer[]> {
  const papers = await listCaseMaterials(act, application);
  const faults: Fault[] = [];
  const digests = materialIds.flatMap((id, index) => {
    const paper = papers.find(({ materialId }) => materialId === id);
    if (paper !== undefined) return [paper.digest];
    const detail = '该申请没有这份材料，请从申请的材料清单中选取。';
    faults.push({ pointer: `/body/materialIds/${index}`, code: 'unknown-material', detail });
    return [];
  });
  if (faults.length > 0) throw new Refusal('invalid-fields', { faults });
  return digests;
}

async function propose(act: Act, application: Application): Promise<string> {
  const { personId, applicationId, agencyCode, streetCode } = application;
  const barId = act.newId();
  await bars.insertBar(act.tx, {
    personId,
    barId,
    applicationId,
    agencyCode,
    streetCode,
    state: 'proposed',
    version: 1,
    proposedAt: act.at.toString(),
    proposedBy: officerOf(act.actor),
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
