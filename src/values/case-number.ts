// Case numbers 受理编号: year, running number, check digit. They say nothing about the person.

import { type FieldError, fieldError } from './field-errors.ts';

/**
 * `JDZ26-0000123-0`. The last digit is the Luhn digit of year and number: it detects every single wrong digit and
 * almost every swap of two neighbours.
 *
 * @param sequence 1 to 9,999,999, never reused
 */
export function caseNumber(year: number, sequence: number): string {
  const digits = `${String(year % 100).padStart(2, '0')}${String(sequence).padStart(7, '0')}`;
  return `JDZ${digits.slice(0, 2)}-${digits.slice(2)}-${luhnDigit(digits)}`;
}

export const caseNumberPattern = '^JDZ\\d{2}-\\d{7}-\\d$';

/** Whether the text is well formed and its Luhn digit matches. */
export function isCaseNumber(text: string): boolean {
  if (!new RegExp(caseNumberPattern).test(text)) return false;
  const digits = text.replaceAll(/\D/g, '');
  return luhnDigit(digits.slice(0, -1)) === Number(digits.slice(-1));
}

/** For a case number that is well formed. */
export function fieldErrorsOfCaseNumber(text: string, pointer: string): FieldError[] {
  return isCaseNumber(text) ? [] : [fieldError(pointer, 'check-digit')];
}

function luhnDigit(digits: string): number {
  let sum = 0;
  for (const [index, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return (10 - (sum % 10)) % 10;
}
