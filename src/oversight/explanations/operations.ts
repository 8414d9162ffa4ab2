// Explains one person's month: every check with its article and records, who did what, and what became of the money.
// Assembled from stored data; nothing is assessed again.

import { agentsOf, withoutAgents } from '../../applications/agents/agents.ts';
import { partsOf } from '../../applications/application/lifecycle.ts';
import { applicantNames } from '../../applications/application/payee.ts';
import { appealsOf } from '../../decisions/appeals/operations.ts';
import { readAssessment, readSnapshot } from '../../decisions/comparison/snapshot.ts';
import { findingsOf } from '../../payments/recoveries/lifecycle.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { birthDateOf, findPerson } from '../../registers/people/operations.ts';
import { describeAssessment } from '../../rules/explain/explain.ts';
import type { Kind } from '../../rules/facts.ts';
import { catalogue } from '../../rules/policy/catalogue.ts';
import type { Day, Month } from '../../values/days.ts';
import { maskNumber } from '../../values/mask.ts';
import { maskName } from '../../values/names.ts';
import * as store from './store.ts';

type DecisionRow = Awaited<ReturnType<typeof store.listDecisions>>[number];

interface Subject {
  readonly personId: string;
  readonly month: Month;
}

export type MonthExplanation = Awaited<ReturnType<typeof getMonthExplanation>>;

/**
 * Everything stored about a month, case by case.
 *
 * @throws Problem not-found where the month was never claimed within scope
 */
export async function getMonthExplanation(context: ReadContext, { personId, month }: Subject) {
  const [person, claims] = await Promise.all([
    findPerson(context, personId),
    store.listClaims(context.tx, context.scope, personId, month),
  ]);
  if (person === undefined || claims.length === 0) {
    throw new Problem('not-found', { detail: '该人员没有申请过这个月份，或不在您的管辖范围内。' });
  }
  context.shows([personId], withoutAgents(context, claims));
  const [names, cases] = await Promise.all([
    applicantNames(context, claims),
    Promise.all(claims.map((claim) => describeClaim(context, claim, person, month))),
  ]);
  const named = cases.map((one) => ({ ...one, applicant: { name: names.get(one.applicationId) ?? '' } }));
  return {
    personId,
    identityNumber: person.identityMasked,
    month,
    madeAt: context.at.toString(),
    cases: named,
  };
}

type Claim = Awaited<ReturnType<typeof store.listClaims>>[number];
type Person = Parameters<typeof birthDateOf>[1];

async function describeClaim(context: ReadContext, claim: Claim, person: Person, month: Month) {
  const { personId, applicationId, agencyCode, streetCode } = claim;
  const { agent } = agentsOf(context, claim);
  const [parts, decisions, payments, appeals, recoveries] = await Promise.all([
    partsOf(context, { personId, applicationId }),
    store.listDecisions(context.tx, personId, applicationId),
    store.listPayments(context.tx, personId, applicationId, month),
    appealsOf(context, { personId, applicationId }),
    store.listRecoveries(context.tx, personId, applicationId, month),
  ]);
  const born = birthDateOf(context.encryption, person);
  return {
    applicationId,
    state: claim.state,
    amountFen: claim.amountFen,
    caseNumber: claim.caseNumber,
    caseState: claim.caseState,
    agencyCode,
    streetCode,
    submittedAt: claim.submittedAt,
    acceptedAt: claim.acceptedAt,
    closedAt: claim.closedAt,
    agent: agent && {
      ...agent,
      name: maskName(agent.name),
      identityNumber: maskNumber(agent.identityNumber),
    },
    ...context.reference.findPlaceNames(agencyCode, streetCode),
    parts,
    decisions: decisions.map((decision) => describeDecision(context, decision, born, month)),
    payments,
    appeals,
    recoveries: recoveries.map(({ findings, ...recovery }) => ({
      ...recovery,
      findings: findingsOf({ findings }).map(({ check, records }) => {
        const { title, article } = catalogue[check];
        return { check, title, article, records: [...records] };
      }),
    })),
  };
}

/**
 * The same as PDF. It contains register data about a person and leaves the service, so every printing is audited.
 *
 * @throws Problem not-found where the month was never claimed within scope
 */
export async function getMonthExplanationFile(context: WriteContext, subject: Subject) {
  const sheet = await getMonthExplanation(context, subject);
  const { personId, month } = subject;
  const newest = sheet.cases.at(-1);
  if (newest === undefined) throw new Error('a sheet is about a case');
  const number = `${newest.caseNumber}-${month}`;
  await context.audit({ target: ['person', personId], personId, change: { printed: number } });
  return { number, sheet, places: context.reference.placeNames };
}

function describeDecision(
  { policies }: ReadContext,
  { coverage, ...decision }: DecisionRow,
  born: Day,
  month: Month,
) {
  const { snapshot, snapshotDigest, assessment, reviewState, reviewedBy, reviewedAt, ...rest } = decision;
  const { undoneBy, undoneAt, undoneReason, ...kept } = rest;
  const { claim, records } = readSnapshot(snapshot, born);
  const isApproved = kept.outcome === 'approved';
  const described = describeAssessment(readAssessment(assessment), claim, policies, { isApproved });
  const judged = described.months.find((one) => one.month === month);
  if (judged === undefined) throw new Error(`decision ${kept.decisionId} is not about ${month}`);
  const factOf = new Map(claim.facts.map((fact) => [fact.id, fact]));
  const sourceOf = new Map(records.map((record) => [record.id, record]));
  const recordOf = (id: string) => {
    const [fact, record] = [factOf.get(id), sourceOf.get(id)];
    if (fact === undefined || record === undefined) throw new Error(`record ${id} is not in its snapshot`);
    const { source, version, learntAt } = record;
    const months = fact.kind === 'prior-benefit' ? { months: fact.months.toSorted() } : {};
    return { id, kind: fact.kind, from: fact.from, to: fact.to, ...months, source, version, learntAt };
  };
  // Without a record, the evidence is that a register vouches for completeness.
  const registersOf = (code: keyof typeof catalogue) => {
    const needs: readonly Kind[] = catalogue[code].needs;
    return coverage.filter(({ kind }) => needs.includes(kind));
  };
  return {
    ...kept,
    snapshotSha256: snapshotDigest.toString('hex'),
    term: described.term.explanation,
    monthOutcome: judged.outcome,
    amountFen: judged.amountFen,
    explanation: judged.explanation,
    checks: judged.checks.map(({ code, title, article, answer, finding, facts }) => ({
      code,
      group: catalogue[code].group,
      title,
      article,
      answer,
      explanation: finding,
      records: facts.map(recordOf),
      registers: facts.length > 0 ? [] : registersOf(code),
    })),
    qualityReview: reviewState === null ? null : { state: reviewState, reviewedBy, reviewedAt },
    undone:
      undoneBy === null || undoneAt === null || undoneReason === null
        ? null
        : { by: undoneBy, at: undoneAt, reason: undoneReason },
  };
}
