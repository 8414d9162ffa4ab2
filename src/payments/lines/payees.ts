// Decrypts the payee of a payment line: name and account.

import type { Encryption } from '../../platform/encryption/encryption.ts';
import type { PayeeLine } from './payee-store.ts';

/** The account holder's full name. */
export function openName(
  encryption: Encryption,
  line: Pick<PayeeLine, 'personId' | 'applicationId' | 'nameChangeId' | 'nameEncrypted'>,
) {
  const place = placeOf(line, line.nameChangeId);
  return encryption.decrypt(line.nameEncrypted, { ...place, column: 'name_encrypted' });
}

/** The full account number. */
export function openAccount(
  encryption: Encryption,
  line: Pick<PayeeLine, 'personId' | 'applicationId' | 'accountChangeId' | 'accountEncrypted'>,
) {
  const place = placeOf(line, line.accountChangeId);
  return encryption.decrypt(line.accountEncrypted, { ...place, column: 'account_encrypted' });
}

function placeOf(
  { personId, applicationId }: Pick<PayeeLine, 'personId' | 'applicationId'>,
  payeeChangeId: string | null,
) {
  return payeeChangeId === null
    ? { table: 'application', row: `${personId} ${applicationId}` }
    : { table: 'payee_change', row: `${personId} ${payeeChangeId}` };
}
