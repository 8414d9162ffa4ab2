// Seals the audit about a second after each act, in whichever process comes first.

import type { Algorithm } from '../audit/chain.ts';
import { sealAudit } from '../audit/operations.ts';
import type { Db } from '../database/connect.ts';
import { sightOfAudit } from '../database/row-sight.ts';
import { transact } from '../database/transaction.ts';
import type { App } from '../http/server.ts';

const sealEveryMs = 1_000;

/** Starts with the service and stops with it; a failure is logged and tried again with the next second. */
export function startSealing(app: App, db: Db, algorithm: Algorithm): void {
  let underWay = Promise.resolve();
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    underWay = sealAll(db, algorithm)
      .catch((error: unknown) => app.log.error({ err: error }, 'the audit could not be sealed'))
      .finally(() => {
        isBusy = false;
      });
  }, sealEveryMs);
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await underWay;
  });
}

/** Seals all that is committed now, portion by portion. */
export async function sealAll(db: Db, algorithm: Algorithm): Promise<void> {
  while ((await transact(db, sightOfAudit, (tx) => sealAudit(tx, algorithm))) > 0);
}
