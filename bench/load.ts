// The clients of a benchmark, in their own thread, over keep-alive sockets that they read themselves, because an HTTP
// library costs more than the fastest peer. Closed: each of a fixed number sends its next request after the last answer.
// Open: requests are due at a fixed rate, and a late answer's wait counts from when its request was due. A client that is
// asked to come back later (503) sends the same request again; any other answer than expected ends the run.

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';

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

parentPort?.on('message', (round: Round) => {
  fire(round).then(
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
    const isExpected = status === 503 || (expected === undefined ? status < 300 : status === expected);
    if (!isExpected) return fail(`${status} ${whole.toString('utf8', headEnd).trim().slice(0, 300)}`);
    const { resolve } = waiting ?? {};
    waiting = undefined;
    resolve?.(status !== 503);
  });
  return {
    /** False when it is asked to come back later. */
    send: (shot: Shot): Promise<boolean> =>
      new Promise((resolve, reject) => {
        waiting = { shot, resolve, reject };
        socket.write(asText(shot, host));
      }),
    close: () => socket.destroy(),
  };
}

function asText({ method, path, headers, body = '' }: Shot, host: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = method === 'GET' ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}${length}\r\n${body}`;
}
