// The clients of a benchmark, in their own thread: a fixed number of keep-alive sockets, each sending its
// next request after the last answer. Any error ends the run.

import { Agent, request } from 'node:http';
import { parentPort } from 'node:worker_threads';

export interface Shot {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Round {
  readonly origin: string;
  readonly connections: number;
  readonly shots: readonly Shot[];
}

export interface Answered {
  readonly perSecond: number;
  readonly p99Ms: number;
}

parentPort?.on('message', (round: Round) => {
  fire(round).then(
    (answered) => parentPort?.postMessage(answered),
    (error: unknown) => {
      throw error;
    },
  );
});

async function fire({ origin, connections, shots }: Round): Promise<Answered> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const took: number[] = [];
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let shot = shots[next++]; shot !== undefined; shot = shots[next++]) {
        const sent = performance.now();
        await send(origin, agent, shot);
        took.push(performance.now() - sent);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  agent.destroy();
  took.sort((a, b) => a - b);
  return { perSecond: shots.length / seconds, p99Ms: took[Math.floor(took.length * 0.99)] ?? Number.NaN };
}

function send(origin: string, agent: Agent, { method, path, headers }: Shot): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sent = request(`${origin}${path}`, { method, headers, agent }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      text += part;
    });
    response.on('end', () => {
      const isSuccess = (response.statusCode ?? 500) < 300;
      if (isSuccess) resolve();
      else reject(new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`));
    });
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}
