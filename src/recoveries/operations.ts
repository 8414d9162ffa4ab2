// What happens when a later record contradicts a granted month: suspected, heard, confirmed, repaid. A decision is never
// changed; the month stops being live, and what was paid for it is owed.

import { createHash } from 'node:crypto';
import { officerOf } from '../access/actor.ts';
import type { Act, View } from '../act.ts';
import { setMonth } from '../applications/operations.ts';
import { assessPerson } from '../eligibility/operations.ts';
import { page, pageRequest } from '../http/paging.ts';
import { Refusal } from '../http/problem.ts';
import { enter } from '../ledger/operations.ts';
import { holdPerson } from '../people/operations.ts';
import { type CheckCode, contradictsGrant } from '../rules/checks.ts';
import { dayInShanghai, quarterOf } from '../rules/days.ts';
import type { ConfirmRecovery, DismissRecovery, RecordRepayment, RecoveryQuery } from './schemas.ts';
import { type RecoveryAct, recoveryStates, recoveryTransitions } from './states.ts';
import * as store from './store.ts';

type RecoveryRow = NonNullable<Awaited<ReturnType<typeof store.findRecovery>>>;

interface Finding {
  readonly check: CheckCode;
  readonly records: readonly string[];
}

/**
 * Looks at a person's granted months again, with what is known now and as of the day each was decided, and opens a
 * `suspected` recovery for each month that a record contradicts (undertaking 3, article 六). Only a `hit` does; silence
 * contradicts nothing. Doing it again opens nothing twice. Answers how many were opened.
 */
export async function reassessPerson(act: Act, personId: string): Promise<number> {
  const person = await holdPerson(act, personId);
  const granted = await store.listGrantedMonths(act.tx, personId);
  let opened = 0;
  for (const own of Map.groupBy(granted, (month) => month.applicationId).values()) {
    const [first] = own;
    if (first === undefined || first.submittedAt === null) throw new Error('a granted month was submitted');
    const assessment = await assessPerson(act, {
      personId,
      person,
      agencyCode: first.agencyCode,
      months: own.map(({ month }) => month),
      submittedOn: dayInShanghai(Temporal.Instant.from(first.submittedAt)),
      decidedOn: dayInShanghai(Temporal.Instant.from(first.decidedAt)),
    });
    for (const { month, applicationId, amountFen, agencyCode, streetCode } of own) {
      const checks = assessment.months.find((assessed) => assessed.month === month)?.checks ?? [];
      const findings: Finding[] = checks
        .filter((check) => check.answer === 'hit' && contradictsGrant(check.code))
        .map((check) => ({ check: check.code, records: check.facts }));
      if (findings.length === 0 || amountFen === null) continue;
      const recoveryId = act.newId();
      const isNew = await store.insertRecovery(act.tx, {
        personId,
        recoveryId,
        applicationId,
        month,
        agencyCode,
        streetCode,
        state: 'suspected',
        version: 1,
        cause: 'contradicting-record',
        findings: findings.map(({ check, records }) => ({ check, records: [...records] })),
        findingsDigest: createHash('sha256').update(JSON.stringify(findings)).digest(),
        reason: null,
        amountFen,
        wasPaid: null,
        openedAt: act.at.toString(),
        heardOn: null,
        heardHow: null,
        closedAt: null,
      });
      if (!isNew) continue;
      opened += 1;
      const change = { state: 'suspected', month, checks: findings.map(({ check }) => check) };
      await act.audit({ target: ['recovery', recoveryId], personId, change });
    }
  }
  return opened;
}

/** The state of the payment that a month is in, or null when it is in none. */
export async function findPaymentState(view: View, personId: string, month: string) {
  return await store.findPaymentState(view.tx, personId, month);
}

export async function listRecoveries(view: View, query: RecoveryQuery) {
  const request = pageRequest(query);
  const rows = await store.listRecoveries(view.tx, view.sight, query.state, request);
  const { items, next } = page(rows, request, (row) => row.recoveryId);
  return { items: items.map(describe), next };
}

/**
 * The person was heard and the month is recovered: it is no longer live and frees the cap. What was paid is owed; what
 * waited is not paid. A month on its way through the bank is settled there first.
 */
export async function confirmRecovery(act: Act, recoveryId: string, expected: number, body: ConfirmRecovery) {
  const recovery = await locked(act, recoveryId, expected);
  const { personId, applicationId, month, agencyCode, amountFen } = recovery;
  if (body.heardOn > act.today) {
    const detail = '听取说明的日期不能晚于今天。';
    throw new Refusal('invalid-fields', {
      faults: [{ pointer: '/body/heardOn', code: 'in-future', detail }],
    });
  }
  await holdPerson(act, personId);
  const payment = await store.findPaymentState(act.tx, personId, month);
  const isUnderWay = payment !== null && payment !== 'paid' && payment !== 'failed';
  if (isUnderWay) {
    throw new Refusal('state-conflict', { detail: '该月份正在发放流程中，请待发放结果登记后再确认追回。' });
  }
  const wasPaid = payment === 'paid';
  const heard = { heardOn: body.heardOn, heardHow: body.heardHow, wasPaid };
  await advance(act, recovery, 'confirm', heard);
  await setMonth(act.tx, { personId, applicationId, month }, 'live', 'recovered');
  await store.setPaymentMonthDead(act.tx, personId, month);
  const path = { agencyCode, quarter: quarterOf(month), amountFen, personId, applicationId, recoveryId };
  if (wasPaid) {
    await enter(act, [{ ...path, from: 'debtor', to: 'recoverable' }]);
  } else {
    await enter(act, [{ ...path, from: 'waiting', to: 'recovered-before-payment' }]);
    // Nothing was paid, so nothing is owed: it ends here.
    await advance(act, { ...recovery, state: 'confirmed' }, 'repay', { closedAt: act.at.toString() });
  }
  return describe(await found(act, recoveryId));
}

/** The contradiction is explained; the month stays. */
export async function dismissRecovery(act: Act, recoveryId: string, expected: number, body: DismissRecovery) {
  const recovery = await locked(act, recoveryId, expected);
  await advance(act, recovery, 'dismiss', { reason: body.reason, closedAt: act.at.toString() });
  return describe(await found(act, recoveryId));
}

/** Money came back for a confirmed recovery, in part or whole; more than is owed is refused. */
export async function recordRepayment(act: Act, recoveryId: string, expected: number, body: RecordRepayment) {
  const recovery = await locked(act, recoveryId, expected);
  if (recovery.state !== 'confirmed' || recovery.wasPaid !== true) throw conflict(recovery);
  const { personId, applicationId, month, agencyCode } = recovery;
  const { amountFen } = body;
  if (body.receivedOn > act.today) {
    const detail = '到账日期不能晚于今天。';
    throw new Refusal('invalid-fields', {
      faults: [{ pointer: '/body/receivedOn', code: 'in-future', detail }],
    });
  }
  if (recovery.repaidFen + amountFen > recovery.amountFen) {
    const detail = `尚未退还 ${recovery.amountFen - recovery.repaidFen} 分，登记金额不能超过此数。`;
    throw new Refusal('repayment-exceeds-debt', {
      faults: [{ pointer: '/body/amountFen', code: 'too-much', detail }],
    });
  }
  await store.insertRepayment(act.tx, {
    personId,
    repaymentId: act.newId(),
    recoveryId,
    ...body,
    recordedAt: act.at.toString(),
    recordedBy: officerOf(act.actor),
  });
  await store.addRepaid(act.tx, recoveryId, amountFen);
  const path = { agencyCode, quarter: quarterOf(month), amountFen, personId, applicationId, recoveryId };
  await enter(act, [{ ...path, from: 'recoverable', to: 'repaid' }]);
  const isSettled = recovery.repaidFen + amountFen === recovery.amountFen;
  if (isSettled) await advance(act, recovery, 'repay', { closedAt: act.at.toString() });
  else await act.audit({ target: ['recovery', recoveryId], personId, change: { repaidFen: amountFen } });
  return describe(await found(act, recoveryId));
}

type Change = Parameters<typeof store.setRecoveryState>[4];

async function advance(act: Act, recovery: RecoveryRow, name: RecoveryAct, change: Change): Promise<void> {
  const { from, to } = recoveryTransitions[name];
  if (recovery.state !== from) throw conflict(recovery);
  await store.setRecoveryState(act.tx, recovery.recoveryId, from, to, change);
  await act.audit({
    target: ['recovery', recovery.recoveryId],
    personId: recovery.personId,
    change: { from, to, ...change },
  });
}

function conflict({ state }: RecoveryRow): Refusal {
  const { title, next } = recoveryStates[state];
  return new Refusal('state-conflict', { detail: `追回当前为“${title}”，不能进行此操作。${next}` });
}

async function found(view: View, recoveryId: string): Promise<RecoveryRow> {
  const row = await store.findRecovery(view.tx, view.sight, recoveryId);
  if (row === undefined) throw new Refusal('not-found');
  return row;
}

async function locked(act: Act, recoveryId: string, expected: number): Promise<RecoveryRow> {
  const row = await store.lockRecovery(act.tx, act.sight, recoveryId);
  if (row === undefined) throw new Refusal('not-found');
  if (row.version !== expected) throw new Refusal('precondition-failed');
  return row;
}

function describe(row: RecoveryRow) {
  return {
    id: row.recoveryId,
    version: row.version,
    state: row.state,
    progress: { ...recoveryStates[row.state] },
    personId: row.personId,
    applicationId: row.applicationId,
    caseNumber: row.caseNumber,
    month: row.month,
    agencyCode: row.agencyCode,
    streetCode: row.streetCode,
    // Written by reassessPerson in this shape, and never changed.
    findings: row.findings as unknown as { check: string; records: string[] }[],
    amountFen: row.amountFen,
    repaidFen: row.repaidFen,
    openedAt: row.openedAt,
    heardOn: row.heardOn,
  };
}
