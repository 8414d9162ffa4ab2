// Clients that write under idempotency keys and repeat every request until it is answered, as a platform does, with a log
// of what was sent and what was answered. Holds no test.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { firstMorning } from '../helper.ts';
import { tokenOf } from '../program.ts';
import {
  cleanRecords,
  contribution,
  createResidents,
  fullCoverage,
  type Resident,
} from '../registers/residents.ts';
import { createSteps, secondQuarter } from '../steps.ts';
import { isLong } from './run.ts';

const platform = 'platform-ganfutong';
const register = 'provincial-system';
const writersAtOnce = isLong ? 32 : 12;
const requestTimeoutMs = 15_000;
const shortestPauseMs = 20;
const longestPauseMs = 250;

/** A request with a key, as it is sent each time. */
interface Request {
  readonly operation: 'deliverRecords' | 'createApplication' | 'submitApplication';
  readonly persona: string;
  readonly path: string;
  readonly key: string;
  readonly ifMatch: string | null;
  readonly body: string | null;
}

/** With what was answered first. */
export interface Written extends Request {
  /** Of the delivery or the case. */
  readonly id: string;
  readonly answer: string;
}

export interface Writers {
  readonly written: readonly Written[];
  /** Answers that no client should see: all but success, 429, 503, and 409 while the same key is in hand. */
  readonly wrong: readonly string[];
  /** How often each status came; 0 for a connection that broke. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Lets every writer finish the case it has begun. */
  stop(): Promise<void>;
  /** The longest time between two answers with success, after that moment. */
  longestPauseMs(since?: number): number;
  /** Sends answered requests again; tells of those that are not replayed. */
  sendAgain(most: number): Promise<string[]>;
}

interface Options {
  /** Read for each request. */
  readonly urls: readonly string[];
  readonly random: () => number;
  readonly writers?: number;
  /** Ends by itself after so many cases of each writer. */
  readonly cases?: number;
}

/**
 * Each writer delivers the records of somebody, opens a case, submits it, and delivers that a contribution was refunded,
 * which leaves work for the background; then the next.
 */
export async function startWriters({
  urls,
  random,
  writers = writersAtOnce,
  cases = Number.POSITIVE_INFINITY,
}: Options): Promise<Writers> {
  const tokens = new Map<string, string>();
  const written: Written[] = [];
  const wrong: string[] = [];
  const statuses = new Map<number, number>();
  const begun = performance.now();
  const succeededAt: number[] = [];
  const nextResident = createResidents();
  const { applicationOf } = createSteps(() => Promise.reject(new Error('not called')), {
    now: () => Temporal.Instant.from(firstMorning),
    set: () => {},
  });
  let isStopped = false;

  async function send({ persona, path, key, ifMatch, body }: Request) {
    const url = urls[Math.floor(random() * urls.length)] ?? '';
    const token = tokens.get(persona) ?? (await tokenOf(url, persona));
    tokens.set(persona, token);
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'idempotency-key': key,
        ...(ifMatch === null ? {} : { 'if-match': ifMatch }),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      body,
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const { status, headers } = answer;
    return { status, headers, text: await answer.text() };
  }

  async function sendUntilAnswered(request: Request) {
    for (;;) {
      const answer = await send(request).catch(() => null);
      const status = answer?.status ?? 0;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (answer !== null && status >= 200 && status < 300) return answer;
      const isToComeBack = answer === null || mayComeBack(answer);
      if (status === 401) tokens.delete(request.persona);
      else if (!isToComeBack) wrong.push(`${request.operation}: ${status} ${answer.text}`);
      if (status >= 400 && status < 500 && status !== 401 && !isToComeBack) throw new Error(wrong.at(-1));
      await delay(shortestPauseMs + random() * (longestPauseMs - shortestPauseMs));
    }
  }

  async function write(request: Omit<Request, 'key'>): Promise<string> {
    const keyed = { ...request, key: randomUUID() };
    const { text } = await sendUntilAnswered(keyed);
    const { id }: { id: string } = JSON.parse(text);
    succeededAt.push(performance.now());
    written.push({ ...keyed, id, answer: text });
    return id;
  }

  async function deliver(source: string, rows: readonly object[], more: object = {}): Promise<void> {
    const body = JSON.stringify({ source, rows, ...more });
    const path = '/v1/record-deliveries';
    await write({ operation: 'deliverRecords', persona: register, path, ifMatch: null, body });
  }

  async function writeCase(source: string, resident: Resident): Promise<void> {
    await deliver(source, cleanRecords(resident, secondQuarter));
    const id = await write({
      operation: 'createApplication',
      persona: platform,
      path: '/v1/applications',
      ifMatch: null,
      body: JSON.stringify(applicationOf(resident)),
    });
    await write({
      operation: 'submitApplication',
      persona: platform,
      path: `/v1/applications/${id}/submission`,
      ifMatch: '"1"',
      body: null,
    });
    await deliver(source, [contribution(resident, '2025-04', { version: 2, refunded: true })]);
  }

  async function writeCases(source: string): Promise<void> {
    for (let done = 0; done < cases && !isStopped; done += 1) await writeCase(source, nextResident());
  }

  await deliver('jx-city', [], { coverage: fullCoverage('2025-06', firstMorning) });
  const running = Promise.allSettled(
    Array.from({ length: writers }, (_, index) => writeCases(`jx-office-${index}`)),
  );
  return {
    written,
    wrong,
    statuses,
    async stop() {
      isStopped ||= cases === Number.POSITIVE_INFINITY;
      await running;
    },
    longestPauseMs(since = begun) {
      const after = [since, ...succeededAt.filter((at) => at > since)];
      return Math.max(...after.map((at, index) => at - (after[index - 1] ?? at)));
    },
    async sendAgain(most) {
      const chosen = Array.from({ length: most }, () => written[Math.floor(random() * written.length)]);
      const different: string[] = [];
      for (const one of chosen) {
        if (one === undefined) continue;
        const { headers, text } = await sendUntilAnswered(one);
        if (text !== one.answer || headers.get('idempotency-replayed') !== 'true')
          different.push(`${one.operation} ${one.id} is not replayed: ${text}`);
      }
      return different;
    },
  };
}

/** As it is told to a client, with the time to wait. */
function mayComeBack({ status, headers, text }: { status: number; headers: Headers; text: string }): boolean {
  if (headers.get('retry-after') === null) return false;
  return status === 429 || status === 503 || (status === 409 && text.includes('idempotency-key-in-flight'));
}
