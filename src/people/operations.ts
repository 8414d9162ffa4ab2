// One person per normalised identity number, whether a record or an application spoke of them first.

import type { Act, View } from '../act.ts';
import { type IdentityNumber, maskIdentityNumber } from '../rules/identity-number.ts';
import type { Person } from '../rules/retirement.ts';
import { findPersonIds, insertIdentities, insertNames, insertPeople, lockPerson } from './store.ts';

export { findPerson, findTerm, listMonthStates } from './store.ts';

/** Many inserts in one statement stay below PostgreSQL's 65,535 parameters. */
const rowsPerStatement = 2_000;

/**
 * The person of each identity number, made where nobody had it. Safe against others who name the same people at the
 * same time. Answers normalised number → person id.
 */
export async function enrolPeople(
  act: Act,
  numbers: readonly IdentityNumber[],
): Promise<Map<string, string>> {
  const hashOf = new Map(numbers.map((number) => [number.text, act.sealer.blindIndex(number.text)]));
  const hashes = [...hashOf.values()];
  const known = await findPersonIds(act.tx, hashes);
  const strangers = new Map(numbers.map((number) => [number.text, number]));
  for (const [text, hash] of hashOf) if (known.has(hash.toString('hex'))) strangers.delete(text);

  for (const chunk of chunks([...strangers.values()], rowsPerStatement)) {
    const made = chunk.map((number) => ({
      number,
      personId: act.newId(),
      hash: act.sealer.blindIndex(number.text),
    }));
    const ours = await insertIdentities(
      act.tx,
      made.map(({ hash, personId }) => ({ identityHash: hash, personId })),
    );
    const people = made.filter(({ hash }) => ours.has(hash.toString('hex')));
    if (people.length === 0) continue;
    await insertPeople(
      act.tx,
      people.map(({ number, personId }) => ({
        personId,
        identitySealed: act.sealer.seal(number.text, {
          table: 'person',
          column: 'identity_sealed',
          row: personId,
        }),
        identityMasked: maskIdentityNumber(number.text),
        sex: number.sex,
        born: number.born,
        residencePermit: number.residencePermit,
        createdAt: act.at.toString(),
      })),
    );
  }
  const found = strangers.size === 0 ? known : await findPersonIds(act.tx, hashes);
  return new Map([...hashOf].map(([text, hash]) => [text, required(found.get(hash.toString('hex')))]));
}

/** The person who has this identity number, or null: asking makes nobody. */
export async function findPersonByIdentity(view: View, number: IdentityNumber): Promise<string | null> {
  const hash = view.sealer.blindIndex(number.text);
  return (await findPersonIds(view.tx, [hash])).get(hash.toString('hex')) ?? null;
}

/** Keeps how a source spells people's names; the same spelling again changes nothing. */
export async function keepNames(
  act: Act,
  source: string,
  names: readonly { personId: string; name: string }[],
): Promise<void> {
  for (const chunk of chunks(names, rowsPerStatement)) {
    await insertNames(
      act.tx,
      chunk.map(({ personId, name }) => ({
        personId,
        source,
        nameHash: act.sealer.digest('name', name),
        nameSealed: act.sealer.seal(name, {
          table: 'person_name',
          column: 'name_sealed',
          row: `${personId} ${source}`,
        }),
        learntAt: act.at.toString(),
      })),
    );
  }
}

/** Holds the person until the transaction ends, and says of them what the rules need. */
export async function holdPerson(act: Act, personId: string): Promise<Person> {
  return await lockPerson(act.tx, personId);
}

/** Rows in portions, for statements with a bounded number of parameters. */
export function* chunks<T>(rows: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}

function required(personId: string | undefined): string {
  if (personId === undefined) throw new Error('an identity was neither found nor made');
  return personId;
}
