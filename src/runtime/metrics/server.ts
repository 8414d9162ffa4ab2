// Serves metrics in Prometheus' text format, on a separate port for the operators' network, without a token. Numbers and
// process state only, without personal data; labels have a few fixed values. What is in the database is counted in the
// background (counts.ts), so that a scrape does not query it.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Db } from '../../platform/database/connect.ts';
import type { App } from '../../platform/http/server.ts';
import { exportCity } from './city.ts';
import { type CountEvery, startCounting, usually } from './counts.ts';
import { exportProcess } from './process.ts';

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
  readonly app: App;
  readonly db: Db;
  /** Sooner in tests. */
  readonly countEvery?: CountEvery;
}

export async function serveMetrics({ host, port, app, db, countEvery = usually }: Options): Promise<Metrics> {
  const registry = new Registry();
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
  const counting = startCounting(db, countEvery);
  collectDefaultMetrics({ register: registry });
  exportProcess(registry, app, db);
  exportCity(registry, counting.counts);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      server.close();
      server.closeAllConnections();
      await counting.stop();
    },
  };
}
