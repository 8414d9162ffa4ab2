// Normalises people's names for comparing and storing. Changes as little as possible: names are printed on
// papers and must match the bank's.

import { type FieldError, fieldError } from './field-errors.ts';
import { holdsPersonalNumber } from './personal-numbers.ts';

/** The dots that keyboards and registers use between syllables, as the standard's `·`. */
const OTHER_DOTS = /(?<=\S)[•．](?=\S)/gu;
/** Control, line and direction characters: never part of a name, and able to reverse a printed line. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Trimmed, with one form of the dot between syllables. */
export function normaliseName(input: string): string {
  return input.trim().replace(OTHER_DOTS, '·');
}

/** Whether two spellings are the same name, as of an account holder and the applicant. */
export function isSameName(one: string, other: string): boolean {
  return normaliseName(one) === normaliseName(other);
}

/**
 * The first character and a star for each other one: enough for an officer to recognise, too little to
 * publish.
 */
export function maskName(name: string): string {
  const [first = '', ...others] = name;
  return first + '*'.repeat(others.length);
}

/** Errors of a name; none when it can be stored. */
export function fieldErrorsOfName(input: string, pointer: string): FieldError[] {
  const fieldErrors: FieldError[] = [];
  if (normaliseName(input) === '') fieldErrors.push(fieldError(pointer, 'name-empty'));
  // A number in the field of a name would be shown whole.
  if (INVISIBLE.test(input) || holdsPersonalNumber(input))
    fieldErrors.push(fieldError(pointer, 'name-characters'));
  return fieldErrors;
}
