// Writes signed audit checkpoints to a directory that the operator keeps elsewhere. Only comparison with one
// of them reveals that the end of the chain was removed.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCheckpoint } from '../../oversight/audit/operations.ts';
import { scopeOfAudit } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import type { App } from '../../platform/http/server.ts';
import type { Services } from '../../platform/write-context.ts';

const exportEveryMs = 3_600_000;
/** Soon after the start: by then the previous run's last entries are sealed. */
const firstAfterMs = 30_000;

/** Runs with the service; a failure is logged and retried an hour later. */
export function startCheckpointExport(app: App, services: Services, folder: string): void {
  const run = () =>
    exportCheckpoint(services, folder).catch((error: unknown) =>
      app.log.error({ err: error }, 'the audit checkpoint could not be written'),
    );
  const first = setTimeout(run, firstAfterMs).unref();
  const timer = setInterval(run, exportEveryMs).unref();
  app.addHook('onClose', async () => {
    clearTimeout(first);
    clearInterval(timer);
    await run(); // at shutdown, to cover everything audited until then
  });
}

/**
 * Writes a checkpoint of the current chain, one file per position, never overwriting. Returns its path; null
 * when nothing is new.
 */
export async function exportCheckpoint(
  { db, encryption, clock }: Pick<Services, 'db' | 'encryption' | 'clock'>,
  folder: string,
): Promise<string | null> {
  const checkpoint = await transact(db, scopeOfAudit, (tx) => makeCheckpoint(tx, encryption, clock()), {
    readOnly: true,
  });
  if (checkpoint === null) return null;
  const path = join(folder, `audit-checkpoint-${String(checkpoint.sequence).padStart(12, '0')}.json`);
  try {
    await writeFile(path, `${JSON.stringify(checkpoint)}\n`, { flag: 'wx' });
    return path;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return null;
    throw error;
  }
}
