// The telephone number at which an applicant can be reached: their own mobile phone, a landline, or that of somebody who
// passes word on.

import { fieldError, type Reading } from './field-errors.ts';
import { halfWidth } from './names.ts';

const mobile = /^1\d{10}$/;
/** With its area code. */
const landline = /^0\d{9,11}$/;

/** Reads a phone number as its digits; spaces and hyphens belong to the writing. */
export function readPhoneNumber(input: string, pointer: string): Reading<string> {
  const text = halfWidth(input).replace(/[\s-]/g, '');
  if (mobile.test(text) || landline.test(text)) return { value: text };
  return { fieldErrors: [fieldError(pointer, 'phone-number-form')] };
}
