// People's names as they are compared and kept. A name is changed as little as possible: it is printed on papers and
// must match the bank's.

import { type FieldError, fieldError } from './field-errors.ts';

/** The dots that keyboards and registers put between the syllables of a name, as the one the standard names: `·`. */
const OTHER_DOTS = /(?<=\S)[•．](?=\S)/gu;
/** Control, line and direction characters: nothing a person is called, and able to turn a printed line around. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Trimmed, and with one spelling of the dot between syllables. */
export function normaliseName(input: string): string {
  return input.trim().replace(OTHER_DOTS, '·');
}

/** Whether two spellings are one name, so that an account holder may be the applicant. */
export function isSameName(one: string, other: string): boolean {
  return normaliseName(one) === normaliseName(other);
}

/** The first character and a star for each of the others: enough for an officer to recognise, too little to publish. */
export function maskName(name: string): string {
  const [first = '', ...others] = name;
  return first + '*'.repeat(others.length);
}

/** What is wrong with a name; nothing, when it can be kept. */
export function fieldErrorsOfName(input: string, pointer: string): FieldError[] {
  const fieldErrors: FieldError[] = [];
  if (normaliseName(input) === '') fieldErrors.push(fieldError(pointer, 'name-empty'));
  if (INVISIBLE.test(input)) fieldErrors.push(fieldError(pointer, 'name-characters'));
  return fieldErrors;
}

/** Full-width letters, digits and spaces as their half-width equals. */
export function halfWidth(text: string): string {
  // Nearly every text has none.
  if (!/[\u3000\uFF01-\uFF5E]/.test(text)) return text;
  return text
    .replace(/[\uFF01-\uFF5E]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replaceAll('\u3000', ' ');
}
