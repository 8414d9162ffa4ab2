// The steps of a case as one line each, for tests that begin where another step ends: somebody with clean records, a
// case that is applied for, accepted, approved, a disbursement on its way through the bank. Holds no test.

import type { Static } from 'typebox';
import type { Application } from '../src/applications/application/schemas.ts';
import type { Comparison } from '../src/decisions/comparison/schemas.ts';
import type { Decision } from '../src/decisions/decision/schemas.ts';
import type { ApplyPaymentResults } from '../src/payments/bank/schemas.ts';
import type { DisbursementAnswer } from '../src/payments/disbursement/schemas.ts';
import type { Reconciliation } from '../src/payments/reconciliation/schemas.ts';
import type { Recovery } from '../src/payments/recoveries/schemas.ts';
import type { Roster } from '../src/payments/rosters/schemas.ts';
import type { RecordDelivery } from '../src/registers/deliveries/schemas.ts';
import { yuan } from '../src/values/yuan.ts';
import { materialForm } from './applications/material-form.ts';
import type { Answer, Call, Clock } from './helper.ts';
import {
  cleanRecords,
  createResidents,
  fullCoverage,
  type Resident,
  type ResidentChoice,
  type Row,
} from './registers/residents.ts';

export const secondQuarter = ['2025-04', '2025-05', '2025-06'] as const;

type Result = ApplyPaymentResults['lines'][number];
export type RosterLine = Static<typeof Roster>['lines'][number];
export type ComparisonAnswer = Static<typeof Comparison>;
export type DecisionAnswer = Static<typeof Decision>;
export type DeliveryAnswer = Static<typeof RecordDelivery>;
export type ReconciliationAnswer = Static<typeof Reconciliation>;
export type RecoveryAnswer = Static<typeof Recovery>;
export type { Application, DisbursementAnswer, Resident, Row };

export interface Claim {
  readonly months?: readonly string[];
  readonly quarter?: string;
  /** Who applies: a platform by default; `street-…` for an office. */
  readonly by?: string;
}

/** What comes along with a question about somebody: from a platform for whoever is logged in there, from an officer for a purpose. */
export function questionAbout(
  { identityNumber, name }: Pick<Resident, 'identityNumber' | 'name'>,
  by = 'platform-ganfutong',
) {
  const who = { identityNumber, name };
  if (!by.startsWith('platform'))
    return { ...who, purpose: { code: 'counter-inquiry', text: '居民到窗口询问补贴' } };
  const at = '2025-07-05T01:30:00Z';
  return {
    ...who,
    authentication: { method: 'provincial-identity', at, sessionId: 'session-of-a-test' },
    consent: { version: 'gft-2025-1', at },
  };
}

export type Steps = ReturnType<typeof createSteps>;

export function createSteps(call: Call, clock: Clock) {
  const nextResident = createResidents();

  /** Delivers rows, and coverage of every register through a month. Refused rows fail the test. */
  async function deliver(rows: readonly Row[], throughMonth?: string): Promise<DeliveryAnswer> {
    const coverage =
      throughMonth === undefined ? {} : { coverage: fullCoverage(throughMonth, clock.now().toString()) };
    const { body } = await call<DeliveryAnswer>('provincial-system', 'POST', '/v1/record-deliveries', {
      body: { source: 'jx-human-resources', rows, ...coverage },
      status: 201,
    });
    if (body.refused.length > 0) throw new Error(`rows were refused: ${JSON.stringify(body.refused)}`);
    return body;
  }

  /** Somebody for whom every register has spoken, and every month of 2025Q2 is payable. */
  async function resident(choice: ResidentChoice = {}, more: readonly Row[] = []): Promise<Resident> {
    const somebody = nextResident(choice);
    await deliver([...cleanRecords(somebody, secondQuarter), ...more], '2025-06');
    return somebody;
  }

  /** Somebody asks what the quarter would be worth for somebody. */
  async function asked<T>(
    somebody: Pick<Resident, 'identityNumber' | 'name'>,
    more: object = {},
    by = 'platform-ganfutong',
  ): Promise<Answer<T>> {
    const body = { ...questionAbout(somebody, by), quarter: '2025Q2', ...more };
    return await call<T>(by, 'POST', '/v1/eligibility-checks', { body, key: null });
  }

  /** The id under which somebody is known, null when nobody is. */
  async function lookedUp(
    somebody: Pick<Resident, 'identityNumber' | 'name'>,
    by = 'platform-ganfutong',
  ): Promise<string | null> {
    const body = questionAbout(somebody, by);
    const url = '/v1/people/look-ups';
    return (await call<{ personId: string | null }>(by, 'POST', url, { body, key: null, status: 200 })).body
      .personId;
  }

  /** What a platform, or an office, sends for somebody. */
  function applicationOf(
    applicant: Resident,
    { months = secondQuarter, quarter = '2025Q2', by }: Claim = {},
  ) {
    return {
      channel: by?.startsWith('street') === true ? 'wujia2-home' : 'ganfutong',
      quarter,
      months,
      applicant: { identityNumber: applicant.identityNumber, name: applicant.name, phone: applicant.phone },
      household: { streetCode: applicant.street },
      account: { bank: '景德镇农商银行', number: applicant.account, holder: applicant.name },
      work: { kind: 'platform', since: '2024-03-01', place: '珠山区' },
      undertaking: {
        version: 'jdz-2024-139',
        signedAt: '2025-07-05T01:30:00Z',
        method: 'online-confirmation',
      },
    };
  }

  async function drafted(applicant: Resident, claim: Claim = {}): Promise<Application> {
    const by = claim.by ?? 'platform-ganfutong';
    const body = applicationOf(applicant, claim);
    return (await call<Application>(by, 'POST', '/v1/applications', { body, status: 201 })).body;
  }

  async function applied(applicant?: Resident, claim: Claim = {}): Promise<Application> {
    const draft = await drafted(applicant ?? (await resident()), claim);
    return await act(claim.by ?? 'platform-ganfutong', draft, 'submission');
  }

  /** Adds papers to a case. */
  async function supplied(application: Application, ...materials: readonly string[]): Promise<Application> {
    const url = `/v1/applications/${application.id}/materials`;
    for (const kind of materials) {
      await call('platform-ganfutong', 'POST', url, { ...materialForm(kind), status: 201 });
    }
    return await read(application);
  }

  async function accepted(applicant?: Resident, claim: Claim = {}): Promise<Application> {
    const application = await applied(applicant, claim);
    return await act(`handler-${application.agencyCode}`, application, 'acceptance');
  }

  async function compared(application: Application): Promise<ComparisonAnswer> {
    const url = `/v1/applications/${application.id}/comparisons`;
    return (await call<ComparisonAnswer>(`reviewer-${application.agencyCode}`, 'POST', url, { status: 201 }))
      .body;
  }

  async function decided(
    application: Application,
    outcome: 'approved' | 'refused' = 'approved',
  ): Promise<DecisionAnswer> {
    const comparison = await compared(application);
    const flagged = comparison.flags.filter(({ needs }) => needs !== 'nothing');
    const confirmations = flagged.map(({ code }) => ({ flag: code, reason: '已逐项核实' }));
    const { body } = await call<DecisionAnswer>(
      `reviewer-${application.agencyCode}`,
      'POST',
      `/v1/applications/${application.id}/decision`,
      {
        body: {
          comparisonId: comparison.id,
          outcome,
          ...(outcome === 'approved' && flagged.length > 0 ? { confirmations } : {}),
        },
        ifMatch: application.version,
        status: 201,
      },
    );
    return body;
  }

  async function approved(applicant?: Resident, claim: Claim = {}): Promise<Application> {
    const application = await accepted(applicant, claim);
    await decided(application);
    return await read(application);
  }

  /** The case as its agency's reviewer sees it now. */
  async function read({ id, agencyCode }: Pick<Application, 'id' | 'agencyCode'>): Promise<Application> {
    const url = `/v1/applications/${id}`;
    return (await call<Application>(`reviewer-${agencyCode}`, 'GET', url, { status: 200 })).body;
  }

  async function act(by: string, application: Application, step: string): Promise<Application> {
    const url = `/v1/applications/${application.id}/${step}`;
    // A reason is needed only where no month can be paid.
    const body = step === 'acceptance' ? { body: { reason: '已告知申请人，待审核' } } : {};
    const options = { ...body, ifMatch: application.version, status: 200 };
    return (await call<Application>(by, 'POST', url, options)).body;
  }

  /** Everything of the agency that waits to be paid, with every roster signed. */
  async function verified(agency = '360203'): Promise<DisbursementAnswer> {
    const payer = `payer-${agency}`;
    const { body: made } = await call<DisbursementAnswer>(payer, 'POST', '/v1/disbursements', {
      status: 201,
    });
    for (const { streetCode } of made.rosters) {
      const { version } = await disbursement(made);
      const url = `/v1/disbursements/${made.id}/rosters/${streetCode}/verification`;
      await call(`street-${streetCode}`, 'POST', url, { body: {}, ifMatch: version, status: 200 });
    }
    return await disbursement(made);
  }

  /** Money asked for and received, and the file made for the bank. */
  async function inPayment(agency = '360203'): Promise<DisbursementAnswer> {
    const ready = await verified(agency);
    const requested = await moneyAct(`payer-${agency}`, ready, 'fund-request');
    const receipt = {
      amountFen: requested.fundRequest?.amountFen,
      reference: `拨-${requested.number}`,
      receivedOn: '2025-07-05',
    };
    const funded = await moneyAct(`finance-${agency}`, requested, 'fund-receipts', receipt);
    return await moneyAct(`payer-${agency}`, funded, 'payment', { format: 'utf-8-csv' });
  }

  async function moneyAct(by: string, { id, version }: DisbursementAnswer, step: string, body?: unknown) {
    const url = `/v1/disbursements/${id}/${step}`;
    const content = body === undefined ? {} : { body };
    return (await call<DisbursementAnswer>(by, 'POST', url, { ...content, ifMatch: version, status: 200 }))
      .body;
  }

  async function disbursement({ id, agencyCode }: Pick<DisbursementAnswer, 'id' | 'agencyCode'>) {
    const url = `/v1/disbursements/${id}`;
    return (await call<DisbursementAnswer>(`payer-${agencyCode}`, 'GET', url, { status: 200 })).body;
  }

  async function linesOf({ id, agencyCode, rosters }: DisbursementAnswer): Promise<RosterLine[]> {
    const all: RosterLine[] = [];
    for (const { streetCode } of rosters) {
      const url = `/v1/disbursements/${id}/rosters/${streetCode}`;
      const { body } = await call<Static<typeof Roster>>(`payer-${agencyCode}`, 'GET', url, { status: 200 });
      all.push(...body.lines);
    }
    return all;
  }

  /** The bank's file for a batch; everybody is paid unless `resultOf` says otherwise. */
  async function resultsOf(
    batch: DisbursementAnswer,
    resultOf: (line: RosterLine) => Pick<Result, 'result' | 'failure'> = () => ({ result: 'paid' }),
  ): Promise<ApplyPaymentResults> {
    const outstanding = (await linesOf(batch)).filter(
      ({ state }) => state === 'in-payment' || state === 'unknown',
    );
    const lines = outstanding.map((line) => ({
      lineId: line.lineId,
      amountFen: line.amountFen,
      ...resultOf(line),
    }));
    const sum = (result: Result['result']) =>
      lines.filter((line) => line.result === result).reduce((total, line) => total + line.amountFen, 0);
    return {
      batchNumber: batch.paymentFiles.at(-1)?.batchNumber ?? '',
      totals: {
        count: lines.length,
        paidFen: sum('paid'),
        failedFen: sum('failed'),
        unknownFen: sum('unknown'),
      },
      lines,
    };
  }

  /** The same as the bank writes it: the file of the format `utf-8-csv`, ready to be sent. */
  async function resultFileOf(
    batch: DisbursementAnswer,
    codeOf: (line: RosterLine) => string = () => 'SUCCESS',
  ) {
    const codes: string[] = [];
    const { batchNumber, totals, lines } = await resultsOf(batch, (line) => {
      const code = codeOf(line);
      codes.push(code);
      if (code === 'SUCCESS') return { result: 'paid' };
      return code === 'UNKNOWN' ? { result: 'unknown' } : { result: 'failed', failure: 'other' };
    });
    const sums = [totals.paidFen, totals.failedFen, totals.unknownFen].map(yuan);
    const rows = [
      ['批次号', '笔数', '成功金额（元）', '失败金额（元）', '不明金额（元）'],
      [batchNumber, totals.count, ...sums],
      ['行号', '金额（元）', '结果代码'],
      ...lines.map((line, index) => [line.lineId, yuan(line.amountFen), codes[index]]),
    ];
    return {
      body: Buffer.from(rows.map((row) => `${row.join(',')}\r\n`).join('')),
      headers: { 'content-type': 'text/csv' },
      query: { batchNumber },
    };
  }

  /** The bank answers for every line of a batch. */
  async function settled(
    batch: DisbursementAnswer,
    resultOf?: (line: RosterLine) => Pick<Result, 'result' | 'failure'>,
  ): Promise<DisbursementAnswer> {
    const url = `/v1/disbursements/${batch.id}/payment-results`;
    const body = await resultsOf(batch, resultOf);
    return (await call<DisbursementAnswer>(`payer-${batch.agencyCode}`, 'POST', url, { body, status: 200 }))
      .body;
  }

  /** The chain of an agency with each figure as its amount in fen; null where the question has none. */
  async function reconciliation(agency = '360203', quarter?: string) {
    const query = { agencyCode: agency, ...(quarter === undefined ? {} : { quarter }) };
    const { body } = await call<ReconciliationAnswer>('auditor', 'GET', '/v1/reconciliation', {
      query,
      status: 200,
    });
    const amounts = Object.entries(body.figures).map(([name, figure]) => [name, figure?.amountFen ?? null]);
    // The cast: the figures of the answer, each its amount.
    const figures = Object.fromEntries(amounts) as Record<keyof ReconciliationAnswer['figures'], number>;
    return { ...body, figures };
  }

  async function recoveries(state?: RecoveryAnswer['state']): Promise<RecoveryAnswer[]> {
    const query = state === undefined ? {} : { query: { state } };
    const { body } = await call<{ items: RecoveryAnswer[] }>('auditor', 'GET', '/v1/recoveries', {
      ...query,
      status: 200,
    });
    return body.items;
  }

  return {
    nextResident,
    resident,
    deliver,
    asked,
    lookedUp,
    applicationOf,
    drafted,
    applied,
    supplied,
    accepted,
    compared,
    decided,
    approved,
    read,
    act,
    verified,
    inPayment,
    moneyAct,
    disbursement,
    linesOf,
    resultsOf,
    resultFileOf,
    settled,
    reconciliation,
    recoveries,
  };
}
