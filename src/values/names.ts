// Normalises people's names for comparing and storing. Changes as little as possible: names are printed on
// papers and must match the bank's.

import { type FieldError, fieldError } from './field-errors.ts';

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
  if (INVISIBLE.test(input)) fieldErrors.push(fieldError(pointer, 'name-characters'));
  return fieldErrors;
}

/** Converts full-width letters, digits and spaces to half-width. */
export function halfWidth(text: string): string {
  // Nearly every text has none.
  if (!/[\u3000\uFF01-\uFF5E]/.test(text)) return text;
  return text
    .replace(/[\uFF01-\uFF5E]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replaceAll('\u3000', ' ');
}
