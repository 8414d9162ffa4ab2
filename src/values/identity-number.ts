// Resident identity numbers 公民身份号码 (GB 11643): normalised, validated, and read for sex and birth. The
// household is never derived from a number; numbers never appear in logs or errors.

import { type Day, isDay } from './days.ts';
import { type FieldError, fieldError, type Reading } from './field-errors.ts';
import { halfWidth } from './half-width.ts';

export type IdentityNumber = {
  /** Eighteen characters, normalised. */
  readonly text: string;
  readonly sex: 'M' | 'F';
  readonly born: Day;
  /** A residence permit for people of Hong Kong, Macao or Taiwan 港澳台居民居住证: valid, but never a local household. */
  readonly residencePermit: boolean;
  /** Given as an old number of fifteen digits and converted. */
  readonly converted: boolean;
};

export type IdentityRules = {
  readonly today: Day;
  /** Accepts numbers of county 360299, which never existed: for tests and sandboxes only. */
  readonly acceptTestPeople: boolean;
  /** Accepts numbers of fifteen digits: for the import of history only. */
  readonly acceptFifteenDigits: boolean;
};

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS = '10X98765432';
const TEST_COUNTY = '360299';
const RESIDENCE_PERMITS = ['81', '82', '83'];
const REGIONS = new Set(
  '11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83'.split(
    ' ',
  ),
);

/** Trims, converts full-width to half-width and `x` to `X`, so that all spellings of a number are equal. */
export function normaliseIdentityNumber(input: string): string {
  return halfWidth(input).trim().toUpperCase();
}

/** Reads a number, or returns every error. */
export function readIdentityNumber(
  input: string,
  pointer: string,
  rules: IdentityRules,
): Reading<IdentityNumber> {
  const given = normaliseIdentityNumber(input);
  const converted = /^\d{15}$/.test(given);
  if (converted && !rules.acceptFifteenDigits)
    return { fieldErrors: [fieldError(pointer, 'identity-number-fifteen-digits')] };
  const text = converted ? lengthened(given) : given;
  if (!/^\d{17}[\dX]$/.test(text)) return { fieldErrors: [fieldError(pointer, 'identity-number-form')] };

  const region = text.slice(0, 2);
  const born = birthDateIn(text);
  const fieldErrors: FieldError[] = [];
  // Two digits only: county codes are withdrawn and renumbered, but stay on people's cards.
  if (!REGIONS.has(region)) fieldErrors.push(fieldError(pointer, 'identity-number-region'));
  if (!isDay(born)) fieldErrors.push(fieldError(pointer, 'identity-number-birth-date'));
  else if (born > rules.today) fieldErrors.push(fieldError(pointer, 'identity-number-birth-in-future'));
  if (text.at(17) !== checkCharacter(text))
    fieldErrors.push(fieldError(pointer, 'identity-number-check-character'));
  if (text.startsWith(TEST_COUNTY) && !rules.acceptTestPeople) {
    fieldErrors.push(fieldError(pointer, 'identity-number-test-person'));
  }
  if (fieldErrors.length > 0) return { fieldErrors };

  const sex = Number(text.at(16)) % 2 === 1 ? 'M' : 'F';
  return { value: { text, sex, born, residencePermit: RESIDENCE_PERMITS.includes(region), converted } };
}

/** The birth date in a number of eighteen characters. */
export function birthDateIn(text: IdentityNumber['text']): Day {
  return `${text.slice(6, 10)}-${text.slice(10, 12)}-${text.slice(12, 14)}`;
}

/** Whether two digits begin a province's division codes 行政区划代码; those of residence permits do not. */
export function isProvince(code: string): boolean {
  return REGIONS.has(code) && !RESIDENCE_PERMITS.includes(code);
}

function lengthened(fifteen: string): string {
  const seventeen = `${fifteen.slice(0, 6)}19${fifteen.slice(6)}`;
  return seventeen + checkCharacter(seventeen);
}

function checkCharacter(text: string): string {
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * Number(text[index]), 0);
  return CHECK_CHARACTERS.charAt(sum % 11);
}
