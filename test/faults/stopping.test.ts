// SIGTERM under load: the service first says that it is not ready, answers what is in flight, ends its jobs and exits.

import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { testDatabase } from '../database.ts';
import { tokenOf } from '../program.ts';
import { endSlowly, takeInHand } from './jobs.ts';
import { startReplicas } from './replicas.ts';
import { counts, isLong, tell } from './run.ts';

t.setTimeout(600_000);

const stops = isLong ? 10 : 1;
const stopsWithinMs = 10_000;
const clientsOfEach = 10;
const loadMs = 1_000;
const askEveryMs = 20;

interface Seen {
  readonly status: number;
  readonly type: string;
  readonly closes: boolean;
  readonly afterSignal: boolean;
}

interface Asked {
  readonly url: string;
  readonly token: string;
  readonly seen: Seen[];
  readonly isSignalled: () => boolean;
}

/** Repeats a request on a keep-alive connection until it is rejected. */
async function repeat({ url, token, seen, isSignalled }: Asked, body: string | null): Promise<string> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (;;) {
    const afterSignal = isSignalled();
    const asked = request(url, {
      agent,
      method: body === null ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === null ? {} : { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
      },
    });
    const { promise, resolve } = Promise.withResolvers<IncomingMessage | NodeJS.ErrnoException>();
    asked
      .on('response', resolve)
      .on('error', resolve)
      .end(body ?? undefined);
    const answer = await promise;
    if (answer instanceof Error) {
      agent.destroy();
      // A connection not yet accepted is refused, with an error that depends on the kernel.
      return asked.reusedSocket ? `broken: ${answer.code}` : 'refused';
    }
    answer.resume();
    const type = answer.headers['content-type'] ?? '';
    const closes = answer.headers.connection === 'close';
    seen.push({ status: answer.statusCode ?? 0, type, closes, afterSignal });
    if (!answer.complete) await new Promise((done) => answer.once('end', done));
  }
}

/** What readiness says until nobody answers, each word once. */
async function readinessOf(url: string): Promise<string[]> {
  const said: string[] = [];
  for (;;) {
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer === null) return said;
    const { status }: { status: string } = JSON.parse(await answer.text());
    if (said.at(-1) !== status) said.push(status);
    await delay(askEveryMs);
  }
}

for (const count of counts)
  t.test(
    `SIGTERM under load: not ready first, no request breaks, jobs are let go, exit 0 within ten seconds; processes: ${count}`,
    async (t) => {
      const { db, serviceUrl } = await testDatabase(t);
      const replicas = await startReplicas(t, serviceUrl, { count });
      await endSlowly(db);
      let slowestMs = 0;
      let answered = 0;
      for (let stop = 0; stop < stops; stop += 1) {
        if (stop > 0) await replicas.start(0);
        const url = replicas.urls[0] ?? '';
        const [administrator, register] = [
          await tokenOf(url, 'administrator'),
          await tokenOf(url, 'provincial-system'),
        ];
        const seen: Seen[] = [];
        let isSignalled = false;
        const asked = { seen, isSignalled: () => isSignalled };
        const clients = Array.from({ length: clientsOfEach }, (_, index) => [
          repeat({ ...asked, url: `${url}/v1/background-work`, token: administrator }, null),
          repeat(
            { ...asked, url: `${url}/v1/record-deliveries`, token: register },
            JSON.stringify({ source: `jx-office-${index}`, rows: [] }),
          ),
        ]).flat();
        const halfSent = connect(Number(new URL(url).port), '127.0.0.1');
        halfSent.on('error', () => {});
        t.teardown(() => halfSent.destroy());
        halfSent.write(
          `POST /v1/applications HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${administrator}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
        );
        const readiness = readinessOf(url);
        await delay(loadMs);
        await takeInHand(db);
        const begun = performance.now();
        const exit = replicas.end(0, 'SIGTERM');
        await delay(100);
        isSignalled = true;
        t.strictSame(new Set(await Promise.all(clients)), new Set(['refused']), 'none was broken');
        t.equal(await exit, 0);
        const tookMs = performance.now() - begun;
        t.ok(tookMs < stopsWithinMs, `${Math.round(tookMs)} ms`);
        t.strictSame(await readiness, ['up', 'stopping'], 'not ready before connections are refused');
        const afterSignal = seen.filter((one) => one.afterSignal);
        t.ok(
          afterSignal.some(({ status }) => status < 300),
          'some that came after the signal were served',
        );
        t.strictSame(
          new Set(afterSignal.map(({ closes }) => closes)),
          new Set([true]),
          'their connections are closed',
        );
        const kinds = new Set(seen.map(({ status, type }) => `${status} ${type}`));
        // A busy machine's, which says when to ask again.
        kinds.delete('503 application/problem+json');
        t.strictSame(
          kinds,
          new Set(['200 application/json; charset=utf-8', '201 application/json; charset=utf-8']),
          'all were answered as ever',
        );
        const { rows } = await db.pool.query(`
        select from graphile_worker.jobs where locked_by is not null and not exists (select from pg_stat_activity
          where datname = current_database() and application_name = 'subsidy worker ' || locked_by)`);
        t.equal(rows.length, 0, 'no job is left in a dead hand');
        slowestMs = Math.max(slowestMs, tookMs);
        answered += seen.length;
      }
      tell(t, {
        fault: 'SIGTERM of a process under 20 keep-alive clients of it',
        processes: count,
        often: `${stops} times`,
        held: `not ready first, none of ${answered} requests broke, exit 0 after ${(slowestMs / 1_000).toFixed(1)} s at most`,
        worstMs: null,
      });
    },
  );
