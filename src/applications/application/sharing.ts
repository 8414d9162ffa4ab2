// Keyed hashes of account and phone numbers, by which cases that share one are found. Each has its own purpose, so that it
// equals no digest elsewhere, such as in the audit.

import type { ReadContext } from '../../platform/context.ts';
import { readAccountNumber } from '../../values/account-number.ts';
import type { ApplicationRow } from './store.ts';

/** @param number as it was read: digits alone */
export function accountIndexOf({ sealer }: Pick<ReadContext, 'sealer'>, number: string): Buffer {
  return sealer.digest('account-index', number);
}

export function phoneIndexOf({ sealer }: Pick<ReadContext, 'sealer'>, phone: string): Buffer {
  return sealer.digest('phone-index', phone);
}

/** The hashes of a case that was made before they were introduced; none for every other. */
export function missingIndexesOf(context: ReadContext, application: ApplicationRow) {
  if (application.accountIndex !== null && application.phoneIndex !== null) return {};
  const row = `${application.personId} ${application.applicationId}`;
  const open = (column: string, sealed: Buffer) =>
    context.sealer.open(sealed, { table: 'application', column, row });
  const account = readAccountNumber(open('account_sealed', application.accountSealed), '/account/number');
  if ('fieldErrors' in account)
    throw new Error(`application ${application.applicationId} has no account number`);
  return {
    accountIndex: accountIndexOf(context, account.value.text),
    phoneIndex: phoneIndexOf(context, open('phone_sealed', application.phoneSealed)),
  };
}
