// Remembers nothing of its own: reads what others remember of one person's month, case by case.

import { sql } from 'kysely';
import type { Sight } from '../access/permissions.ts';
import type { Tx } from '../database/connect.ts';

/** The cases in which a month was ever claimed, that lie within sight. */
export async function listClaims(tx: Tx, sight: Sight, personId: string, month: string) {
  return await tx
    .selectFrom('subsidyMonth as m')
    .innerJoin('application as a', (join) =>
      join.onRef('a.personId', '=', 'm.personId').onRef('a.applicationId', '=', 'm.applicationId'),
    )
    .select(['m.applicationId', 'm.state', 'm.amountFen', 'a.caseNumber', 'a.state as caseState'])
    .select(['a.agencyCode', 'a.streetCode', 'a.submittedAt', 'a.acceptedAt', 'a.closedAt'])
    .where('m.personId', '=', personId)
    .where('m.month', '=', month)
    .$if(sight.relation === 'agency', (query) =>
      query.where('a.agencyCode', '=', sight.relation === 'agency' ? sight.code : ''),
    )
    .$if(sight.relation === 'own' || sight.relation === 'street', (query) => query.where(sql.lit(false)))
    .orderBy('m.applicationId')
    .execute();
}

/** Who took which part on a case. */
export async function listParts(tx: Tx, personId: string, applicationId: string) {
  return await tx
    .selectFrom('casePart')
    .select(['part', 'officer', 'agencyCode', 'actedAt'])
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .orderBy('actedAt')
    .orderBy('part')
    .execute();
}

/** Every decision on a case with what it rests on and whether it was undone, the newest last. */
export async function listDecisions(tx: Tx, personId: string, applicationId: string) {
  return await tx
    .selectFrom('decision as d')
    .innerJoin('comparison as c', (join) =>
      join.onRef('c.personId', '=', 'd.personId').onRef('c.comparisonId', '=', 'd.comparisonId'),
    )
    .leftJoin('decisionUndo as u', (join) =>
      join.onRef('u.personId', '=', 'd.personId').onRef('u.decisionId', '=', 'd.decisionId'),
    )
    .leftJoin('secondLook as s', (join) =>
      join.onRef('s.personId', '=', 'd.personId').onRef('s.decisionId', '=', 'd.decisionId'),
    )
    .select(['d.decisionId', 'd.outcome', 'd.officer', 'd.agencyCode', 'd.role', 'd.decidedAt'])
    .select(['c.snapshot', 'c.snapshotDigest', 'c.assessment', 'c.policyVersion'])
    .select(['u.undoneBy', 'u.undoneAt', 'u.reason as undoneReason'])
    .select(['s.state as lookState', 's.lookedBy', 's.lookedAt'])
    .where('d.personId', '=', personId)
    .where('d.applicationId', '=', applicationId)
    .orderBy('d.decisionId')
    .execute();
}

/** Every payment a month was ever in, with the money asked for and received for its disbursement. */
export async function listPayments(tx: Tx, personId: string, applicationId: string, month: string) {
  return await tx
    .selectFrom('paymentLineMonth as m')
    .innerJoin('paymentLine as l', (join) =>
      join.onRef('l.personId', '=', 'm.personId').onRef('l.lineId', '=', 'm.lineId'),
    )
    .innerJoin('disbursement as d', 'd.disbursementId', 'l.disbursementId')
    .leftJoin('fundRequest as f', 'f.disbursementId', 'd.disbursementId')
    .select(['l.lineId', 'l.state', 'l.failure', 'm.amountFen', 'd.disbursementId', 'd.disbursementNumber'])
    .select(['f.requestedAt', 'f.requestedBy', 'f.amountFen as requestedFen'])
    .where('m.personId', '=', personId)
    .where('m.applicationId', '=', applicationId)
    .where('m.month', '=', month)
    .orderBy('l.lineId')
    .execute();
}

export async function listRecoveries(tx: Tx, personId: string, applicationId: string, month: string) {
  return await tx
    .selectFrom('recovery')
    .select(['recoveryId', 'state', 'cause', 'amountFen', 'repaidFen', 'openedAt', 'heardOn', 'closedAt'])
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('month', '=', month)
    .orderBy('recoveryId')
    .execute();
}
