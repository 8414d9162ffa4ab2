// Bank account numbers of social security cards 社保卡账户: text, not numbers, and paid to the applicant only.

import { type FieldError, fieldError, type Reading } from './field-errors.ts';
import { halfWidth } from './half-width.ts';
import { isSameName } from './names.ts';

export type AccountNumber = {
  /** Twelve to thirty digits. */
  readonly text: string;
  /** The bank card's check digit is wrong. A warning only, since it is wrong on some real cards. */
  readonly failsLuhn: boolean;
};

/** Reads an account number, or returns why it cannot be one. */
export function readAccountNumber(input: string, pointer: string): Reading<AccountNumber> {
  const text = halfWidth(input).replace(/\s/g, '');
  if (/^\d{1,11}$/.test(text)) return { fieldErrors: [fieldError(pointer, 'account-number-short')] };
  if (!/^\d{12,30}$/.test(text)) return { fieldErrors: [fieldError(pointer, 'account-number-form')] };
  return { value: { text, failsLuhn: luhnSum(text) % 10 !== 0 } };
}

/** The account's holder must be the applicant (五.五 “发放至申请人社保卡账户”). */
export function fieldErrorsOfAccountHolder(holder: string, applicant: string, pointer: string): FieldError[] {
  return isSameName(holder, applicant) ? [] : [fieldError(pointer, 'account-holder-name')];
}

function luhnSum(digits: string): number {
  const fromTheRight = [...digits].reverse().map(Number);
  return fromTheRight.reduce((sum, digit, index) => {
    const counted = index % 2 === 1 ? digit * 2 : digit;
    return sum + (counted > 9 ? counted - 9 : counted);
  }, 0);
}
