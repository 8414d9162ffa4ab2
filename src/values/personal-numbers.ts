// Detects personal numbers in texts that are stored in plain: reasons, references, keys of other systems. A
// number that is encrypted in its own column must not appear there.

import { halfWidth } from './half-width.ts';

/** JSON Schema format of every text that is not encrypted. */
export const impersonal = 'impersonal';

// People who can apply are born by 2015, so that voucher numbers with a place and today's date do not match.
const identityNumbers =
  /(?=(\d{6}(?:19\d\d|200\d|201[0-5])(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]))/g;
const mobileNumber = /(?<![0-9A-Za-z])(?:\+?86)?1[3-9]\d{9}(?![0-9A-Za-z])/;
/** Bank cards begin with 62 in China; other accounts cannot be distinguished from voucher numbers. */
const cardNumber = /(?<![0-9A-Za-z])62\d{14,17}(?![0-9A-Za-z])/;
const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** Digits of a mobile number, the shortest number detected. */
const fewestDigits = 11;

/** Whether a text contains an identity, mobile or card number, with any spacing. */
export function holdsPersonalNumber(text: string): boolean {
  // Excludes nearly every key of a register at a tenth of the cost.
  if (digitsIn(text) < fewestDigits) return false;
  const plain = halfWidth(text).toUpperCase();
  const joined = plain.replaceAll(/(?<=\d) (?=[\dX])/g, '');
  return [plain, joined].some(
    (form) => mobileNumber.test(form) || cardNumber.test(form) || holdsIdentityNumber(form),
  );
}

/** Counts half and full-width digits. */
function digitsIn(text: string): number {
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if ((code >= 0x30 && code <= 0x39) || (code >= 0xff10 && code <= 0xff19)) digits += 1;
  }
  return digits;
}

function holdsIdentityNumber(text: string): boolean {
  return [...text.matchAll(identityNumbers)].some(([, number = '']) => {
    const sum = weights.reduce((total, weight, index) => total + weight * Number(number[index]), 0);
    return number[17] === '10X98765432'[sum % 11];
  });
}
