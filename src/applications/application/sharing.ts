// Keyed hashes of account and phone numbers, by which cases that share one are found. Each has a key of its own
// purpose, so that it cannot be matched with other digests, such as the audit's.

import type { ReadContext } from '../../platform/context.ts';
import { readAccountNumber } from '../../values/account-number.ts';
import type { ApplicationRow } from './store.ts';

/** @param number parsed: digits only */
export function accountIndexOf({ encryption }: Pick<ReadContext, 'encryption'>, number: string): Buffer {
  return encryption.digest('account-index', number);
}

export function phoneIndexOf({ encryption }: Pick<ReadContext, 'encryption'>, phone: string): Buffer {
  return encryption.digest('phone-index', phone);
}

/** The hashes that a case created before their introduction lacks; empty for every other. */
export function missingIndexesOf(context: ReadContext, application: ApplicationRow) {
  if (application.accountIndex !== null && application.phoneIndex !== null) return {};
  const row = `${application.personId} ${application.applicationId}`;
  const open = (column: string, encrypted: Buffer) =>
    context.encryption.decrypt(encrypted, { table: 'application', column, row });
  const account = readAccountNumber(
    open('account_encrypted', application.accountEncrypted),
    '/account/number',
  );
  if ('fieldErrors' in account)
    throw new Error(`application ${application.applicationId} has no account number`);
  return {
    accountIndex: accountIndexOf(context, account.value.text),
    phoneIndex: phoneIndexOf(context, open('phone_encrypted', application.phoneEncrypted)),
  };
}
