// The fault behind each alert, and how it is mended. Holds no test.

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Storm } from '../../bench/load.ts';
import { tokenOf } from '../program.ts';
import type { Stage } from './stage.ts';

export interface Fault {
  readonly alert: string;
  /** For the table. */
  readonly what: string;
  /** Resolves when the fault is there; it stays until `mend`. */
  begin(stage: Stage): Promise<unknown>;
  mend(stage: Stage): Promise<unknown>;
  /** The alert looks back at a range and stays for as long. */
  readonly lingers?: true;
}

/** Every write of a kind fails from now on. */
const failing = (table: string, event: string, when = '') => [
  `create or replace function fail() returns trigger language plpgsql as $$ begin raise 'a fault of the drill'; end $$`,
  `create trigger fault before ${event} on ${table} for each row ${when} execute function fail()`,
];
const succeeding = (table: string) => [`drop trigger fault on ${table}`];
const listing = (stage: Stage) => stage.call('handler-360203', 'GET', '/v1/applications');
/** Otherwise done every minute. */
const countNow = `select graphile_worker.add_job('count-figures', '{}', job_key => 'count-figures')`;
/** As its owner does: the webhook is enabled again, and what was given up is sent again. */
async function redeliver({ db, call }: Stage): Promise<void> {
  const { rows } = await db.pool.query<{ webhook_id: string }>('select webhook_id from webhook');
  const url = `/v1/webhooks/${rows[0]?.webhook_id}/redeliveries`;
  await call('platform-ganfutong', 'POST', url, { body: {}, status: 200 });
}

/** Acts again and again until it is stopped. */
function repeating(act: (stage: Stage) => Promise<unknown>) {
  let isOn = false;
  let running = Promise.resolve();
  return {
    async begin(stage: Stage) {
      isOn = true;
      running = (async () => {
        while (isOn) await act(stage);
      })();
    },
    async mend() {
      isOn = false;
      await running;
    },
  };
}

export const quick: readonly Fault[] = [
  {
    alert: 'SubsidyJobFailed',
    what: 'a job whose person does not exist fails for good',
    begin: ({ change }) =>
      change(
        `select graphile_worker.add_job('reassess-person', '{"personId": "nobody"}', job_key => 'failing', max_attempts => 1)`,
      ),
    mend: ({ change }) => change(`select graphile_worker.remove_job('failing')`),
  },
  {
    alert: 'SubsidyWebhookGivenUp',
    what: 'a receiver answers 410 to an event',
    async begin(stage) {
      stage.receiverAnswers(410);
      await stage.applied();
    },
    async mend(stage) {
      stage.receiverAnswers(204);
      await redeliver(stage);
    },
  },
  {
    alert: 'SubsidyDatabaseDown',
    what: 'the database cannot be reached',
    begin: async ({ network }) => network.cut(),
    mend: async ({ network }) => network.heal(),
  },
  {
    alert: 'SubsidyDefect',
    what: 'a table that the service reads has another name',
    begin: async (stage) => {
      await stage.change('alter table application rename to hidden');
      await listing(stage);
    },
    mend: ({ change }) => change('alter table hidden rename to application'),
    lingers: true,
  },
];

const inTheBackground: readonly Fault[] = [
  {
    alert: 'SubsidyJobsLate',
    what: 'no worker can take a job',
    begin: ({ change }) =>
      change(
        ...failing('graphile_worker._private_jobs', 'update', 'when (new.locked_at is not null)'),
        `select graphile_worker.add_job('tell-claimable', '{}', job_key => 'late', run_at => now() - interval '11 minutes')`,
      ),
    mend: ({ change }) => change(...succeeding('graphile_worker._private_jobs')),
  },
  {
    alert: 'SubsidySealingLate',
    what: 'seals cannot be written, for three minutes',
    async begin(stage) {
      await stage.change(...failing('audit_seal', 'insert'));
      await stage.applied();
      await stage.change(`update audit_unsealed set since = since - interval '3 minutes'`);
    },
    mend: ({ change }) => change(...succeeding('audit_seal')),
  },
  {
    alert: 'SubsidyEventsLate',
    what: 'events cannot be given their order, for ten minutes',
    async begin(stage) {
      await stage.change(...failing('event', 'update'));
      await stage.applied();
      await stage.change(
        'set session_replication_role = replica',
        `update event set happened_at = happened_at - interval '10 minutes' where position is null`,
      );
    },
    mend: ({ change }) => change(...succeeding('event')),
  },
  {
    alert: 'SubsidyWebhooksLate',
    what: 'a receiver answers 500 to an event, for two hours',
    async begin(stage) {
      stage.receiverAnswers(500);
      await stage.applied();
      await delay(3_000);
      await stage.change(
        `update webhook_delivery set created_at = created_at - interval '2 hours' where state = 'waiting'`,
      );
    },
    async mend(stage) {
      stage.receiverAnswers(204);
      await stage.change(`update webhook_delivery set next_attempt_at = now() where state = 'waiting'`);
    },
  },
  {
    alert: 'SubsidyCountsStale',
    what: 'a table that the metrics count has another name, for three minutes',
    begin: ({ change }) =>
      change('alter table roster rename to hidden', 'alter table correction rename to concealed'),
    mend: ({ change }) =>
      change('alter table hidden rename to roster', 'alter table concealed rename to correction'),
  },
  {
    alert: 'SubsidyFiguresStale',
    what: 'figures cannot be counted again, for three hours',
    begin: ({ change }) =>
      change(
        ...failing('figure_count', 'update', `when (new.subject = 'cases')`),
        'set session_replication_role = replica',
        `update figure_count set counted_at = counted_at - interval '3 hours', as_of = as_of - interval '3 hours'
          where subject = 'cases'`,
      ),
    mend: ({ change }) => change(...succeeding('figure_count'), countNow),
  },
];

const ofTheCity: readonly Fault[] = [
  {
    alert: 'SubsidyMoneyDoesNotTie',
    what: 'a ledger entry is written past the service',
    begin: ({ change }) =>
      change(
        'alter table ledger_entry disable trigger append_only',
        `insert into ledger_entry (entered_at, operation, agency_code, quarter, from_account, to_account, amount_fen)
         values (now(), 'drill', '360203', '2025Q2', 'entitled', 'waiting', 1)`,
        `delete from figure_count where subject = 'chain'`,
        countNow,
      ),
    mend: ({ change }) =>
      change(
        `delete from ledger_entry where operation = 'drill'`,
        'alter table ledger_entry enable trigger append_only',
        `delete from figure_count where subject = 'chain'`,
        countNow,
      ),
  },
  {
    alert: 'SubsidyCasesOverdue',
    what: 'nobody accepts a case until after its time limit',
    begin: async (stage) => {
      const { id } = await stage.applied();
      await stage.change(
        `update application set time_limit_due_on = current_date - 3 where application_id = '${id}'`,
      );
    },
    mend: ({ change }) =>
      change(
        `update application set time_limit_due_on = current_date + 3 where time_limit_due_on < current_date`,
      ),
  },
  {
    alert: 'SubsidyNoticesOverdue',
    what: 'nobody tells an applicant of a notice in time',
    begin: async (stage) => {
      const application = await stage.applied();
      await stage.steps.act(`handler-${application.agencyCode}`, application, 'acceptance');
      await stage.change('update notice set tell_by = current_date - 3');
    },
    mend: ({ change }) => change('update notice set tell_by = current_date + 3'),
  },
];

const ofTheProcess: readonly Fault[] = [
  {
    alert: 'SubsidySlow',
    what: 'another session locks the cases for a second and a half, again and again',
    lingers: true,
    ...repeating(async (stage) => {
      const locked = stage.change('begin', 'lock table application', 'select pg_sleep(1.5)', 'commit');
      await delay(100);
      await Promise.all([listing(stage), listing(stage), locked]);
    }),
  },
  {
    alert: 'SubsidyOverloaded',
    what: '400 clients that do not heed Retry-After, over three database connections',
    lingers: true,
    async begin(stage) {
      const load = new Worker(new URL('../../bench/load.ts', import.meta.url));
      const authorization = `Bearer ${await tokenOf(stage.service.url, 'handler-360203')}`;
      const shots = [{ method: 'GET' as const, path: '/v1/applications', headers: { authorization } }];
      const storm: Storm = {
        origin: stage.service.url,
        connections: 400,
        shots,
        seconds: 6,
        onceEach: false,
      };
      load.postMessage({ ...storm, shots: Array.from({ length: 400 }, () => shots).flat() });
      await once(load, 'message');
      await load.terminate();
    },
    mend: async () => {},
  },
  {
    alert: 'SubsidyEventLoopBlocked',
    what: 'the process stands still for 0.7 of each second',
    ...repeating(async ({ service: { process } }) => {
      process.kill('SIGSTOP');
      await delay(700);
      process.kill('SIGCONT');
      await delay(300);
    }),
  },
  {
    alert: 'SubsidyDown',
    what: 'the process is killed',
    begin: (stage) => stage.kill(),
    mend: (stage) => stage.start(),
  },
  {
    alert: 'SubsidyRestarting',
    what: 'the process is killed three times in a quarter of an hour',
    lingers: true,
    async begin(stage) {
      for (let times = 0; times < 2; times += 1) {
        await stage.kill();
        await stage.start();
      }
    },
    mend: async () => {},
  },
  {
    alert: 'SubsidyMemoryHigh',
    what: 'the process keeps ever more in memory, up to nine tenths of its limit',
    async begin(stage) {
      await stage.kill();
      await stage.start({
        NODE_OPTIONS: `--max-semi-space-size=4 --max-old-space-size=256 --import=data:text/javascript,${encodeURIComponent(leak)}`,
      });
    },
    async mend(stage) {
      await stage.kill();
      await stage.start();
    },
  },
];

const leak = `
  import { getHeapStatistics } from 'node:v8';
  const kept = [];
  setInterval(() => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    if (used < 0.9 * limit) kept.push(Buffer.alloc(1_000_000, 'a').toString('latin1'));
  }, 20).unref();`;

/** Faults that can be played at once, group by group. */
export const faults: readonly (readonly Fault[])[] = [
  ...quick.map((fault) => [fault]),
  ofTheCity,
  ...inTheBackground.map((fault) => [fault]),
  ...ofTheProcess.map((fault) => [fault]),
];
