// New people of the test county with clean records, for cases that the sandbox prepares. Invented, like every
// number of county 360299.

import { randomInt } from 'node:crypto';
import { kinds } from '../../rules/facts.ts';
import type { Month } from '../../values/days.ts';

export interface Resident {
  readonly identityNumber: string;
  readonly name: string;
  readonly street: string;
  readonly account: string;
  readonly phone: string;
}

/** One row of a delivery, as a register sends it. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * 昌江区西郊街道. The contract's examples are set in 珠山区: a disbursement gathers everything of its agency, and
 * what is prepared must not get into theirs.
 */
export const street = '360202001';
export const agency = '360202';

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const names = ['李秀英', '张伟', '刘洋', '陈桂兰', '欧阳海燕', '周志强', '吴敏', '黄志明'];

/** A man whom nobody has met: at random, because the data of a sandbox survive its restart. */
export function newResident(): Resident {
  const born = Temporal.PlainDate.from('1970-01-01').add({ days: randomInt(2_500) });
  const seventeen = `360299${born.toString().replaceAll('-', '')}${digits(2)}${2 * randomInt(5) + 1}`;
  const sum = weights.reduce((total, weight, index) => total + weight * Number(seventeen[index]), 0);
  return {
    identityNumber: `${seventeen}${'10X98765432'[sum % 11]}`,
    name: names[randomInt(names.length)] ?? '',
    street,
    account: `621700${digits(13)}`,
    phone: `139${digits(8)}`,
  };
}

function digits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join('');
}

/** The records of a person who meets every condition and contributed for each of these months. */
export function cleanRecords(resident: Resident, months: readonly Month[]): Row[] {
  return [
    recordOf('household', resident, { from: '1990-01-01', street: resident.street }),
    recordOf('unemployment-registration', resident, { from: '2023-06-01', to: '2024-02-29' }),
    recordOf('hardship-recognition', resident, { from: '2024-01-10', category: 'long-term-unemployed-4050' }),
    recordOf('flexible-employment', resident, { from: '2024-03-01' }),
    ...months.map((month) =>
      recordOf('contribution', resident, {
        sourceKey: `contribution-${keyOf(resident)}-${month}`,
        month,
        scheme: 'employees',
        insurance: 'pension',
        payer: 'individual',
        refunded: false,
      }),
    ),
  ];
}

/** A record; `more` states its days and what else its kind has. */
export function recordOf(kind: (typeof kinds)[number], resident: Resident, more: Row): Row {
  const { identityNumber, name } = resident;
  const named = kind === 'dishonesty' || kind === 'death' ? {} : { name };
  return { kind, sourceKey: `${kind}-${keyOf(resident)}`, version: 1, identityNumber, ...named, ...more };
}

/** A register's own key for a person, without the identity number. */
function keyOf({ account }: Resident): string {
  return account.slice(-12);
}

/** Coverage of every kind through a month. */
export function fullCoverage(throughMonth: Month, asOf: string) {
  return kinds.map((kind) => ({ kind, throughMonth, asOf }));
}
