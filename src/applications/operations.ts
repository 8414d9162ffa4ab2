// The way of a case up to its acceptance: apply, supply, submit, accept, withdraw. Each function is one operation and one
// transaction; what the months are worth is decided by the rules, on the day of the decision.

import { clientOf, officerOf } from '../access/actor.ts';
import type { Act, View } from '../act.ts';
import type { CasePart } from '../database/tables.ts';
import { emit } from '../events/operations.ts';
import { page, pageRequest } from '../http/paging.ts';
import { type Fault, Refusal } from '../http/problem.ts';
import {
  chunks,
  enrolPeople,
  findPerson,
  holdPerson,
  keepNames,
  listOtherNames,
} from '../people/operations.ts';
import { readCoverage, readFacts } from '../records/operations.ts';
import { findStreet } from '../reference/store.ts';
import { faultsOfAccountHolder, maskAccountNumber, readAccountNumber } from '../rules/account-number.ts';
import { readIdentityNumber } from '../rules/identity-number.ts';
import { faultsOfName, maskName, normaliseName } from '../rules/names.ts';
import { caseNumber } from './case-number.ts';
import type { SuppliedMaterial } from './material-content.ts';
import { materialTitles, requiredMaterials } from './materials.ts';
import { monthFaults } from './months.ts';
import { type ApplicationQuery, type CreateApplication, channels } from './schemas.ts';
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
  await tellOfMove(act, application, to);
  await act.audit({
    target: ['application', application.applicationId],
    personId: application.personId,
    change: { from: application.state, to, ...more },
  });
}

/** A draft was never told of; a decision tells its months itself. */
async function tellOfMove(act: Act, application: ApplicationRow, to: ApplicationState): Promise<void> {
  if (application.state === 'draft' && to === 'withdrawn') return;
  if (to === 'draft' || to === 'approved' || to === 'refused') return;
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

/** Reads the whole request and refuses with every fault, each where it is. */
async function readApplication(act: Act, body: CreateApplication) {
  const { today, settings } = act;
  const rules = { today, acceptTestPeople: settings.acceptTestPeople, acceptFifteenDigits: false };
  const identity = readIdentityNumber(body.applicant.identityNumber, '/body/applicant/identityNumber', rules);
  const account = readAccountNumber(body.account.number, '/body/account/number');
  const street = await findStreet(act.tx, body.household.streetCode, today);
  const faults: Fault[] = [
    ...('faults' in identity ? identity.faults : []),
    ...faultsOfName(body.applicant.name, '/body/applicant/name'),
    ...('faults' in account ? account.faults : []),
    ...monthFaults(body.months, body.quarter, today),
    ...placeFaults(act, body, street !== undefined),
    ...signatureFaults(act, body),
    ...faultsOfAccountHolder(body.account.holder, body.applicant.name, '/body/account/holder'),
  ];
  if (body.work.since > today) {
    faults.push({ pointer: '/body/work/since', code: 'in-future', detail: '从业开始日期不能晚于今天。' });
  }
  const isComplete = faults.length === 0 && 'value' in identity && 'value' in account && street !== undefined;
  if (!isComplete) throw new Refusal('invalid-fields', { faults });
  return { identity: identity.value, account: account.value, street };
}

function placeFaults(act: Act, body: CreateApplication, streetIsKnown: boolean): Fault[] {
  const faults: Fault[] = [];
  const pointer = '/body/household/streetCode';
  if (!streetIsKnown) {
    faults.push({
      pointer,
      code: 'unknown-street',
      detail: '不是本市现行的街道（乡镇）代码，请按户籍所在地填写。',
    });
  }
  if (act.sight.relation === 'street' && act.sight.code !== body.household.streetCode) {
    faults.push({
      pointer,
      code: 'other-street',
      detail: '户籍不在本街道（乡镇），请引导申请人到户籍所在地申请。',
    });
  }
  const channelIsOnline = channels[body.channel].isOnline;
  if (channelIsOnline !== (act.role === 'platform')) {
    const detail = '申请渠道与办理方不符：线上平台使用线上渠道，线下窗口使用线下渠道。';
    faults.push({ pointer: '/body/channel', code: 'channel-not-yours', detail });
  }
  return faults;
}

function signatureFaults(act: Act, body: CreateApplication): Fault[] {
  const faults: Fault[] = [];
  if (undertakingOf(body.undertaking.version) === null) {
    const detail = '没有这个版本的承诺书，请出示现行版本并由申请人重新签署。';
    faults.push({ pointer: '/body/undertaking/version', code: 'unknown-version', detail });
  }
  if (Temporal.Instant.compare(Temporal.Instant.from(body.undertaking.signedAt), act.at) > 0) {
    faults.push({
      pointer: '/body/undertaking/signedAt',
      code: 'in-future',
      detail: '签署时间不能晚于现在。',
    });
  }
  return faults;
}

const accountLooksWrong = {
  pointer: '/account/number',
  code: 'luhn-fails',
  detail: '账号校验位不符，可能填错，请与申请人核对；确认无误可忽略。',
};

/** For officers only: a platform that guesses names must not be told which one a register has. */
async function otherNamesOf(view: View, { personId, clientId }: ApplicationRow, name: string) {
  if (view.sight.relation === 'own') return [];
  const others = await listOtherNames(view, personId, name);
  return others.map(({ source, nameMasked }) => {
    const who = source === `client:${clientId}` ? '本申请渠道此前填写' : `来源“${source}”登记`;
    const detail = `${who}的姓名（${nameMasked}）与申请人姓名不一致，请核对身份证件，必要时请来源更正。`;
    return { pointer: '/applicant/name', code: 'names-differ', detail };
  });
}

async function materialsOf(view: View, application: ApplicationRow) {
  const { personId, applicationId, agencyCode, months } = application;
  const facts = await readFacts(view, personId);
  const coverage = await readCoverage(view, personId, agencyCode);
  const supplied = await listMaterials(view.tx, personId, applicationId);
  return requiredMaterials(months, facts, coverage).map((required) => ({
    ...required,
    title: materialTitles[required.kind],
    supplied: supplied.some((material) => material.kind === required.kind),
  }));
}

/** The case as its readers see it: masked, in words, with what happens next. */
async function describe(view: View, application: ApplicationRow) {
  const { personId, applicationId } = application;
  const person = await findPerson(view.tx, personId);
  if (person === undefined) throw new Error(`application ${applicationId} has no person`);
  const open = (column: 'name_sealed' | 'phone_sealed' | 'account_sealed', sealed: Buffer) =>
    view.sealer.open(sealed, { table: 'application', column, row: `${personId} ${applicationId}` });
  const name = open('name_sealed', application.nameSealed);
  const claimed = await listMonths(view.tx, personId, applicationId);
  const account = readAccountNumber(open('account_sealed', application.accountSealed), '/account/number');
  const { title, next: nextStep, actor } = states[application.state];
  return {
    id: applicationId,
    version: application.version,
    caseNumber: application.caseNumber,
    state: application.state,
    progress: { title, next: nextStep, actor },
    personId,
    quarter: application.quarter,
    months: application.months.map((month) => {
      const row = claimed.find((claim) => claim.month === month);
      return { month, state: row?.state ?? ('draft' as const), amountFen: row?.amountFen ?? null };
    }),
    channel: application.channel,
    agencyCode: application.agencyCode,
    streetCode: application.streetCode,
    applicant: {
      name: maskName(name),
      identityNumber: person.identityMasked,
      phone: maskPhone(open('phone_sealed', application.phoneSealed)),
    },
    account: { bank: application.bank, number: application.accountMasked },
    work: { kind: application.workKind, since: application.workSince, place: application.workPlace },
    undertaking: {
      version: application.undertakingVersion,
      sha256: application.undertakingDigest.toString('hex'),
      signedAt: application.undertakingSignedAt,
      method: application.undertakingSignedHow,
    },
    materials: (await listMaterials(view.tx, personId, applicationId)).map(describeMaterial),
    materialsRequired: await materialsOf(view, application),
    warnings: [
      ...('value' in account && account.value.failsLuhn ? [accountLooksWrong] : []),
      ...(await otherNamesOf(view, application, name)),
    ],
    recordsChangedAt: application.recordsChangedAt,
    createdAt: application.createdAt,
    submittedAt: application.submittedAt,
    acceptedAt: application.acceptedAt,
    closedAt: application.closedAt,
  };
}

function describeMaterial(material: {
  materialId: string;
  kind: SuppliedMaterial['kind'];
  mediaType: string;
  byteLength: number;
  digest: Buffer;
  addedAt: string;
}) {
  const { materialId, kind, mediaType, byteLength, digest, addedAt } = material;
  return { id: materialId, kind, mediaType, byteLength, sha256: digest.toString('hex'), addedAt };
}

function maskPhone(text: string): string {
  return `${text.slice(0, 3)}****${text.slice(-4)}`;
}
