// From approved months to money in an account: gather, verify, ask finance, pay, hear the bank. Each function is one
// operation and one transaction; what may happen twice is held by constraints.

import { createHash } from 'node:crypto';
import { officerOf } from '../access/actor.ts';
import type { Act, View } from '../act.ts';
import { sign } from '../applications/operations.ts';
import { page, pageRequest } from '../http/paging.ts';
import { type Fault, Refusal } from '../http/problem.ts';
import { byQuarter, enter, type Movement } from '../ledger/operations.ts';
import { dayInShanghai } from '../rules/days.ts';
import { maskName } from '../rules/names.ts';
import { type PaymentOrder, paymentFileOf } from './payment-file.ts';
import { resultFaults } from './results.ts';
import type {
  ApplyPaymentResults,
  DisbursementAnswer,
  DisbursementQuery,
  RecordFundsReceipt,
  VerifyRoster,
} from './schemas.ts';
import {
  type DisbursementAct,
  disbursementStates,
  disbursementTransitions,
  paymentFailures,
} from './states.ts';
import * as store from './store.ts';

type DisbursementRow = NonNullable<Awaited<ReturnType<typeof store.findDisbursement>>>;
type Line = Awaited<ReturnType<typeof store.listLines>>[number];

const rowsPerStatement = 2_000;

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

/** Makes the batch for the bank, once. The payer signs on every case in it and may have no other part in any. */
export async function startPayment(act: Act, disbursementId: string, expected: number) {
  const disbursement = await locked(act, disbursementId, expected);
  const lines = payable(await store.listLines(act.tx, disbursementId, null));
  await advance(act, disbursement, 'startPayment', { lineCount: lines.length, amountFen: totalOf(lines) });
  const months = (await store.listLineMonths(act.tx, disbursementId)).filter((month) => month.live);
  const { agencyCode } = disbursement;
  const cases = new Map(
    months.map(({ personId, applicationId }) => [applicationId, { personId, applicationId, agencyCode }]),
  );
  await sign(act, [...cases.values()], 'payer');
  await store.setLineStates(act.tx, lines, ['waiting'], 'in-payment');
  const content = contentOf(act, disbursement, act.today, lines);
  await store.insertPaymentFile(act.tx, {
    disbursementId,
    batchNumber: disbursement.disbursementNumber,
    lineCount: lines.length,
    amountFen: totalOf(lines),
    contentDigest: createHash('sha256').update(content).digest(),
    madeAt: act.at.toString(),
    madeBy: officerOf(act.actor),
  });
  await enter(act, [
    ...lineMovements(disbursement, months, 'waiting', 'in-payment'),
    ...lineMovements(disbursement, months, 'unspent', 'cash-in-payment'),
  ]);
  return await describe(act, await found(act, disbursementId));
}

/** The batch's file, the same bytes each time. Whole names and accounts leave the house here, so each download is audited. */
export async function getPaymentFile(act: Act, disbursementId: string) {
  const disbursement = await found(act, disbursementId);
  const file = await store.findPaymentFile(act.tx, disbursementId);
  if (file === undefined) throw conflict(disbursement);
  const lines = (await store.listLines(act.tx, disbursementId, null)).filter((line) => line.state !== 'held');
  const content = contentOf(act, disbursement, dayInShanghai(Temporal.Instant.from(file.madeAt)), lines);
  const digest = createHash('sha256').update(content).digest();
  if (!digest.equals(file.contentDigest))
    throw new Error(`payment file ${file.batchNumber} differs from what was made`);
  await act.audit({
    target: ['disbursement', disbursementId],
    change: { downloaded: digest.toString('hex') },
  });
  return { batchNumber: file.batchNumber, content };
}

/**
 * Takes the bank's results, once. Every line of the batch is matched by id and amount and the totals must agree, or the
 * whole file is refused with every reason. `unknown` stays in payment: it is asked for, never sent again.
 */
export async function applyPaymentResults(act: Act, disbursementId: string, body: ApplyPaymentResults) {
  const disbursement = await locked(act, disbursementId);
  const contentDigest = createHash('sha256').update(JSON.stringify(body)).digest();
  if (await store.hasResultFile(act.tx, disbursementId, contentDigest))
    throw new Refusal('results-already-applied');
  const file = await store.findPaymentFile(act.tx, disbursementId);
  if (file === undefined || disbursement.state !== 'in-payment') throw conflict(disbursement);
  const lines = await store.listLines(act.tx, disbursementId, null);
  const outstanding = lines.filter((line) => line.state === 'in-payment' || line.state === 'unknown');
  const faults = resultFaults(body, file.batchNumber, outstanding);
  if (faults.length > 0) throw new Refusal('results-refused', { faults });

  const byId = new Map(outstanding.map((line) => [line.lineId, line]));
  const linesWith = (isWanted: (line: ApplyPaymentResults['lines'][number]) => boolean) =>
    body.lines.filter(isWanted).flatMap(({ lineId }) => byId.get(lineId) ?? []);
  const paid = linesWith((line) => line.result === 'paid');
  const failed = linesWith((line) => line.result === 'failed');
  const unknown = linesWith((line) => line.result === 'unknown');
  const inBank = ['in-payment', 'unknown'] as const;
  await store.setLineStates(act.tx, paid, inBank, 'paid');
  for (const failure of paymentFailures) {
    await store.setLineStates(
      act.tx,
      linesWith((line) => line.failure === failure),
      inBank,
      'failed',
      { failure },
    );
  }
  await store.setLineStates(act.tx, unknown, inBank, 'unknown');

  const months = await store.listLineMonths(act.tx, disbursementId);
  const monthsOf = (some: readonly Line[]) => {
    const ids = new Set(some.map((line) => line.lineId));
    return months.filter((month) => month.live && ids.has(month.lineId));
  };
  await enter(act, [
    ...lineMovements(disbursement, monthsOf(paid), 'in-payment', 'paid'),
    ...lineMovements(disbursement, monthsOf(paid), 'cash-in-payment', 'cash-paid'),
    ...lineMovements(disbursement, monthsOf(failed), 'in-payment', 'waiting'),
    ...lineMovements(disbursement, monthsOf(failed), 'cash-in-payment', 'unspent'),
  ]);
  const counts = { linesPaid: paid.length, linesFailed: failed.length, linesUnknown: unknown.length };
  await store.insertResultFile(act.tx, {
    disbursementId,
    contentDigest,
    ...counts,
    appliedAt: act.at.toString(),
    appliedBy: officerOf(act.actor),
  });
  if (unknown.length === 0) await advance(act, disbursement, 'applyPaymentResults', counts);
  else await act.audit({ target: ['disbursement', disbursementId], change: counts });
  return await describe(act, await found(act, disbursementId));
}

/** Moves a disbursement on, if it stands where the act begins, and leaves the trace. */
async function advance(
  act: Act,
  disbursement: DisbursementRow,
  name: DisbursementAct,
  change: object,
): Promise<void> {
  const { from, to } = disbursementTransitions[name];
  if (disbursement.state !== from) throw conflict(disbursement);
  await store.setDisbursementState(act.tx, disbursement.disbursementId, from, to);
  await act.audit({ target: ['disbursement', disbursement.disbursementId], change: { from, to, ...change } });
}

function conflict({ state }: DisbursementRow): Refusal {
  const { title, next } = disbursementStates[state];
  return new Refusal('state-conflict', { detail: `发放批次当前为“${title}”，不能进行此操作。${next}` });
}

async function found(view: View, disbursementId: string): Promise<DisbursementRow> {
  const row = await store.findDisbursement(view.tx, view.sight, disbursementId);
  if (row === undefined) throw new Refusal('not-found');
  return row;
}

async function locked(act: Act, disbursementId: string, expected?: number): Promise<DisbursementRow> {
  const row = await store.lockDisbursement(act.tx, act.sight, disbursementId);
  if (row === undefined) throw new Refusal('not-found');
  if (expected !== undefined && row.version !== expected) throw new Refusal('precondition-failed');
  return row;
}

function refuseOtherStreet(view: View, streetCode: string): void {
  if (view.sight.relation === 'street' && view.sight.code !== streetCode) throw new Refusal('not-found');
}

function payable(lines: readonly Line[]): Line[] {
  return lines.filter((line) => line.state === 'waiting');
}

function totalOf(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + line.amountFen, 0);
}

function amountOf({ amountFen }: { amountFen: number | null }): number {
  if (amountFen === null) throw new Error('a live month has an amount');
  return amountFen;
}

function pathOf({ agencyCode, disbursementId }: DisbursementRow) {
  return { agencyCode, disbursementId };
}

type LineMonth = Awaited<ReturnType<typeof store.listLineMonths>>[number];

function lineMovements(
  disbursement: DisbursementRow,
  months: readonly LineMonth[],
  from: Movement['from'],
  to: Movement['to'],
): Movement[] {
  return [...Map.groupBy(months, (month) => month.lineId)].flatMap(([lineId, own]) =>
    byQuarter(own).map((amount) => ({ ...amount, ...pathOf(disbursement), lineId, from, to })),
  );
}

function contentOf(view: View, disbursement: DisbursementRow, day: string, lines: readonly Line[]): string {
  const orders = lines.map((line): PaymentOrder => {
    const open = (column: string, sealed: Buffer) =>
      view.sealer.open(sealed, {
        table: 'application',
        column,
        row: `${line.personId} ${line.applicationId}`,
      });
    const holder = open('name_sealed', line.nameSealed);
    const account = open('account_sealed', line.accountSealed);
    return { lineId: line.lineId, holder, account, bank: line.bank, amountFen: line.amountFen };
  });
  return paymentFileOf(disbursement.disbursementNumber, day, orders);
}

async function describe(view: View, row: DisbursementRow): Promise<DisbursementAnswer> {
  const { disbursementId } = row;
  const rosters = await store.listRosters(view.tx, disbursementId);
  const visibleRosters = rosters.filter(
    (roster) => view.sight.relation !== 'street' || roster.streetCode === view.sight.code,
  );
  const request = await store.findFundRequest(view.tx, disbursementId);
  const file = await store.findPaymentFile(view.tx, disbursementId);
  return {
    id: disbursementId,
    version: row.version,
    number: row.disbursementNumber,
    agencyCode: row.agencyCode,
    state: row.state,
    progress: { ...disbursementStates[row.state] },
    createdAt: row.createdAt,
    lineCount: visibleRosters.reduce((sum, roster) => sum + Number(roster.lineCount), 0),
    amountFen: visibleRosters.reduce((sum, roster) => sum + roster.amountFen, 0),
    rosters: visibleRosters.map((roster) => ({
      streetCode: roster.streetCode,
      streetName: roster.name,
      lineCount: Number(roster.lineCount),
      amountFen: roster.amountFen,
      verifiedAt: roster.verifiedAt,
    })),
    fundRequest:
      request === undefined
        ? null
        : { lineCount: request.lineCount, amountFen: request.amountFen, requestedAt: request.requestedAt },
    paymentFile:
      file === undefined
        ? null
        : {
            batchNumber: file.batchNumber,
            lineCount: file.lineCount,
            amountFen: file.amountFen,
            sha256: file.contentDigest.toString('hex'),
            madeAt: file.madeAt,
          },
  };
}

async function describeRoster(view: View, disbursement: DisbursementRow, streetCode: string) {
  const { disbursementId, version } = disbursement;
  const rosters = await store.listRosters(view.tx, disbursementId);
  const roster = rosters.find((candidate) => candidate.streetCode === streetCode);
  if (roster === undefined) throw new Refusal('not-found');
  const lines = await store.listLines(view.tx, disbursementId, streetCode);
  const months = Map.groupBy(await store.listLineMonths(view.tx, disbursementId), (month) => month.lineId);
  return {
    disbursementId,
    version,
    streetCode,
    verifiedAt: roster.verifiedAt,
    lines: lines.map((line) => ({
      lineId: line.lineId,
      caseNumber: line.caseNumber,
      name: maskName(
        view.sealer.open(line.nameSealed, {
          table: 'application',
          column: 'name_sealed',
          row: `${line.personId} ${line.applicationId}`,
        }),
      ),
      identityNumber: line.identityMasked,
      account: line.accountMasked,
      months: (months.get(line.lineId) ?? []).map((month) => month.month),
      amountFen: line.amountFen,
      state: line.state,
      failure: line.failure,
      holdReason: line.holdReason,
    })),
  };
}
