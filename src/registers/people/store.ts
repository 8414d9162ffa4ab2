// Reads and writes people and their names, and reads their grants. A person is found only by the keyed hash of the
// identity number.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { arrayOf, type ColumnTypes, rowsOf } from '../../platform/database/rows.ts';
import type { Person } from '../../platform/database/tables.ts';
import { ask, later } from '../../platform/database/transaction.ts';

export type PersonRow = Person;

const personTypes: ColumnTypes<'person'> = {
  personId: 'uuid',
  identityEncrypted: 'bytea',
  identityMasked: 'text',
  sex: 'text',
  bornMonth: 'text',
  residencePermit: 'boolean',
  createdAt: 'timestamptz',
};
const nameTypes: ColumnTypes<'personName'> = {
  personId: 'uuid',
  source: 'text',
  nameHash: 'bytea',
  nameEncrypted: 'bytea',
  learntAt: 'timestamptz',
};

/** identity hash (hex) → person. Unknown hashes are absent. */
export async function findPersonIds(tx: Tx, hashes: readonly Buffer[]): Promise<Map<string, string>> {
  const rows = await tx
    .selectFrom('identityIndex')
    .select(['identityHash', 'personId'])
    .where(sql<boolean>`identity_hash = any(${arrayOf('bytea', hashes)}::bytea[])`)
    .execute();
  return new Map(rows.map((row) => [row.identityHash.toString('hex'), row.personId]));
}

/**
 * Inserts those of the identity hashes that are not on file, with these ids of new people.
 *
 * @returns the person of each hash by its place in `given`, absent if another transaction inserts that hash meanwhile
 */
export async function enrolIdentities(tx: Tx, given: readonly { identityHash: Buffer; personId: string }[]) {
  const hashes = arrayOf(
    'bytea',
    given.map(({ identityHash }) => identityHash),
  );
  const personIds = arrayOf(
    'uuid',
    given.map(({ personId }) => personId),
  );
  // In the order of the hashes, so that two transactions that create the same people cannot deadlock.
  return await ask<{ place: number; personId: string; isNew: boolean }>(
    tx,
    `with given as materialized (
       select * from unnest($1::bytea[], $2::uuid[]) with ordinality as g (identity_hash, person_id, place)
     ), known as materialized (
       select identity_hash, person_id from identity_index where identity_hash = any($1::bytea[])
     ), added as (
       insert into identity_index (identity_hash, person_id)
       select identity_hash, person_id from given where identity_hash not in (select identity_hash from known)
       order by identity_hash on conflict (identity_hash) do nothing returning identity_hash, person_id
     )
     select given.place::int, enrolled.person_id as "personId", enrolled.is_new as "isNew"
     from (
       select identity_hash, person_id, false as is_new from known
       union all select identity_hash, person_id, true from added
     ) as enrolled join given using (identity_hash)`,
    [hashes, personIds],
  );
}

/** Sent without waiting. */
export function insertPeople(tx: Tx, rows: readonly PersonRow[]): void {
  if (rows.length > 0) later(tx, sql`insert into person ${rowsOf(personTypes, rows)}`);
}

/** The spellings that this source has not given before. */
export async function listUnknownNames<T extends { readonly personId: string; readonly nameHash: Buffer }>(
  tx: Tx,
  source: string,
  spellings: readonly T[],
): Promise<T[]> {
  if (spellings.length === 0) return [];
  const personIds = arrayOf(
    'uuid',
    spellings.map(({ personId }) => personId),
  );
  const hashes = arrayOf(
    'bytea',
    spellings.map(({ nameHash }) => nameHash),
  );
  const { rows } = await sql<{ place: number }>`
    select place::int from unnest(${personIds}::uuid[], ${hashes}::bytea[]) with ordinality
      as given (person_id, name_hash, place)
    where not exists (
      select from person_name known
      where known.person_id = given.person_id and known.source = ${source} and known.name_hash = given.name_hash
    )`.execute(tx);
  return rows.flatMap(({ place }) => spellings[place - 1] ?? []);
}

/** Sends the spellings of a name, each kept once per source. */
export function insertNames(
  tx: Tx,
  rows: readonly {
    personId: string;
    source: string;
    nameHash: Buffer;
    nameEncrypted: Buffer;
    learntAt: string;
  }[],
): void {
  if (rows.length === 0) return;
  later(tx, sql`insert into person_name ${rowsOf(nameTypes, rows)} on conflict do nothing`);
}

/** The newest spelling of each source. */
export async function findPerson(tx: Tx, personId: string) {
  return await tx.selectFrom('person').selectAll().where('personId', '=', personId).executeTakeFirst();
}

export async function listMaskedNumbers(tx: Tx, personIds: readonly string[]) {
  return await tx
    .selectFrom('person')
    .select(['personId', 'identityMasked'])
    .where((eb) => eb('personId', '=', eb.fn.any(eb.val(personIds))))
    .execute();
}

export type HeldPerson = Pick<PersonRow, 'personId' | 'identityEncrypted' | 'sex' | 'residencePermit'>;

/**
 * Locks the person's row until the transaction ends, so that changes to one person's months and term are serialised.
 * Makes them the current person: other agencies' grants count against the cap and must be visible.
 */
export async function lockPerson(tx: Tx, personId: string): Promise<HeldPerson> {
  const [person] = await ask<HeldPerson>(
    tx,
    `select person_id as "personId", identity_encrypted as "identityEncrypted", sex,
      residence_permit as "residencePermit", set_config('subsidy.person', person_id::text, true)
    from person where person_id = $1 for update`,
    [personId],
  );
  if (person === undefined) throw new Error(`there is no person ${personId} in scope`);
  return person;
}

/** Makes the person with an identity number the current one; null if nobody has it. */
export async function setCurrentPersonByHash(tx: Tx, identityHash: Buffer): Promise<string | null> {
  const [found] = await ask<{ personId: string }>(
    tx,
    `select person_id as "personId", set_config('subsidy.person', person_id::text, true) from identity_index
    where identity_hash = $1`,
    [identityHash],
  );
  return found?.personId ?? null;
}

/** Makes a person the current one, whose data and grants row security then shows. Sent without waiting. */
export function setCurrentPerson(tx: Tx, personId: string): void {
  later(tx, sql`select set_config('subsidy.person', ${personId}, true)`);
}

/** Whether a register spells the person's name so. Names that clients entered on forms do not count. */
export async function isNameOfRegister(tx: Tx, personId: string, nameHash: Buffer): Promise<boolean> {
  const found = await tx
    .selectFrom('personName')
    .select('personId')
    .where('personId', '=', personId)
    .where('nameHash', '=', nameHash)
    .where('source', 'not like', 'client:%')
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

export async function findTerm(tx: Tx, personId: string) {
  return await tx.selectFrom('term').selectAll().where('personId', '=', personId).executeTakeFirst();
}

/** The state of every month that the person ever claimed, in all applications. */
export async function listMonthStates(tx: Tx, personId: string) {
  return await tx
    .selectFrom('subsidyMonth')
    .select(['month', 'state', 'applicationId', 'amountFen'])
    .where('personId', '=', personId)
    .orderBy('month')
    .orderBy('applicationId')
    .execute();
}
