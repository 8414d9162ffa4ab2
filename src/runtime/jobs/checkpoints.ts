// Writes signed audit checkpoints to a directory that the operator keeps elsewhere: every hour as a job, so that one of
// several processes does it, and at the end of each. Only comparison with one of them reveals that the end of the chain
// was removed.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCheckpoint } from '../../oversight/audit/operations.ts';
import { scopeOfAudit } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import type { App } from '../../platform/http/server.ts';
import type { Services } from '../../platform/write-context.ts';

/** Covers everything audited until the shutdown. Must be called before sealing starts, since hooks run from the last. */
export function writeCheckpointAtEnd(app: App, services: Services, folder: string): void {
  app.addHook('onClose', async () => {
    await exportCheckpoint(services, folder).catch((error: unknown) =>
      app.log.error({ err: error }, 'the audit checkpoint could not be written'),
    );
  });
}

/** Writes a checkpoint of the current chain, one whole file per position. Returns its path; null when nothing is new. */
export async function exportCheckpoint(
  { db, encryption, clock }: Pick<Services, 'db' | 'encryption' | 'clock'>,
  folder: string,
): Promise<string | null> {
  const checkpoint = await transact(db, scopeOfAudit, (tx) => makeCheckpoint(tx, encryption, clock()), {
    readOnly: true,
  });
  if (checkpoint === null) return null;
  const path = join(folder, `audit-checkpoint-${String(checkpoint.sequence).padStart(12, '0')}.json`);
  if (existsSync(path)) return null;
  // A process that is killed leaves no half of a file under its name.
  const unfinished = join(folder, `${randomUUID()}.unfinished`);
  await writeFile(unfinished, `${JSON.stringify(checkpoint)}\n`);
  await rename(unfinished, path);
  return path;
}
