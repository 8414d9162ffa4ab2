// One disbursement as all its operations see it: found, held, moved on, described. Which act does what is not decided here.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
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
export async function found(context: ReadContext, disbursementId: string): Promise<DisbursementRow> {
  const row = await store.findDisbursement(context.tx, context.scope, disbursementId);
  if (row === undefined) throw new Problem('not-found');
  return row;
}

/** Held until the transaction ends: before any person or month, so that all who need several take them in one order. */
export async function locked(
  context: WriteContext,
  disbursementId: string,
  expected?: number,
): Promise<DisbursementRow> {
  const row = await store.lockDisbursement(context.tx, context.scope, disbursementId);
  if (row === undefined) throw new Problem('not-found');
  if (expected !== undefined && row.version !== expected) throw new Problem('precondition-failed');
  return row;
}

/** Throws `state-conflict` when the act does not begin in this state. */
export function refuseUnless(disbursement: DisbursementRow, name: DisbursementAct): void {
  const from: readonly DisbursementState[] = disbursementTransitions[name].from;
  if (!from.includes(disbursement.state)) throw conflict(disbursement);
}

/** Moves a disbursement on, if it stands where the act begins, and leaves the trace. */
export async function advance(
  context: WriteContext,
  disbursement: DisbursementRow,
  name: DisbursementAct,
  change: object,
): Promise<void> {
  refuseUnless(disbursement, name);
  const { state: from, disbursementId } = disbursement;
  const { to } = disbursementTransitions[name];
  if (from === to) await store.touchDisbursement(context.tx, disbursementId);
  else await store.setDisbursementState(context.tx, disbursementId, from, to);
  await context.audit({ target: ['disbursement', disbursementId], change: { from, to, ...change } });
}

/** Funded, and nobody left to pay: what was received is unspent and may be given back. */
export async function settleWhenEmpty(context: WriteContext, disbursementId: string): Promise<void> {
  const disbursement = await store.lockDisbursement(context.tx, { relation: 'city' }, disbursementId);
  if (disbursement?.state !== 'funded') return;
  const { lineCount } = await sumLines(context.tx, disbursementId, ['waiting']);
  if (lineCount > 0) return;
  await store.setDisbursementState(context.tx, disbursementId, 'funded', 'settled');
  await context.audit({
    target: ['disbursement', disbursementId],
    change: { from: 'funded', to: 'settled' },
  });
}

export function conflict({ state }: DisbursementRow): Problem {
  const { title, next } = disbursementStates[state];
  return new Problem('state-conflict', { detail: `发放批次当前为“${title}”，不能进行此操作。${next}` });
}

export function refuseOtherStreet(context: ReadContext, streetCode: string): void {
  if (context.scope.relation === 'street' && context.scope.code !== streetCode)
    throw new Problem('not-found');
}

/** 资金: of the one request that a disbursement makes. */
export function fundRequestNumber({ disbursementNumber }: DisbursementRow): string {
  return `${disbursementNumber}-ZJ`;
}

/** The rosters within scope, with the lines that belong to them: neither held back nor released. */
export async function summedRosters(
  context: ReadContext,
  disbursementId: string,
  sums: Awaited<ReturnType<typeof store.sumStreets>>,
) {
  return (await store.listRosters(context.tx, disbursementId))
    .filter((roster) => context.scope.relation !== 'street' || roster.streetCode === context.scope.code)
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
export async function describe(context: ReadContext, disbursementId: string): Promise<DisbursementAnswer> {
  const row = await found(context, disbursementId);
  const sums = await store.sumStreets(context.tx, disbursementId);
  const rosters = await summedRosters(context, disbursementId, sums);
  const request = await store.findFundRequest(context.tx, disbursementId);
  const files = await store.listPaymentFiles(context.tx, disbursementId);
  const unspentFen = await unspentOf(context, row);
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
            parts: await listFundRequestParts(context.tx, context.scope, disbursementId),
          },
    fundReceipts: (await store.listFundReceipts(context.tx, disbursementId)).map((receipt) => ({
      amountFen: receipt.amountFen,
      reference: receipt.reference,
      receivedOn: receipt.receivedOn,
      isLast: receipt.isLast,
    })),
    fundReturns: (await store.listFundReturns(context.tx, disbursementId)).map((given) => ({
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
export async function unspentOf(context: ReadContext, { disbursementId }: DisbursementRow): Promise<number> {
  const quarters = await standing(context, disbursementId, 'unspent');
  return [...quarters.values()].reduce((sum, amountFen) => sum + amountFen, 0);
}
