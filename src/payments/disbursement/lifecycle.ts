// One disbursement as all its operations see it: found, held, moved on, described. Which act does what is not decided here.

import type { Act, View } from '../../platform/context.ts';
import { Refusal } from '../../platform/problem.ts';
import { listFundRequestParts } from '../funds/paper-store.ts';
import { standing } from '../ledger/operations.ts';
import { sumLines } from '../lines/store.ts';
import type { DisbursementAnswer } from './schemas.ts';
import {
  type DisbursementAct,
  type DisbursementState,
  disbursementStates,
  disbursementTransitions,
} from './states.ts';
import * as store from './store.ts';

export type DisbursementRow = NonNullable<Awaited<ReturnType<typeof store.findDisbursement>>>;

/** `not-found` out of scope. */
export async function found(view: View, disbursementId: string): Promise<DisbursementRow> {
  const row = await store.findDisbursement(view.tx, view.scope, disbursementId);
  if (row === undefined) throw new Refusal('not-found');
  return row;
}

/** Held until the transaction ends: before any person or month, so that all who need several take them in one order. */
export async function locked(act: Act, disbursementId: string, expected?: number): Promise<DisbursementRow> {
  const row = await store.lockDisbursement(act.tx, act.scope, disbursementId);
  if (row === undefined) throw new Refusal('not-found');
  if (expected !== undefined && row.version !== expected) throw new Refusal('precondition-failed');
  return row;
}

/** Throws `state-conflict` when the act does not begin in this state. */
export function refuseUnless(disbursement: DisbursementRow, name: DisbursementAct): void {
  const from: readonly DisbursementState[] = disbursementTransitions[name].from;
  if (!from.includes(disbursement.state)) throw conflict(disbursement);
}

/** Moves a disbursement on, if it stands where the act begins, and leaves the trace. */
export async function advance(
  act: Act,
  disbursement: DisbursementRow,
  name: DisbursementAct,
  change: object,
): Promise<void> {
  refuseUnless(disbursement, name);
  const { state: from, disbursementId } = disbursement;
  const { to } = disbursementTransitions[name];
  if (from === to) await store.touchDisbursement(act.tx, disbursementId);
  else await store.setDisbursementState(act.tx, disbursementId, from, to);
  await act.audit({ target: ['disbursement', disbursementId], change: { from, to, ...change } });
}

/** Funded, and nobody left to pay: what was received is unspent and may be given back. */
export async function settleWhenEmpty(act: Act, disbursementId: string): Promise<void> {
  const disbursement = await store.lockDisbursement(act.tx, { relation: 'city' }, disbursementId);
  if (disbursement?.state !== 'funded') return;
  const { lineCount } = await sumLines(act.tx, disbursementId, ['waiting']);
  if (lineCount > 0) return;
  await store.setDisbursementState(act.tx, disbursementId, 'funded', 'settled');
  await act.audit({ target: ['disbursement', disbursementId], change: { from: 'funded', to: 'settled' } });
}

export function conflict({ state }: DisbursementRow): Refusal {
  const { title, next } = disbursementStates[state];
  return new Refusal('state-conflict', { detail: `发放批次当前为“${title}”，不能进行此操作。${next}` });
}

export function refuseOtherStreet(view: View, streetCode: string): void {
  if (view.scope.relation === 'street' && view.scope.code !== streetCode) throw new Refusal('not-found');
}

/** 资金: of the one request that a disbursement makes. */
export function fundRequestNumber({ disbursementNumber }: DisbursementRow): string {
  return `${disbursementNumber}-ZJ`;
}

/** The rosters within scope, with the lines that belong to them: neither held back nor released. */
export async function summedRosters(
  view: View,
  disbursementId: string,
  sums: Awaited<ReturnType<typeof store.sumStreets>>,
) {
  return (await store.listRosters(view.tx, disbursementId))
    .filter((roster) => view.scope.relation !== 'street' || roster.streetCode === view.scope.code)
    .map((roster) => ({
      ...roster,
      ...sumOf(
        sums,
        ({ streetCode, state }) =>
          streetCode === roster.streetCode && state !== 'held' && state !== 'released',
      ),
    }));
}

/** What the disbursement's answers say of it, as it stands now. */
export async function describe(view: View, disbursementId: string): Promise<DisbursementAnswer> {
  const row = await found(view, disbursementId);
  const sums = await store.sumStreets(view.tx, disbursementId);
  const rosters = await summedRosters(view, disbursementId, sums);
  const request = await store.findFundRequest(view.tx, disbursementId);
  const files = await store.listPaymentFiles(view.tx, disbursementId);
  const unspentFen = await unspentOf(view, row);
  return {
    id: disbursementId,
    version: row.version,
    number: row.disbursementNumber,
    agencyCode: row.agencyCode,
    state: row.state,
    progress: { ...disbursementStates[row.state] },
    createdAt: row.createdAt,
    lineCount: rosters.reduce((sum, roster) => sum + roster.lineCount, 0),
    amountFen: rosters.reduce((sum, roster) => sum + roster.amountFen, 0),
    held: sumOf(sums, ({ state }) => state === 'held'),
    released: sumOf(sums, ({ state }) => state === 'released'),
    rosters: rosters.map((roster) => ({
      streetCode: roster.streetCode,
      streetName: roster.name,
      lineCount: roster.lineCount,
      amountFen: roster.amountFen,
      verifiedAt: roster.verifiedAt,
    })),
    fundRequest:
      request === undefined
        ? null
        : {
            number: fundRequestNumber(row),
            lineCount: request.lineCount,
            amountFen: request.amountFen,
            requestedAt: request.requestedAt,
            parts: await listFundRequestParts(view.tx, view.scope, disbursementId),
          },
    fundReceipts: (await store.listFundReceipts(view.tx, disbursementId)).map((receipt) => ({
      amountFen: receipt.amountFen,
      reference: receipt.reference,
      receivedOn: receipt.receivedOn,
      isLast: receipt.isLast,
    })),
    fundReturns: (await store.listFundReturns(view.tx, disbursementId)).map((given) => ({
      amountFen: given.amountFen,
      reference: given.reference,
      returnedOn: given.returnedOn,
    })),
    unspentFen,
    paymentFiles: files.map((file) => ({
      batchNumber: file.batchNumber,
      format: file.format,
      lineCount: file.lineCount,
      amountFen: file.amountFen,
      sha256: file.contentDigest.toString('hex'),
      madeAt: file.madeAt,
      withdrawnAt: file.withdrawnAt,
    })),
  };
}

function sumOf(sums: readonly store.StateSum[], isMeant: (sum: store.StateSum) => boolean) {
  const meant = sums.filter(isMeant);
  return {
    lineCount: meant.reduce((total, { lineCount }) => total + lineCount, 0),
    amountFen: meant.reduce((total, { amountFen }) => total + amountFen, 0),
  };
}

/** Money of this disbursement that finance gave and nobody was sent, in fen. */
export async function unspentOf(view: View, { disbursementId }: DisbursementRow): Promise<number> {
  const quarters = await standing(view, disbursementId, 'unspent');
  return [...quarters.values()].reduce((sum, amountFen) => sum + amountFen, 0);
}
