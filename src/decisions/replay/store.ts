// Reads decisions with everything they rest on, for replays and rehearsals. Writes nothing.

import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';

/** Instants: `from` inclusive, `before` exclusive. */
export interface Period {
  readonly from: string;
  readonly before: string;
}

function storedDecisions(tx: Tx) {
  return tx
    .selectFrom('decision as d')
    .innerJoin('comparison as c', (join) =>
      join.onRef('c.personId', '=', 'd.personId').onRef('c.comparisonId', '=', 'd.comparisonId'),
    )
    .innerJoin('person', 'person.personId', 'd.personId')
    .select('person.identityEncrypted')
    .select(['d.decisionId', 'd.personId', 'd.applicationId', 'd.agencyCode', 'd.decidedAt'])
    .select(['d.outcome', 'd.approvedMonths', 'd.amountFen'])
    .select(['c.policyVersion', 'c.snapshot', 'c.snapshotDigest', 'c.assessment', 'c.assessmentDigest']);
}

/** The newest decision on a case with everything it rests on. */
export async function findStoredDecision(tx: Tx, personId: string, applicationId: string) {
  return await storedDecisions(tx)
    .innerJoin('policyVersion as p', 'p.version', 'c.policyVersion')
    .select(['p.content as policyContent', 'p.contentDigest as policyDigest'])
    .where('d.personId', '=', personId)
    .where('d.applicationId', '=', applicationId)
    .orderBy('d.decisionId', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/**
 * All published policy versions as they were published. Read all at once: they are few, and every decision names one.
 */
export async function listPolicies(db: Tx) {
  const rows = await db.selectFrom('policyVersion').selectAll().execute();
  return new Map(rows.map(({ version, ...published }) => [version, published]));
}

/** A batch of a period's decisions in the order they were taken. */
export async function listStoredDecisions(
  tx: Tx,
  { from, before }: Period,
  after: { decidedAt: string; decisionId: string } | null,
  limit: number,
) {
  let query = storedDecisions(tx).where('d.decidedAt', '>=', from).where('d.decidedAt', '<', before);
  if (after !== null) {
    query = query.where((eb) =>
      eb(
        eb.refTuple('d.decidedAt', 'd.decisionId'),
        '>',
        eb.tuple(eb.val(after.decidedAt), eb.val(after.decisionId)),
      ),
    );
  }
  return await query.orderBy('d.decidedAt').orderBy('d.decisionId').limit(atMost(limit)).execute();
}

export async function countDecisions(tx: Tx, { from, before }: Period): Promise<number> {
  const { count } = await tx
    .selectFrom('decision')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('decidedAt', '>=', from)
    .where('decidedAt', '<', before)
    .executeTakeFirstOrThrow();
  return count;
}

/** Decisions of a period that were not undone. */
function standingDecisions(tx: Tx, { from, before }: Period) {
  return tx
    .selectFrom('decision as d')
    .leftJoin('decisionUndo as u', (join) =>
      join.onRef('u.personId', '=', 'd.personId').onRef('u.decisionId', '=', 'd.decisionId'),
    )
    .where('u.decisionId', 'is', null)
    .where('d.decidedAt', '>=', from)
    .where('d.decidedAt', '<', before);
}

export async function countStandingDecisions(tx: Tx, period: Period): Promise<number> {
  const { count } = await standingDecisions(tx, period)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** A batch of them with their input, grouped by person and in the order they were taken. */
export async function listDecisionsByPerson(
  tx: Tx,
  period: Period,
  after: { personId: string; decisionId: string } | null,
  limit: number,
) {
  let query = standingDecisions(tx, period)
    .innerJoin('comparison as c', (join) =>
      join.onRef('c.personId', '=', 'd.personId').onRef('c.comparisonId', '=', 'd.comparisonId'),
    )
    .innerJoin('person', 'person.personId', 'd.personId')
    .select(['d.personId', 'd.decisionId', 'd.applicationId', 'd.agencyCode', 'person.identityEncrypted'])
    .select(['c.policyVersion', 'c.snapshot']);
  if (after !== null) {
    query = query
      .where((eb) =>
        eb(
          eb.refTuple('d.personId', 'd.decisionId'),
          '>',
          eb.tuple(eb.val(after.personId), eb.val(after.decisionId)),
        ),
      )
      // Redundant for the result, but the planner does not derive it from the join: without it every batch scans from
      // the first comparison, which is quadratic for a million decisions.
      .where('c.personId', '>=', after.personId);
  }
  return await query.orderBy('d.personId').orderBy('d.decisionId').limit(atMost(limit)).execute();
}
