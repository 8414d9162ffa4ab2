// Remembers who the service knows. A person is found by the keyed hash of the identity number and by nothing else.

import type { Tx } from '../database/connect.ts';
import type { Person } from '../database/tables.ts';

export type PersonRow = Person;

/** identity hash (hex) → person. Hashes that nobody has are absent. */
export async function findPersonIds(tx: Tx, hashes: readonly Buffer[]): Promise<Map<string, string>> {
  const rows = await tx
    .selectFrom('identityIndex')
    .select(['identityHash', 'personId'])
    .where((eb) => eb('identityHash', '=', eb.fn.any(eb.val(hashes))))
    .execute();
  return new Map(rows.map((row) => [row.identityHash.toString('hex'), row.personId]));
}

/**
 * Claims identity hashes for new people; a hash that another transaction claimed first keeps its person.
 * Answers the hashes (hex) that are now ours.
 */
export async function insertIdentities(
  tx: Tx,
  rows: readonly { identityHash: Buffer; personId: string }[],
): Promise<Set<string>> {
  const inserted = await tx
    .insertInto('identityIndex')
    .values([...rows])
    .onConflict((conflict) => conflict.column('identityHash').doNothing())
    .returning('identityHash')
    .execute();
  return new Set(inserted.map((row) => row.identityHash.toString('hex')));
}

export async function insertPeople(tx: Tx, rows: readonly PersonRow[]): Promise<void> {
  await tx
    .insertInto('person')
    .values([...rows])
    .execute();
}

/** Keeps each spelling of a name once for each source that gave it. */
export async function insertNames(
  tx: Tx,
  rows: readonly {
    personId: string;
    source: string;
    nameHash: Buffer;
    nameSealed: Buffer;
    learntAt: string;
  }[],
): Promise<void> {
  await tx
    .insertInto('personName')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function findPerson(tx: Tx, personId: string) {
  return await tx.selectFrom('person').selectAll().where('personId', '=', personId).executeTakeFirst();
}

/** Holds the person's row until the transaction ends: months and term of one person are decided one after another. */
export async function lockPerson(tx: Tx, personId: string) {
  return await tx
    .selectFrom('person')
    .select(['sex', 'born', 'residencePermit'])
    .where('personId', '=', personId)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

export async function findTerm(tx: Tx, personId: string) {
  return await tx.selectFrom('term').selectAll().where('personId', '=', personId).executeTakeFirst();
}

/** The state of every month the person ever claimed, in all applications. */
export async function listMonthStates(tx: Tx, personId: string) {
  return await tx
    .selectFrom('subsidyMonth')
    .select(['month', 'state', 'applicationId'])
    .where('personId', '=', personId)
    .orderBy('month')
    .orderBy('applicationId')
    .execute();
}
