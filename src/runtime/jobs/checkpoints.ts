// Writes signed checkpoints of the audit to a folder that the operator keeps elsewhere. Only against one of them does it
// show that the end of the chain was cut.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCheckpoint } from '../../oversight/audit/operations.ts';
import { scopeOfAudit } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import type { App } from '../../platform/http/server.ts';
import type { Services } from '../../platform/write-context.ts';

const exportEveryMs = 3_600_000;
/** The first one soon after the start: the newest acts of the run before are sealed by then. */
const firstAfterMs = 30_000;

/** Starts with the service and stops with it; a failure is logged and tried again an hour later. */
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
    await run(); // the last one tells how far the audit went when the service stopped
  });
}

/**
 * Writes a checkpoint of the chain as it is now, one file for each place of the chain, never over another. Answers its
 * path; null when there is nothing new.
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
