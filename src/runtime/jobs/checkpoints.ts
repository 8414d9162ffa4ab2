// Writes signed audit checkpoints to a directory that the operator keeps elsewhere: every hour as a job, so that one of
// several processes does it, and at the end of each. Only comparison with one of them reveals that the end of the chain
// was removed.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../../oversight/audit/checkpoint.ts';
import { makeCheckpoint } from '../../oversight/audit/operations.ts';
import { currentEpoch } from '../../oversight/restores/operations.ts';
import { scopeOfAudit } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import type { App } from '../../platform/http/server.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import type { Services } from '../../platform/write-context.ts';

type CheckpointServices = Pick<Services, 'db' | 'encryption' | 'clock'>;

/**
 * For the start: the folder outlives the database. Writes a checkpoint, so that an earlier database finds itself behind.
 *
 * @throws OperatorError when the folder has a checkpoint that is ahead of the database: that one was replaced by a restored
 *   one and must not be written to any more, or is itself just restored
 */
export async function beginCheckpoints(services: CheckpointServices, folder: string): Promise<void> {
  const here = nameOf(...(await readPlace(services)));
  // Of equal length: the order of the names is that of epochs and places.
  const names = (await readdir(folder)).filter((name) => form.test(name)).sort();
  const newest = names.at(-1) ?? here;
  if (newest > here) {
    throw new OperatorError(
      `${join(folder, newest)}: 数据库没有这个校验点的审计记录。这是已被取代的旧库的，请改连现用的数据库；是刚恢复或升为主库的，请先运行 npm run after-restore · ` +
        'the database lacks the audit entries of this checkpoint. If it is an old one that was replaced, use its successor; if it was just restored or promoted, run npm run after-restore first',
    );
  }
  await exportCheckpoint(services, folder);
}

/** Covers everything audited until the shutdown. Must be called before sealing starts, since hooks run from the last. */
export function writeCheckpointAtEnd(app: App, services: Services, folder: string): void {
  app.addHook('onClose', async () => {
    await exportCheckpoint(services, folder).catch((error: unknown) =>
      app.log.error({ err: error }, 'the audit checkpoint could not be written'),
    );
  });
}

/**
 * Writes a checkpoint of the current chain, one whole file per epoch and position. Returns its path; null when nothing is
 * new.
 */
export async function exportCheckpoint(services: CheckpointServices, folder: string): Promise<string | null> {
  const [epoch, checkpoint] = await readPlace(services);
  if (checkpoint === null) return null;
  const path = join(folder, nameOf(epoch, checkpoint));
  if (existsSync(path)) return null;
  // A process that is killed leaves no half of a file under its name.
  const unfinished = join(folder, `${randomUUID()}.unfinished`);
  await writeFile(unfinished, `${JSON.stringify(checkpoint)}\n`);
  await rename(unfinished, path);
  return path;
}

const form = /^audit-checkpoint-\d{10}-\d{12}\.json$/;

function nameOf(epoch: number, checkpoint: Checkpoint | null): string {
  const place = [String(epoch).padStart(10, '0'), String(checkpoint?.sequence ?? 0).padStart(12, '0')];
  return `audit-checkpoint-${place.join('-')}.json`;
}

async function readPlace({ db, encryption, clock }: CheckpointServices) {
  return await transact(
    db,
    scopeOfAudit,
    (tx) => Promise.all([currentEpoch(tx), makeCheckpoint(tx, encryption, clock())]),
    { readOnly: true },
  );
}
