// Invented people of the test county, and records about them. Contains no test.

import { createHash } from 'node:crypto';
import { kinds } from '../../src/rules/facts.ts';

export interface Resident {
  readonly identityNumber: string;
  readonly name: string;
  readonly street: string;
  /** The handling agency. */
  readonly agency: string;
  readonly account: string;
  readonly phone: string;
}

/** One row of a delivery, as a register sends it. */
export type Row = Readonly<Record<string, unknown>>;

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/**
 * A valid number of county 360299.
 *
 * @param sequence 0 to 499: people of one sex and birthday
 */
export function identityNumberOf(sex: 'M' | 'F', born: string, sequence: number): string {
  const order = sequence * 2 + (sex === 'M' ? 1 : 0);
  const seventeen = `360299${born.replaceAll('-', '')}${String(order).padStart(3, '0')}`;
  const sum = weights.reduce((total, weight, index) => total + weight * Number(seventeen[index]), 0);
  return `${seventeen}${'10X98765432'[sum % 11]}`;
}

const names = ['王建国', '李秀英', '张伟', '刘洋', '陈桂兰', '欧阳海燕', '周志强', '吴敏'];

/** Creates people with distinct attributes, the same in every run. */
export function createResidents() {
  let count = 0;
  return ({
    sex = 'M',
    born = '1972-05-11',
    street = '360203007',
    agency = '360203',
  }: ResidentChoice = {}) => {
    const sequence = count;
    count += 1;
    // Five hundred people per birthday.
    const birthday = Temporal.PlainDate.from(born).add({ days: Math.floor(sequence / 500) });
    const resident: Resident = {
      identityNumber: identityNumberOf(sex, birthday.toString(), sequence % 500),
      name: names[sequence % names.length] ?? '',
      street,
      agency,
      account: `621700${String(sequence).padStart(12, '0')}`,
      phone: `139${String(sequence).padStart(8, '0')}`,
    };
    return resident;
  };
}

export interface ResidentChoice {
  readonly sex?: 'M' | 'F';
  readonly born?: string;
  readonly street?: string;
  /** The agency of the street, if it is another agency's. */
  readonly agency?: string;
}

/** A register's own key for a person, without their identity number. */
export function keyOf({ identityNumber }: Pick<Resident, 'identityNumber'>): string {
  return createHash('sha256').update(identityNumber).digest('hex').slice(0, 12);
}

/** The records of a person who meets every condition and contributed for each of these months. */
export function cleanRecords(resident: Resident, months: readonly string[]): Row[] {
  const { identityNumber, name, street } = resident;
  const said = { identityNumber, name, version: 1 };
  const key = (kind: string) => `${kind}-${keyOf({ identityNumber })}`;
  const held = (kind: string, from: string, more: Row = {}) => ({
    kind,
    sourceKey: key(kind),
    ...said,
    from,
    ...more,
  });
  return [
    held('household', '1990-01-01', { street }),
    held('unemployment-registration', '2023-06-01', { to: '2024-02-29' }),
    held('hardship-recognition', '2024-01-10', { category: 'long-term-unemployed-4050' }),
    held('flexible-employment', '2024-03-01'),
    ...months.map((month) => contribution(resident, month)),
  ];
}

/** A household record in another street, by default from the beginning. */
export function householdIn(
  { identityNumber, name }: Resident,
  street: string,
  version: number,
  from = '1990-01-01',
): Row {
  const sourceKey = `household-${keyOf({ identityNumber })}`;
  return { kind: 'household', sourceKey, identityNumber, name, version, from, street };
}

export function contribution({ identityNumber, name }: Resident, month: string, more: Row = {}): Row {
  return {
    kind: 'contribution',
    sourceKey: `contribution-${keyOf({ identityNumber })}-${month}`,
    version: 1,
    identityNumber,
    name,
    month,
    scheme: 'employees',
    insurance: 'pension',
    payer: 'individual',
    refunded: false,
    ...more,
  };
}

/** A refund of such a contribution, as a row of its own. */
export function refundOf({ identityNumber, name }: Resident, month: string, more: Row = {}): Row {
  return {
    kind: 'contribution-refund',
    sourceKey: `refund-${keyOf({ identityNumber })}-${month}`,
    version: 1,
    identityNumber,
    name,
    month,
    insurance: 'pension',
    ...more,
  };
}

/** A record of a kind that has only days. */
export function held(
  kind: string,
  { identityNumber }: Pick<Resident, 'identityNumber'>,
  from: string,
  to: string | null = null,
): Row {
  return {
    kind,
    sourceKey: `${kind}-${keyOf({ identityNumber })}-${from}`,
    version: 1,
    identityNumber,
    from,
    to,
  };
}

/** A death; registers deliver only its day. */
export function deathOf({ identityNumber }: Pick<Resident, 'identityNumber'>, from: string): Row {
  return { kind: 'death', sourceKey: `death-${keyOf({ identityNumber })}`, version: 1, identityNumber, from };
}

/** Months granted before this service existed. */
export function priorBenefit({ identityNumber }: Resident, count: number, near = false): Row {
  // From 2022-01, before the measure: they only count against the cap.
  const months = Array.from({ length: count }, (_, index) =>
    Temporal.PlainYearMonth.from('2022-01').add({ months: index }).toString(),
  );
  return {
    kind: 'prior-benefit',
    sourceKey: `prior-benefit-${keyOf({ identityNumber })}`,
    version: 1,
    identityNumber,
    firstApprovedOn: '2022-02-10',
    near,
    months,
  };
}

/** Coverage of every kind through a month. */
export function fullCoverage(throughMonth: string, asOf: string) {
  return kinds.map((kind) => ({ kind, throughMonth, asOf }));
}
