// The clients of a benchmark, in their own thread, over keep-alive sockets that they read themselves, because an HTTP
// library costs more than the fastest peer. Closed: each of a fixed number sends its next request after the last answer.
// Open: requests are due at a fixed rate, and a late answer's wait counts from when its request was due. A client that is
// asked to come back later (503, 429) sends the same request again; any other answer than expected ends the run.

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { workedMs } from '../test/event-loop.ts';

export interface Shot {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** By default any success. */
  readonly status?: number;
}

export interface Round {
  readonly origin: string;
  readonly connections: number;
  readonly shots: readonly Shot[];
  /** Requests per second, at which they are due; absent: as fast as they are answered. */
  readonly perSecond?: number;
}

export interface Answered {
  readonly perSecond: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Answers that asked to come back later. */
  readonly refused: number;
}

/** For a time: who is refused sends another request when it is due, or at once. */
export interface Storm extends Round {
  readonly seconds: number;
  /** A shot that was served cannot be sent again, as a submission. */
  readonly onceEach: boolean;
}

export interface Weathered {
  readonly servedPerSecond: number;
  readonly refusedPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refusedP99Ms: number;
  /** Refusals that do not say when to come back. */
  readonly untold: number;
  /** Shots that were not served; none: they were used up before the time was. */
  readonly left: readonly Shot[];
  /** The clients' own processor time, in milliseconds per second. */
  readonly clientsMs: number;
}

parentPort?.on('message', (round: Round | Storm) => {
  ('seconds' in round ? weather(round) : fire(round)).then(
    (answered) => parentPort?.postMessage(answered),
    (error: unknown) => {
      throw error;
    },
  );
});

async function fire({ origin, connections, shots, perSecond }: Round): Promise<Answered> {
  const clients = await Promise.all(Array.from({ length: connections }, () => openClient(new URL(origin))));
  const took: number[] = [];
  let refused = 0;
  const began = performance.now();
  let next = 0;
  await Promise.all(
    clients.map(async (client) => {
      for (let index = next++; index < shots.length; index = next++) {
        const due = perSecond === undefined ? performance.now() : began + (index * 1_000) / perSecond;
        await waitUntil(due);
        while (!(await client.send(shots[index] as Shot))) {
          // the index is below the length
          refused += 1;
          await delay(pauseMs);
        }
        took.push(performance.now() - due);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  for (const client of clients) client.close();
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(took.length * share)] ?? Number.NaN;
  return {
    perSecond: shots.length / seconds,
    seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    refused,
  };
}

/** Closed: every client sends its next request at once, whether it was served or refused. Open: as they are due. */
async function weather(storm: Storm): Promise<Weathered> {
  const { origin, connections, shots, perSecond, seconds, onceEach } = storm;
  const clients = await Promise.all(Array.from({ length: connections }, () => openClient(new URL(origin))));
  const left = [...shots];
  const served: number[] = [];
  const refused: number[] = [];
  const began = performance.now();
  const before = workedMs();
  const until = began + seconds * 1_000;
  let next = 0;
  let servedInTime = 0;
  let refusedInTime = 0;
  await Promise.all(
    clients.map(async (client) => {
      for (;;) {
        const due = perSecond === undefined ? performance.now() : began + (next++ * 1_000) / perSecond;
        if (due >= until) return;
        await waitUntil(due);
        const shot = left.shift();
        if (shot === undefined) return;
        const isServed = await client.send(shot);
        const now = performance.now();
        (isServed ? served : refused).push(now - due);
        if (now < until) {
          if (isServed) servedInTime += 1;
          else refusedInTime += 1;
        }
        if (!isServed || !onceEach) left.push(shot);
      }
    }),
  );
  const untold = clients.reduce((sum, client) => sum + client.untold(), 0);
  for (const client of clients) client.close();
  const at = (all: readonly number[], share: number) =>
    all.toSorted((a, b) => a - b)[Math.floor(all.length * share)] ?? Number.NaN;
  return {
    servedPerSecond: servedInTime / seconds,
    refusedPerSecond: refusedInTime / seconds,
    p50Ms: at(served, 0.5),
    p99Ms: at(served, 0.99),
    refusedP99Ms: at(refused, 0.99),
    untold,
    left,
    clientsMs: (workedMs() - before) / seconds,
  };
}

async function waitUntil(due: number): Promise<void> {
  for (let ms = due - performance.now(); ms > 0; ms = due - performance.now()) await delay(ms);
}

const pauseMs = 100;
const endOfHead = '\r\n\r\n';

async function openClient({ hostname, port, host }: URL) {
  const socket: Socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let waiting:
    | { shot: Shot; resolve: (isAnswered: boolean) => void; reject: (error: Error) => void }
    | undefined;
  let parts: Buffer[] = [];
  let untold = 0;
  const fail = (why: string) => {
    const { shot, reject } = waiting ?? {};
    waiting = undefined;
    reject?.(new Error(`${shot?.method} ${shot?.path}: ${why}`));
  };
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => fail('the connection was closed'));
  socket.on('data', (part: Buffer) => {
    parts.push(part);
    const whole = parts.length === 1 ? part : Buffer.concat(parts);
    const headEnd = whole.indexOf(endOfHead);
    if (headEnd < 0) return;
    const head = whole.toString('latin1', 0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    if (whole.length < headEnd + endOfHead.length + length) return;
    parts = [];
    const status = Number(head.slice(9, 12));
    const expected = waiting?.shot.status;
    const isRefusal = status === 503 || status === 429;
    const isExpected = isRefusal || (expected === undefined ? status < 300 : status === expected);
    if (!isExpected) return fail(`${status} ${whole.toString('utf8', headEnd).trim().slice(0, 300)}`);
    if (isRefusal && !/\r\nretry-after: [1-9]/i.test(head)) untold += 1;
    const { resolve } = waiting ?? {};
    waiting = undefined;
    resolve?.(!isRefusal);
  });
  return {
    /** False when it is asked to come back later. */
    send: (shot: Shot): Promise<boolean> =>
      new Promise((resolve, reject) => {
        waiting = { shot, resolve, reject };
        socket.write(asText(shot, host));
      }),
    untold: () => untold,
    close: () => socket.destroy(),
  };
}

const texts = new WeakMap<Shot, string>();

function asText(shot: Shot, host: string): string {
  const text = texts.get(shot) ?? writeOut(shot, host);
  texts.set(shot, text);
  return text;
}

function writeOut({ method, path, headers, body = '' }: Shot, host: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = method === 'GET' ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}${length}\r\n${body}`;
}
