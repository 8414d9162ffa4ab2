// The way of a case up to its acceptance: apply, supply, submit, accept, withdraw. Each function is one operation and one
// transaction; what the months are worth is decided by the rules, on the day of the decision.

import { clientOf, officerOf } from '../access/actor.ts';
import type { Act, View } from '../act.ts';
import type { CasePart } from '../database/tables.ts';
import { emit } from '../events/operations.ts';
import { page, pageRequest } from '../http/paging.ts';
import { Refusal } from '../http/problem.ts';
import { chunks, enrolPeople, holdPerson, keepNames } from '../people/operations.ts';
import { maskAccountNumber } from '../rules/account-number.ts';
import { normaliseName } from '../rules/names.ts';
import { caseNumber } from './case-number.ts';
import { describe, describeMaterial, materialsOf } from './description.ts';
import type { SuppliedMaterial } from './material-content.ts';
import { readApplication } from './reading.ts';
import type { ApplicationQuery, CreateApplication } from './schemas.ts';
import { type ApplicationAct, type ApplicationState, next, states } from './states.ts';
import {
  type ApplicationRow,
  findApplication,
  findOtherClaims,
  insertApplication,
  insertCaseParts,
  insertClaims,
  insertMaterial,
  listMaterials,
  listMonths,
  listApplications as listRows,
  lockApplication,
  nextCaseSequence,
  setMonthState,
  setState,
  touchApplication,
} from './store.ts';
import { undertakingOf } from './undertaking.ts';

/** Opens a draft. Everything that is wrong with it is told at once; a draft claims no month yet. */
export async function createApplication(act: Act, body: CreateApplication) {
  const { identity, account, street } = await readApplication(act, body);
  const undertaking = undertakingOf(body.undertaking.version);
  if (undertaking === null) throw new Error('the undertaking was judged before');
  const personIds = await enrolPeople(act, [identity]);
  const personId = personIds.get(identity.text);
  if (personId === undefined) throw new Error('the applicant has no person');
  const applicationId = act.newId();
  const name = normaliseName(body.applicant.name);
  await keepNames(act, `client:${clientOf(act.actor)}`, [{ personId, name }]);
  const seal = (column: string, plain: string) =>
    act.sealer.seal(plain, { table: 'application', column, row: `${personId} ${applicationId}` });
  const year = Number(act.today.slice(0, 4));
  await insertApplication(act.tx, {
    personId,
    applicationId,
    caseNumber: caseNumber(year, await nextCaseSequence(act.tx)),
    state: 'draft',
    version: 1,
    quarter: body.quarter,
    months: body.months.toSorted(),
    channel: body.channel,
    clientId: clientOf(act.actor),
    streetCode: body.household.streetCode,
    agencyCode: street.agencyCode,
    nameSealed: seal('name_sealed', name),
    phoneSealed: seal('phone_sealed', body.applicant.phone),
    bank: body.account.bank,
    accountSealed: seal('account_sealed', account.text),
    accountMasked: maskAccountNumber(account.text),
    workKind: body.work.kind,
    workSince: body.work.since,
    workPlace: body.work.place,
    undertakingVersion: undertaking.version,
    undertakingDigest: undertaking.digest,
    undertakingSignedAt: body.undertaking.signedAt,
    undertakingSignedHow: body.undertaking.method,
    createdAt: act.at.toString(),
    submittedAt: null,
    acceptedAt: null,
    closedAt: null,
    recordsChangedAt: null,
    recordsToldDigest: null,
  });
  await act.audit({
    target: ['application', applicationId],
    personId,
    change: { state: 'draft', quarter: body.quarter, months: body.months, channel: body.channel },
  });
  return await describe(act, await found(act, applicationId));
}

export async function getApplication(view: View, applicationId: string) {
  return await describe(view, await found(view, applicationId));
}

export async function listApplications(view: View, query: ApplicationQuery) {
  const request = pageRequest(query);
  const rows = await listRows(view.tx, view.sight, query, request);
  const { items, next: nextCursor } = page(rows, request, (row) => row.applicationId);
  return {
    items: items.map((row) => ({
      id: row.applicationId,
      caseNumber: row.caseNumber,
      state: row.state,
      quarter: row.quarter,
      months: row.months,
      channel: row.channel,
      agencyCode: row.agencyCode,
      streetCode: row.streetCode,
      submittedAt: row.submittedAt,
      recordsChangedAt: row.recordsChangedAt,
    })),
    next: nextCursor,
  };
}

/** Adds a paper to a draft or to a case that waits for its acceptance. Nothing is overwritten: the newest of a kind counts. */
export async function addMaterial(act: Act, applicationId: string, material: SuppliedMaterial) {
  const application = await locked(act, applicationId);
  if (application.state !== 'draft' && application.state !== 'submitted')
    throw conflict(application.state, '补充材料');
  const materialId = act.newId();
  const { digest } = material;
  const { personId } = application;
  const place = { table: 'material', column: 'content_sealed', row: `${personId} ${materialId}` };
  await insertMaterial(act.tx, {
    personId,
    materialId,
    applicationId,
    kind: material.kind,
    mediaType: material.mediaType,
    byteLength: material.content.length,
    digest,
    contentSealed: act.sealer.sealBytes(material.content, place),
    addedAt: act.at.toString(),
    addedBy: officerOf(act.actor),
  });
  await touchApplication(act.tx, application);
  await act.audit({
    target: ['material', materialId],
    personId,
    change: {
      applicationId,
      kind: material.kind,
      mediaType: material.mediaType,
      sha256: digest.toString('hex'),
    },
  });
  return describeMaterial({
    ...material,
    materialId,
    byteLength: material.content.length,
    addedAt: act.at.toString(),
  });
}

/** Hands the draft in: from now on its months are claimed, in the whole city. */
export async function submitApplication(act: Act, applicationId: string, expected: number) {
  const application = await locked(act, applicationId, expected);
  await move(act, application, 'submit', { submittedAt: act.at.toString() });
  await claimMonths(act, application);
  return await describe(act, await found(act, applicationId));
}

/** The case is complete and in order. The handler signs; every paper that no register spares must be there. */
export async function acceptApplication(act: Act, applicationId: string, expected: number) {
  const application = await locked(act, applicationId, expected);
  const required = await materialsOf(act, application);
  const missing = required.filter((material) => material.sparedBy === null && !material.supplied);
  if (missing.length > 0) {
    throw new Refusal('materials-missing', {
      faults: missing.map(({ kind, title }) => ({
        pointer: `/materials/${kind}`,
        code: 'required',
        detail: `缺少：${title}。登记数据中未能查到，请申请人补充。`,
      })),
    });
  }
  await move(act, application, 'accept', { acceptedAt: act.at.toString() });
  await sign(act, [application], 'handler');
  return await describe(act, await found(act, applicationId));
}

/** Gives the months free again. Possible until a decision. */
export async function withdrawApplication(act: Act, applicationId: string, expected: number) {
  const application = await locked(act, applicationId, expected);
  await move(act, application, 'withdraw', { closedAt: act.at.toString() });
  for (const { month, state } of await listMonths(act.tx, application.personId, applicationId)) {
    await setMonthState(act.tx, { personId: application.personId, applicationId, month }, state, 'released');
  }
  return await describe(act, await found(act, applicationId));
}

/** Moves a case on, if the table of transitions allows it in this role, and leaves the trace. For the decision too. */
export async function move(
  act: Act,
  application: ApplicationRow,
  name: ApplicationAct,
  times: Partial<Pick<ApplicationRow, 'submittedAt' | 'acceptedAt' | 'closedAt'>>,
  more: Record<string, unknown> = {},
): Promise<void> {
  const to = next(application.state, name, act.role);
  if (to === null) throw conflict(application.state, actTitles[name]);
  await setState(act.tx, application, application.state, to, times);
  await tellOfMove(act, application, name, to);
  await act.audit({
    target: ['application', application.applicationId],
    personId: application.personId,
    change: { from: application.state, to, ...more },
  });
}

/** A draft was never told of; a decision, and its undoing, tell their months themselves. */
async function tellOfMove(
  act: Act,
  application: ApplicationRow,
  name: ApplicationAct,
  to: ApplicationState,
): Promise<void> {
  if (name === 'approve' || name === 'refuse' || name === 'undo') return;
  if (to === 'draft' || (application.state === 'draft' && to === 'withdrawn')) return;
  const { personId, applicationId } = application;
  await emit(act, [{ personId, applicationId, type: `application-${to}`, content: { state: to } }]);
}

/** Signs the actor's part on cases 谁经办、谁签字. `officer-already-on-case` when they have another on any of them. */
export async function sign(
  act: Act,
  cases: readonly Pick<ApplicationRow, 'personId' | 'applicationId' | 'agencyCode'>[],
  part: CasePart['part'],
): Promise<void> {
  const signature = { officer: officerOf(act.actor), part, actedAt: act.at.toString() };
  for (const chunk of chunks(cases, 2_000)) {
    const isSigned = await insertCaseParts(
      act.tx,
      chunk.map(({ personId, applicationId, agencyCode }) => ({
        personId,
        applicationId,
        agencyCode,
        ...signature,
      })),
    );
    if (!isSigned) throw new Refusal('officer-already-on-case');
  }
}

export {
  findLatestCase,
  lockOpenApplications,
  setMonthState as setMonth,
  setRecordsChanged,
  touchApplication as touch,
} from './store.ts';

/** The case, held until the transaction ends; `not-found` out of sight, `precondition-failed` when it has moved on. */
export async function locked(act: Act, applicationId: string, expected?: number): Promise<ApplicationRow> {
  const application = await lockApplication(act.tx, act.sight, applicationId);
  if (application === undefined) throw new Refusal('not-found');
  if (expected !== undefined && application.version !== expected) throw new Refusal('precondition-failed');
  return application;
}

/** The papers of a case, for what rests on one of them. */
export async function listCaseMaterials(view: View, { personId, applicationId }: ApplicationRow) {
  return await listMaterials(view.tx, personId, applicationId);
}

const actTitles: Readonly<Record<ApplicationAct, string>> = {
  submit: '提交',
  accept: '受理',
  approve: '审核通过',
  refuse: '审核不通过',
  undo: '撤销决定',
  withdraw: '撤回',
};

function conflict(state: ApplicationState, wanted: string): Refusal {
  const { title, next: nextStep } = states[state];
  return new Refusal('state-conflict', { detail: `申请当前为“${title}”，不能${wanted}。${nextStep}` });
}

/** One person's claims come one after another, so that a refusal can name the case that holds the month. */
async function claimMonths(act: Act, { personId, applicationId, months }: ApplicationRow): Promise<void> {
  await holdPerson(act, personId);
  const others = await findOtherClaims(act.tx, personId, applicationId, months);
  if (others.length > 0) {
    throw new Refusal('month-already-claimed', {
      faults: others.map((other) => ({
        pointer: `/months/${months.indexOf(other.month)}`,
        code: other.state === 'live' ? 'already-granted' : 'claimed-elsewhere',
        detail: `${other.month} 已在受理编号 ${other.caseNumber} 的申请中${other.state === 'live' ? '批准' : '提出'}。`,
      })),
    });
  }
  await insertClaims(act.tx, personId, applicationId, months);
}

/** The case; `not-found` out of sight. */
export async function found(view: View, applicationId: string): Promise<ApplicationRow> {
  const application = await findApplication(view.tx, view.sight, applicationId);
  if (application === undefined) throw new Refusal('not-found');
  return application;
}
