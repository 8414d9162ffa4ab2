// Validates a record as written, reporting every error; guesses and fills in nothing.

import { isDay, isMonth } from '../../values/days.ts';
import { type FieldError, type FieldErrorCode, fieldError } from '../../values/field-errors.ts';
import {
  contributionPayers,
  contributionSchemes,
  hardshipCategories,
  insurances,
  type Kind,
  kinds,
  retirementCategories,
} from '../facts.ts';

/** An unvalidated record. */
export type WrittenFact = Readonly<Record<string, unknown>>;

/** Every error of a written record; none when it is a `Fact` without an id. `pointer` leads to the record. */
export function fieldErrorsOfFact(written: WrittenFact, pointer: string): FieldError[] {
  const kind = kinds.find((known) => known === written['kind']);
  if (kind === undefined) return [fieldError(`${pointer}/kind`, 'kind-unknown')];
  return particulars[kind](written, pointer);
}

type FieldErrors = (written: WrittenFact, pointer: string) => FieldError[];

/** A contribution has a month, and its days are that month's, so days are not written. */
const fieldErrorsOfContribution = all(
  fieldErrorsOfMonth,
  need('scheme', 'scheme-unknown', oneOf(contributionSchemes)),
  need('insurance', 'insurance-unknown', oneOf(insurances)),
  need('payer', 'payer-unknown', oneOf(contributionPayers)),
  need('refunded', 'yes-or-no', isBoolean),
  need('paidOn', 'day-form', isDayOrAbsent),
);

const fieldErrorsOfRefund = all(
  fieldErrorsOfMonth,
  need('insurance', 'insurance-unknown', oneOf(insurances)),
  need('refundedOn', 'day-form', isDayOrAbsent),
);

const particulars: Readonly<Record<Kind, FieldErrors>> = {
  household: all(fieldErrorsOfDays, need('street', 'street-form', isStreet)),
  'unemployment-registration': fieldErrorsOfDays,
  'hardship-recognition': all(
    fieldErrorsOfDays,
    need('category', 'category-unknown', oneOf(hardshipCategories)),
  ),
  'flexible-employment': fieldErrorsOfDays,
  contribution: fieldErrorsOfContribution,
  'contribution-refund': fieldErrorsOfRefund,
  'unemployment-benefit': fieldErrorsOfDays,
  'skills-training': fieldErrorsOfDays,
  'public-post': fieldErrorsOfDays,
  imprisonment: fieldErrorsOfDays,
  'public-payroll': fieldErrorsOfDays,
  'employer-insurance': fieldErrorsOfDays,
  pension: fieldErrorsOfDays,
  'retirement-category': all(
    fieldErrorsOfDays,
    need('category', 'category-unknown', oneOf(retirementCategories)),
  ),
  dishonesty: fieldErrorsOfDays,
  death: fieldErrorsOfDays,
  'prior-benefit': fieldErrorsOfPriorBenefit,
};

/** The days on which a record holds: a first day, and no last day or one that is not earlier. */
function fieldErrorsOfDays(written: WrittenFact, pointer: string): FieldError[] {
  const { from, to = null } = written;
  const fieldErrors: FieldError[] = [];
  if (!isWrittenDay(from)) fieldErrors.push(fieldError(`${pointer}/from`, 'day-form'));
  if (to !== null && !isWrittenDay(to)) fieldErrors.push(fieldError(`${pointer}/to`, 'day-form'));
  const isReversed = isWrittenDay(from) && isWrittenDay(to) && to < from;
  return isReversed ? [fieldError(`${pointer}/to`, 'end-before-start')] : fieldErrors;
}

function fieldErrorsOfMonth(written: WrittenFact, pointer: string): FieldError[] {
  const code: FieldErrorCode = written['month'] === undefined ? 'month-missing' : 'month-form';
  return need('month', code, isWrittenMonth)(written, pointer);
}

function fieldErrorsOfPriorBenefit(written: WrittenFact, pointer: string): FieldError[] {
  const months: unknown = written['months'];
  const list: readonly unknown[] = Array.isArray(months) ? months : [];
  return [
    ...need('firstApprovedOn', 'day-form', isWrittenDay)(written, pointer),
    ...need('near', 'yes-or-no', isBoolean)(written, pointer),
    ...(list.length === 0 ? [fieldError(`${pointer}/months`, 'months-missing')] : []),
    ...list.flatMap((month, index) => {
      const at = `${pointer}/months/${index}`;
      if (!isWrittenMonth(month)) return [fieldError(at, 'month-form')];
      return list.indexOf(month) < index ? [fieldError(at, 'month-twice')] : [];
    }),
  ];
}

function all(...parts: readonly FieldErrors[]): FieldErrors {
  return (written, pointer) => parts.flatMap((part) => part(written, pointer));
}

function need(property: string, code: FieldErrorCode, fits: (value: unknown) => boolean): FieldErrors {
  return (written, pointer) => {
    const value = Object.hasOwn(written, property) ? written[property] : undefined;
    return fits(value) ? [] : [fieldError(`${pointer}/${property}`, code)];
  };
}

function oneOf(values: readonly unknown[]): (value: unknown) => boolean {
  return (value) => values.includes(value);
}

function isWrittenDay(value: unknown): value is string {
  return typeof value === 'string' && isDay(value);
}

function isDayOrAbsent(value: unknown): boolean {
  return value === undefined || isWrittenDay(value);
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
