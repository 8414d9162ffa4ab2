// Remembers the city's streets and agencies, as they are on a given day.

import type { Tx } from '../database/connect.ts';
import type { Day } from '../rules/days.ts';

/** Every handling agency there is or was. */
export async function listAgencyCodes(tx: Tx): Promise<ReadonlySet<string>> {
  const rows = await tx.selectFrom('agency').select('agencyCode').execute();
  return new Set(rows.map((row) => row.agencyCode));
}

/** A street open on that day with the agency that then handles it, or undefined. */
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
    .executeTakeFirst();
}
