// One person per normalised identity number, whether a record or an application spoke of them first.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Place, Sealer } from '../../platform/encryption/sealer.ts';
import type { Person } from '../../rules/retirement.ts';
import { type Day, monthOf } from '../../values/days.ts';
import { birthDateIn, type IdentityNumber } from '../../values/identity-number.ts';
import { maskNumber } from '../../values/mask.ts';
import { maskName, normaliseName } from '../../values/names.ts';
import {
  findPersonIds,
  insertIdentities,
  insertNames,
  insertPeople,
  isNameOfRegister,
  listNewestNames,
  listUnknownNames,
  lockPerson,
  type PersonRow,
  takeInHand,
} from './store.ts';

export { findPerson, findTerm, listMonthStates, listOwedMonths, takePersonInHand } from './store.ts';

/**
 * The person of each identity number, made where nobody had it. Safe against others who name the same people at the
 * same time. Answers normalised number → person id.
 */
export async function enrolPeople(
  context: WriteContext,
  numbers: readonly IdentityNumber[],
): Promise<Map<string, string>> {
  const asked = new Map(numbers.map((number) => [number.text, number]));
  const sought = [...asked.values()].map((number) => ({
    number,
    hash: context.sealer.blindIndex(number.text),
  }));
  const known = await findPersonIds(
    context.tx,
    sought.map(({ hash }) => hash),
  );
  const idOf = ({ hash }: { hash: Buffer }) => known.get(hash.toString('hex'));
  const strangers = sought
    .filter((one) => idOf(one) === undefined)
    .map((one) => ({ ...one, personId: context.newId() }))
    // In one order everywhere: two who bring the same strangers then wait for one another and do not lock up.
    .sort((a, b) => a.hash.compare(b.hash));
  if (strangers.length > 0) {
    const ours = await insertIdentities(
      context.tx,
      strangers.map(({ hash, personId }) => ({ identityHash: hash, personId })),
    );
    const people = strangers.filter(({ hash }) => ours.has(hash.toString('hex')));
    await insertPeople(
      context.tx,
      people.map(({ number, personId }) => ({
        personId,
        identitySealed: context.sealer.seal(number.text, placeOfIdentity(personId)),
        identityMasked: maskNumber(number.text),
        sex: number.sex,
        bornMonth: monthOf(number.born),
        residencePermit: number.residencePermit,
        createdAt: context.at.toString(),
      })),
    );
    for (const { hash, personId } of people) known.set(hash.toString('hex'), personId);
    // Whom another transaction made in the meantime.
    const theirs = strangers.filter((one) => idOf(one) === undefined);
    if (theirs.length > 0) {
      const found = await findPersonIds(
        context.tx,
        theirs.map(({ hash }) => hash),
      );
      for (const [hash, personId] of found) known.set(hash, personId);
    }
  }
  return new Map(sought.map((one) => [one.number.text, required(idOf(one))]));
}

/** The one person of an identity number, with whom the rest of the transaction deals. */
export async function enrolPerson(context: WriteContext, number: IdentityNumber): Promise<string> {
  await enrolPeople(context, [number]);
  return required((await takeByIdentity(context, number)) ?? undefined);
}

/** The same of somebody who may not be on file: null, and nobody is made. */
export async function takeByIdentity(context: WriteContext, number: IdentityNumber): Promise<string | null> {
  return (await takeInHand(context.tx, context.sealer.blindIndex(number.text))) ?? null;
}

/** Normalised number → the person who has it. Numbers that nobody has are absent: asking creates nobody. */
export async function findPeopleByIdentity(
  context: ReadContext,
  numbers: readonly IdentityNumber[],
): Promise<Map<string, string>> {
  const hashes = new Map(numbers.map(({ text }) => [text, context.sealer.blindIndex(text)]));
  const personIds = await findPersonIds(context.tx, [...hashes.values()]);
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
    nameHash: context.sealer.digest('name', name),
  }));
  // Most are on file already, and sealing costs more than asking.
  const unknown = await listUnknownNames(context.tx, source, hashed);
  await insertNames(
    context.tx,
    unknown.map(({ personId, name, nameHash }) => ({
      personId,
      source,
      nameHash,
      nameSealed: context.sealer.seal(name, placeOfName(personId, source, nameHash)),
      learntAt: context.at.toString(),
    })),
  );
}

/** Whether a register has the person, who is in hand, under this name. Of nobody no name is on file. */
export async function hasName(context: ReadContext, personId: string, name: string): Promise<boolean> {
  return await isNameOfRegister(context.tx, personId, context.sealer.digest('name', normaliseName(name)));
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
  const hash = context.sealer.digest('name', normaliseName(name));
  const newest = await listNewestNames(context.tx, personId);
  return newest
    .filter(({ nameHash }) => !nameHash.equals(hash))
    .map(({ source, nameHash, nameSealed }) => ({
      source,
      nameMasked: maskName(context.sealer.open(nameSealed, placeOfName(personId, source, nameHash))),
    }));
}

function placeOfName(personId: string, source: string, nameHash: Buffer): Place {
  const row = `${personId} ${source} ${nameHash.toString('hex')}`;
  return { table: 'person_name', column: 'name_sealed', row };
}

/** Holds the person until the transaction ends, and says of them what the rules need. */
export async function holdPerson(context: WriteContext, personId: string): Promise<Person> {
  return knownToRules(context, await lockPerson(context.tx, personId));
}

type Held = Pick<PersonRow, 'personId' | 'identitySealed' | 'sex' | 'residencePermit'>;

/** What the rules need of a person. */
export function knownToRules(context: Pick<ReadContext, 'sealer'>, person: Held): Person {
  const { sex, residencePermit } = person;
  return { sex, born: birthDateOf(context.sealer, person), residencePermit };
}

/** The birth date, which stands in the sealed identity number and nowhere else. */
export function birthDateOf(
  sealer: Sealer,
  { personId, identitySealed }: Pick<PersonRow, 'personId' | 'identitySealed'>,
): Day {
  return birthDateIn(sealer.open(identitySealed, placeOfIdentity(personId)));
}

function placeOfIdentity(personId: string): Place {
  return { table: 'person', column: 'identity_sealed', row: personId };
}

/** Rows in batches, for statements with a bounded number of parameters. */
export function* chunks<T>(rows: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}

function required(personId: string | undefined): string {
  if (personId === undefined) throw new Error('an identity was neither found nor made');
  return personId;
}
