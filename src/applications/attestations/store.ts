// Reads and writes attestations: who found what, for which case and on what evidence. Written once.

import type { Tx } from '../../platform/database/connect.ts';
import type { Attestation } from '../../platform/database/tables.ts';
import type { Kind } from '../../rules/facts.ts';

export async function insertAttestation(tx: Tx, row: Attestation): Promise<void> {
  await tx.insertInto('attestation').values(row).execute();
}

/** An attestation of this case with its record or coverage. */
export async function findAttestation(
  tx: Tx,
  { personId, applicationId }: { readonly personId: string; readonly applicationId: string },
  attestationId: string,
) {
  return await tx
    .selectFrom('attestation')
    .leftJoin('record', (join) =>
      join
        .onRef('record.personId', '=', 'attestation.personId')
        .onRef('record.recordId', '=', 'attestation.recordId'),
    )
    .leftJoin('coverage', 'coverage.coverageId', 'attestation.coverageId')
    .select(['record.kind', 'record.sourceKey', 'record.version'])
    .select((eb) => [
      // The column is plain text; only kinds are written to it.
      eb.ref('coverage.kind').$castTo<Kind | null>().as('coverageKind'),
      'coverage.throughMonth',
    ])
    .where('attestation.personId', '=', personId)
    // Withdrawn if its key has a later version.
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('record as later')
            .select('later.recordId')
            .whereRef('later.personId', '=', 'record.personId')
            .whereRef('later.source', '=', 'record.source')
            .whereRef('later.kind', '=', 'record.kind')
            .whereRef('later.sourceKey', '=', 'record.sourceKey')
            .whereRef('later.version', '>', 'record.version'),
        ),
      ),
    )
    .where('attestation.applicationId', '=', applicationId)
    .where('attestation.attestationId', '=', attestationId)
    .executeTakeFirst();
}
