// Reads the stored data of other subjects about one person's month, case by case. Writes nothing.

import { sql } from 'kysely';
import type { Officer } from '../../platform/access/officers.ts';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { officerAt } from '../../platform/database/officers.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { Kind } from '../../rules/facts.ts';

const inScope = scopeFilter({ agency: 'application.agencyCode' });

/** The cases within scope in which a month was ever claimed. */
export async function listClaims(tx: Tx, scope: Scope, personId: string, month: string) {
  return await tx
    .selectFrom('subsidyMonth as m')
    .innerJoin('application', (join) =>
      join
        .onRef('application.personId', '=', 'm.personId')
        .onRef('application.applicationId', '=', 'm.applicationId'),
    )
    .select(['m.personId', 'm.applicationId', 'm.state', 'm.amountFen', 'application.caseNumber'])
    .select(['application.state as caseState', 'agencyCode', 'streetCode'])
    .select(['submittedAt', 'acceptedAt', 'closedAt', 'nameEncrypted'])
    .select(['contactNameEncrypted', 'contactRelation'])
    .select(['agentNameEncrypted', 'agentIdentityEncrypted', 'agentRelation'])
    .where('m.personId', '=', personId)
    .where('m.month', '=', month)
    .where(inScope(scope))
    .orderBy('m.applicationId')
    .execute();
}

/** What a register vouched for. */
interface Vouched {
  readonly kind: Kind;
  readonly source: string;
  readonly throughMonth: string;
  readonly learntAt: string;
}

/** What registers vouched for, for the person and agency of a decision, when its comparison was made. */
const coverage = sql<Vouched[]>`(select coalesce(json_agg(json_build_object('kind', kind, 'source', source,
    'throughMonth', through_month, 'learntAt', instant(learnt_at))), '[]') from (
  select distinct on (kind, source, agency_code, person_id) kind, source, through_month, learnt_at from coverage
  where learnt_at <= c.compared_at and (agency_code is null or agency_code = d.agency_code)
    and (person_id is null or person_id = d.person_id)
  order by kind, source, agency_code, person_id, as_of desc, learnt_at desc, coverage_id desc) as newest
  where through_month is not null)`;

/** All decisions on a case with what they rest on and whether they were undone, newest last. */
export async function listDecisions(tx: Tx, personId: string, applicationId: string) {
  return await tx
    .selectFrom('decision as d')
    .innerJoin('comparison as c', (join) =>
      join.onRef('c.personId', '=', 'd.personId').onRef('c.comparisonId', '=', 'd.comparisonId'),
    )
    .leftJoin('decisionUndo as u', (join) =>
      join.onRef('u.personId', '=', 'd.personId').onRef('u.decisionId', '=', 'd.decisionId'),
    )
    .leftJoin('qualityReview as s', (join) =>
      join.onRef('s.personId', '=', 'd.personId').onRef('s.decisionId', '=', 'd.decisionId'),
    )
    .select(['d.decisionId', 'd.outcome', 'd.agencyCode', 'd.role', 'd.decidedAt'])
    .select(officerAt('d.officer', 'd.decidedAt').as('officer'))
    .select(['c.comparisonId', 'c.comparedAt', 'c.policyVersion'])
    .select(officerAt('c.comparedBy', 'c.comparedAt').as('comparedBy'))
    .select(['c.snapshot', 'c.snapshotDigest', 'c.assessment'])
    .select(coverage.as('coverage'))
    .select([
      'u.undoneAt',
      'u.reason as undoneReason',
      's.state as reviewState',
      's.reviewedAt as reviewedAt',
    ])
    .select(officerAt<Officer | null>('u.undoneBy', 'u.undoneAt').as('undoneBy'))
    .select(officerAt<Officer | null>('s.reviewedBy', 's.reviewedAt').as('reviewedBy'))
    .where('d.personId', '=', personId)
    .where('d.applicationId', '=', applicationId)
    .orderBy('d.decisionId')
    .execute();
}

/** Every payment a month was ever in, with the money requested and received for it, and the bank's result. */
export async function listPayments(tx: Tx, personId: string, applicationId: string, month: string) {
  return await tx
    .selectFrom('paymentLineMonth as m')
    .innerJoin('paymentLine as l', (join) =>
      join.onRef('l.personId', '=', 'm.personId').onRef('l.lineId', '=', 'm.lineId'),
    )
    .innerJoin('disbursement as d', 'd.disbursementId', 'l.disbursementId')
    .leftJoin('fundRequest as f', 'f.disbursementId', 'd.disbursementId')
    .leftJoin('paymentFile as p', 'p.batchNumber', 'l.batchNumber')
    .leftJoin('paymentReturn as b', (join) =>
      join.onRef('b.personId', '=', 'l.personId').onRef('b.lineId', '=', 'l.lineId'),
    )
    .select(['l.lineId', 'l.state', 'l.failure', 'l.holdReason', 'l.releaseCause', 'l.replacesLineId'])
    .select(['m.amountFen', 'd.disbursementId', 'd.disbursementNumber'])
    .select(['f.requestedAt', 'f.amountFen as requestedFen'])
    .select(officerAt<Officer | null>('f.requestedBy', 'f.requestedAt').as('requestedBy'))
    .select(
      // A sum of bigint is numeric, which the driver returns as text; the cast is safe for the money of one request.
      sql<number | null>`(select sum(r.amount_fen)::bigint from fund_receipt r
        where r.disbursement_id = d.disbursement_id)`.as('receivedFen'),
    )
    .select(['l.batchNumber', 'p.madeAt as sentAt'])
    .select(officerAt<Officer | null>('p.madeBy', 'p.madeAt').as('sentBy'))
    .select(['b.returnedOn', 'b.reason as returnReason'])
    .leftJoin('payeeChange as h', (join) =>
      join
        .onRef('h.personId', '=', 'l.personId')
        .onRef('h.payeeChangeId', '=', 'l.nameChangeId')
        .on('h.kind', '=', 'heir'),
    )
    .select(['h.relation as heirRelation', 'h.heirMasked as heirIdentityNumber'])
    .where('m.personId', '=', personId)
    .where('m.applicationId', '=', applicationId)
    .where('m.month', '=', month)
    .orderBy('l.lineId')
    .execute();
}

export async function listRecoveries(tx: Tx, personId: string, applicationId: string, month: string) {
  return await tx
    .selectFrom('recovery')
    .select([
      'recoveryId',
      'state',
      'cause',
      'grounds',
      'findings',
      'reason',
      'wasPaid',
      'amountFen',
      'repaidFen',
    ])
    .select(['refundedFen', 'openedAt', 'heardOn', 'closedAt'])
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('month', '=', month)
    .orderBy('recoveryId')
    .execute();
}
