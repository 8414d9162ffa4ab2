// Reads and writes materials with their encrypted content. Nothing is overwritten; materials are deleted only with an
// expired draft.

import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import type { Material } from '../../platform/database/tables.ts';
import type { CaseKey } from '../application/store.ts';

/** A material without its content. */
export interface MaterialRow
  extends Pick<Material, 'materialId' | 'kind' | 'mediaType' | 'byteLength' | 'supersedes'> {
  readonly sha256: string;
  readonly addedAt: string;
}

export async function insertMaterial(tx: Tx, row: Material): Promise<void> {
  await tx.insertInto('material').values(row).execute();
}

/** The materials of a case, which is given as SQL. */
export function materialsOf(
  person: RawBuilder<unknown>,
  application: RawBuilder<unknown>,
): RawBuilder<MaterialRow> {
  return sql<MaterialRow>`
    select material_id as "materialId", kind, media_type as "mediaType", byte_length as "byteLength",
      encode(digest, 'hex') as sha256, instant(added_at) as "addedAt", supersedes
    from material where person_id = ${person} and application_id = ${application} order by material_id`;
}

export async function listMaterials(tx: Tx, { personId, applicationId }: CaseKey): Promise<MaterialRow[]> {
  return (await materialsOf(sql`${personId}::uuid`, sql`${applicationId}::uuid`).execute(tx)).rows;
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
