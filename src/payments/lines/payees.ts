// Decrypts whom a payment line pays: the name and the account.

import type { Sealer } from '../../platform/encryption/sealer.ts';
import type { PayeeLine } from './payee-store.ts';

/** The account holder's name, whole. */
export function openName(sealer: Sealer, line: Pick<PayeeLine, 'personId' | 'applicationId' | 'nameSealed'>) {
  const row = `${line.personId} ${line.applicationId}`;
  return sealer.open(line.nameSealed, { table: 'application', column: 'name_sealed', row });
}

/** The number of the account to be paid, whole. */
export function openAccount(
  sealer: Sealer,
  line: Pick<PayeeLine, 'personId' | 'applicationId' | 'correctionId' | 'accountSealed'>,
) {
  const place =
    line.correctionId === null
      ? { table: 'application', row: `${line.personId} ${line.applicationId}` }
      : { table: 'payment_correction', row: `${line.personId} ${line.correctionId}` };
  return sealer.open(line.accountSealed, { ...place, column: 'account_sealed' });
}
