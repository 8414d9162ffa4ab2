// From approved months to finance's money: gather, verify, ask, receive. Each function is one operation and one transaction;
// what may happen twice is held by constraints. Paying is in payments.ts.

import { officerOf } from '../access/actor.ts';
import type { Act, View } from '../act.ts';
import { page, pageRequest } from '../http/paging.ts';
import { type Fault, Refusal } from '../http/problem.ts';
import { byQuarter, enter } from '../ledger/operations.ts';
import { describe, describeRoster } from './description.ts';
import type { DisbursementQuery, RecordFundsReceipt, VerifyRoster } from './schemas.ts';
import { advance, conflict, found, locked, pathOf, payable, totalOf } from './standing.ts';
import * as store from './store.ts';

const rowsPerStatement = 2_000;

/** Keeps the reviewer's agency from gathering months until the transaction ends. Before any other lock: gathering takes it first too. */
export async function holdGathering(act: Act): Promise<void> {
  if (act.actor.agency === null) throw new Error('a reviewer has an agency');
  await store.lockAgency(act.tx, act.actor.agency);
}

/** Gathers every approved month of the payer's agency that is in no payment: one line per person. */
export async function createDisbursement(act: Act) {
  const agencyCode = act.actor.agency;
  if (agencyCode === null) throw new Error('a payer has an agency');
  await store.lockAgency(act.tx, agencyCode);
  const months = await store.listPayableMonths(act.tx, agencyCode);
  if (months.length === 0) throw new Refusal('disbursement-empty');

  const disbursementId = act.newId();
  const year = act.today.slice(2, 4);
  const sequence = String(await store.nextDisbursementSequence(act.tx)).padStart(5, '0');
  const lines = [...Map.groupBy(months, (month) => month.personId)].map(([personId, own]) => {
    // A person with two cases is paid once, into the account of the newer one, on the roster of its street.
    const newest = own.reduce((a, b) => (a.applicationId > b.applicationId ? a : b));
    const amountFen = own.reduce((sum, month) => sum + amountOf(month), 0);
    const { applicationId, streetCode } = newest;
    return { personId, lineId: act.newId(), disbursementId, streetCode, applicationId, amountFen, own };
  });
  const row = {
    disbursementId,
    agencyCode,
    disbursementNumber: `FF${year}-${sequence}`,
    state: 'verifying',
    version: 1,
  } as const;
  await store.insertDisbursement(
    act.tx,
    { ...row, createdAt: act.at.toString(), createdBy: officerOf(act.actor) },
    [...new Set(lines.map((line) => line.streetCode))].sort(),
  );
  for (let start = 0; start < lines.length; start += rowsPerStatement) {
    const chunk = lines.slice(start, start + rowsPerStatement);
    await store.insertLines(
      act.tx,
      chunk.map(({ own: _, ...line }) => line),
    );
    await store.insertLineMonths(
      act.tx,
      chunk.flatMap(({ personId, lineId, own }) =>
        own.map(({ month, applicationId, amountFen }) => ({
          personId,
          lineId,
          month,
          applicationId,
          amountFen: amountOf({ amountFen }),
        })),
      ),
    );
  }
  await act.audit({
    target: ['disbursement', disbursementId],
    change: { state: 'verifying', lines: lines.length },
  });
  return await describe(act, await found(act, disbursementId));
}

export async function getDisbursement(view: View, disbursementId: string) {
  return await describe(view, await found(view, disbursementId));
}

export async function listDisbursements(view: View, query: DisbursementQuery) {
  const request = pageRequest(query);
  const rows = await store.listDisbursements(view.tx, view.sight, query.state, request);
  const { items, next } = page(rows, request, (row) => row.disbursementId);
  return {
    items: items.map((row) => ({
      id: row.disbursementId,
      number: row.disbursementNumber,
      agencyCode: row.agencyCode,
      state: row.state,
      createdAt: row.createdAt,
    })),
    next,
  };
}

/** One street's people, their months and amounts. A street officer sees their own street's only. */
export async function getRoster(view: View, disbursementId: string, streetCode: string) {
  const disbursement = await found(view, disbursementId);
  refuseOtherStreet(view, streetCode);
  return await describeRoster(view, disbursement, streetCode);
}

/** The street signs its roster 名单核对, whole or without lines it holds back with a reason. The last street moves the whole on. */
export async function verifyRoster(
  act: Act,
  disbursementId: string,
  streetCode: string,
  expected: number,
  body: VerifyRoster,
) {
  refuseOtherStreet(act, streetCode);
  const disbursement = await locked(act, disbursementId, expected);
  if (disbursement.state !== 'verifying') throw conflict(disbursement);
  const lines = await store.listLines(act.tx, disbursementId, streetCode);
  if (lines.length === 0) throw new Refusal('not-found');
  const held = body.held ?? [];
  const faults: Fault[] = held.flatMap(({ lineId }, index) => {
    const isHere = lines.some((line) => line.lineId === lineId);
    const isTwice = held.findIndex((other) => other.lineId === lineId) !== index;
    if (isHere && !isTwice) return [];
    return [
      {
        pointer: `/body/held/${index}/lineId`,
        code: isTwice ? 'duplicate-line' : 'unknown-line',
        detail: '名单中没有这一行，或重复填写。',
      },
    ];
  });
  if (faults.length > 0) throw new Refusal('invalid-fields', { faults });
  for (const { lineId, reason } of held) {
    const line = lines.filter((candidate) => candidate.lineId === lineId);
    await store.setLineStates(act.tx, line, ['waiting'], 'held', { holdReason: reason });
    await store.setLineMonthsDead(act.tx, lineId);
  }
  const isFirst = await store.setRosterVerified(
    act.tx,
    { disbursementId, streetCode },
    act.at.toString(),
    officerOf(act.actor),
  );
  if (!isFirst)
    throw new Refusal('state-conflict', { detail: '本街道（乡镇）的名单已核对签字，无需重复操作。' });
  const rosters = await store.listRosters(act.tx, disbursementId);
  const change = { streetCode, held: held.length, lines: lines.length };
  if (rosters.every((roster) => roster.verifiedAt !== null))
    await advance(act, disbursement, 'verifyRoster', change);
  else await act.audit({ target: ['disbursement', disbursementId], change });
  return await describeRoster(act, await found(act, disbursementId), streetCode);
}

/** Asks finance for the money 资金拨付申请: count and total are frozen from here on. */
export async function requestFunds(act: Act, disbursementId: string, expected: number) {
  const disbursement = await locked(act, disbursementId, expected);
  const rosters = await store.listRosters(act.tx, disbursementId);
  const silent = rosters.filter((roster) => roster.verifiedAt === null);
  if (silent.length > 0) {
    throw new Refusal('rosters-incomplete', {
      faults: silent.map((roster) => ({
        pointer: `/rosters/${roster.streetCode}`,
        code: 'not-verified',
        detail: `${roster.name}尚未核对名单。`,
      })),
    });
  }
  const lines = payable(await store.listLines(act.tx, disbursementId, null));
  if (lines.length === 0) throw new Refusal('disbursement-empty');
  const amountFen = totalOf(lines);
  await advance(act, disbursement, 'requestFunds', { lineCount: lines.length, amountFen });
  await store.insertFundRequest(act.tx, {
    disbursementId,
    lineCount: lines.length,
    amountFen,
    requestedAt: act.at.toString(),
    requestedBy: officerOf(act.actor),
  });
  return await describe(act, await found(act, disbursementId));
}

/** Finance's money has arrived. It must equal the request to the fen. */
export async function recordFundsReceipt(
  act: Act,
  disbursementId: string,
  expected: number,
  body: RecordFundsReceipt,
) {
  const disbursement = await locked(act, disbursementId, expected);
  const request = await store.findFundRequest(act.tx, disbursementId);
  if (request === undefined || disbursement.state !== 'funds-requested') throw conflict(disbursement);
  if (body.receivedOn > act.today) {
    const detail = '到账日期不能晚于今天。';
    throw new Refusal('invalid-fields', {
      faults: [{ pointer: '/body/receivedOn', code: 'in-future', detail }],
    });
  }
  if (body.amountFen !== request.amountFen) {
    const detail = `申请金额为 ${request.amountFen} 分，登记的到账金额与之不符。`;
    throw new Refusal('receipt-mismatch', {
      faults: [{ pointer: '/body/amountFen', code: 'amount-differs', detail }],
    });
  }
  await advance(act, disbursement, 'recordFundsReceipt', { amountFen: body.amountFen });
  await store.insertFundReceipt(act.tx, {
    receiptId: act.newId(),
    disbursementId,
    ...body,
    recordedAt: act.at.toString(),
    recordedBy: officerOf(act.actor),
  });
  const months = (await store.listLineMonths(act.tx, disbursementId)).filter((month) => month.live);
  await enter(
    act,
    byQuarter(months).map((amount) => ({
      ...amount,
      ...pathOf(disbursement),
      from: 'finance',
      to: 'unspent',
    })),
  );
  return await describe(act, await found(act, disbursementId));
}

function refuseOtherStreet(view: View, streetCode: string): void {
  if (view.sight.relation === 'street' && view.sight.code !== streetCode) throw new Refusal('not-found');
}

function amountOf({ amountFen }: { amountFen: number | null }): number {
  if (amountFen === null) throw new Error('a live month has an amount');
  return amountFen;
}
