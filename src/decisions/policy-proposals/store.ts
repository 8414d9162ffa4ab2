// Stores proposed changes of the policy with their newest rehearsal.

import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Officer } from '../../platform/access/officers.ts';
import type { Tx } from '../../platform/database/connect.ts';
import type { PolicyProposal } from '../../platform/database/tables.ts';
import type { Period } from '../replay/store.ts';

export type ProposalRow = Selectable<PolicyProposal>;

/** With who proposed and answered it. */
function described(tx: Tx) {
  return tx
    .selectFrom('policyProposal')
    .selectAll()
    .select(sql<Officer>`administrator_at(proposed_by, proposed_at)`.as('proposer'))
    .select(sql<Officer | null>`administrator_at(answered_by, answered_at)`.as('answerer'));
}

export type DescribedProposal = NonNullable<Awaited<ReturnType<typeof findProposal>>>;

export async function insertProposal(tx: Tx, proposal: Insertable<PolicyProposal>): Promise<void> {
  await tx.insertInto('policyProposal').values(proposal).execute();
}

/** Newest first. */
export async function listProposals(tx: Tx) {
  return await described(tx).orderBy('proposalId', 'desc').execute();
}

export async function findProposal(tx: Tx, proposalId: string) {
  return await described(tx).where('proposalId', '=', proposalId).executeTakeFirst();
}

export async function lockProposal(tx: Tx, proposalId: string): Promise<ProposalRow | undefined> {
  return await tx
    .selectFrom('policyProposal')
    .selectAll()
    .where('proposalId', '=', proposalId)
    .forUpdate()
    .executeTakeFirst();
}

export async function updateProposal(
  tx: Tx,
  proposalId: string,
  change: Updateable<PolicyProposal>,
): Promise<void> {
  await tx.updateTable('policyProposal').set(change).where('proposalId', '=', proposalId).execute();
}

/** Whether a record about a person with a decision in the period was learnt since. */
export async function hasLearntSince(
  tx: Tx,
  rehearsedAt: string,
  { from, before }: Period,
): Promise<boolean> {
  const { rows } = await sql<{ isStale: boolean }>`
    select learnt_since_rehearsal(${rehearsedAt}, ${from}, ${before}) as is_stale`.execute(tx);
  return rows[0]?.isStale ?? true;
}
