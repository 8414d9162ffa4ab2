// Gives the provincial system decisions and payment outcomes with whole personal data. Each page is audited, and told
// in the access report of everybody on it.

import { readAssessment, readSnapshot } from '../../decisions/comparison/snapshot.ts';
import { epochAfter } from '../../notifications/events/operations.ts';
import { openName } from '../../payments/lines/payees.ts';
import type { Officer } from '../../platform/access/officers.ts';
import type { Settings, WriteContext } from '../../platform/context.ts';
import type { FactGroup } from '../../platform/http/fact-groups.ts';
import { birthDateOf, identityNumberOf } from '../../registers/people/operations.ts';
import { listSourceKeys } from '../../registers/records/operations.ts';
import { type DescribedMonth, describeAssessment } from '../../rules/explain/explain.ts';
import { cursorOf, decisionEvents, moneyEvents, placeOf } from './cursor.ts';
import type { ChangeQuery } from './schemas.ts';
import * as store from './store.ts';

/**
 * Decisions in the order in which their cases last changed, each as it is now: a decision comes again when it is
 * confirmed, undone or replaced, and when its payments or recoveries change.
 *
 * @throws Problem cursor-ahead
 */
export async function listDecisions(context: WriteContext, query: ChangeQuery) {
  const after = placeOf(query.after);
  const [epoch, rows] = await Promise.all([
    epochAfter(context.tx, after, cursorOf),
    store.listDecisions(context.tx, decisionEvents, after, query.limit ?? 50),
  ]);
  const [people, payments, recoveries] = await Promise.all([
    listSourceKeys(context, personIdsOf(rows)),
    store.listMonthPayments(context.tx, rows).then(byMonth),
    store.listMonthRecoveries(context.tx, rows).then(byMonth),
  ]);
  const last = rows.at(-1);
  const { position, id } = last === undefined ? after : { position: last.position, id: last.decisionId };
  const next = cursorOf({ epoch, position, id });
  await leaveTraces(context, 'decisions', rows, next);
  return {
    items: rows.map((row) => {
      const undone =
        row.undoneAt === null ? null : { at: row.undoneAt, by: officerShown(context, row.undoneBy) };
      return {
        id: row.decisionId,
        changedAt: row.changedAt,
        applicationId: row.applicationId,
        caseNumber: row.caseNumber,
        quarter: row.quarter,
        agencyCode: row.agencyCode,
        streetCode: row.streetCode,
        person: describePerson(context, row, people.get(row.personId) ?? []),
        outcome: row.outcome,
        state: stateOf(row),
        decidedAt: row.decidedAt,
        role: row.role,
        officer: officerShown(context, row.officer),
        amountFen: row.amountFen,
        policyVersion: row.policyVersion,
        snapshotSha256: row.snapshotDigest.toString('hex'),
        replacesDecisionId: row.replacesDecisionId,
        isUnderAppeal: row.isUnderAppeal,
        undone,
        months: monthsOf(context, row).map((month) => ({
          ...month,
          // Nothing is paid on a decision that was undone; its months may be another decision's now.
          payment: undone === null ? paymentOf(payments.get(keyOf(row, month.month))) : null,
          recovery: undone === null ? recoveryOf(recoveries.get(keyOf(row, month.month))) : null,
        })),
      };
    }),
    next,
  };
}

/**
 * Payments whose result is known, in the order in which their cases last changed, each as it is now: one comes again
 * when it is returned, and when a recovery of its months changes.
 *
 * @throws Problem cursor-ahead
 */
export async function listPaymentOutcomes(context: WriteContext, query: ChangeQuery) {
  const after = placeOf(query.after);
  const [epoch, rows] = await Promise.all([
    epochAfter(context.tx, after, cursorOf),
    store.listPaymentOutcomes(context.tx, moneyEvents, after, query.limit ?? 50),
  ]);
  const [people, months] = await Promise.all([
    listSourceKeys(context, personIdsOf(rows)),
    store.listPaidMonths(context.tx, rows),
  ]);
  const recoveries = byMonth(await store.listMonthRecoveries(context.tx, months));
  const monthsOfLine = Map.groupBy(months, ({ lineId }) => lineId);
  const last = rows.at(-1);
  const { position, id } = last === undefined ? after : { position: last.position, id: last.lineId };
  const next = cursorOf({ epoch, position, id });
  const heirs = rows.flatMap(({ heirPersonId: personId }) => (personId === null ? [] : [{ personId }]));
  await leaveTraces(context, 'payment-outcomes', [...rows, ...heirs], next);
  return {
    items: rows.map((row) => ({
      id: row.lineId,
      changedAt: row.changedAt,
      agencyCode: row.agencyCode,
      disbursementNumber: row.disbursementNumber,
      batchNumber: row.batchNumber,
      person: describePerson(context, row, people.get(row.personId) ?? []),
      heir: describeHeir(context, row),
      state: row.state,
      failure: row.failure,
      amountFen: row.amountFen,
      sentAt: row.sentAt,
      settledAt: row.settledAt,
      returnedOn: row.returnedOn,
      replacesLineId: row.replacesLineId,
      months: (monthsOfLine.get(row.lineId) ?? []).map((month) => ({
        month: month.month,
        amountFen: month.amountFen,
        applicationId: month.applicationId,
        caseNumber: month.caseNumber,
        decisionId: month.decisionId,
        recovery: recoveryOf(recoveries.get(keyOf(month, month.month))),
      })),
    })),
    next,
  };
}

function personIdsOf(rows: readonly { readonly personId: string }[]): string[] {
  return rows.map(({ personId }) => personId);
}

/** One audit entry for the page; who was on it is recorded for each person. */
async function leaveTraces(
  context: WriteContext,
  list: string,
  rows: readonly { readonly personId: string }[],
  next: string,
): Promise<void> {
  const { provinceWithholds: withheld } = context.settings;
  const people = new Set(personIdsOf(rows));
  context.shows(
    people,
    withheld.flatMap((item) => groupOf.get(item) ?? []),
  );
  await context.audit({
    target: ['export', list],
    change: { items: rows.length, people: people.size, withheld: [...withheld], next },
  });
}

type Withholdable = Settings['provinceWithholds'][number];

/** What is withheld, as a group of facts of the access report. */
const groupOf: ReadonlyMap<Withholdable, FactGroup> = new Map([
  ['identity-number', 'whole-identity-number'],
  ['name', 'whole-name'],
]);

function isWithheld({ settings }: WriteContext, item: Withholdable): boolean {
  return settings.provinceWithholds.includes(item);
}

function officerShown(context: WriteContext, officer: Officer | null): Officer | null {
  return isWithheld(context, 'officer') ? null : officer;
}

type PersonRow = Parameters<typeof identityNumberOf>[1] & Parameters<typeof openName>[1];

function describePerson<Keys>(context: WriteContext, row: PersonRow, sourceKeys: Keys) {
  const { encryption } = context;
  return {
    identityNumber: isWithheld(context, 'identity-number') ? null : identityNumberOf(encryption, row),
    name: isWithheld(context, 'name') ? null : openName(encryption, row),
    sourceKeys,
  };
}

function describeHeir(context: WriteContext, row: store.OutcomeRow) {
  const { personId, applicationId, heir, relation } = row;
  const { heirPersonId, heirIdentityEncrypted, heirNameEncrypted } = row;
  if (heir === null || relation === null) return null;
  // Check constraints give every heir a person and a name.
  if (heirPersonId === null || heirIdentityEncrypted === null || heirNameEncrypted === null)
    throw new Error(`heir ${heir} is not whole`);
  const number = { personId: heirPersonId, identityEncrypted: heirIdentityEncrypted };
  const name = { personId, applicationId, nameChangeId: heir, nameEncrypted: heirNameEncrypted };
  return {
    identityNumber: isWithheld(context, 'identity-number')
      ? null
      : identityNumberOf(context.encryption, number),
    name: isWithheld(context, 'name') ? null : openName(context.encryption, name),
    relation,
  };
}

function stateOf({
  undoneAt,
  reviewState,
}: store.DecisionRow): 'in-force' | 'awaiting-quality-review' | 'undone' {
  if (undoneAt !== null) return 'undone';
  return reviewState === 'waiting' ? 'awaiting-quality-review' : 'in-force';
}

/** What was decided of each month, described from the stored comparison by the policy of that time. */
function monthsOf(context: WriteContext, row: store.DecisionRow) {
  const { claim } = readSnapshot(row.snapshot, birthDateOf(context.encryption, row));
  const isApproved = row.outcome === 'approved';
  const { months } = describeAssessment(readAssessment(row.assessment), claim, context.policies, {
    isApproved,
  });
  const isSilent = isWithheld(context, 'reasons');
  return months.map((month) => ({
    month: month.month,
    outcome: month.outcome,
    amountFen: isApproved && month.outcome === 'payable' ? month.amountFen : 0,
    explanation: isSilent ? null : month.explanation,
    reasons: isSilent ? null : reasonsOf(month),
  }));
}

/** The checks for which a month was not granted. */
function reasonsOf({ outcome, checks }: DescribedMonth) {
  const answer = outcome === 'excluded' ? 'hit' : outcome === 'undetermined' ? 'unknown' : null;
  return checks
    .filter((check) => check.answer === answer)
    .map(({ code, title, article, finding }) => ({ check: code, title, article, finding }));
}

interface OfMonth {
  readonly personId: string;
  readonly applicationId: string;
}

function keyOf({ personId, applicationId }: OfMonth, month: string): string {
  return `${personId} ${applicationId} ${month}`;
}

function byMonth<T extends OfMonth & { readonly month: string }>(rows: readonly T[]): ReadonlyMap<string, T> {
  return new Map(rows.map((row) => [keyOf(row, row.month), row]));
}

function paymentOf(payment: store.MonthPayment | undefined) {
  return payment === undefined ? null : { lineId: payment.lineId, state: payment.state };
}

function recoveryOf(recovery: store.MonthRecovery | undefined) {
  if (recovery === undefined) return null;
  const { personId: _, applicationId: __, month: ___, recoveryId, ...told } = recovery;
  return { id: recoveryId, ...told };
}
