// The way through the bank: the file is made once, the answer for each line is taken once. Each function is one operation
// and one transaction.

import { createHash } from 'node:crypto';
import { officerOf } from '../access/actor.ts';
import type { Act, View } from '../act.ts';
import { sign } from '../applications/operations.ts';
import { Refusal } from '../http/problem.ts';
import { byQuarter, enter, type Movement } from '../ledger/operations.ts';
import { dayInShanghai } from '../rules/days.ts';
import { describe } from './description.ts';
import { type PaymentOrder, paymentFileOf } from './payment-file.ts';
import { resultFaults } from './results.ts';
import type { ApplyPaymentResults } from './schemas.ts';
import {
  advance,
  conflict,
  type DisbursementRow,
  found,
  type Line,
  locked,
  pathOf,
  payable,
  totalOf,
} from './standing.ts';
import { paymentFailures } from './states.ts';
import * as store from './store.ts';

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
