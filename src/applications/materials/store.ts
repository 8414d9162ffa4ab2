// Reads and writes materials with their encrypted content. Nothing is overwritten; materials are deleted only with an
// expired draft.

import type { Tx } from '../../platform/database/connect.ts';
import type { Material } from '../../platform/database/tables.ts';
import type { CaseKey } from '../application/store.ts';

/** A material without its content. */
export type MaterialRow = Awaited<ReturnType<typeof listMaterials>>[number];

export async function insertMaterial(tx: Tx, row: Material): Promise<void> {
  await tx.insertInto('material').values(row).execute();
}

export async function listMaterials(tx: Tx, { personId, applicationId }: CaseKey) {
  return await tx
    .selectFrom('material')
    .select(['materialId', 'kind', 'mediaType', 'byteLength', 'digest', 'addedAt', 'supersedes'])
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .orderBy('materialId')
    .execute();
}

export async function findMaterial(tx: Tx, { personId, applicationId }: CaseKey, materialId: string) {
  return await tx
    .selectFrom('material')
    .selectAll()
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('materialId', '=', materialId)
    .executeTakeFirst();
}

/** Deletes the materials of a draft; returns how many there were. */
export async function deleteMaterials(tx: Tx, { personId, applicationId }: CaseKey): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('material')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
