// Telephone numbers: the applicant's own, a mobile phone or a landline, or the mobile phone of their contact.

import { fieldError, type Reading } from './field-errors.ts';
import { halfWidth } from './half-width.ts';

const mobile = /^1\d{10}$/;
/** With area code. */
const landline = /^0\d{9,11}$/;

/** Reads a phone number as digits, without spaces and hyphens. */
export function readPhoneNumber(input: string, pointer: string): Reading<string> {
  const text = digitsOf(input);
  if (mobile.test(text) || landline.test(text)) return { value: text };
  return { fieldErrors: [fieldError(pointer, 'phone-number-form')] };
}

/** The same of a mobile phone alone. */
export function readMobileNumber(input: string, pointer: string): Reading<string> {
  const text = digitsOf(input);
  if (mobile.test(text)) return { value: text };
  return { fieldErrors: [fieldError(pointer, 'mobile-number-form')] };
}

function digitsOf(input: string): string {
  return halfWidth(input).replace(/[\s-]/g, '');
}
