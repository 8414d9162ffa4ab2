// Heirs: who is paid after an applicant's death, as two officers have found.

import { sql } from 'kysely';
import { nameFor } from '../../platform/access/names.ts';
import type { ReadContext } from '../../platform/context.ts';

export const relationTitles = {
  spouse: '配偶',
  child: '子女',
  parent: '父母',
  sibling: '兄弟姐妹',
  grandparent: '祖父母、外祖父母',
  grandchild: '孙子女、外孙子女',
  legatee: '受遗赠人',
  other: '其他领取人',
} as const;
export type Relation = keyof typeof relationTitles;

/** Heirs who are paid after a death, by the ids of the changes that named them; each is told who saw them. */
export async function describeHeirs(context: ReadContext, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, never>();
  const { rows } = await sql<{
    personId: string;
    payeeChangeId: string;
    heirPersonId: string;
    nameEncrypted: Buffer;
    heirMasked: string;
    relation: Relation;
  }>`
    select person_id, payee_change_id, heir_person_id, name_encrypted, heir_masked, relation from payee_change
    where kind = 'heir' and payee_change_id = any(${ids}::uuid[])`.execute(context.tx);
  if (rows.length > 0) context.shows(rows.map(({ heirPersonId }) => heirPersonId));
  return new Map(
    rows.map(({ personId, payeeChangeId, nameEncrypted, heirMasked, relation }) => {
      const place = { table: 'payee_change', column: 'name_encrypted', row: `${personId} ${payeeChangeId}` };
      const name = nameFor(context, context.encryption.decrypt(nameEncrypted, place));
      return [payeeChangeId, { name, identityNumber: heirMasked, relation }];
    }),
  );
}
