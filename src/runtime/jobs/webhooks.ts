// Sends events to webhooks while the service runs, with a small pool of its own. Every process does this; each attempt
// is begun in one transaction and recorded in another, and no connection waits for a receiver.

import { orderEvents } from '../../notifications/events/operations.ts';
import {
  type Attempt,
  areEventsSent,
  listWebhooksWithWork,
  recordOutcome,
  takeAttempts,
} from '../../notifications/webhooks/dispatch.ts';
import { type SendOptions, send } from '../../notifications/webhooks/send.ts';
import type { Db } from '../../platform/database/connect.ts';
import { scopeOfService } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import type { App } from '../../platform/http/server.ts';
import { momentOf, type Services, writeAsService } from '../../platform/write-context.ts';
import { jobChannel } from './tasks.ts';

const sendEveryMs = 1_000;
const poolSize = 2;
/** Attempts under way in this process. A connection each, so a bound on sockets; none on the database. */
const mostUnderWay = 64;
/** At shutdown. A longer attempt is aborted, and made again later. */
const lastAttemptsMs = 3_000;

export interface Dispatcher {
  /** Orders new events, puts them in line, and begins what is due. Resolves with the number begun. */
  round(): Promise<number>;
  /** Resolves when no attempt is under way. */
  idle(): Promise<void>;
  /** Aborts every attempt under way. */
  abort(): void;
}

/** @param changes in tests: how names are resolved, how long a receiver may take */
export function createDispatcher(
  services: Services,
  log: Pick<App['log'], 'warn' | 'error'>,
  changes: Partial<Pick<SendOptions, 'resolve' | 'timeoutMs'>> = {},
  onSettled: () => void = () => {},
): Dispatcher {
  const { db, settings } = services;
  const { mayReach } = settings.webhooks;
  const aborting = new AbortController();
  const underWay = new Set<Promise<void>>();

  async function round(): Promise<number> {
    if (!(await read(db, areEventsSent))) return 0;
    await orderEvents(db);
    let begun = 0;
    for (const webhookId of await read(db, (tx) => listWebhooksWithWork(tx, momentOf(services)))) {
      const room = mostUnderWay - underWay.size;
      if (room <= 0) break;
      const attempts = await writeAsService(services, 'sendEvents', (context) =>
        takeAttempts(context, webhookId, room),
      );
      begun += attempts.length;
      for (const attempt of attempts) {
        const followed = { task: 'send-event', id: attempt.deliveryId, attempt: attempt.attempts };
        const made = jobChannel
          .tracePromise(() => make(attempt), followed)
          .finally(() => {
            underWay.delete(made);
            onSettled();
          });
        underWay.add(made);
      }
    }
    return begun;
  }

  /** Never rejects: what cannot be recorded is attempted again when its time has run out. */
  async function make(attempt: Attempt): Promise<void> {
    const { deliveryId, webhookId } = attempt;
    try {
      const outcome = await send(attempt, { ...changes, mayReach, signal: aborting.signal });
      if (aborting.signal.aborted) return;
      const recorded = await writeAsService(services, 'sendEvents', (context) =>
        recordOutcome(context, attempt, outcome, db.random()),
      );
      if (recorded?.state === 'dead')
        log.warn(
          { webhookId, deliveryId, ...outcome },
          'an event could not be delivered and is a dead letter',
        );
      if (recorded?.disabled != null)
        log.error(
          { webhookId, because: recorded.disabled },
          'a webhook is disabled; its owner must enable it again',
        );
    } catch (error) {
      log.error({ err: error, webhookId, deliveryId }, 'the outcome of a delivery could not be recorded');
    }
  }

  return {
    round,
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    abort: () => aborting.abort(),
  };
}

/** Runs with the service; a failure is logged and retried a second later. */
export function startWebhooks(app: App, services: Services): void {
  const db = services.db.another({
    poolSize,
    onIdleError: (error) => app.log.warn({ err: error }, 'an idle connection for webhooks broke'),
  });
  let isStopped = false;
  let isBusy = false;
  let isAskedAgain = false;
  let running = Promise.resolve();
  const dispatcher = createDispatcher({ ...services, db }, app.log, {}, run);

  function run(): void {
    if (isStopped) return;
    isAskedAgain = isBusy;
    if (isBusy) return;
    isBusy = true;
    running = dispatcher
      .round()
      .then(() => {})
      .catch((error: unknown) => app.log.error({ err: error }, 'events could not be sent to webhooks'))
      .finally(() => {
        isBusy = false;
        if (isAskedAgain) run();
      });
  }

  const timer = setInterval(run, sendEveryMs);
  app.addHook('onClose', async () => {
    isStopped = true;
    clearInterval(timer);
    const late = setTimeout(() => dispatcher.abort(), lastAttemptsMs);
    await running;
    await dispatcher.idle();
    clearTimeout(late);
    await db.close();
  });
}

async function read<T>(db: Db, act: Parameters<typeof transact<T>>[2]): Promise<T> {
  return await transact(db, scopeOfService, act, { readOnly: true });
}
