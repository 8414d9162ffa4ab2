// Serves metrics in Prometheus' text format, on a separate port for the operators' network, without a token.
// Counts and process state only, without personal data; labels have a few fixed values. Counts come from the
// last health check (readiness.ts), so that a scrape does not query the database.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { App } from '../../platform/http/server.ts';
import type { Look } from './readiness.ts';

const prefix = 'subsidy_';
/** More than one monitor and its standby need. */
const mostConnections = 16;
const requestTimeoutMs = 10_000;

export interface Metrics {
  readonly port: number;
  close(): Promise<void>;
}

interface Options {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly look: () => Promise<Look>;
  readonly load: App['load'];
}

export async function serveMetrics({ host, port, look, load }: Options): Promise<Metrics> {
  const registry = createRegistry(look, load);
  const server = createServer({ requestTimeout: requestTimeoutMs }, async ({ method, url }, response) => {
    const status = url !== '/metrics' ? 404 : method === 'GET' ? 200 : 405;
    if (status !== 200) {
      response.writeHead(status, { connection: 'close' }).end();
      return;
    }
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' }).end(text);
  });
  server.maxConnections = mostConnections;
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function createRegistry(look: () => Promise<Look>, load: App['load']): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: `${prefix}database_up`,
    help: 'Whether the database answered when it was last looked at; 0 or 1',
    registers,
    async collect() {
      this.set((await look()).isAnswering ? 1 : 0);
    },
  });
  new Gauge({
    name: `${prefix}database_answer_age_seconds`,
    help: 'Seconds since the database answered last; the counts below are as old. NaN before it ever has',
    registers,
    async collect() {
      this.set((await look()).ageSeconds ?? Number.NaN);
    },
  });
  new Gauge({
    name: `${prefix}audit_entries_unsealed`,
    help: 'Audit entries that have waited longer than a minute for their seal; 0 while all is well',
    registers,
    async collect() {
      this.set((await look()).unsealedAuditEntries);
    },
  });
  new Gauge({
    name: `${prefix}jobs`,
    help: 'Work in the background: waiting or in hand, and failed for good',
    labelNames: ['state'],
    registers,
    async collect() {
      const { jobs } = await look();
      for (const state of ['waiting', 'failed'] as const) this.set({ state }, jobs[state]);
    },
  });
  new Gauge({
    name: `${prefix}webhook_deliveries`,
    help: 'Events for webhooks: waiting for their receiver, and given up (dead) until somebody sends them again',
    labelNames: ['state'],
    registers,
    async collect() {
      const { webhooks } = await look();
      for (const state of ['waiting', 'dead'] as const) this.set({ state }, webhooks[state]);
    },
  });
  new Gauge({
    name: `${prefix}webhooks_disabled`,
    help: 'Webhooks that were disabled because their receiver is gone or failed for three days',
    registers,
    async collect() {
      this.set((await look()).webhooks.disabled);
    },
  });
  new Gauge({
    name: `${prefix}requests`,
    help: 'Short requests in progress, and those that wait for a place',
    labelNames: ['state'],
    registers,
    collect() {
      const { inProgress, waiting } = load();
      this.set({ state: 'in-progress' }, inProgress);
      this.set({ state: 'waiting' }, waiting);
    },
  });
  new Counter({
    name: `${prefix}requests_refused_total`,
    help: 'Requests that were refused before anything was done for them, because too many were in progress',
    registers,
    collect() {
      this.reset();
      this.inc(load().refused);
    },
  });
  return registry;
}
