// Remembers comparisons and decisions. Both are written once.

import type { Tx } from '../database/connect.ts';
import type { Comparison, Decision } from '../database/tables.ts';

export async function insertComparison(tx: Tx, row: Comparison): Promise<void> {
  await tx.insertInto('comparison').values(row).execute();
}

export async function findLatestComparison(tx: Tx, personId: string, applicationId: string) {
  return await tx
    .selectFrom('comparison')
    .selectAll()
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .orderBy('comparisonId', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function insertDecision(tx: Tx, row: Decision): Promise<void> {
  await tx.insertInto('decision').values(row).execute();
}

export async function findDecision(tx: Tx, personId: string, applicationId: string) {
  return await tx
    .selectFrom('decision')
    .selectAll()
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .executeTakeFirst();
}

/** Fixes the term. A person has one for ever; the primary key refuses another. */
export async function insertTerm(
  tx: Tx,
  row: {
    personId: string;
    firstApprovedOn: string;
    retirementOn: string;
    near: boolean;
    cap: number | null;
    policyVersion: string;
    importedMonths: number;
  },
): Promise<void> {
  await tx.insertInto('term').values(row).execute();
}

/** Imports may arrive after the term was fixed; the cap counts them too. */
export async function setImportedMonths(tx: Tx, personId: string, importedMonths: number): Promise<void> {
  await tx.updateTable('term').set({ importedMonths }).where('personId', '=', personId).execute();
}
