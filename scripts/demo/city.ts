// Builds the people of city.yaml: identity number, account, the rows that registers deliver, and the expected
// results. Does nothing else.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** Test identity numbers available per sex and birthday: one for each run. */
export const serials = 500;

export interface Street {
  readonly code: string;
  readonly name: string;
  readonly agency: string;
}

/** A record as a register delivers it. */
export type Row = Readonly<Record<string, unknown>> & { readonly kind: string; readonly sourceKey: string };

/** The expected result of an application: each month's outcome, or all reasons of an excluded month. */
export interface Expectation {
  readonly months: Readonly<Record<string, readonly string[]>>;
  readonly amountFen: number;
}

export interface Resident {
  readonly name: string;
  readonly identityNumber: string;
  readonly account: string;
  readonly phone: string;
  readonly street: Street;
  /** The applicant's representative and channel. */
  readonly by: string;
  readonly channel: string;
  readonly claim: readonly string[];
  readonly rows: readonly Row[];
  readonly expect: Expectation;
  readonly lacks: string | null;
  readonly release: boolean;
  readonly again: { readonly claim: readonly string[]; readonly expect: Expectation } | null;
  readonly hold: string | null;
  readonly bank: 'paid' | 'unknown' | { readonly failed: string };
  readonly later: Later | null;
}

/** A record that contradicts a paid month. */
export interface Later {
  readonly row: Row;
  readonly month: string;
  readonly check: string;
  readonly amountFen: number;
  readonly then: 'repaid' | 'dismissed';
}

export interface Silence {
  readonly kind: string;
  readonly agency: string;
  readonly throughMonth: string;
  readonly thenReports: boolean;
}

export interface City {
  readonly quarter: string;
  readonly residents: readonly Resident[];
  /** People of the events after the quarter. */
  readonly afterwards: readonly Resident[];
  readonly agencies: readonly string[];
  readonly silent: readonly Silence[];
}

type WrittenExpectation = {
  outcome?: string;
  months?: Record<string, string | string[]>;
  amountFen: number;
};

type Written = {
  name: string;
  sex: 'M' | 'F';
  born: string;
  street: string;
  by: string;
  claim?: string[];
  term?: { firstApprovedOn: string; near: boolean; used: number } | null;
  contributions?: string[];
  drop?: string[];
  add?: ({ kind: string } & Record<string, unknown>)[];
  expect: WrittenExpectation;
  lacks?: string;
  release?: boolean;
  again?: { claim: string[]; expect: WrittenExpectation };
  hold?: string;
  bank?: Resident['bank'];
  later?: { record: { kind: string } & Record<string, unknown> } & Omit<Later, 'row'>;
};

type WrittenCity = {
  quarter: string;
  streets: Street[];
  silent: Silence[];
  people: Written[];
  afterwards: Written[];
};

const quarterMonths = ['2025-04', '2025-05', '2025-06'];
const channels: Readonly<Record<string, readonly [persona: string, channel: string]>> = {
  ganfutong: ['platform-ganfutong', 'ganfutong'],
  wujia2: ['platform-wujia2', 'wujia2-platform'],
  hall: ['platform-hall', 'provincial-online-hall'],
};

/** @param serial 0 to 499: which person of each birthday */
export function readCity(serial: number): City {
  const text = readFileSync(new URL('city.yaml', import.meta.url), 'utf8');
  const city: WrittenCity = parse(text, { schema: 'core' });
  const streets = new Map(city.streets.map((street) => [street.code, street]));
  return {
    quarter: city.quarter,
    residents: city.people.map((person, index) => residentOf(person, index, serial, streets)),
    afterwards: city.afterwards.map((person, index) =>
      residentOf(person, city.people.length + index, serial, streets),
    ),
    agencies: [...new Set(city.streets.map(({ agency }) => agency))],
    silent: city.silent,
  };
}

function residentOf(
  person: Written,
  index: number,
  serial: number,
  streets: ReadonlyMap<string, Street>,
): Resident {
  const { name, sex, born, claim = quarterMonths, later, again } = person;
  const street = streets.get(person.street);
  if (street === undefined) throw new Error(`${name} lives in a street that is not listed`);
  const [by, channel] = channels[person.by] ?? [`street-${street.code}`, 'wujia2-home'];
  const identityNumber = identityNumberOf(sex, born, serial);
  const rows = recordsOf(person, claim).map((record, place) => ({
    ...(record.kind === 'contribution' ? individual : {}),
    ...record,
    sourceKey: `demo-${serial}-${index}-${place}`,
    version: 1,
    identityNumber,
    name,
  }));
  return {
    name,
    identityNumber,
    account: `6217${String(serial).padStart(4, '0')}${String(index).padStart(8, '0')}`,
    phone: `139${String(serial).padStart(4, '0')}${String(index).padStart(4, '0')}`,
    street,
    by,
    channel,
    claim,
    rows,
    expect: expectationOf(person.expect, claim),
    lacks: person.lacks ?? null,
    release: person.release ?? false,
    again: again === undefined ? null : { ...again, expect: expectationOf(again.expect, again.claim) },
    hold: person.hold ?? null,
    bank: person.bank ?? 'paid',
    later: later === undefined ? null : { ...later, row: laterRow(rows, later.record) },
  };
}

const individual = { scheme: 'employees', insurance: 'pension', payer: 'individual', refunded: false };

/** The baseline overridden by the person's own keys, as in the case file. */
function recordsOf(
  person: Written,
  claim: readonly string[],
): ({ kind: string } & Record<string, unknown>)[] {
  const { street, term = { firstApprovedOn: '2025-01-10', near: false, used: 3 } } = person;
  const baseline = [
    { kind: 'household', from: '1990-01-01', street },
    { kind: 'unemployment-registration', from: '2023-06-01', to: '2024-02-29' },
    { kind: 'hardship-recognition', from: '2024-01-10', category: 'long-term-unemployed-4050' },
    { kind: 'flexible-employment', from: '2024-03-01' },
  ].filter(({ kind }) => !person.drop?.includes(kind));
  const contributions = (person.contributions ?? claim).map((month) => ({ kind: 'contribution', month }));
  const granted =
    term === null
      ? []
      : [
          {
            kind: 'prior-benefit',
            firstApprovedOn: term.firstApprovedOn,
            near: term.near,
            months: monthsFrom(term.firstApprovedOn, term.used),
          },
        ];
  return [...baseline, ...contributions, ...granted, ...(person.add ?? [])];
}

/** A new version of the row it corrects, or a new record. */
function laterRow(rows: readonly Row[], record: { kind: string } & Record<string, unknown>): Row {
  const [first] = rows;
  if (first === undefined) throw new Error('everybody has records');
  const known = rows.find((row) => row.kind === record.kind && row['month'] === record['month']);
  if (known !== undefined) return { ...known, ...record, version: 2 };
  const { identityNumber, name, sourceKey } = first as Row & { identityNumber: string; name: string };
  return { ...record, sourceKey: `${sourceKey}-later`, version: 1, identityNumber, name };
}

function expectationOf(
  { outcome, months, amountFen }: WrittenExpectation,
  claim: readonly string[],
): Expectation {
  const each = months ?? Object.fromEntries(claim.map((month) => [month, outcome ?? 'payable']));
  const listed = Object.entries(each).map(([month, said]) => [month, [said].flat().sort()] as const);
  return { months: Object.fromEntries(listed), amountFen };
}

function monthsFrom(day: string, count: number): string[] {
  const first = Temporal.PlainYearMonth.from(day.slice(0, 7));
  return Array.from({ length: count }, (_, index) => first.add({ months: index }).toString());
}

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** A number of county 360299, which never existed, with its check character (GB 11643). */
function identityNumberOf(sex: 'M' | 'F', born: string, serial: number): string {
  const order = serial * 2 + (sex === 'M' ? 1 : 0);
  const seventeen = `360299${born.replaceAll('-', '')}${String(order).padStart(3, '0')}`;
  const sum = weights.reduce((total, weight, place) => total + weight * Number(seventeen[place]), 0);
  return `${seventeen}${'10X98765432'[sum % 11]}`;
}
