// Inserts this repository's reference data: divisions, agencies, the working calendar and the published
// policy versions. Runs with every migration; adds new data and changes nothing published before.

import { readdir, readFile } from 'node:fs/promises';
import { versionsOf } from '../../rules/policy/policy.ts';
import type { Tx } from '../database/connect.ts';
import { OperatorError } from '../operator-error.ts';
import { publishPolicy } from './policies.ts';
import { readPolicyFiles } from './policy-files.ts';
import type { CalendarYear } from './schemas.ts';
import { insertCalendarYear, insertDivisions, stageRecount } from './store.ts';

const folder = new URL('../../../reference/', import.meta.url);

interface Divisions {
  agencies: {
    code: string;
    name: string;
    /** The bureau 财政局 that funds it, if published. */
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
    /** Set when another agency than the county's own centre handles the street. */
    agency?: string;
    validFrom: string;
    validTo?: string;
  }[];
  /** Another agency handles the street from a day on: a zone takes it over or returns it. */
  transfers?: { street: string; agency: string; validFrom: string; validTo?: string }[];
}

/** Inserts missing reference data. @throws Error when a published policy version differs */
export async function seedReference(tx: Tx): Promise<void> {
  await seedDivisions(tx);
  await seedCalendar(tx);
  await seedPolicies(tx);
}

async function seedDivisions(tx: Tx): Promise<void> {
  const { agencies, streets, transfers = [] }: Divisions = await readJson('divisions.json');
  const handled = streets.map(({ code, agency, county, validFrom, validTo }) => ({
    street: code,
    agency: agency ?? county,
    validFrom,
    validTo,
  }));
  await insertDivisions(tx, {
    agencies: agencies.map(({ code, finance = null, validTo = null, ...agency }) => ({
      ...agency,
      agencyCode: code,
      financeName: finance,
      validTo,
    })),
    streets: streets.map(({ code, county, agency: _, validTo = null, ...street }) => ({
      ...street,
      streetCode: code,
      countyCode: county,
      validTo,
    })),
    streetAgencies: [...handled, ...transfers].map(({ street, agency, validFrom, validTo = null }) => ({
      streetCode: street,
      agencyCode: agency,
      validFrom,
      validTo,
    })),
  });
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
  const dated = readPolicyFiles();
  for (const policy of [...versionsOf(dated, 'national'), ...versionsOf(dated, 'document')]) {
    if (await publishPolicy(tx, policy, null)) continue;
    throw new OperatorError(
      `政策版本 ${policy.version} 与本数据库已公布的不同，改动的值须另立版本并写明生效日 · ` +
        `policy ${policy.version} differs from the version published in this database: ` +
        'a changed value needs a new version with its own first day',
    );
  }
}

async function readJson<T>(path: string): Promise<T> {
  // These files belong to the repository; column constraints check their content.
  return JSON.parse(await readFile(new URL(path, folder), 'utf8')) as T;
}
