// The steps of a case, each a request as the persona whose work it is: what the sandbox prepares comes about as
// everything else does.

import { setTimeout as delay } from 'node:timers/promises';
import {
  addMonths,
  type Day,
  dayInShanghai,
  type Month,
  monthOf,
  monthsOfQuarter,
  type Quarter,
  quarterOf,
} from '../../values/days.ts';
import {
  agency,
  cleanRecords,
  fullCoverage,
  newResident,
  type Resident,
  type Row,
  street,
} from './people.ts';

/** What a request says besides its address. */
export interface Sent {
  readonly body?: object;
  /** For If-Match. */
  readonly version?: number | undefined;
  /** Of a material, sent as a form with an example picture. */
  readonly material?: string;
}

/** Sends a request as a persona; answers its body. Throws when it is refused. */
export type Call = <T = Thing>(
  persona: string,
  method: 'GET' | 'POST',
  url: string,
  sent?: Sent,
) => Promise<T>;

export interface Thing {
  readonly id: string;
  readonly version: number;
}

export interface Case extends Thing {
  readonly caseNumber: string;
}

export interface Disbursement extends Thing {
  readonly fundRequest: { readonly amountFen: number } | null;
  readonly paymentFiles: readonly { readonly batchNumber: string }[];
}

export interface Line {
  readonly lineId: string;
  readonly amountFen: number;
  readonly state: string;
}

export const platform = 'platform-ganfutong';
export const handler = `handler-${agency}`;
export const reviewer = `reviewer-${agency}`;
export const secondReviewer = `second-reviewer-${agency}`;
export const payer = `payer-${agency}`;
const finance = `finance-${agency}`;
const administrator = 'administrator';
export const window = `street-${street}`;

export type Steps = ReturnType<typeof createSteps>;

export function createSteps(call: Call, clock: () => Temporal.Instant) {
  const today = (): Day => dayInShanghai(clock());
  const lastMonth = (): Month => addMonths(monthOf(today()), -1);
  /** The last quarter that has ended. */
  const quarter = (): Quarter => quarterOf(addMonths(monthOf(today()), -3));

  async function deliver(rows: readonly Row[]): Promise<void> {
    const coverage = fullCoverage(lastMonth(), clock().subtract({ seconds: 1 }).toString());
    const body = { source: 'jx-human-resources', rows, coverage };
    await call('provincial-system', 'POST', '/v1/record-deliveries', { body });
  }

  /** Somebody who may claim every month of the last quarter. */
  async function resident(): Promise<Resident> {
    const somebody = newResident();
    await deliver(cleanRecords(somebody, monthsOfQuarter(quarter())));
    return somebody;
  }

  /** @param months of one quarter */
  async function drafted(applicant: Resident, months: readonly Month[]): Promise<Thing> {
    const { identityNumber, name, phone, account } = applicant;
    // Before the application, whose clock counts whole milliseconds.
    const signedAt = clock().subtract({ minutes: 1 }).toString();
    const body = {
      channel: 'ganfutong',
      quarter: quarterOf(months[0] ?? ''),
      months,
      applicant: { identityNumber, name, phone },
      household: { streetCode: applicant.street },
      account: { bank: '景德镇农商银行', number: account, holder: name },
      work: { kind: 'platform', since: '2024-03-01', place: '珠山区' },
      undertaking: { version: 'jdz-2024-139', signedAt, method: 'online-confirmation' },
    };
    return await call(platform, 'POST', '/v1/applications', { body });
  }

  async function submitted(applicant: Resident, months: readonly Month[] = monthsOfQuarter(quarter())) {
    const { id, version } = await drafted(applicant, months);
    return await call<Case>(platform, 'POST', `/v1/applications/${id}/submission`, { version });
  }

  async function accepted(applicant: Resident, months?: readonly Month[]): Promise<Thing> {
    const { id, version } = await submitted(applicant, months);
    return await call(handler, 'POST', `/v1/applications/${id}/acceptance`, { body: {}, version });
  }

  async function compared({ id }: Thing): Promise<Thing> {
    return await call(reviewer, 'POST', `/v1/applications/${id}/comparisons`);
  }

  async function decided(application: Thing, outcome: 'approved' | 'refused'): Promise<Thing> {
    const { id: comparisonId } = await compared(application);
    const { id, version } = application;
    const body = { comparisonId, outcome };
    await call(reviewer, 'POST', `/v1/applications/${id}/decision`, { body, version });
    return await call(reviewer, 'GET', `/v1/applications/${id}`);
  }

  async function approved(applicant: Resident, months?: readonly Month[]): Promise<Thing> {
    return await decided(await accepted(applicant, months), 'approved');
  }

  /** Everything of the agency that waits to be paid, gathered; the street has still to verify it. */
  async function gathered(): Promise<Disbursement> {
    return await call(payer, 'POST', '/v1/disbursements');
  }

  async function verified(): Promise<Disbursement> {
    const { id, version } = await gathered();
    await call(window, 'POST', `/v1/disbursements/${id}/rosters/${street}/verification`, {
      body: {},
      version,
    });
    return await call(payer, 'GET', `/v1/disbursements/${id}`);
  }

  /** With the bank. */
  async function inPayment(): Promise<Disbursement> {
    const { id, version } = await verified();
    const url = `/v1/disbursements/${id}`;
    const requested = await call<Disbursement>(payer, 'POST', `${url}/fund-request`, { version });
    const amountFen = requested.fundRequest?.amountFen;
    const receipt = { amountFen, reference: '拨-沙箱', receivedOn: today() };
    const received = { body: receipt, version: requested.version };
    const funded = await call<Disbursement>(finance, 'POST', `${url}/fund-receipts`, received);
    const payment = { body: { format: 'utf-8-csv' }, version: funded.version };
    return await call(payer, 'POST', `${url}/payment`, payment);
  }

  async function linesOf({ id }: Pick<Thing, 'id'>, state: string): Promise<readonly Line[]> {
    const url = `/v1/disbursements/${id}/rosters/${street}`;
    const { lines } = await call<{ readonly lines: readonly Line[] }>(window, 'GET', url);
    return lines.filter((line) => line.state === state);
  }

  /** The bank has answered for every line: all are paid, or all failed because the account is closed. */
  async function settled(result: 'paid' | 'failed'): Promise<Disbursement> {
    const disbursement = await inPayment();
    const failure = result === 'failed' ? { failure: 'account-closed' } : {};
    const lines = (await linesOf(disbursement, 'in-payment')).map(({ lineId, amountFen }) => ({
      lineId,
      amountFen,
      result,
      ...failure,
    }));
    const sum = lines.reduce((total, { amountFen }) => total + amountFen, 0);
    const body = {
      batchNumber: disbursement.paymentFiles.at(-1)?.batchNumber,
      totals: {
        count: lines.length,
        paidFen: result === 'paid' ? sum : 0,
        failedFen: result === 'failed' ? sum : 0,
        unknownFen: 0,
      },
      lines,
    };
    return await call(payer, 'POST', `/v1/disbursements/${disbursement.id}/payment-results`, { body });
  }

  /** A month of an approved case may have to come back. */
  async function suspected({ id: applicationId }: Thing, month: Month): Promise<Thing> {
    const body = { applicationId, month, grounds: '与用人单位核实，该月已由单位参保' };
    return await call(handler, 'POST', '/v1/recoveries', { body });
  }

  /** The person was heard, and the month has to come back. */
  async function confirmed({ id, version }: Thing): Promise<Thing> {
    const body = { heardOn: today(), heardHow: 'phone' };
    return await call(handler, 'POST', `/v1/recoveries/${id}/confirmation`, { body, version });
  }

  /** Somebody reported an accepted case, on which nothing was granted. @returns the bar proposed */
  async function reported({ id }: Thing): Promise<Thing> {
    const body = { grounds: '灵活就业证明系伪造，出具单位已书面否认' };
    const url = `/v1/applications/${id}/false-material-reports`;
    return (await call<{ readonly bar: Thing }>(handler, 'POST', url, { body })).bar;
  }

  /** A further paper of a case that is decided. @returns id of the material */
  async function addPaper({ id }: Thing, kind: string): Promise<string> {
    const url = `/v1/applications/${id}/materials`;
    return (await call(platform, 'POST', url, { material: kind })).id;
  }

  /** A change of the amount from the first day that is possible, rehearsed. @returns id of the proposal */
  async function policyProposed(): Promise<string> {
    const { items } = await call<{ readonly items: readonly { readonly from: Day }[] }>(
      handler,
      'GET',
      '/v1/policies',
    );
    const newest = [today(), ...items.map(({ from }) => from)].sort().at(-1) ?? today();
    const value = { value: 55_000, article: '第二条', source: '沙箱示例文件', reason: '补贴标准调整。' };
    // Two days, so that it is also possible in the last minutes of a day.
    const body = {
      from: Temporal.PlainDate.from(newest).add({ days: 2 }).toString(),
      values: { monthlyAmountFen: value },
    };
    const { id } = await call(administrator, 'POST', '/v1/policy-proposals', { body });
    for (let attempt = 1; attempt <= 50; attempt += 1) {
      const url = `/v1/policy-proposals/${id}`;
      const { rehearsal } = await call<{ readonly rehearsal: object | null }>(administrator, 'GET', url);
      if (rehearsal !== null) break;
      await delay(100);
    }
    return id;
  }

  return {
    call,
    today,
    quarter,
    deliver,
    resident,
    submitted,
    accepted,
    compared,
    decided,
    approved,
    gathered,
    settled,
    linesOf,
    suspected,
    confirmed,
    reported,
    addPaper,
    policyProposed,
  };
}
