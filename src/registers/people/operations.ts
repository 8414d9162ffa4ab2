// Knows one person for each identity number, whether a record or an application named them first, how sources spell their
// name, and what this service has granted them.

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
 * The person of each identity number, created where nobody had it. Safe against others who name the same people at the same
 * time. Answers normalised number → person id.
 */
export async function enrolPeople(
  context: WriteContext,
  numbers: readonly IdentityNumber[],
): Promise<Map<string, string>> {
  const known = await findPeopleByIdentity(context, numbers);
  const strangers = [...new Map(numbers.map((number) => [number.text, number])).values()]
    .filter(({ text }) => !known.has(text))
    .map((number) => ({
      number,
      identityHash: context.encryption.blindIndex(number.text),
      personId: context.newId(),
    }))
    // In one order everywhere: two who bring the same strangers then wait for one another and do not lock up.
    .sort((a, b) => a.identityHash.compare(b.identityHash));
  if (strangers.length === 0) return known;

  const ours = await store.insertIdentities(
    context.tx,
    strangers.map(({ identityHash, personId }) => ({ identityHash, personId })),
  );
  const people = strangers.filter(({ identityHash }) => ours.has(identityHash.toString('hex')));
  await store.insertPeople(
    context.tx,
    people.map(({ number, personId }) => ({
      personId,
      identityEncrypted: context.encryption.encrypt(number.text, placeOfIdentity(personId)),
      identityMasked: maskNumber(number.text),
      sex: number.sex,
      bornMonth: monthOf(number.born),
      residencePermit: number.residencePermit,
      createdAt: context.at.toString(),
    })),
  );
  for (const { number, personId } of people) known.set(number.text, personId);
  // Those that another transaction created in the meantime.
  const theirs = strangers.map(({ number }) => number).filter(({ text }) => !known.has(text));
  if (theirs.length > 0)
    for (const [text, personId] of await findPeopleByIdentity(context, theirs)) known.set(text, personId);
  return known;
}

/** The person of an identity number, created where nobody had it, as the current person of the transaction. */
export async function enrolPerson(context: WriteContext, number: IdentityNumber): Promise<string> {
  const personId = (await enrolPeople(context, [number])).get(number.text);
  if (personId === undefined) throw new Error('an identity was neither found nor created');
  await setCurrentPerson(context, personId);
  return personId;
}

/** Makes the person of an identity number the current one, or answers null where nobody has it. */
export async function setCurrentPersonByIdentity(
  context: WriteContext,
  number: IdentityNumber,
): Promise<string | null> {
  const personId = await findPersonByIdentity(context, number);
  if (personId !== null) await setCurrentPerson(context, personId);
  return personId;
}

/**
 * Lets the rest of the transaction read what is on file of a person and what they were granted anywhere. The caller has made
 * sure that the actor may ask about them.
 */
export async function setCurrentPerson(context: ReadContext, personId: string): Promise<void> {
  await store.setCurrentPerson(context.tx, personId);
}

/** Normalised number → the person who has it. Numbers that nobody has are absent: asking creates nobody. */
export async function findPeopleByIdentity(
  context: ReadContext,
  numbers: readonly IdentityNumber[],
): Promise<Map<string, string>> {
  const hashes = new Map(numbers.map(({ text }) => [text, context.encryption.blindIndex(text)]));
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

/** Keeps how a source spells people's names; the same spelling again changes nothing. */
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
  // Most are on file already, and encrypting costs more than asking.
  const unknown = await store.listUnknownNames(context.tx, source, hashed);
  await store.insertNames(
    context.tx,
    unknown.map(({ personId, name, nameHash }) => ({
      personId,
      source,
      nameHash,
      nameEncrypted: context.encryption.encrypt(name, placeOfName(personId, source, nameHash)),
      learntAt: context.at.toString(),
    })),
  );
}

/** Whether a register has the current person under this name. */
export async function hasName(context: ReadContext, personId: string, name: string): Promise<boolean> {
  return await store.isNameOfRegister(
    context.tx,
    personId,
    context.encryption.digest('name', normaliseName(name)),
  );
}

/** A source that spells a person's name otherwise, as its newest spelling, masked. */
export interface OtherName {
  readonly source: string;
  readonly nameMasked: string;
}

/** How sources spell the name of a person whom somebody calls `name`, where they differ. */
export async function listOtherNames(
  context: ReadContext,
  personId: string,
  name: string,
): Promise<OtherName[]> {
  const hash = context.encryption.digest('name', normaliseName(name));
  const newest = await store.listNewestNames(context.tx, personId);
  return newest
    .filter(({ nameHash }) => !nameHash.equals(hash))
    .map(({ source, nameHash, nameEncrypted }) => ({
      source,
      nameMasked: maskName(
        context.encryption.decrypt(nameEncrypted, placeOfName(personId, source, nameHash)),
      ),
    }));
}

function placeOfName(personId: string, source: string, nameHash: Buffer): Place {
  const row = `${personId} ${source} ${nameHash.toString('hex')}`;
  return { table: 'person_name', column: 'name_encrypted', row };
}

/** A person on file, if the caller may see them. */
export async function findPerson(context: ReadContext, personId: string): Promise<PersonRow | undefined> {
  return await store.findPerson(context.tx, personId);
}

/** The person's term, fixed by their first approval; undefined before it. */
export async function findTerm(context: ReadContext, personId: string) {
  return await store.findTerm(context.tx, personId);
}

/** The state of every month that the person ever claimed. */
export async function listMonthStates(context: ReadContext, personId: string) {
  return await store.listMonthStates(context.tx, personId);
}

/** Months that were paid and recovered and have not been repaid in whole, with what is owed of each. */
export async function listOwedMonths(context: ReadContext, personId: string) {
  return await store.listOwedMonths(context.tx, personId);
}

/** Holds the person until the transaction ends, as its current person, and says of them what the rules need. */
export async function holdPerson(context: WriteContext, personId: string): Promise<Person> {
  return knownToRules(context, await store.lockPerson(context.tx, personId));
}

type Held = Pick<PersonRow, 'personId' | 'identityEncrypted' | 'sex' | 'residencePermit'>;

/** What the rules need of a person. */
export function knownToRules(context: Pick<ReadContext, 'encryption'>, person: Held): Person {
  const { sex, residencePermit } = person;
  return { sex, born: birthDateOf(context.encryption, person), residencePermit };
}

/** The birth date, which stands in the encrypted identity number and nowhere else. */
export function birthDateOf(
  encryption: Encryption,
  { personId, identityEncrypted }: Pick<PersonRow, 'personId' | 'identityEncrypted'>,
): Day {
  return birthDateIn(encryption.decrypt(identityEncrypted, placeOfIdentity(personId)));
}

function placeOfIdentity(personId: string): Place {
  return { table: 'person', column: 'identity_encrypted', row: personId };
}

/** Rows in batches, for statements with a bounded number of parameters. */
export function* chunks<T>(rows: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}
