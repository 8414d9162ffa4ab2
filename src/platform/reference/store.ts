// Remembers the city's streets and agencies, as they are on a given day.

import type { Day } from '../../values/days.ts';
import type { Tx } from '../database/connect.ts';

/** A street open on that day with the agency that then handles it: the newest assignment counts. Undefined for another. */
export async function findStreet(tx: Tx, streetCode: string, day: Day) {
  return await tx
    .selectFrom('street')
    .innerJoin('streetAgency', 'streetAgency.streetCode', 'street.streetCode')
    .select(['street.streetCode', 'street.name', 'streetAgency.agencyCode'])
    .where('street.streetCode', '=', streetCode)
    .where('street.validFrom', '<=', day)
    .where((eb) => eb.or([eb('street.validTo', 'is', null), eb('street.validTo', '>=', day)]))
    .where('streetAgency.validFrom', '<=', day)
    .where((eb) => eb.or([eb('streetAgency.validTo', 'is', null), eb('streetAgency.validTo', '>=', day)]))
    .orderBy('streetAgency.validFrom', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Every place of the city that ever was: records speak of closed ones too. */
export interface Places {
  /** The four digits with which the city's codes begin. */
  readonly city: string;
  readonly streets: ReadonlySet<string>;
  /** Six-digit codes: the city, its urban area 市辖区 and its counties. */
  readonly divisions: ReadonlySet<string>;
  readonly agencies: ReadonlySet<string>;
}

export async function listPlaces(tx: Tx): Promise<Places> {
  const streets = await tx.selectFrom('street').select('streetCode').execute();
  const agencies = await tx.selectFrom('agency').select(['agencyCode', 'kind']).execute();
  const counties = agencies.filter(({ kind }) => kind === 'county').map(({ agencyCode }) => agencyCode);
  const city = '3602';
  return {
    city,
    streets: new Set(streets.map(({ streetCode }) => streetCode)),
    divisions: new Set([`${city}00`, `${city}01`, ...counties]),
    agencies: new Set(agencies.map(({ agencyCode }) => agencyCode)),
  };
}

/** What an agency and a street are called on papers, whether or not they are still open. */
export async function findPlaceNames(tx: Tx, agencyCode: string, streetCode: string) {
  return await tx
    .selectFrom('agency')
    .innerJoin('street', (join) => join.on('street.streetCode', '=', streetCode))
    .select(['agency.name as agencyName', 'street.name as streetName'])
    .where('agency.agencyCode', '=', agencyCode)
    .executeTakeFirstOrThrow();
}

/** What an agency and the bureau that funds it are called on papers, whether or not it is still open. */
export async function findAgencyNames(tx: Tx, agencyCode: string) {
  return await tx
    .selectFrom('agency')
    .select(['name as agencyName', 'financeName'])
    .where('agencyCode', '=', agencyCode)
    .executeTakeFirstOrThrow();
}

/** What every agency and street is called, by its code. */
export async function listPlaceNames(tx: Tx): Promise<ReadonlyMap<string, string>> {
  const streets = await tx.selectFrom('street').select(['streetCode as code', 'name']).execute();
  const agencies = await tx.selectFrom('agency').select(['agencyCode as code', 'name']).execute();
  return new Map([...streets, ...agencies].map(({ code, name }) => [code, name]));
}
