// Resolves identity numbers to people, one person per number for records and applications alike; and reads the
// spellings of their names and what this service has granted them.

import { type RawBuilder, sql } from 'kysely';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Encryption, Place } from '../../platform/encryption/encryption.ts';
import type { Person } from '../../rules/retirement.ts';
import { type Day, monthOf } from '../../values/days.ts';
import { birthDateIn, type IdentityNumber } from '../../values/identity-number.ts';
import { maskNumber } from '../../values/mask.ts';
import { maskName, normaliseName } from '../../values/names.ts';
import * as store from './store.ts';

type PersonRow = store.PersonRow;

/**
 * The people with these identity numbers; missing ones are created. Safe under concurrency.
 *
 * @returns normalised number → person id
 */
export async function enrolPeople(
  context: WriteContext,
  numbers: readonly IdentityNumber[],
): Promise<Map<string, string>> {
  const given = [...new Map(numbers.map((number) => [number.text, number])).values()].map((number) => ({
    number,
    identityHash: context.encryption.blindIndex(number.text),
    personId: context.newId(),
  }));
  if (given.length === 0) return new Map();
  const createdAt = context.at.toString();
  const personIds = new Map<string, string>();
  const people: PersonRow[] = [];
  for (const { place, personId, isNew } of await store.enrolIdentities(context.tx, given)) {
    const number = given[place - 1]?.number;
    if (number === undefined) throw new Error('a place is one of the given');
    personIds.set(number.text, personId);
    if (!isNew) continue;
    people.push({
      personId,
      identityEncrypted: context.encryption.encrypt(number.text, placeOfIdentity(personId)),
      identityMasked: maskNumber(number.text),
      sex: number.sex,
      bornMonth: monthOf(number.born),
      residencePermit: number.residencePermit,
      createdAt,
    });
  }
  store.insertPeople(context.tx, people);
  // People whom another transaction created meanwhile.
  const theirs = given.map(({ number }) => number).filter(({ text }) => !personIds.has(text));
  if (theirs.length > 0)
    for (const [text, personId] of await findPeopleByIdentity(context, theirs)) personIds.set(text, personId);
  return personIds;
}

/** The person with an identity number, created if missing, as the transaction's current person. */
export async function enrolPerson(context: WriteContext, number: IdentityNumber): Promise<string> {
  const personId = (await enrolPeople(context, [number])).get(number.text);
  if (personId === undefined) throw new Error('an identity was neither found nor created');
  setCurrentPerson(context, personId);
  return personId;
}

/** Makes the person with an identity number the current one; null if nobody has it. */
export async function setCurrentPersonByIdentity(
  context: WriteContext,
  number: IdentityNumber,
): Promise<string | null> {
  return await store.setCurrentPersonByHash(context.tx, context.encryption.blindIndex(number.text));
}

/**
 * Lets the rest of the transaction read the person's data and grants of all agencies. The caller has checked that the
 * actor may ask about the person.
 */
export function setCurrentPerson(context: ReadContext, personId: string): void {
  store.setCurrentPerson(context.tx, personId);
}

/** Normalised number → person. Unknown numbers are absent: a question creates no person. */
export async function findPeopleByIdentity(
  context: ReadContext,
  numbers: readonly IdentityNumber[],
): Promise<Map<string, string>> {
  const hashes = new Map(
    [...new Set(numbers.map(({ text }) => text))].map((text) => [text, context.encryption.blindIndex(text)]),
  );
  const personIds = await store.findPersonIds(context.tx, [...hashes.values()]);
  return new Map(
    [...hashes].flatMap(([text, hash]) => {
      const personId = personIds.get(hash.toString('hex'));
      return personId === undefined ? [] : [[text, personId]];
    }),
  );
}

/** The person who has this identity number, or null. */
export async function findPersonByIdentity(
  context: ReadContext,
  number: IdentityNumber,
): Promise<string | null> {
  return (await findPeopleByIdentity(context, [number])).get(number.text) ?? null;
}

/** Stores how a source spells people's names; a known spelling changes nothing. */
export async function keepNames(
  context: WriteContext,
  source: string,
  names: readonly { personId: string; name: string }[],
): Promise<void> {
  const spellings = new Map(names.map((spelling) => [`${spelling.personId} ${spelling.name}`, spelling]));
  const hashed = [...spellings.values()].map(({ personId, name }) => ({
    personId,
    name,
    nameHash: context.encryption.digest('name', name),
  }));
  // Most of many spellings are on file, and encrypting them costs more than the query.
  const unknown = hashed.length === 1 ? hashed : await store.listUnknownNames(context.tx, source, hashed);
  const learntAt = context.at.toString();
  store.insertNames(
    context.tx,
    unknown.map(({ personId, name, nameHash }) => ({
      personId,
      source,
      nameHash,
      nameEncrypted: context.encryption.encrypt(name, placeOfName(personId, source, nameHash)),
      learntAt,
    })),
  );
}

/** Whether a register has this name for the current person. */
export async function hasName(context: ReadContext, personId: string, name: string): Promise<boolean> {
  return await store.isNameOfRegister(
    context.tx,
    personId,
    context.encryption.digest('name', normaliseName(name)),
  );
}

/** A source's newest spelling of a name, masked, where it differs. */
export interface OtherName {
  readonly source: string;
  readonly nameMasked: string;
}

/** A source's newest spelling of a name, as part of another subject's statement; bytes in hexadecimal. */
export interface NewestName {
  readonly source: string;
  readonly nameHash: string;
  readonly nameEncrypted: string;
}

/** A person's newest name of each source. Takes the person as SQL. */
export function newestNames(person: RawBuilder<unknown>): RawBuilder<NewestName> {
  return sql<NewestName>`
    select distinct on (source) source, encode(name_hash, 'hex') as "nameHash",
      encode(name_encrypted, 'hex') as "nameEncrypted"
    from person_name where person_id = ${person} order by source, learnt_at desc`;
}

/** Those names that are other spellings than `name`. */
export function otherNames(
  { encryption }: Pick<ReadContext, 'encryption'>,
  { personId, name, newest }: { personId: string; name: string; newest: readonly NewestName[] },
): OtherName[] {
  const hash = encryption.digest('name', normaliseName(name)).toString('hex');
  return newest
    .filter(({ nameHash }) => nameHash !== hash)
    .map(({ source, nameHash, nameEncrypted }) => {
      const place = placeOfName(personId, source, Buffer.from(nameHash, 'hex'));
      return { source, nameMasked: maskName(encryption.decrypt(Buffer.from(nameEncrypted, 'hex'), place)) };
    });
}

function placeOfName(personId: string, source: string, nameHash: Buffer): Place {
  const row = `${personId} ${source} ${nameHash.toString('hex')}`;
  return { table: 'person_name', column: 'name_encrypted', row };
}

/** A person on file, if the caller may see them. */
export async function findPerson(context: ReadContext, personId: string): Promise<PersonRow | undefined> {
  return await store.findPerson(context.tx, personId);
}

/** The masked identity numbers of people whom the caller may see, by person. */
export async function listMaskedNumbers(
  context: ReadContext,
  personIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const people = await store.listMaskedNumbers(context.tx, personIds);
  return new Map(people.map(({ personId, identityMasked }) => [personId, identityMasked]));
}

/** The person's term, fixed by the first approval; undefined before it. */
export async function findTerm(context: ReadContext, personId: string) {
  return await store.findTerm(context.tx, personId);
}

/** The state of every month that the person ever claimed. */
export async function listMonthStates(context: ReadContext, personId: string) {
  return await store.listMonthStates(context.tx, personId);
}

/**
 * Locks the person until the transaction ends, makes them the current person and returns what the rules need of them.
 */
export async function holdPerson(context: WriteContext, personId: string): Promise<Person> {
  return knownToRules(context, await store.lockPerson(context.tx, personId));
}

export function knownToRules(context: Pick<ReadContext, 'encryption'>, person: store.HeldPerson): Person {
  const { sex, residencePermit } = person;
  return { sex, born: birthDateOf(context.encryption, person), residencePermit };
}

/** The birth date, which is stored only in the encrypted identity number. */
export function birthDateOf(
  encryption: Encryption,
  { personId, identityEncrypted }: Pick<PersonRow, 'personId' | 'identityEncrypted'>,
): Day {
  return birthDateIn(identityNumberOf(encryption, { personId, identityEncrypted }));
}

/** The whole identity number: only for answers whose disclosure is recorded. */
export function identityNumberOf(
  encryption: Encryption,
  { personId, identityEncrypted }: Pick<PersonRow, 'personId' | 'identityEncrypted'>,
): string {
  return encryption.decrypt(identityEncrypted, placeOfIdentity(personId));
}

function placeOfIdentity(personId: string): Place {
  return { table: 'person', column: 'identity_encrypted', row: personId };
}

/** Rows in batches, for statements with a limited number of parameters. */
export function* chunks<T>(rows: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}
