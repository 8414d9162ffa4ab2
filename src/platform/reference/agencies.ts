// What papers say of each agency: whom to appeal to, and how money is given back. One file per agency in
// reference/agencies, in versions by their first day, validated when the program starts. A paper keeps the text of its day.

import { readdirSync, readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import type { Day } from '../../values/days.ts';
import { closed, Day as DaySchema } from '../http/contract/schemas.ts';
import { validatorOf } from '../http/problems/validation.ts';

const Words = Type.String({ minLength: 1 });

/** Where an office is found; papers refer to its public notice while this is not known for certain. */
const contact = { address: Type.Optional(Words), telephone: Type.Optional(Words) };

const Version = closed({
  from: DaySchema,
  source: Words,
  /** The county, as it stands before the name of a street; a zone has no streets of its own. */
  place: Type.Optional(Words),
  /** 行政复议. */
  review: closed({ name: Words, ...contact, withinDays: Type.Integer({ minimum: 1 }), law: Words }),
  /** 行政诉讼; without a name until it is certain which court hears these cases. */
  court: closed({
    name: Type.Optional(Words),
    ...contact,
    withinMonths: Type.Integer({ minimum: 1 }),
    law: Words,
  }),
  repayment: closed({
    withinDays: Type.Integer({ minimum: 1 }),
    /** To be written in by hand while it is absent. */
    account: Type.Optional(closed({ holder: Words, bank: Words, number: Words })),
    /** The law by which a court enforces it. */
    enforcement: Words,
  }),
});
export type AgencyOnPaper = Static<typeof Version>;

const AgencyFile = closed({ agency: Words, versions: Type.Array(Version, { minItems: 1 }) });

/**
 * The versions of each agency, oldest first.
 *
 * @throws Error when a file is malformed, its versions are out of order, or an agency has none
 */
export function readAgencies(folder: URL, wanted: readonly string[]): Map<string, readonly AgencyOnPaper[]> {
  const judge = validatorOf(AgencyFile);
  const agencies = new Map<string, readonly AgencyOnPaper[]>();
  for (const name of readdirSync(folder).sort()) {
    const written: unknown = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    const fieldErrors = judge(written);
    if (fieldErrors.length > 0) throw new Error(`reference/agencies/${name}: ${JSON.stringify(fieldErrors)}`);
    const { agency, versions } = written as Static<typeof AgencyFile>; // validated on the line above
    if (name !== `${agency}.json`) throw new Error(`reference/agencies/${name} is of agency ${agency}`);
    if (versions.some(({ from }, at) => at > 0 && from <= (versions[at - 1]?.from ?? '')))
      throw new Error(`reference/agencies/${name}: versions begin on strictly later days`);
    agencies.set(agency, versions);
  }
  const missing = wanted.filter((agency) => !agencies.has(agency));
  if (missing.length > 0) throw new Error(`reference/agencies has no file for ${missing.join(', ')}`);
  return agencies;
}

const reference = new URL('../../../reference/', import.meta.url);
// a file of this repository
const divisions = JSON.parse(readFileSync(new URL('divisions.json', reference), 'utf8')) as {
  readonly agencies: readonly { readonly code: string }[];
};

export const agencies = readAgencies(
  new URL('agencies/', reference),
  divisions.agencies.map(({ code }) => code),
);

/** What papers of that day say of an agency. */
export function agencyOn(agencyCode: string, day: Day): AgencyOnPaper {
  const version = agencies.get(agencyCode)?.findLast(({ from }) => from <= day);
  if (version === undefined) throw new Error(`nothing is known of agency ${agencyCode} on ${day}`);
  return version;
}
