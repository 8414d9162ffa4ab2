// Decrypts the payee of a payment line: name and account.

import type { Encryption } from '../../platform/encryption/encryption.ts';
import type { PayeeLine } from './payee-store.ts';

/** The account holder's full name. */
export function openName(
  encryption: Encryption,
  line: Pick<PayeeLine, 'personId' | 'applicationId' | 'nameEncrypted'>,
) {
  const row = `${line.personId} ${line.applicationId}`;
  return encryption.decrypt(line.nameEncrypted, { table: 'application', column: 'name_encrypted', row });
}

/** The full account number. */
export function openAccount(
  encryption: Encryption,
  line: Pick<PayeeLine, 'personId' | 'applicationId' | 'bankAccountChangeId' | 'accountEncrypted'>,
) {
  const place =
    line.bankAccountChangeId === null
      ? { table: 'application', row: `${line.personId} ${line.applicationId}` }
      : { table: 'bank_account_change', row: `${line.personId} ${line.bankAccountChangeId}` };
  return encryption.decrypt(line.accountEncrypted, { ...place, column: 'account_encrypted' });
}
