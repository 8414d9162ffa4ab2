// Seals the audit about a second after each write, in whichever process is first.

import type { Algorithm } from '../../oversight/audit/chain.ts';
import { enterLooks, sealAudit } from '../../oversight/audit/operations.ts';
import type { Db } from '../../platform/database/connect.ts';
import { scopeOfAudit } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import type { App } from '../../platform/http/server.ts';
import { type Services, writeAsService } from '../../platform/write-context.ts';

const sealEveryMs = 1_000;
const enterLooksEveryMs = 60_000;

/** Runs with the service; a failure is logged and retried a second later. */
export function startSealing(app: App, services: Services): void {
  const { db, settings } = services;
  let underWay = Promise.resolve();
  let isBusy = false;
  let looksEnteredAt = 0;
  const seal = async (): Promise<void> => {
    if (performance.now() - looksEnteredAt > enterLooksEveryMs) {
      await enterAllLooks(services);
      looksEnteredAt = performance.now();
    }
    await sealAll(db, settings.auditHash);
  };
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    underWay = seal()
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

/** Adds digests of all committed disclosures to the audit, so that the chain covers them. */
export async function enterAllLooks(services: Services): Promise<void> {
  while (await writeAsService(services, 'enterLooks', enterLooks));
}

/** Seals all committed entries, batch by batch. */
export async function sealAll(db: Db, algorithm: Algorithm): Promise<void> {
  while ((await transact(db, scopeOfAudit, (tx) => sealAudit(tx, algorithm))) > 0);
}
