// Brings the reference data of this repository into the database: divisions, agencies, the working calendar and the
// published policy versions. Runs with every migration; adds what is new, changes nothing that was published before.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { policyVersions, serialisePolicy } from '../../rules/policy/policy.ts';
import type { Tx } from '../database/connect.ts';
import { type CalendarYear, insertCalendarYear, stageRecount } from './calendar.ts';

const folder = new URL('../../../reference/', import.meta.url);

interface Divisions {
  agencies: {
    code: string;
    name: string;
    /** The bureau 财政局 that funds it, where one is published. */
    finance?: string;
    kind: 'county' | 'zone';
    validFrom: string;
    validTo?: string;
  }[];
  streets: {
    code: string;
    name: string;
    kind: string;
    county: string;
    /** Where it is not the county's own centre that handles the street. */
    agency?: string;
    validFrom: string;
    validTo?: string;
  }[];
  /** Another agency handles the street from a day on: a zone takes it over, or gives it back. */
  transfers?: { street: string; agency: string; validFrom: string; validTo?: string }[];
}

/** Inserts all reference data that the database does not have yet. Throws when a published policy version differs. */
export async function seedReference(tx: Tx): Promise<void> {
  await seedDivisions(tx);
  await seedCalendar(tx);
  await seedPolicies(tx);
}

async function seedDivisions(tx: Tx): Promise<void> {
  const divisions: Divisions = await readJson('divisions.json');
  await tx
    .insertInto('agency')
    .values(
      divisions.agencies.map((agency) => ({
        agencyCode: agency.code,
        name: agency.name,
        kind: agency.kind,
        financeName: agency.finance ?? null,
        validFrom: agency.validFrom,
        validTo: agency.validTo ?? null,
      })),
    )
    // An agency seeded before bureaus were named learns the name of its own.
    .onConflict((conflict) =>
      conflict
        .column('agencyCode')
        .doUpdateSet((eb) => ({ financeName: eb.ref('excluded.financeName') }))
        .where('agency.financeName', 'is', null),
    )
    .execute();
  await tx
    .insertInto('street')
    .values(
      divisions.streets.map((street) => ({
        streetCode: street.code,
        name: street.name,
        kind: street.kind,
        countyCode: street.county,
        validFrom: street.validFrom,
        validTo: street.validTo ?? null,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await tx
    .insertInto('streetAgency')
    .values(
      [
        ...divisions.streets.map(({ code, agency, county, ...valid }) => ({
          street: code,
          agency: agency ?? county,
          ...valid,
        })),
        ...(divisions.transfers ?? []),
      ].map(({ street, agency, validFrom, validTo }) => ({
        streetCode: street,
        agencyCode: agency,
        validFrom,
        validTo: validTo ?? null,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function seedCalendar(tx: Tx): Promise<void> {
  const files = (await readdir(new URL('calendar/', folder))).filter((name) => name.endsWith('.json')).sort();
  for (const file of files) {
    const calendar: CalendarYear = await readJson(`calendar/${file}`);
    const isNew = await insertCalendarYear(tx, calendar);
    if (isNew) await stageRecount(tx, calendar.year);
  }
}

async function seedPolicies(tx: Tx): Promise<void> {
  for (const statutoryAge of ['national', 'document'] as const) {
    for (const policy of policyVersions({ statutoryAge })) {
      const content = serialisePolicy(policy);
      const contentDigest = createHash('sha256').update(content).digest();
      await tx
        .insertInto('policyVersion')
        .values({ version: policy.version, content, contentDigest })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const stored = await tx
        .selectFrom('policyVersion')
        .select('contentDigest')
        .where('version', '=', policy.version)
        .executeTakeFirstOrThrow();
      if (!stored.contentDigest.equals(contentDigest)) {
        throw new Error(
          `policy ${policy.version} differs from the version published in this database: ` +
            'a changed value needs a new version with its own first day',
        );
      }
    }
  }
}

async function readJson<T>(path: string): Promise<T> {
  // The files are part of this repository; the columns' constraints check what they say.
  return JSON.parse(await readFile(new URL(path, folder), 'utf8')) as T;
}
