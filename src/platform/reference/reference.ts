// The reference data that operations use: the working calendar, and the agencies and streets with the days on which
// they are open. Immutable: a change makes another value. Pure.

import type { Day } from '../../values/days.ts';
import type { WorkingCalendar } from '../../values/working-days.ts';
import type { StreetAgency } from '../database/tables.ts';
import type { ReferenceRows } from './store.ts';

/** Every place that ever existed: records refer to closed ones too. */
export interface Places {
  /** The four digits that begin the city's codes. */
  readonly city: string;
  readonly streets: ReadonlySet<string>;
  /** Six-digit codes: the city, its urban area 市辖区 and its counties. */
  readonly divisions: ReadonlySet<string>;
  readonly agencies: ReadonlySet<string>;
}

export interface Reference {
  /** Of the row in reference_version. */
  readonly version: number;
  readonly calendar: WorkingCalendar;
  readonly places: Places;
  /** Names of every agency and street, by code. */
  readonly placeNames: ReadonlyMap<string, string>;
  /**
   * A street open on that day with the agency that then handles it, by the newest assignment; undefined when there is
   * none.
   */
  findStreet(
    streetCode: string,
    day: Day,
  ): Readonly<Pick<StreetAgency, 'streetCode' | 'agencyCode'>> | undefined;
  /** The streets that an agency handles on a day. */
  streetsOfAgency(agencyCode: string, day: Day): ReadonlySet<string>;
  /** Names of an agency and a street on papers, even if closed, and the county of the street. */
  findPlaceNames(agencyCode: string, streetCode: string): PlaceNames;
  /** Names of an agency and its funding bureau on papers, even if closed. */
  findAgencyNames(agencyCode: string): { readonly agencyName: string; readonly financeName: string | null };
}

export interface PlaceNames {
  readonly agencyName: string;
  readonly streetName: string;
  readonly countyCode: string;
}

export function referenceOf(rows: ReferenceRows): Reference {
  const agencies = new Map(rows.agencies.map((agency) => [agency.agencyCode, agency]));
  const streets = new Map(rows.streets.map((street) => [street.streetCode, street]));
  const newestFirst = rows.streetAgencies.toSorted((a, b) => (a.validFrom > b.validFrom ? -1 : 1));
  const assignments = Map.groupBy(newestFirst, ({ streetCode }) => streetCode);
  const counties = rows.agencies.flatMap(({ agencyCode, kind }) => (kind === 'county' ? [agencyCode] : []));
  const city = '3602';
  return {
    version: rows.version,
    calendar: {
      years: new Set(rows.calendarYears),
      exceptions: new Map(rows.calendarExceptions.map(({ day, works }) => [day, works])),
    },
    places: {
      city,
      streets: new Set(streets.keys()),
      divisions: new Set([`${city}00`, `${city}01`, ...counties]),
      agencies: new Set(agencies.keys()),
    },
    placeNames: new Map([
      ...rows.streets.map(({ streetCode, name }) => [streetCode, name] as const),
      ...rows.agencies.map(({ agencyCode, name }) => [agencyCode, name] as const),
    ]),
    findStreet(streetCode, day) {
      const street = streets.get(streetCode);
      if (street === undefined || !isValidOn(street, day)) return undefined;
      return assignments.get(streetCode)?.find((assignment) => isValidOn(assignment, day));
    },
    streetsOfAgency: (agencyCode, day) =>
      new Set(
        rows.streetAgencies
          .filter((assignment) => assignment.agencyCode === agencyCode && isValidOn(assignment, day))
          .map(({ streetCode }) => streetCode),
      ),
    findPlaceNames(agencyCode, streetCode) {
      const { name: streetName, countyCode } = known(streets.get(streetCode), streetCode);
      return { agencyName: known(agencies.get(agencyCode), agencyCode).name, streetName, countyCode };
    },
    findAgencyNames(agencyCode) {
      const { name: agencyName, financeName } = known(agencies.get(agencyCode), agencyCode);
      return { agencyName, financeName };
    },
  };
}

function isValidOn({ validFrom, validTo }: Pick<StreetAgency, 'validFrom' | 'validTo'>, day: Day): boolean {
  return validFrom <= day && (validTo === null || validTo >= day);
}

/** Cases refer to places by foreign key. */
function known<T>(place: T | undefined, code: string): T {
  if (place === undefined) throw new Error(`${code} is no agency or street`);
  return place;
}
