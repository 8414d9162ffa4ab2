// Stores undone decisions, and the draws for quality reviews 复核抽查.

import type { Officer } from '../../platform/access/officers.ts';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { insertLater } from '../../platform/database/insert.ts';
import { officerAt } from '../../platform/database/officers.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { Decision, DecisionUndo, QualityReview } from '../../platform/database/tables.ts';
import type { PageRequest } from '../../platform/http/paging.ts';

/** A reviewer's decision. A handler's decline is final: it is neither undone nor reviewed. */
export type ReviewersDecision = Decision & { readonly outcome: 'approved' | 'refused' };

/** The current reviewer's decision on a case: undefined if there is none, or the last was undone. */
export async function findStandingDecision(tx: Tx, personId: string, applicationId: string) {
  return await tx
    .selectFrom('decision as d')
    .selectAll('d')
    .where('d.personId', '=', personId)
    .where('d.applicationId', '=', applicationId)
    .where('d.role', '=', 'reviewer')
    .$narrowType<{ outcome: ReviewersDecision['outcome'] }>()
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('decisionUndo as u')
            .select('u.decisionId')
            .whereRef('u.personId', '=', 'd.personId')
            .whereRef('u.decisionId', '=', 'd.decisionId'),
        ),
      ),
    )
    .executeTakeFirst();
}

/** Whether a decision was undone. */
export async function findUndo(tx: Tx, personId: string, decisionId: string): Promise<boolean> {
  const undo = tx.selectFrom('decisionUndo').select('decisionId').where('personId', '=', personId);
  return (await undo.where('decisionId', '=', decisionId).executeTakeFirst()) !== undefined;
}

/** Whether another decision replaces an undone one. */
export async function findReplacement(tx: Tx, personId: string, decisionId: string): Promise<boolean> {
  const other = tx.selectFrom('decision').select('decisionId').where('personId', '=', personId);
  return (await other.where('replacesDecisionId', '=', decisionId).executeTakeFirst()) !== undefined;
}

export async function insertUndo(
  tx: Tx,
  row: Omit<DecisionUndo, 'endedTerm'> & { readonly endedTerm: object | null },
): Promise<void> {
  const endedTerm = row.endedTerm === null ? null : JSON.stringify(row.endedTerm);
  await tx
    .insertInto('decisionUndo')
    .values({ ...row, endedTerm })
    .execute();
}

/** Sent without waiting. */
export function insertQualityReview(tx: Tx, row: QualityReview): void {
  insertLater(tx, 'qualityReview', [row]);
}

/** Ends a pending review: the only statement that changes its state. Returns false if none is pending. */
export async function endQualityReview(
  tx: Tx,
  { personId, decisionId }: Pick<QualityReview, 'personId' | 'decisionId'>,
  to: 'confirmed' | 'sent-back' | 'lapsed',
  by: Pick<QualityReview, 'reviewedBy' | 'reviewedAt'>,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('qualityReview')
    .set({ state: to, ...by })
    .where('personId', '=', personId)
    .where('decisionId', '=', decisionId)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

const inScope = scopeFilter({ agency: 'qualityReview.agencyCode' });

type DrawnState = Exclude<QualityReview['state'], 'not-drawn'>;

/** A decision drawn for a review, with its case. */
export type DrawnReview = Awaited<ReturnType<typeof listQualityReviews>>[number];

/** The decisions drawn for a review, ordered by id. */
export async function listQualityReviews(
  tx: Tx,
  scope: Scope,
  state: DrawnState | undefined,
  page: PageRequest,
) {
  let query = drawn(tx, scope);
  if (state !== undefined) query = query.where('qualityReview.state', '=', state);
  if (page.afterId !== null) query = query.where('qualityReview.decisionId', '>', page.afterId);
  return await query
    .orderBy('qualityReview.decisionId')
    .limit(atMost(page.limit + 1))
    .execute();
}

export async function findQualityReview(tx: Tx, scope: Scope, decisionId: string) {
  return await drawn(tx, scope).where('qualityReview.decisionId', '=', decisionId).executeTakeFirst();
}

function drawn(tx: Tx, scope: Scope) {
  return tx
    .selectFrom('qualityReview')
    .innerJoin('application as a', (join) =>
      join
        .onRef('a.personId', '=', 'qualityReview.personId')
        .onRef('a.applicationId', '=', 'qualityReview.applicationId'),
    )
    .selectAll('qualityReview')
    .select(['a.caseNumber', 'a.version'])
    .select(officerAt<Officer | null>('qualityReview.reviewedBy', 'qualityReview.reviewedAt').as('reviewer'))
    .where('qualityReview.state', '<>', 'not-drawn')
    .$narrowType<{ state: DrawnState }>()
    .where(inScope(scope));
}
