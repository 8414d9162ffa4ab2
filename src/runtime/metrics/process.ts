// Exports what this process does: requests, connections, what it keeps in memory, and how it sees the database.

import { getHeapStatistics } from 'node:v8';
import { Counter, Histogram, type Registry } from 'prom-client';
import { cacheLookups } from '../../platform/cache-lookups.ts';
import type { Db } from '../../platform/database/connect.ts';
import type { App } from '../../platform/http/server.ts';
import { problems } from '../../platform/problem.ts';
import { counter, gauge } from './declare.ts';

/** From an answer out of memory to the longest that a client waits for a short operation. */
const bucketsSeconds = [0.005, 0.025, 0.1, 0.25, 1, 2.5, 10];
/** Told as 0 before the first one, so that the first is a rise. */
const failures = Object.entries(problems)
  .filter(([, { status }]) => status === 429 || status >= 500)
  .map(([code]) => code);

export function exportProcess(registry: Registry, app: App, db: Db): void {
  measureRequests(registry, app);
  gauge(registry, {
    name: 'requests',
    help: 'Requests in progress, and those that wait for a place, by lane (short, file or heavy)',
    labels: ['lane', 'state'],
    tell: () =>
      Object.entries(app.load().lanes).flatMap(([lane, { inProgress, waiting }]) => [
        [{ lane, state: 'in-progress' }, inProgress] as const,
        [{ lane, state: 'waiting' }, waiting] as const,
      ]),
  });
  counter(registry, {
    name: 'requests_refused',
    help: 'Requests that were refused before anything was done for them, because too many were in progress',
    tell: () => app.load().refused,
  });
  gauge(registry, {
    name: 'pool_connections',
    help: 'Database connections for requests: in use and idle',
    labels: ['state'],
    tell: () => [
      [{ state: 'in-use' }, db.pool.totalCount - db.pool.idleCount],
      [{ state: 'idle' }, db.pool.idleCount],
    ],
  });
  gauge(registry, {
    name: 'pool_connections_limit',
    help: 'The most database connections for requests (SUBSIDY_POOL_SIZE)',
    tell: () => db.pool.options.max,
  });
  gauge(registry, {
    name: 'pool_waiting',
    help: 'Transactions that wait for a database connection',
    tell: () => db.pool.waitingCount,
  });
  counter(registry, {
    name: 'cache_lookups',
    help: 'Questions to what is kept in memory: answered from there (hit), or by the database or anew (miss)',
    labels: ['cache', 'result'],
    tell: () =>
      Object.entries(cacheLookups()).flatMap(([cache, { hit, miss }]) => [
        [{ cache, result: 'hit' }, hit] as const,
        [{ cache, result: 'miss' }, miss] as const,
      ]),
  });
  gauge(registry, {
    name: 'heap_limit_bytes',
    help: 'The limit of the heap of the main thread, at which the process ends',
    tell: () => getHeapStatistics().heap_size_limit,
  });
  gauge(registry, {
    name: 'database_up',
    help: 'Whether the database answered when it was last looked at; 0 or 1',
    tell: async () => ((await app.lastLook()).isAnswering ? 1 : 0),
  });
  gauge(registry, {
    name: 'database_answer_age_seconds',
    help: 'Seconds since the database answered last. NaN before it ever has',
    tell: async () => (await app.lastLook()).ageSeconds ?? Number.NaN,
  });
  gauge(registry, {
    name: 'audit_entries_unsealed',
    help: 'Audit entries that have waited longer than a minute for their seal; 0 while all is well',
    tell: async () => (await app.lastLook()).unsealedAuditEntries,
  });
}

/** Labels come from the routes and the closed list of problems; nothing of a request enters them. */
function measureRequests(registry: Registry, app: App): void {
  const registers = [registry];
  const duration = new Histogram({
    name: 'subsidy_request_duration_seconds',
    help: 'Requests by operation, lane (short, file or heavy) and status class, and how long their answers took',
    labelNames: ['operation', 'lane', 'status'],
    buckets: bucketsSeconds,
    registers,
  });
  const unsuccessful = new Counter({
    name: 'subsidy_problems_total',
    help: 'Unsuccessful answers by the code of their problem',
    labelNames: ['code'],
    registers,
  });
  for (const code of failures) unsuccessful.inc({ code }, 0);
  app.onAnswered(({ is404, routeOptions: { config, schema }, problem }, reply) => {
    if (problem !== null) unsuccessful.inc({ code: problem });
    duration.observe(
      {
        operation: is404 ? 'unknown' : (schema?.operationId ?? 'other'),
        lane: config.lane ?? 'short',
        status: `${Math.floor(reply.statusCode / 100)}xx`,
      },
      reply.elapsedTime / 1_000,
    );
  });
}
