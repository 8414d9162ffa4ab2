// What is wrong with a record as somebody wrote it, every fault at once; nothing is guessed and nothing is filled in.

import { isDay, isMonth } from '../../values/days.ts';
import { type Fault, type FaultCode, fault } from '../../values/faults.ts';
import {
  contributionPayers,
  contributionSchemes,
  hardshipCategories,
  insurances,
  type Kind,
  kinds,
  retirementCategories,
} from '../facts.ts';

/** A record as it came: nothing in it can be relied upon yet. */
export type WrittenFact = Readonly<Record<string, unknown>>;

/** Every fault of a written record; none, when it is a `Fact` but for its id. `pointer` leads to the record. */
export function faultsOfFact(written: WrittenFact, pointer: string): Fault[] {
  const kind = kinds.find((known) => known === written['kind']);
  if (kind === undefined) return [fault(`${pointer}/kind`, 'kind-unknown')];
  return particulars[kind](written, pointer);
}

type Faults = (written: WrittenFact, pointer: string) => Fault[];

const particulars: Readonly<Record<Kind, Faults>> = {
  household: both(faultsOfDays, need('street', 'street-form', isStreet)),
  'unemployment-registration': faultsOfDays,
  'hardship-recognition': both(faultsOfDays, need('category', 'category-unknown', oneOf(hardshipCategories))),
  'flexible-employment': faultsOfDays,
  contribution: faultsOfContribution,
  'contribution-refund': faultsOfRefund,
  'unemployment-benefit': faultsOfDays,
  'skills-training': faultsOfDays,
  'public-post': faultsOfDays,
  imprisonment: faultsOfDays,
  'public-payroll': faultsOfDays,
  'employer-insurance': faultsOfDays,
  pension: faultsOfDays,
  'retirement-category': both(
    faultsOfDays,
    need('category', 'category-unknown', oneOf(retirementCategories)),
  ),
  dishonesty: faultsOfDays,
  death: faultsOfDays,
  'prior-benefit': faultsOfPriorBenefit,
};

/** The days a record holds: a first day, and no last day or one that is not before it. */
function faultsOfDays(written: WrittenFact, pointer: string): Fault[] {
  const { from, to = null } = written;
  const faults: Fault[] = [];
  if (!isWrittenDay(from)) faults.push(fault(`${pointer}/from`, 'day-form'));
  if (to !== null && !isWrittenDay(to)) faults.push(fault(`${pointer}/to`, 'day-form'));
  const isReversed = isWrittenDay(from) && isWrittenDay(to) && to < from;
  return isReversed ? [fault(`${pointer}/to`, 'end-before-start')] : faults;
}

/** A contribution is for a month; its days are that month's and are not written. */
function faultsOfContribution(written: WrittenFact, pointer: string): Fault[] {
  const { paidOn } = written;
  return [
    ...faultsOfMonth(written, pointer),
    ...need('scheme', 'scheme-unknown', oneOf(contributionSchemes))(written, pointer),
    ...need('insurance', 'insurance-unknown', oneOf(insurances))(written, pointer),
    ...need('payer', 'payer-unknown', oneOf(contributionPayers))(written, pointer),
    ...need('refunded', 'yes-or-no', isBoolean)(written, pointer),
    ...(paidOn === undefined ? [] : need('paidOn', 'day-form', isWrittenDay)(written, pointer)),
  ];
}

function faultsOfRefund(written: WrittenFact, pointer: string): Fault[] {
  const { refundedOn } = written;
  return [
    ...faultsOfMonth(written, pointer),
    ...need('insurance', 'insurance-unknown', oneOf(insurances))(written, pointer),
    ...(refundedOn === undefined ? [] : need('refundedOn', 'day-form', isWrittenDay)(written, pointer)),
  ];
}

function faultsOfMonth(written: WrittenFact, pointer: string): Fault[] {
  const code: FaultCode = written['month'] === undefined ? 'month-missing' : 'month-form';
  return need('month', code, isWrittenMonth)(written, pointer);
}

function faultsOfPriorBenefit(written: WrittenFact, pointer: string): Fault[] {
  const months: unknown = written['months'];
  const list: readonly unknown[] = Array.isArray(months) ? months : [];
  return [
    ...need('firstApprovedOn', 'day-form', isWrittenDay)(written, pointer),
    ...need('near', 'yes-or-no', isBoolean)(written, pointer),
    ...(list.length === 0 ? [fault(`${pointer}/months`, 'months-missing')] : []),
    ...list.flatMap((month, index) => {
      const at = `${pointer}/months/${index}`;
      if (!isWrittenMonth(month)) return [fault(at, 'month-form')];
      return list.indexOf(month) < index ? [fault(at, 'month-twice')] : [];
    }),
  ];
}

function both(one: Faults, other: Faults): Faults {
  return (written, pointer) => [...one(written, pointer), ...other(written, pointer)];
}

function need(property: string, code: FaultCode, fits: (value: unknown) => boolean): Faults {
  return (written, pointer) => {
    const value = Object.hasOwn(written, property) ? written[property] : undefined;
    return fits(value) ? [] : [fault(`${pointer}/${property}`, code)];
  };
}

function oneOf(values: readonly unknown[]): (value: unknown) => boolean {
  return (value) => values.includes(value);
}

function isWrittenDay(value: unknown): value is string {
  return typeof value === 'string' && isDay(value);
}

function isWrittenMonth(value: unknown): boolean {
  return typeof value === 'string' && isMonth(value);
}

function isStreet(value: unknown): boolean {
  return typeof value === 'string' && /^\d{9}$/.test(value);
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}
