// Background work of three replicas: one at a time does it, and another takes over within a minute when that one is killed
// or stands still. Nothing is done twice. `npm test` kills who seals and who deletes; `npm run faults` does all of it.

import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { connectClient } from '../../src/platform/database/connect.ts';
import { testDatabase } from '../database.ts';
import { comesTrue, type Service, serve } from '../program.ts';
import { sharedBy, standing, takingTurns } from '../replicas.ts';
import { createSteps } from '../steps.ts';
import { isLong, tell } from './run.ts';

const withinMs = 60_000;

t.setTimeout(isLong ? 900_000 : 180_000);

const database = await testDatabase(t);
const { db } = database;
const folder = t.testdir({});
const environment = { ...sharedBy(t, database), SUBSIDY_AUDIT_CHECKPOINT_DIR: folder };
const services = new Map<string, Service>();
// One after the other: on a busy machine three starts at once wait too long for the database.
for (const name of ['one', 'two', 'three']) services.set(name, await startOf(name));

/** Its connections to the database have its name. */
async function startOf(name: string): Promise<Service> {
  const url = new URL(database.serviceUrl);
  url.searchParams.set('application_name', `replica ${name}`);
  return await serve(t, { ...environment, DATABASE_URL: url.href });
}

function living(): Service[] {
  return [...services.values()];
}

const call = takingTurns([
  {
    get url() {
      return living()[0]?.url ?? '';
    },
  },
]);
const steps = createSteps(call, standing);

// While the test holds the lock of a piece of work, whoever does it waits in the middle of its transaction.
const holder = await connectClient(database.url, 'holder');
t.teardown(() => holder.end());
await db.pool.query(`
  create function wait_for_test() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock_shared(7000, tg_argv[0]::int); return new; end $$;
  create trigger sealing before insert on audit_seal for each statement execute function wait_for_test(1);
  create trigger deleting before insert on audit_entry for each row when (new.operation = 'deleteExpired')
    execute function wait_for_test(2);
  create trigger counting before insert on figure_count for each row execute function wait_for_test(3)`);

/** The replicas that wait in a piece of work. */
async function whoDoes(work: number): Promise<string[]> {
  const { rows } = await db.pool.query<{ name: string }>(
    `select substr(application_name, length('replica ') + 1) as name from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and classid = 7000 and objid = $1 and not granted and datname = current_database()`,
    [work],
  );
  return rows.map(({ name }) => name);
}

async function count(query: string): Promise<number> {
  const { rows } = await db.pool.query<{ count: number }>(query);
  return Number(rows[0]?.count);
}

const isIdle = async () => (await count('select count(*) from graphile_worker.jobs')) === 0;
const isSealed = async () => (await count('select count(*) from audit_unsealed')) === 0;
const stage = (task: string) =>
  db.pool.query(`select graphile_worker.add_job($1, queue_name => $1, job_key => $1, max_attempts => 10)`, [
    task,
  ]);

interface Work {
  readonly title: string;
  /** Stages the work and returns who does it, which waits in the middle. */
  begin(): Promise<string[]>;
  /** Lets it go on. */
  release(): Promise<unknown>;
  isDone(): Promise<boolean>;
  /** How often it was done; absent where a second time would change nothing, or show in the chain. */
  readonly done?: () => Promise<number>;
  readonly isShort: boolean;
}

/** Work that waits for a lock of the test. */
function heldByLock(lock: number, stageIt: () => Promise<unknown>): Pick<Work, 'begin' | 'release'> {
  return {
    async begin() {
      await holder.query('select pg_advisory_lock(7000, $1)', [lock]);
      await stageIt();
      await comesTrue(async () => (await whoDoes(lock)).length > 0);
      return await whoDoes(lock);
    },
    release: () => holder.query('select pg_advisory_unlock(7000, $1)', [lock]),
  };
}

// The first message of an event waits for its answer for ever.
const messages: { readonly id: string; readonly from: string }[] = [];
const receiver = createServer((request, response) => {
  const id = String(request.headers['webhook-id']);
  const isFirst = messages.every((message) => message.id !== id);
  messages.push({ id, from: whoHasPort(request.socket.remotePort ?? 0) });
  if (!isFirst) response.writeHead(204).end();
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
t.teardown(() => {
  receiver.closeAllConnections();
  receiver.close();
});

/** The replica whose socket has this port, which Linux tells by its number. */
function whoHasPort(port: number): string {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  const fields = lines.map((line) => line.trim().split(/\s+/));
  // The second field is a socket's own address, the tenth its number.
  const socket = `socket:[${fields.find(([, own]) => own === `0100007F:${hexadecimal}`)?.[9]}]`;
  const has = ({ process }: Service) =>
    readdirSync(`/proc/${process.pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${process.pid}/fd/${fd}`) === socket;
      } catch {
        return false; // closed meanwhile
      }
    });
  return [...services].find(([, service]) => has(service))?.[0] ?? '';
}

const works: readonly Work[] = [
  {
    title: 'sealing of the audit',
    ...heldByLock(1, () => steps.resident()),
    isDone: isSealed,
    isShort: true,
  },
  {
    title: 'deletion of what has expired',
    ...heldByLock(2, async () => {
      await db.pool.query(`insert into asked_day (asker, day, people) values ('somebody', '2024-01-01', 1)`);
      await stage('delete-expired');
    }),
    isDone: isIdle,
    done: () =>
      count(`select count(*) from audit_entry where operation = 'deleteExpired'
        and change -> 'deleted' ->> 'counts-of-questions' = '1'`),
    isShort: true,
  },
  {
    title: 'counting of figures',
    ...heldByLock(3, async () => {
      await steps.resident();
      await stage('count-figures');
    }),
    isDone: isIdle,
    isShort: false,
  },
  {
    title: 'sending to a webhook',
    async begin() {
      const sent = messages.length;
      await steps.applied();
      await comesTrue(async () => messages.length > sent);
      return messages.slice(sent).map(({ from }) => from);
    },
    release: async () => {},
    isDone: async () =>
      (await count(`select count(*) from webhook_delivery where state <> 'delivered'`)) === 0,
    done: () => count(`select count(*) from webhook_delivery where state = 'delivered'`),
    isShort: false,
  },
];

/** Ends or stops the replica that does a piece of work in the middle of it, and tells how long the others took to do it. */
async function takeOver(t: Test, work: Work, signal: 'SIGKILL' | 'SIGSTOP') {
  const isQuiet = async () => (await isIdle()) && (await isSealed());
  t.ok(await comesTrue(isQuiet, withinMs), 'nothing is to be done');
  const before = await work.done?.();
  const doing = await work.begin();
  t.equal(doing.length, 1, 'one does it');
  const [name = ''] = doing;
  const victim = services.get(name);
  if (victim === undefined) throw new Error(`no replica is ${name}`);
  victim.process.kill(signal);
  services.delete(name);
  const began = performance.now();
  await work.release();
  t.ok(await comesTrue(work.isDone, withinMs), 'another does it');
  const worstMs = performance.now() - began;
  if (signal === 'SIGKILL') services.set(name, await startOf(name));
  else {
    victim.process.kill('SIGCONT');
    services.set(name, victim);
    const answers = async () => (await fetch(`${victim.url}/health/ready`).catch(() => null))?.status === 200;
    t.ok(await comesTrue(answers), 'the one that stood still serves again');
    await delay(2_000);
  }
  t.ok(await comesTrue(isQuiet, withinMs));
  if (before !== undefined) t.equal(await work.done?.(), before + 1, 'it is done once');
  tell(t, {
    fault: `${work.title}: the process that does it ${signal === 'SIGKILL' ? 'is killed' : 'stands still'}`,
    processes: 3,
    often: 'once',
    held: 'done by another, once',
    worstMs,
  });
}

const body = {
  url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
  description: '测试',
  eventTypes: ['application-submitted'],
};
if (isLong) await call('platform-ganfutong', 'POST', '/v1/webhooks', { body, key: null, status: 201 });
for (const signal of ['SIGKILL', 'SIGSTOP'] as const)
  for (const work of works.filter(({ isShort }) => isLong || (isShort && signal === 'SIGKILL')))
    t.test(`${work.title}: who does it ${signal === 'SIGKILL' ? 'is killed' : 'stands still'}`, (t) =>
      takeOver(t, work, signal),
    );

t.test('checkpoints of three processes in one folder: one whole file for each place', async (t) => {
  await stage('write-checkpoint');
  t.ok(await comesTrue(isIdle));
  const files = readdirSync(folder);
  t.ok(files.length > 0);
  for (const file of files) {
    const { sequence } = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
    t.equal(file, `audit-checkpoint-0000000000-${String(sequence).padStart(12, '0')}.json`);
  }
});

t.test('the chain that they sealed in turn is whole', async (t) => {
  const { body } = await call<{ entries: number; firstBad: unknown }>(
    'auditor',
    'POST',
    '/v1/audit-verifications',
    { body: {}, status: 200 },
  );
  t.equal(body.firstBad, null);
});
