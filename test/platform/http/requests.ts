// One successful request for each operation, with a city prepared for it. Every test over all operations uses
// it, and fails for an operation without an entry. Contains no tests.

import { createHash } from 'node:crypto';
import type { OperationId } from '../../../src/platform/access/permissions.ts';
import { sealAll } from '../../../src/runtime/jobs/sealing.ts';
import { materialForm } from '../../applications/material-form.ts';
import type { CallOptions, City, Method } from '../../helper.ts';
import { changed } from '../../published-policies.ts';
import { contribution, deathOf, held, householdIn, type Resident } from '../../registers/residents.ts';
import {
  type Application,
  type DisbursementAnswer,
  questionAbout,
  type RecoveryAnswer,
} from '../../steps.ts';

export interface PassingRequest {
  readonly operation: OperationId;
  readonly caller: string;
  readonly method: Method;
  readonly url: string;
  readonly options: CallOptions;
}

/** Places of several agencies, so that payments can be at every step. */
const history = {
  rows: [
    {
      identityNumber: '360299197608150020',
      firstApprovedOn: '2023-02-10',
      near: false,
      months: ['2022-10', '2022-11'],
    },
  ],
};

const places = {
  verifying: { street: '360202001', agency: '360202' },
  verified: { street: '360222100', agency: '360222' },
  requested: { street: '360281001', agency: '360281' },
  funded: { street: '360203400', agency: '3602G1' },
  inPayment: { street: '360202002', agency: '360202' },
  toCancel: { street: '360222101', agency: '360222' },
} as const;

/** Prepares the city and returns a request per operation, in the contract's order. */
export async function passingRequests(city: City): Promise<readonly PassingRequest[]> {
  const { resident, deliver, drafted, applied, accepted, approved, compared } = city;
  const platform = 'platform-ganfutong';

  // Four people were paid and then had a contribution refunded. Payments of others failed or were returned.
  const paidPeople: Resident[] = [];
  for (const _ of [1, 2, 3, 4]) paidPeople.push(await resident());
  for (const person of paidPeople) await approved(person);
  const failing = [await approved(), await approved(), await approved(), await approved()];
  const comesBack = await approved();
  const [doubted, falsified] = [await approved(), await approved()];
  const failingCases = new Set(failing.map(({ caseNumber }) => caseNumber));
  const paidBatch = await city.settled(await city.inPayment(), ({ caseNumber }) =>
    failingCases.has(caseNumber) ? { result: 'failed', failure: 'account-closed' } : { result: 'paid' },
  );
  const paidLines = await city.linesOf(paidBatch);
  const lineOf = ({ caseNumber }: Application) => {
    const line = paidLines.find((candidate) => candidate.caseNumber === caseNumber);
    if (line === undefined) throw new Error(`${caseNumber} has no line`);
    return `/v1/disbursements/${paidBatch.id}/lines/${line.lineId}`;
  };
  const [toReissue, toConfirmReissue, toReject] = failing;
  if (toReissue === undefined || toConfirmReissue === undefined || toReject === undefined)
    throw new Error('three payments failed');
  for (const one of [toConfirmReissue, toReject]) {
    await city.call('street-360203007', 'POST', `${lineOf(one)}/reissue`, {
      body: { reason: '银行已恢复账户' },
      status: 200,
    });
  }
  const refunds = paidPeople.map((person) => contribution(person, '2025-04', { version: 2, refunded: true }));
  const delivery = await deliver(refunds);
  const raised = { from: '2026-01-01', values: changed({ monthlyAmountFen: 55_000 }) };
  const proposedPolicy = async () =>
    (
      await city.call<{ id: string }>('administrator', 'POST', '/v1/policy-proposals', {
        body: raised,
        status: 201,
      })
    ).body.id;
  const [toAdopt, toRejectPolicy] = [await proposedPolicy(), await proposedPolicy()];
  await city.work();
  const [toConfirm, toDismiss, toRepay, toReverse] = await city.recoveries('suspected');
  if (
    toConfirm === undefined ||
    toDismiss === undefined ||
    toRepay === undefined ||
    toReverse === undefined
  ) {
    throw new Error('four refunds open four recoveries');
  }
  const attested = {
    absence: { kind: 'skills-training', from: '2025-04-01', to: '2025-06-30' },
    evidence: { lookUp: { system: '技能培训系统', at: '2025-07-05T01:40:00Z', reference: 'CX-12' } },
  };
  const heard = { heardOn: '2025-07-05', heardHow: 'phone' };
  for (const recovery of [toRepay, toReverse]) {
    await city.call('handler-360203', 'POST', `/v1/recoveries/${recovery.id}/confirmation`, {
      body: heard,
      ifMatch: recovery.version,
      status: 200,
    });
  }

  const answeredInCsv = await batchAt(city, 'inPayment', city.inPayment);
  const inPayment = await batchAt(city, 'inPayment', city.inPayment);
  const gather = async (agency: string) => {
    const made = await city.call<DisbursementAnswer>(`payer-${agency}`, 'POST', '/v1/disbursements', {
      status: 201,
    });
    return made.body;
  };
  const verifying = await batchAt(city, 'verifying', gather);
  const verifyingToo = await batchAt(city, 'verifying', gather);
  const verified = await batchAt(city, 'verified', city.verified);
  const requested = await batchAt(city, 'requested', async (agency) =>
    city.moneyAct(`payer-${agency}`, await city.verified(agency), 'fund-request'),
  );
  const funded = await batchAt(city, 'funded', async (agency) => {
    const asked = await city.moneyAct(`payer-${agency}`, await city.verified(agency), 'fund-request');
    return await city.moneyAct(`finance-${agency}`, asked, 'fund-receipts', receiptFor(asked));
  });
  await city.approved(await resident(places.toCancel)); // its line is held
  const heldBatch = await city.call<DisbursementAnswer>(
    `payer-${places.toCancel.agency}`,
    'POST',
    '/v1/disbursements',
    {
      status: 201,
    },
  );
  const [heldLine] = await city.linesOf(heldBatch.body);
  await city.call(
    `street-${places.toCancel.street}`,
    'POST',
    `/v1/disbursements/${heldBatch.body.id}/rosters/${places.toCancel.street}/verification`,
    { body: { held: [{ lineId: heldLine?.lineId, reason: '户籍有疑问' }] }, ifMatch: 1, status: 200 },
  );
  const toCancel = await batchAt(city, 'toCancel', city.verified);
  const toHold = await batchAt(city, 'verified', city.verified);
  const [lineToHold] = await city.linesOf(toHold);
  const [renamed, toReaccount, toKeep] = [await approved(), await approved(), await approved()];
  const paperOf = async ({ id }: Application, kind: string) =>
    (
      await city.call<{ id: string }>(platform, 'POST', `/v1/applications/${id}/materials`, {
        ...materialForm(kind),
        status: 201,
      })
    ).body.id;
  const cardOfRenamed = await paperOf(renamed, 'identity-card');
  const newAccount = {
    account: { bank: '江西银行', number: '621700000000009999' },
    reason: '更换社会保障卡',
  };
  const proposedFor = async ({ id }: Application) => {
    const change = await city.call<{ payeeChangeId: string }>(
      platform,
      'POST',
      `/v1/applications/${id}/account-changes`,
      { body: newAccount, status: 200 },
    );
    return `/v1/applications/${id}/payee-changes/${change.body.payeeChangeId}`;
  };
  const contested: { one: Application; appeal: { id: string; version: number } }[] = [];
  for (const _ of [1, 2]) {
    const one = await approved();
    const { body: appeal } = await city.call<{ id: string; version: number }>(
      platform,
      'POST',
      `/v1/applications/${one.id}/appeals`,
      { body: { kind: 'objection', grounds: '请重新核对四月缴费' }, status: 201 },
    );
    contested.push({ one, appeal });
  }
  const [toWithdrawAppeal, toDecideAppeal] = contested;
  if (toWithdrawAppeal === undefined || toDecideAppeal === undefined) throw new Error('two are contested');
  const mourned = await resident();
  const earned = await approved(mourned);
  await deliver([deathOf(mourned, '2025-07-02')]);
  const [toSetOff, toUnset] = await debtorsOf(city, '360222');
  if (toSetOff === undefined || toUnset === undefined) throw new Error('there are two debtors');
  const { body: setOff } = await city.call<RecoveryAnswer>(
    'payer-360222',
    'POST',
    `/v1/recoveries/${toUnset.recovery.id}/set-offs`,
    { body: toUnset.body, ifMatch: toUnset.recovery.version, status: 200 },
  );
  const decided = await approved(); // waits for createDisbursement

  const draft = await drafted(await resident());
  const another = await drafted(await resident());
  const [submitted, toAcceptToo] = [await applied(), await applied()];
  const withdrawn = await applied();
  const listed = await resident();
  await deliver([held('dishonesty', listed, '2025-07-01')]);
  const toDecline = await applied(listed);
  const movedAway = await resident();
  const toTransfer = await applied(movedAway);
  await deliver([householdIn(movedAway, '360203001', 2)]);
  const toCompare = await accepted();
  const [toCompareAgain, toDecide] = [await accepted(), await accepted()];
  const earlier = await city.applied(await resident(), { quarter: '2025Q1', months: ['2025-03'] });
  const toContinue = await city.act(platform, earlier, 'withdrawal');
  const comparison = await compared(toDecide);
  const clear = await accepted();
  const clearComparison = await compared(clear);
  const [toUndo, toConfirmAgain, toSendBack] = [await approved(), await approved(), await approved()];
  // As if sampled for review; this city samples none.
  const drawn = await city.db.pool.query<{ id: string }>(
    `update quality_review set share = 10000, state = 'waiting' where application_id = any($1)
     returning decision_id as id`,
    [[toConfirmAgain.id, toSendBack.id]],
  );
  const reported = async () => {
    const { id } = await accepted();
    const { body } = await city.call<{ bar: { id: string; version: number } }>(
      'handler-360203',
      'POST',
      `/v1/applications/${id}/false-material-reports`,
      { body: { grounds: '就业证明系伪造' }, status: 201 },
    );
    return body.bar;
  };
  const [barToConfirm, barToDismiss, barToLift] = [await reported(), await reported(), await reported()];
  await city.call('reviewer-360203', 'POST', `/v1/bars/${barToLift.id}/confirmation`, {
    body: heard,
    ifMatch: 1,
    status: 200,
  });
  await sealAll(city.db, 'sha256');
  const withMaterial = await drafted(await resident());
  const material = await city.call<{ id: string }>(
    platform,
    'POST',
    `/v1/applications/${withMaterial.id}/materials`,
    { ...materialForm('identity-card'), status: 201 },
  );
  const handedIn = await city.act(platform, { ...withMaterial, version: 2 }, 'submission');
  withMaterial.version = handedIn.version;
  const notices = await city.call<{ items: { id: string; version: number }[] }>(
    'street-360203007',
    'GET',
    '/v1/notices',
    { query: { delivery: 'waiting' }, status: 200 },
  );
  const [notice, otherNotice] = notices.body.items;
  if (notice === undefined || otherNotice === undefined) throw new Error('every acceptance was told');
  // The first read of events assigns their order; later reads store nothing.
  await city.call('auditor', 'GET', '/v1/events', { status: 200 });
  const hookTo = async (url: string) =>
    (await city.call<{ id: string }>(platform, 'POST', '/v1/webhooks', { body: { url }, status: 201 })).body;
  const [hook, toDelete] = [
    await hookTo('https://hook.example/first'),
    await hookTo('https://hook.example/second'),
  ];
  const [newcomer, asker] = [await resident(), await resident()];
  const street = `street-${places.verifying.street}`;
  const rosterOf = (batch: DisbursementAnswer) =>
    `/v1/disbursements/${batch.id}/rosters/${places.verifying.street}`;

  const figuresOf = 'agencyCode=360203&streetCode=360203007';
  const get = (operation: OperationId, caller: string, url: string, options: CallOptions = {}) =>
    ({ operation, caller, method: 'GET', url, options }) as const;
  const post = (operation: OperationId, caller: string, url: string, options: CallOptions = {}) =>
    ({ operation, caller, method: 'POST', url, options }) as const;
  const patch = (operation: OperationId, caller: string, one: Application, options: CallOptions) =>
    ({
      operation,
      caller,
      method: 'PATCH',
      url: `/v1/applications/${one.id}`,
      options: { ifMatch: one.version, ...options },
    }) as const;
  const onCase = (
    operation: OperationId,
    caller: string,
    one: Application,
    step: string,
    more: CallOptions = {},
  ) => post(operation, caller, `/v1/applications/${one.id}/${step}`, { ifMatch: one.version, ...more });
  const onMoney = (
    operation: OperationId,
    caller: string,
    one: { id: string; version: number },
    step: string,
    more: CallOptions = {},
  ) => post(operation, caller, `/v1/${step.replace('*', one.id)}`, { ifMatch: one.version, ...more });

  return [
    post('deliverRecords', 'provincial-system', '/v1/record-deliveries', {
      body: { source: 'jx-human-resources', rows: [contribution(newcomer, '2025-03')] },
    }),
    get('listRecordDeliveries', 'provincial-system', '/v1/record-deliveries'),
    get('getRecordDelivery', 'provincial-system', `/v1/record-deliveries/${delivery.id}`),
    get(
      'getRecordDeliveryRefusalsFile',
      'provincial-system',
      `/v1/record-deliveries/${delivery.id}/refusals/file`,
    ),
    get('getRecordTemplateFile', 'handler-360203', '/v1/record-imports/templates/household/file'),
    post('checkRecordImport', 'handler-360203', '/v1/record-imports/checks', {
      body: history,
      query: { kind: 'prior-benefit' },
    }),
    post('importRecords', 'handler-360203', '/v1/record-imports', {
      body: history,
      query: {
        kind: 'prior-benefit',
        confirm: createHash('sha256').update(JSON.stringify(history)).digest('hex'),
      },
    }),
    get('listRecords', 'handler-360203', `/v1/people/${toCompare.personId}/records`),
    post('checkEligibility', platform, '/v1/eligibility-checks', {
      body: { ...questionAbout(asker), quarter: '2025Q2' },
    }),
    get('listPolicies', platform, '/v1/policies'),
    get('getPolicy', platform, '/v1/policies/jdz-2024-139%2F2025-01-01'),
    post('lookUpPerson', platform, '/v1/people/look-ups', { body: questionAbout(asker) }),
    post('followApplication', platform, '/v1/application-follow-ups', {
      body: { ...questionAbout(asker), caseNumber: draft.caseNumber },
    }),
    post('askAccessReport', platform, '/v1/people/access-reports', { body: questionAbout(asker) }),
    get('getEntitlement', platform, `/v1/people/${toCompare.personId}/entitlement`),
    post('createApplication', platform, '/v1/applications', { body: city.applicationOf(newcomer) }),
    get('listClaimable', platform, '/v1/claimable-quarters'),
    post('continueApplication', platform, `/v1/applications/${toContinue.id}/continuations`),
    get('listApplications', platform, '/v1/applications'),
    get('getApplication', platform, `/v1/applications/${draft.id}`),
    post('addMaterial', platform, `/v1/applications/${another.id}/materials`, materialForm('identity-card')),
    onCase('submitApplication', platform, draft, 'submission'),
    onCase('withdrawApplication', platform, withdrawn, 'withdrawal'),
    patch('updateDraft', platform, await drafted(await resident()), {
      body: { work: { kind: 'platform', since: '2024-03-01', place: '昌江区' } },
    }),
    get('getMaterial', platform, `/v1/applications/${withMaterial.id}/materials/${material.body.id}`),
    get(
      'getMaterialFile',
      'handler-360203',
      `/v1/applications/${withMaterial.id}/materials/${material.body.id}/file`,
    ),
    get('getUndertakingFile', platform, `/v1/applications/${draft.id}/undertaking/file`),
    get('listUndertakings', platform, '/v1/undertakings'),
    onCase('requestCorrection', 'handler-360203', withMaterial, 'correction-requests', {
      body: {
        defects: [
          {
            subject: 'identity-card',
            materialId: material.body.id,
            problem: '照片反光，看不清有效期',
            remedy: '请重新拍摄后上传',
          },
        ],
      },
    }),
    get('listNotices', `street-360203007`, '/v1/notices'),
    get('getNotice', `street-360203007`, `/v1/notices/${notice.id}`),
    get('getNoticeFile', `street-360203007`, `/v1/notices/${notice.id}/file`),
    onMoney('recordNoticeDelivery', 'street-360203007', notice, 'notices/*/deliveries', {
      body: { method: 'phone', outcome: 'told', attemptedAt: city.clock.now().toString() },
    }),
    post('recordNoticeDeliveries', 'street-360203007', '/v1/notice-deliveries', {
      body: {
        items: [{ noticeId: otherNotice.id, version: otherNotice.version, method: 'phone', outcome: 'told' }],
      },
    }),
    onCase('acceptApplication', 'handler-360203', submitted, 'acceptance', { body: {} }),
    post('acceptApplications', 'handler-360203', '/v1/acceptances', {
      body: { items: [{ applicationId: toAcceptToo.id, version: toAcceptToo.version }] },
    }),
    post('attestRecords', 'handler-360203', '/v1/attestations', {
      body: { items: [{ applicationId: toCompare.id, ...attested }] },
    }),
    post('attestRecord', 'handler-360203', `/v1/applications/${toCompare.id}/attestations`, {
      body: attested,
    }),
    onCase('declineApplication', 'handler-360203', toDecline, 'non-acceptance'),
    post('assignApplications', 'handler-360203', '/v1/assignments', {
      body: { items: [{ applicationId: toTransfer.id, account: 'me' }] },
    }),
    get('getWorkSummary', 'handler-360203', '/v1/work-summary'),
    onCase('transferApplication', 'handler-360203', toTransfer, 'transfer', {
      body: { streetCode: '360203001', reason: '经核对户口簿，户籍在该街道' },
    }),
    get('getApplicationAssessment', 'handler-360203', `/v1/applications/${toCompare.id}/assessment`),
    post('compareApplication', 'reviewer-360203', `/v1/applications/${toCompare.id}/comparisons`),
    post('compareApplications', 'reviewer-360203', '/v1/comparisons', {
      body: { items: [{ applicationId: toCompareAgain.id }] },
    }),
    get('getComparison', 'auditor', `/v1/applications/${toDecide.id}/comparisons/${comparison.id}`),
    onCase('decideApplication', 'reviewer-360203', toDecide, 'decision', {
      body: { comparisonId: comparison.id, outcome: 'approved' },
    }),
    get('getDecision', 'auditor', `/v1/applications/${decided.id}/decision`),
    post('decideApplications', 'reviewer-360203', '/v1/decisions', {
      body: {
        items: [{ applicationId: clear.id, version: clear.version, comparisonId: clearComparison.id }],
      },
    }),
    post('replayDecision', 'auditor', `/v1/applications/${decided.id}/decision/replays`, { key: null }),
    get('getMonthExplanation', 'auditor', `/v1/people/${decided.personId}/months/2025-04/explanation`),
    get(
      'getMonthExplanationFile',
      'auditor',
      `/v1/people/${decided.personId}/months/2025-04/explanation/file`,
    ),
    get('listQualityReviews', 'auditor', '/v1/quality-reviews'),
    get('getQualityReview', 'auditor', `/v1/quality-reviews/${drawn.rows[0]?.id}`),
    onCase(
      'confirmDecision',
      'second-reviewer-360203',
      toConfirmAgain,
      'decision/quality-review/confirmation',
    ),
    onCase('sendBackDecision', 'second-reviewer-360203', toSendBack, 'decision/quality-review/return', {
      body: { reason: '缴费记录有疑问' },
    }),
    onCase('undoDecision', 'second-reviewer-360203', toUndo, 'decision/undo', {
      body: { reason: '户籍记录有误' },
    }),
    post('createDisbursement', 'payer-360203', '/v1/disbursements'),
    get('listDisbursements', 'payer-360202', '/v1/disbursements'),
    get('getDisbursement', 'payer-360202', `/v1/disbursements/${verifying.id}`),
    onMoney('cancelDisbursement', 'payer-360222', toCancel, 'disbursements/*/cancellation', {
      body: { reason: '名单有误' },
    }),
    get('getRoster', street, rosterOf(verifying)),
    onMoney('verifyRoster', street, verifying, `${rosterOf(verifying).slice(4)}/verification`, { body: {} }),
    post('verifyRosters', street, '/v1/roster-verifications', {
      body: {
        items: [{ disbursementId: verifyingToo.id, streetCode: places.verifying.street, version: 1 }],
      },
    }),
    get('getDisbursementLine', 'auditor', lineOf(toReject)),
    get('listDisbursementLines', 'payer-360203', `/v1/disbursements/${paidBatch.id}/lines`),
    post(
      'holdLine',
      `street-${places.verified.street}`,
      `/v1/disbursements/${toHold.id}/lines/${lineToHold?.lineId}/hold`,
      { body: { reason: '待核实' } },
    ),
    post(
      'releaseHold',
      `street-${places.toCancel.street}`,
      `/v1/disbursements/${heldBatch.body.id}/lines/${heldLine?.lineId}/release`,
      { body: { reason: '已核实' } },
    ),
    onMoney('requestFunds', 'payer-360222', verified, 'disbursements/*/fund-request'),
    get('listRosters', 'payer-360202', '/v1/rosters', { query: { answer: 'waiting' } }),
    get('getRosterFile', street, `${rosterOf(verifying)}/file`, { query: { format: 'xlsx' } }),
    get('getFundRequestFile', 'finance-360281', `/v1/disbursements/${requested.id}/fund-request/file`),
    onMoney('recordFundsReceipt', 'finance-360281', requested, 'disbursements/*/fund-receipts', {
      body: receiptFor(requested),
    }),
    onMoney(
      'returnUnspent',
      'payer-360203',
      await city.disbursement(paidBatch),
      'disbursements/*/fund-returns',
      {
        body: { amountFen: 150_000, reference: '退-2025-001', returnedOn: '2025-07-05' },
      },
    ),
    onMoney('startPayment', 'payer-3602G1', funded, 'disbursements/*/payment', {
      body: { format: 'gb18030-csv' },
    }),
    get('getPaymentFile', 'payer-360202', `/v1/disbursements/${inPayment.id}/payment/file`),
    post('applyPaymentResults', 'payer-360202', `/v1/disbursements/${inPayment.id}/payment-results`, {
      body: await city.resultsOf(inPayment),
    }),
    post(
      'applyPaymentResultFile',
      'payer-360202',
      `/v1/disbursements/${answeredInCsv.id}/payment-result-files`,
      await city.resultFileOf(answeredInCsv),
    ),
    post('correctApplicantName', 'street-360203007', `/v1/applications/${renamed.id}/name-corrections`, {
      body: { name: '李晓梅', materialId: cardOfRenamed, reason: '录入有误' },
    }),
    post('changeAccount', platform, `/v1/applications/${renamed.id}/account-changes`, { body: newAccount }),
    get('listPayeeChanges', 'auditor', '/v1/payee-changes', {
      query: { applicationId: toReaccount.id },
    }),
    post('rejectPayeeChange', 'reviewer-360203', `${await proposedFor(toKeep)}/rejection`, {
      body: { reason: '与社会保障卡不符' },
    }),
    post('confirmPayeeChange', 'handler-360203', `${await proposedFor(toReaccount)}/confirmation`),
    post('reissuePayment', 'payer-360203', `${lineOf(toReissue)}/reissue`, {
      body: { account: { bank: '景德镇农商银行', number: '621700000000009999' }, reason: '更换社会保障卡' },
    }),
    post('confirmReissue', 'payer-360203', `${lineOf(toConfirmReissue)}/reissue/confirmation`),
    post('rejectReissue', 'reviewer-360203', `${lineOf(toReject)}/reissue/rejection`, {
      body: { reason: '与社会保障卡不符' },
    }),
    post('openAppeal', platform, `/v1/applications/${renamed.id}/appeals`, {
      body: { kind: 'petition', grounds: '请重新核对四月缴费' },
    }),
    get('listAppeals', 'auditor', '/v1/appeals'),
    get('getAppeal', platform, `/v1/appeals/${toDecideAppeal.appeal.id}`),
    onMoney('withdrawAppeal', platform, toWithdrawAppeal.appeal, 'appeals/*/withdrawal', {
      body: { reason: '本人书面撤回' },
    }),
    onMoney('decideAppeal', 'second-reviewer-360203', toDecideAppeal.appeal, 'appeals/*/outcome', {
      body: {
        outcome: 'kept',
        reason: '经重新核对，予以维持',
        paperId: await paperOf(toDecideAppeal.one, 'appeal-paper'),
      },
    }),
    post('proposeHeir', 'street-360203007', `/v1/applications/${earned.id}/heirs`, {
      body: {
        heir: {
          name: '李晓梅',
          identityNumber: '360299196603100011',
          relation: 'spouse',
          account: newAccount.account,
        },
        deathCertificateId: await paperOf(earned, 'death-certificate'),
        relationProofId: await paperOf(earned, 'kinship-proof'),
        reason: '已核对死亡证明和亲属关系证明',
      },
    }),
    post('closeAfterDeath', 'handler-360203', `/v1/applications/${earned.id}/closures-after-death`, {
      body: { reason: '家属书面表示不再领取' },
    }),
    post('recordPaymentReturn', 'payer-360203', `${lineOf(comesBack)}/return`, {
      body: { amountFen: 150_000, reference: '退票-001', returnedOn: '2025-07-05', reason: '账户已销户' },
    }),
    get('listReconciliationMonths', 'auditor', '/v1/reconciliation/months', {
      query: { agencyCode: '360203', figure: 'paid' },
    }),
    get('listReconciliationEntries', 'auditor', '/v1/reconciliation/entries', {
      query: { agencyCode: '360203', figure: 'unspent' },
    }),
    get('listPersonReconciliationMonths', 'auditor', `/v1/people/${doubted.personId}/reconciliation/months`, {
      query: { figure: 'approved' },
    }),
    get('getDisbursementReconciliation', 'auditor', `/v1/disbursements/${paidBatch.id}/reconciliation`),
    get('getPersonReconciliation', 'auditor', `/v1/people/${doubted.personId}/reconciliation`),
    get('getReconciliation', 'auditor', '/v1/reconciliation', { query: { agencyCode: '360203' } }),
    get('listAuditEntries', 'auditor', '/v1/audit-entries'),
    get('exportAuditCheckpoint', 'auditor', '/v1/audit-checkpoint'),
    post('verifyAudit', 'auditor', '/v1/audit-verifications', { body: {} }),
    get('listRecoveries', 'auditor', '/v1/recoveries'),
    get('getRecovery', 'auditor', `/v1/recoveries/${toConfirm.id}`),
    onMoney('confirmRecovery', 'handler-360203', toConfirm, 'recoveries/*/confirmation', { body: heard }),
    onMoney('dismissRecovery', 'reviewer-360203', toDismiss, 'recoveries/*/dismissal', {
      body: { reason: '系统间数据延迟' },
    }),
    post('revealPerson', 'handler-360203', `/v1/people/${submitted.personId}/reveals`, {
      body: { fields: ['phone'], purpose: 'contact-applicant' },
    }),
    get('getAccessReport', 'auditor', `/v1/people/${submitted.personId}/access-report`),
    onMoney('reverseRecovery', 'reviewer-360203', { ...toReverse, version: 2 }, 'recoveries/*/reversal', {
      body: { reason: '退费登记有误，已更正' },
    }),
    post('openRecovery', 'handler-360203', '/v1/recoveries', {
      body: { applicationId: doubted.id, month: '2025-05', grounds: '与用人单位核实，该月已由单位参保' },
    }),
    post(
      'reportFalseMaterial',
      'reviewer-360203',
      `/v1/applications/${falsified.id}/false-material-reports`,
      {
        body: { grounds: '就业证明系伪造' },
      },
    ),
    get('listBars', 'auditor', '/v1/bars'),
    get('getBar', 'auditor', `/v1/bars/${barToConfirm.id}`),
    onMoney('confirmBar', 'reviewer-360203', barToConfirm, 'bars/*/confirmation', { body: heard }),
    onMoney('dismissBar', 'handler-360203', barToDismiss, 'bars/*/dismissal', {
      body: { reason: '材料属实' },
    }),
    onMoney('liftBar', 'second-reviewer-360203', { ...barToLift, version: 2 }, 'bars/*/lifting', {
      body: { reason: '本人已说明情况' },
    }),
    get('listApiClients', 'administrator', '/v1/api-clients'),
    post('createApiClient', 'administrator', '/v1/api-clients', {
      body: { apiClientId: 'ganfutong-batch', name: '赣服通批量接口', scopes: ['applications:read'] },
    }),
    get('getApiClient', 'administrator', '/v1/api-clients/ganfutong-batch'),
    post('rotateApiClientKey', 'administrator', '/v1/api-clients/ganfutong-batch/keys', {
      body: { overlapHours: 168 },
    }),
    onMoney('setOffRecovery', 'payer-360222', toSetOff.recovery, 'recoveries/*/set-offs', {
      body: toSetOff.body,
    }),
    onMoney(
      'reverseSetOff',
      'payer-360222',
      setOff,
      `recoveries/*/set-offs/${setOff.setOffs[0]?.id}/reversal`,
      { body: { reason: '本人撤回同意' } },
    ),
    onMoney('recordRepayment', 'payer-360203', { ...toRepay, version: 2 }, 'recoveries/*/repayments', {
      body: { amountFen: 20_000, reference: '退-001', receivedOn: '2025-07-05' },
    }),
    post('findPeople', 'handler-360203', '/v1/people/searches', {
      body: { caseNumber: doubted.caseNumber },
      key: null,
    }),
    get('getPersonOverview', 'handler-360203', `/v1/people/${doubted.personId}/overview`),
    get('getStatistics', 'auditor', `/v1/statistics?by=street&${figuresOf}`),
    get('getStatisticsFile', 'finance-360203', `/v1/statistics/file?by=channel&format=csv&${figuresOf}`),
    get('getForecast', 'payer-360203', `/v1/forecast?${figuresOf}`),
    get('listEvents', platform, '/v1/events'),
    get('listDecisions', 'provincial-system', '/v1/decisions'),
    get('listPaymentOutcomes', 'provincial-system', '/v1/payment-outcomes'),
    post('createWebhook', platform, '/v1/webhooks', { body: { url: 'https://hook.example/third' } }),
    get('listWebhooks', platform, '/v1/webhooks'),
    get('getWebhook', platform, `/v1/webhooks/${hook.id}`),
    post('rotateWebhookSecret', platform, `/v1/webhooks/${hook.id}/secrets`),
    get('listWebhookDeliveries', platform, '/v1/webhook-deliveries'),
    post('redeliver', platform, `/v1/webhooks/${hook.id}/redeliveries`, { body: {} }),
    {
      operation: 'deleteWebhook',
      caller: platform,
      method: 'DELETE',
      url: `/v1/webhooks/${toDelete.id}`,
      options: { key: null },
    },
    get('listCalendarYears', 'administrator', '/v1/calendar-years'),
    get('getCalendarYear', 'administrator', '/v1/calendar-years/2026'),
    get('getBackgroundWork', 'administrator', '/v1/background-work'),
    post('proposePolicy', 'administrator', '/v1/policy-proposals', {
      body: { ...raised, from: '2026-02-01' },
    }),
    get('listPolicyProposals', 'administrator', '/v1/policy-proposals'),
    get('getPolicyProposal', 'administrator', `/v1/policy-proposals/${toAdopt}`),
    post('rehearsePolicy', 'administrator', `/v1/policy-proposals/${toAdopt}/rehearsal`),
    post('rejectPolicy', 'administrator', `/v1/policy-proposals/${toRejectPolicy}/rejection`, {
      body: { reason: '文号有误' },
    }),
    post('adoptPolicy', 'second-administrator', `/v1/policy-proposals/${toAdopt}/adoption`),
    post('addCalendarYear', 'administrator', '/v1/calendar-years', {
      body: {
        year: 2027,
        announcement: 'https://www.gov.cn/zhengce/',
        off: [{ day: '2027-01-01', name: '元旦' }],
        work: [],
      },
    }),
  ];
}

async function batchAt(
  city: City,
  step: keyof typeof places,
  advance: (agency: string) => Promise<DisbursementAnswer>,
): Promise<DisbursementAnswer> {
  await city.approved(await city.resident(places[step]));
  return await advance(places[step].agency);
}

function receiptFor({ number, fundRequest }: DisbursementAnswer) {
  return { amountFen: fundRequest?.amountFen, reference: `拨-${number}`, receivedOn: '2025-07-05' };
}

/** Two people who owe April, with the means to settle it: a granted May, not gathered, and their consent. */
async function debtorsOf(city: City, agency: string) {
  const people = [];
  for (const _ of [1, 2]) people.push(await city.resident({ street: '360222102', agency }));
  const paid = new Map<Resident, Application>();
  for (const person of people) paid.set(person, await city.approved(person, { months: ['2025-04'] }));
  await city.settled(await city.inPayment(agency));
  const debtors = [];
  for (const [person, { id: applicationId }] of paid) {
    const grounds = '与用人单位核实，该月已由单位参保';
    const { body: open } = await city.call<RecoveryAnswer>(`handler-${agency}`, 'POST', '/v1/recoveries', {
      body: { applicationId, month: '2025-04', grounds },
      status: 201,
    });
    const { body: recovery } = await city.call<RecoveryAnswer>(
      `handler-${agency}`,
      'POST',
      `/v1/recoveries/${open.id}/confirmation`,
      { body: { heardOn: '2025-07-05', heardHow: 'phone' }, ifMatch: open.version, status: 200 },
    );
    const { id } = await city.approved(person, { months: ['2025-05'] });
    const { body: consent } = await city.call<{ id: string }>(
      'platform-ganfutong',
      'POST',
      `/v1/applications/${id}/materials`,
      { ...materialForm('set-off-consent'), status: 201 },
    );
    debtors.push({
      recovery,
      body: { applicationId: id, month: '2025-05', consentMaterialId: consent.id },
    });
  }
  return debtors;
}
