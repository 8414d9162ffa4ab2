// The started program with a running job while its database fails and returns: the process survives, and work
// resumes within five seconds.

import { randomUUID } from 'node:crypto';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import t, { type Test } from 'tap';
import { prepareDatabase } from '../../src/commands/prepare-database.ts';
import { connectClient } from '../../src/platform/database/connect.ts';
import { openServiceLogin } from '../../src/platform/database/service-account.ts';
import { type Embedded, startEmbedded } from '../../src/sandbox/embedded.ts';
import { type Network, openNetwork } from '../network.ts';
import { comesTrue, dataFolder, type Service, serve, tokenOf } from '../program.ts';

// On an idle machine; in the whole suite, two other files share the two cores.
const healsWithinMs = process.env['TEST_TEMPLATE'] === undefined ? 5_000 : 15_000;
const login = 'subsidy_faults';
/** Jobs of this year complete slowly, so that the fault interrupts the database's answer. */
const slowYear = 2001;

t.setTimeout(240_000);

const dataDir = dataFolder(t);
/** With the master key of the database. */
const keyFolder = dataFolder(t);
let server: Embedded = await startEmbedded({ dataDir, log: () => {}, durable: false });
t.teardown(() => server.stop());
await prepareDatabase(server.url);
const serviceUrl = await openServiceLogin(server.url, login);
await asOwner((owner) =>
  owner.query(`
    create function take_time() returns trigger language plpgsql as $$
      begin perform pg_sleep(1); return coalesce(new, old); end $$;
    create trigger slow_completion before delete on graphile_worker._private_jobs for each row
      when (old.payload->>'year' = '${slowYear}') execute function take_time();
    create trigger slow_failure before update on graphile_worker._private_jobs for each row
      when (new.last_error is not null) execute function take_time()`),
);

async function asOwner<T>(act: (owner: pg.Client) => Promise<T>): Promise<T> {
  const owner = await connectClient(server.url, 'subsidy test');
  try {
    return await act(owner);
  } finally {
    await owner.end();
  }
}

interface Running {
  readonly service: Service;
  readonly network: Network;
}

async function begin(test: Test): Promise<Running> {
  await asOwner((owner) => owner.query('delete from graphile_worker._private_jobs'));
  const network = await openNetwork(test, withServer(serviceUrl));
  const service = await serve(test, {
    DATABASE_URL: network.url,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: keyFolder,
    SUBSIDY_POOL_SIZE: '2',
    LOG_LEVEL: 'error',
  });
  await takeInHand();
  return { service, network };
}

function withServer(url: string): string {
  const moved = new URL(url);
  moved.port = new URL(server.url).port;
  return moved.href;
}

/** Adds a job that succeeds slowly and one that fails slowly, and waits until both run. */
async function takeInHand(): Promise<void> {
  await asOwner(async (owner) => {
    await owner.query(
      `select graphile_worker.add_job('recount-time-limits', '{"year": ${slowYear}}', max_attempts => 10),
        graphile_worker.add_job('reassess-person', '{"personId": "nobody"}', max_attempts => 10)`,
    );
    const isInHand = async () => {
      const { rowCount } = await owner.query('select from graphile_worker.jobs where locked_by is not null');
      return (rowCount ?? 0) >= 2;
    };
    if (!(await comesTrue(isInHand))) throw new Error('no job was taken');
  });
  await delay(300);
}

/** The process is live, and a new job completes soon. */
async function isWellAgain(test: Test, { exitCode }: Service['process']): Promise<void> {
  test.equal(exitCode, null, 'the process lives');
  const probe = await asOwner(async (owner) => {
    const { rows } = await owner.query<{ id: string }>(
      `select (graphile_worker.add_job('recount-time-limits', '{"year": 2002}', priority => -1)).id`,
    );
    return rows[0]?.id;
  });
  const isDone = () =>
    asOwner(async (owner) => {
      const { rowCount } = await owner.query('select from graphile_worker.jobs where id = $1', [probe]);
      return rowCount === 0;
    });
  test.ok(await comesTrue(isDone, healsWithinMs), 'a probe is done within five seconds');
}

const terminated = 10;

t.test('repeatedly terminated database connections do not end the process', async (t) => {
  const { service } = await begin(t);
  for (let time = 0; time < terminated; time += 1) {
    await asOwner((owner) =>
      owner.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${login}'`),
    );
    await takeInHand();
  }
  await isWellAgain(t, service.process);
});

t.test('a restart of PostgreSQL does not end the process', async (t) => {
  const { service, network } = await begin(t);
  await server.stop();
  await delay(500);
  server = await startEmbedded({ dataDir, log: () => {}, durable: false });
  network.leadTo(server.url);
  await isWellAgain(t, service.process);
});

t.test(
  'whoever asks while only a standby is there is to come back, and is served once it is promoted',
  async (t) => {
    const { service, network } = await begin(t);
    const asking = async (persona: string, method: string, path: string) => {
      const bearer = await tokenOf(service.url, persona);
      const headers = { authorization: `Bearer ${bearer}`, 'idempotency-key': randomUUID() };
      return async () => {
        const answer = await fetch(`${service.url}${path}`, { method, headers });
        await answer.body?.cancel();
        return [answer.status, answer.headers.get('retry-after')];
      };
    };
    const read = await asking('reviewer-360203', 'GET', '/v1/recoveries');
    const write = await asking('payer-360203', 'POST', '/v1/disbursements');
    const isReady = async () => (await fetch(`${service.url}/health/ready`)).status === 200;
    t.strictSame(await read(), [200, null]);

    await server.stop();
    writeFileSync(join(realpathSync(join(dataDir, 'postgresql')), 'pgdata/standby.signal'), '');
    server = await startEmbedded({ dataDir, log: () => {}, durable: false });
    network.leadTo(server.url);
    t.ok(await comesTrue(async () => !(await isReady())));
    for (const ask of [read, write, read, write]) t.strictSame(await ask(), [503, '1']);

    await asOwner((owner) => owner.query('select pg_promote()'));
    await isWellAgain(t, service.process);
    t.ok(await comesTrue(isReady, healsWithinMs));
    t.strictSame(await read(), [200, null]);
  },
);

t.test('a network that drops everything for a while does not end the process', async (t) => {
  for (const silentMs of [2_000, 12_000]) {
    const { service, network } = await begin(t);
    network.swallow();
    await delay(silentMs);
    network.heal();
    await isWellAgain(t, service.process);
    service.process.kill('SIGKILL');
    await service.exit;
  }
});

t.test('a network that is cut for a while does not end the process', async (t) => {
  const { service, network } = await begin(t);
  network.cut();
  await delay(4_000);
  network.heal();
  await isWellAgain(t, service.process);
});

t.test('a server that is frozen for a while does not end the process', async (t) => {
  const { service } = await begin(t);
  const processes = [server.pid, ...childrenOf(server.pid)];
  for (const pid of processes) process.kill(pid, 'SIGSTOP');
  await delay(8_000);
  for (const pid of processes) process.kill(pid, 'SIGCONT');
  await isWellAgain(t, service.process);
});

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

t.test('requests that use every connection neither end the process nor stop its jobs', async (t) => {
  const { service } = await begin(t);
  const bearer = await tokenOf(service.url, 'reviewer-360203');
  const holder = await connectClient(server.url, 'subsidy test');
  t.teardown(() => holder.end());
  await holder.query('begin; lock table recovery in access exclusive mode');
  const headers = { authorization: `Bearer ${bearer}` };
  const asked = Array.from({ length: 40 }, () => fetch(`${service.url}/v1/recoveries`, { headers }));
  await takeInHand();
  await isWellAgain(t, service.process);
  const statuses = new Set((await Promise.all(asked)).map(({ status }) => status));
  t.strictSame([...statuses], [503], 'they themselves are refused');
  await holder.query('rollback');
});
