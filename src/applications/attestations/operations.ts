// Stores an officer's attestations, by name and with evidence, as records or coverage of source “officer”. They may
// settle what registers leave unknown, but the rules let them overturn no hit of a register.

import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { Application, Attestation } from '../../platform/database/tables.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { type Attested, attestedOf, keepAttested } from '../../registers/records/attested.ts';
import { monthOf } from '../../values/days.ts';
import { locked } from '../application/lifecycle.ts';
import { listMaterials } from '../materials/store.ts';
import { type AttestRecordEnvelope, attestableKinds, type RecordToAttest } from './schemas.ts';
import { findAttestation, insertAttestation } from './store.ts';

/**
 * Stores a finding of a handler or reviewer for an open case: a record, the absence of records on some days, coverage
 * of one kind through a month, or the withdrawal of an earlier finding.
 *
 * @throws Problem not-found, state-conflict
 */
export async function attestRecord(context: WriteContext, applicationId: string, body: AttestRecordEnvelope) {
  const application = await locked(context, applicationId);
  const isOpen = ['submitted', 'correction-requested', 'accepted'].includes(application.state);
  if (!isOpen) {
    throw new Problem('state-conflict', { detail: '只有已提交、尚未办结的申请可以核实，请先查询申请状态。' });
  }
  const { role } = context;
  if (role !== 'handler' && role !== 'reviewer') throw new Error(`${role} may not attest`);
  const fieldErrors = [
    ...fieldErrorsOfChoice(body),
    ...(await fieldErrorsOfEvidence(context, application, body)),
  ];
  const finding = await readFinding(context, application, body);
  if ('fieldErrors' in finding) fieldErrors.push(...finding.fieldErrors);
  if (fieldErrors.length > 0 || 'fieldErrors' in finding)
    throw new Problem('invalid-fields', { fieldErrors });

  const { personId, agencyCode } = application;
  const attestationId = context.newId();
  const kept = await keepAttested(context, personId, attestationId, finding);
  const { materialId = null, lookUp } = body.evidence;
  const attestedAt = context.at.toString();
  const row: Attestation = {
    personId,
    attestationId,
    applicationId,
    ...kept,
    officer: officerOf(context.actor),
    agencyCode,
    role,
    materialId,
    lookUpSystem: lookUp?.system ?? null,
    lookUpAt: lookUp?.at ?? null,
    lookUpReference: lookUp?.reference ?? null,
    attestedAt,
  };
  await insertAttestation(context.tx, row);
  await context.enqueue('reassess-person', [{ key: personId, payload: { personId } }]);
  await context.audit({
    target: ['attestation', attestationId],
    personId,
    change: { applicationId, kind: finding.kind, finding: finding.finding, ...kept },
  });
  const officer = { account: row.officer, name: context.actor.name };
  return { id: attestationId, applicationId, personId, ...kept, officer, agencyCode, attestedAt };
}

/** Stores one of many findings, of one case or of several, as `attestRecord` does. */
export async function attestRecords(context: WriteContext, { applicationId, ...body }: RecordToAttest) {
  const { id, recordId, coverageId } = await attestRecord(context, applicationId, body);
  return { attestationId: id, recordId, coverageId };
}

function fieldErrorsOfChoice(body: AttestRecordEnvelope): FieldError[] {
  const chosen = [body.record, body.absence, body.coverage, body.withdraws].filter(
    (one) => one !== undefined,
  );
  if (chosen.length === 1) return [];
  const detail = '核实有记录、核实没有记录、核实数据截至月份、撤回此前的核实，须且只能填写一项。';
  return [{ pointer: '/body', code: 'exactly-one', detail }];
}

async function fieldErrorsOfEvidence(
  context: WriteContext,
  application: Application,
  { evidence: { materialId, lookUp } }: AttestRecordEnvelope,
): Promise<FieldError[]> {
  const at = '/body/evidence';
  const fieldErrors: FieldError[] = [];
  if ((materialId === undefined) === (lookUp === undefined)) {
    const detail = '依据须为本申请的一份材料或一次查询，须且只能填写一项。';
    fieldErrors.push({ pointer: at, code: 'exactly-one', detail });
  }
  if (materialId !== undefined) {
    const materials = await listMaterials(context.tx, application);
    if (!materials.some((material) => material.materialId === materialId)) {
      const detail = '本申请没有这份材料，请先上传再核实。';
      fieldErrors.push({ pointer: `${at}/materialId`, code: 'unknown-material', detail });
    }
  }
  if (lookUp !== undefined) {
    if (Temporal.Instant.compare(Temporal.Instant.from(lookUp.at), context.at) > 0) {
      fieldErrors.push({ pointer: `${at}/lookUp/at`, code: 'in-future', detail: '查询时间不能晚于现在。' });
    }
    if (/\d{17}[\dXx]/.test(lookUp.reference)) {
      const detail = '查询编号中不得含有公民身份号码，请填写系统给出的编号。';
      fieldErrors.push({ pointer: `${at}/lookUp/reference`, code: 'personal-number', detail });
    }
  }
  return fieldErrors;
}

async function readFinding(
  context: WriteContext,
  application: Application,
  { record, absence, coverage, withdraws }: AttestRecordEnvelope,
): Promise<Attested | { fieldErrors: readonly FieldError[] }> {
  if (record !== undefined) return await attestedOf(context, record, attestableKinds, '/body/record');
  if (absence !== undefined) {
    if (absence.to >= absence.from) return { finding: 'absence', ...absence };
    const detail = '结束日期早于开始日期，请核对两个日期。';
    return { fieldErrors: [{ pointer: '/body/absence/to', code: 'end-before-start', detail }] };
  }
  if (coverage !== undefined) {
    if (coverage.throughMonth <= monthOf(context.today)) return { finding: 'coverage', ...coverage };
    const detail = '查看的月份不能晚于本月。';
    return { fieldErrors: [{ pointer: '/body/coverage/throughMonth', code: 'in-future', detail }] };
  }
  if (withdraws !== undefined) return await readWithdrawal(context, application, withdraws);
  return { fieldErrors: [] }; // fieldErrorsOfChoice reports the error
}

async function readWithdrawal(
  context: WriteContext,
  application: Application,
  attestationId: string,
): Promise<Attested | { fieldErrors: readonly FieldError[] }> {
  const earlier = await findAttestation(context.tx, application, attestationId);
  if (earlier?.kind && earlier.sourceKey !== null && earlier.version === 1) {
    return { finding: 'withdrawn-record', kind: earlier.kind, sourceKey: earlier.sourceKey };
  }
  if (earlier?.coverageKind && earlier.throughMonth !== null) {
    return { finding: 'withdrawn-coverage', kind: earlier.coverageKind };
  }
  const detail = '本申请没有这项可以撤回的核实。';
  return { fieldErrors: [{ pointer: '/body/withdraws', code: 'unknown-attestation', detail }] };
}
