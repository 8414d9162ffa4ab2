// The applicant's telephone number: their own mobile phone, a landline, or a contact's.

import { fieldError, type Reading } from './field-errors.ts';
import { halfWidth } from './half-width.ts';

const mobile = /^1\d{10}$/;
/** With area code. */
const landline = /^0\d{9,11}$/;

/** Reads a phone number as digits, without spaces and hyphens. */
export function readPhoneNumber(input: string, pointer: string): Reading<string> {
  const text = halfWidth(input).replace(/[\s-]/g, '');
  if (mobile.test(text) || landline.test(text)) return { value: text };
  return { fieldErrors: [fieldError(pointer, 'phone-number-form')] };
}
