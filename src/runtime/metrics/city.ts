// Exports what was counted in the database. Each process of the service exports the same: queries take `max` over them.

import type { Registry } from 'prom-client';
import { stages } from '../../decisions/work-summary/operations.ts';
import { taskNames } from '../jobs/tasks.ts';
import type { Counts } from './counts.ts';
import { counter, gauge } from './declare.ts';

export function exportCity(registry: Registry, counts: () => Counts): void {
  gauge(registry, {
    name: 'counts_age_seconds',
    help: 'Age of what was counted in the database: queues (jobs, webhooks, events, seals) and city (the rest)',
    labels: ['counts'],
    tell: () => Object.entries(counts()).map(([kind, counted]) => [{ counts: kind }, counted.ageSeconds]),
  });
  exportQueues(registry, () => counts().queues.found);
  exportWaiting(registry, () => counts().city.found?.waiting);
  exportFigures(registry, () => counts().city.found);
}

type Queues = NonNullable<Counts['queues']['found']>;
type City = NonNullable<Counts['city']['found']>;

function exportQueues(registry: Registry, queues: () => Queues | undefined): void {
  gauge(registry, {
    name: 'audit_seal_lag_seconds',
    help: 'For how long the oldest unsealed audit entry has waited for its seal',
    tell: () => queues()?.sealLagSeconds ?? Number.NaN,
  });
  gauge(registry, {
    name: 'jobs',
    help: 'Work in the background by task: waiting or in hand, and failed for good',
    labels: ['state', 'task'],
    tell() {
      const byTask = new Map(queues()?.jobs.tasks.map((one) => [one.task, one]));
      return [...taskNames, 'other'].flatMap((task) => {
        const those =
          task === 'other'
            ? [...byTask.values()].filter((one) => !taskNames.includes(one.task))
            : [byTask.get(task)];
        const sum = (state: 'waiting' | 'failed') =>
          those.reduce((total, one) => total + (one?.[state] ?? 0), 0);
        return [
          [{ state: 'waiting', task }, sum('waiting')] as const,
          [{ state: 'failed', task }, sum('failed')] as const,
        ];
      });
    },
  });
  gauge(registry, {
    name: 'job_lag_seconds',
    help: 'For how long the oldest job that nobody runs has been due',
    tell: () => queues()?.jobs.lagSeconds ?? Number.NaN,
  });
  gauge(registry, {
    name: 'event_lag_seconds',
    help: 'For how long the oldest event has waited to be put in line for the webhooks; 0 where none is enabled',
    tell: () => queues()?.eventLagSeconds ?? Number.NaN,
  });
  gauge(registry, {
    name: 'webhook_deliveries',
    help: 'Events for webhooks: waiting for their receiver, and given up (dead) until somebody sends them again',
    labels: ['state'],
    tell() {
      const { waiting = Number.NaN, dead = Number.NaN } = queues()?.webhooks ?? {};
      return [
        [{ state: 'waiting' }, waiting],
        [{ state: 'dead' }, dead],
      ];
    },
  });
  gauge(registry, {
    name: 'webhook_lag_seconds',
    help: 'Age of the oldest event that waits for its receiver',
    tell: () => queues()?.webhooks.lagSeconds ?? Number.NaN,
  });
  gauge(registry, {
    name: 'webhooks_disabled',
    help: 'Webhooks that were disabled because their receiver is gone or failed for three days',
    tell: () => queues()?.webhooks.disabled ?? Number.NaN,
  });
}

function exportWaiting(registry: Registry, waiting: () => City['waiting'] | undefined): void {
  gauge(registry, {
    name: 'cases_waiting',
    help: 'What waits in each stage of a case',
    labels: ['stage'],
    tell: () => ofStages(waiting(), (one) => one.waiting),
  });
  gauge(registry, {
    name: 'case_oldest_waiting_seconds',
    help: 'For how long what has waited longest has waited, in each stage of a case',
    labels: ['stage'],
    tell: () => ofStages(waiting(), (one) => one.oldestSeconds),
  });
  gauge(registry, {
    name: 'cases_overdue',
    help: 'Open cases past their time limit',
    tell: () => waiting()?.casesOverdue ?? Number.NaN,
  });
  gauge(registry, {
    name: 'notices_waiting',
    help: 'Notices of which nobody has told the applicant yet',
    tell: () => waiting()?.noticesWaiting ?? Number.NaN,
  });
  gauge(registry, {
    name: 'notices_overdue',
    help: 'Notices of which nobody has told the applicant in time',
    tell: () => waiting()?.noticesOverdue ?? Number.NaN,
  });
  gauge(registry, {
    name: 'notice_oldest_waiting_seconds',
    help: 'Age of the oldest notice of which nobody has told the applicant',
    tell: () => waiting()?.oldestNoticeSeconds ?? Number.NaN,
  });
}

function exportFigures(registry: Registry, city: () => City | undefined): void {
  counter(registry, {
    name: 'delivery_rows',
    help: 'Rows of all deliveries of records: taken, and refused',
    labels: ['result'],
    tell: () => Object.entries(city()?.rows ?? {}).map(([result, rows]) => [{ result }, rows]),
  });
  gauge(registry, {
    name: 'ledger_balance_fen',
    help: 'Balance of each account of the ledger in fen, as counted last in the background',
    labels: ['account'],
    tell: () => [...(city()?.money.accounts ?? [])].map(([account, fen]) => [{ account }, fen]),
  });
  gauge(registry, {
    name: 'reconciliation_differences',
    help: 'Equations of the reconciliation that do not hold, over all agencies and quarters, as counted last',
    tell() {
      const { figures = [], money } = city() ?? {};
      const isCounted = figures.some(({ subject }) => subject === 'chain');
      return isCounted && money !== undefined ? money.differences : Number.NaN;
    },
  });
  gauge(registry, {
    name: 'figures_counted_timestamp_seconds',
    help: 'When figures were counted last: cases (statistics), forecast, chain (reconciliation)',
    labels: ['subject'],
    tell: () => (city()?.figures ?? []).map(({ subject, countedAt }) => [{ subject }, countedAt]),
  });
  gauge(registry, {
    name: 'figures_behind_seconds',
    help: 'For how long figures have not been counted although something has happened since; 0 when nothing has',
    labels: ['subject'],
    tell: () => (city()?.figures ?? []).map(({ subject, behindSeconds }) => [{ subject }, behindSeconds]),
  });
}

type Waiting = City['waiting']['byStage'][number];

function ofStages(waiting: City['waiting'] | undefined, of: (one: Waiting) => number) {
  const byStage = new Map(waiting?.byStage.map((one) => [one.stage, of(one)]));
  const nothing = waiting === undefined ? Number.NaN : 0;
  return stages.map((stage) => [{ stage }, byStage.get(stage) ?? nothing] as const);
}
