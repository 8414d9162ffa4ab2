// One person's month on one sheet: every check with its article and the records it rests on, who did what, and what became
// of the money. Put together from what was stored then; nothing is judged again.

import type { View } from '../act.ts';
import { readAssessment, readSnapshot } from '../decisions/snapshot.ts';
import { Refusal } from '../http/problem.ts';
import { findPerson } from '../people/operations.ts';
import { catalogue } from '../rules/catalogue.ts';
import type { Month } from '../rules/days.ts';
import { describeAssessment } from '../rules/explain.ts';
import * as store from './store.ts';

type DecisionRow = Awaited<ReturnType<typeof store.listDecisions>>[number];

/** @throws Refusal not-found where the month was never claimed within sight */
export async function getReasonSheet(view: View, { personId, month }: { personId: string; month: Month }) {
  const person = await findPerson(view.tx, personId);
  const claims = await store.listClaims(view.tx, view.sight, personId, month);
  if (person === undefined || claims.length === 0) {
    throw new Refusal('not-found', { detail: '该人员没有申请过这个月份，或不在您的管辖范围内。' });
  }
  const cases = [];
  for (const claim of claims) {
    const { applicationId } = claim;
    const decisions = await store.listDecisions(view.tx, personId, applicationId);
    cases.push({
      ...claim,
      parts: await store.listParts(view.tx, personId, applicationId),
      decisions: decisions.map((decision) => describe(decision, month)),
      payments: await store.listPayments(view.tx, personId, applicationId, month),
      recoveries: await store.listRecoveries(view.tx, personId, applicationId, month),
    });
  }
  return { personId, identityNumber: person.identityMasked, month, madeAt: view.at.toString(), cases };
}

function describe(decision: DecisionRow, month: Month) {
  const { claim, records } = readSnapshot(decision.snapshot);
  const described = describeAssessment(readAssessment(decision.assessment), claim);
  const judged = described.months.find((one) => one.month === month);
  if (judged === undefined) throw new Error(`decision ${decision.decisionId} is not about ${month}`);
  const factOf = new Map(claim.facts.map((fact) => [fact.id, fact]));
  const sourceOf = new Map(records.map((record) => [record.id, record]));
  const recordOf = (id: string) => {
    const [fact, record] = [factOf.get(id), sourceOf.get(id)];
    if (fact === undefined || record === undefined) throw new Error(`record ${id} is not in its snapshot`);
    const { source, version, learntAt } = record;
    return { id, kind: fact.kind, from: fact.from, to: fact.to, source, version, learntAt };
  };
  const { decisionId, outcome, officer, agencyCode, role, decidedAt, policyVersion } = decision;
  const { undoneBy, undoneAt, undoneReason, lookState, lookedBy, lookedAt } = decision;
  return {
    decisionId,
    outcome,
    officer,
    agencyCode,
    role,
    decidedAt,
    policyVersion,
    snapshotSha256: decision.snapshotDigest.toString('hex'),
    term: described.term.explanation,
    monthOutcome: judged.outcome,
    amountFen: judged.amountFen,
    explanation: judged.explanation,
    checks: judged.checks.map(({ code, title, article, answer, explanation, facts }) => ({
      code,
      group: catalogue[code].group,
      title,
      article,
      answer,
      explanation,
      records: facts.map(recordOf),
    })),
    secondLook: lookState === null ? null : { state: lookState, lookedBy, lookedAt },
    undone:
      undoneBy === null || undoneAt === null || undoneReason === null
        ? null
        : { by: undoneBy, at: undoneAt, reason: undoneReason },
  };
}
