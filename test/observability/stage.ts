// A started service that a Prometheus scrapes, its database behind a network, and a receiver of its events: what faults
// are played on. Holds no test.

import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Db } from '../../src/platform/database/connect.ts';
import { testDatabase } from '../database.ts';
import { type Network, openNetwork } from '../network.ts';
import { type Reply, startReceiver } from '../notifications/webhooks/receiver.ts';
import { callTo, comesTrue, dataFolder, type Service, serve } from '../program.ts';
import { cleanRecords } from '../registers/residents.ts';
import { type Application, createSteps, type Steps } from '../steps.ts';
import { freePort, type Prometheus, startPrometheus } from './prometheus.ts';

export interface Stage {
  /** As a superuser. */
  readonly db: Db;
  readonly network: Network;
  readonly prometheus: Prometheus;
  readonly steps: Steps;
  readonly service: Service;
  call: ReturnType<typeof callTo>;
  /** What the receiver of its events answers from now on. */
  receiverAnswers(reply: Reply): void;
  /** Kills the service and waits until Prometheus has seen it. */
  kill(): Promise<void>;
  start(environment?: Readonly<Record<string, string>>): Promise<void>;
  /** Somebody applies today for the last quarter. */
  applied(): Promise<Application>;
  /** Runs statements on one connection, as a superuser. */
  change(...statements: readonly string[]): Promise<void>;
}

export async function openStage(test: Test): Promise<Stage> {
  const { db, serviceUrl } = await testDatabase(test);
  const network = await openNetwork(test, serviceUrl);
  const port = await freePort();
  const usual = {
    DATABASE_URL: network.url,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: dataFolder(test),
    SUBSIDY_METRICS_PORT: String(port),
    SUBSIDY_POOL_SIZE: '3',
    SUBSIDY_WEBHOOK_PRIVATE_ADDRESSES: '127.0.0.0/8',
    SUBSIDY_RATE_LIMIT: '10000000',
    SUBSIDY_ADDRESS_LIMIT: '10000000',
    SUBSIDY_CONNECTIONS_PER_ADDRESS: '2000',
    SUBSIDY_SWAGGER_UI: 'off',
    LOG_LEVEL: 'fatal',
  };
  let service = await serve(test, usual);
  const prometheus = await startPrometheus(test, port);
  const isUp = (up: number) => async () => (await prometheus.query('up{job="subsidy"}'))[0] === up;
  const call: Stage['call'] = (...asked) => callTo(service.url)(...asked);
  const clock = { now: () => Temporal.Now.instant(), set: () => {} };
  const steps = createSteps(call, clock);
  let reply: Reply = 204;
  const receiver = await startReceiver(test, () => reply);
  await call('platform-ganfutong', 'POST', '/v1/webhooks', {
    body: { url: receiver.url, description: '' },
    status: 201,
  });
  return {
    db,
    network,
    prometheus,
    steps,
    call,
    get service() {
      return service;
    },
    receiverAnswers(next) {
      reply = next;
    },
    async kill() {
      service.process.kill('SIGKILL');
      await service.exit;
      await comesTrue(isUp(0));
    },
    async start(environment = {}) {
      service = await serve(test, { ...usual, ...environment });
      await comesTrue(isUp(1));
      await delay(1_000); // so that its start is scraped too
    },
    async applied() {
      const { quarter, months } = lastQuarter();
      const somebody = steps.nextResident();
      await steps.deliver(cleanRecords(somebody, months), months.at(-1));
      return await steps.applied(somebody, { quarter, months });
    },
    async change(...statements) {
      const client = await db.pool.connect();
      try {
        for (const statement of statements) await client.query(statement);
      } finally {
        client.release(true);
      }
    },
  };
}

/** The last quarter that has ended. */
function lastQuarter(): { quarter: string; months: readonly string[] } {
  const now = Temporal.Now.plainDateISO('Asia/Shanghai');
  const first = now.with({ day: 1 }).subtract({ months: ((now.month - 1) % 3) + 3 });
  return {
    quarter: `${first.year}Q${(first.month + 2) / 3}`,
    months: [0, 1, 2].map((later) => first.add({ months: later }).toString().slice(0, 7)),
  };
}
