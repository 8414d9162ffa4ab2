// A network between two programs (a service and its database, a client and the service) that can be slow, be cut, lose
// the end of an answer, or swallow everything. Holds no test.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';

export interface Network {
  /** The other's URL through this network. */
  readonly url: string;
  /** Where connections lead from now on. */
  leadTo(url: string): void;
  /** From now on nothing comes through in either direction, and nobody is told. */
  swallow(): void;
  /** Breaks what stands, and refuses everything new. */
  cut(): void;
  /** Resets every connection that stands (RST); new ones are served. */
  reset(): void;
  /** From now on everything takes so long in either direction. */
  slow(milliseconds: number): void;
  /** From now on so many answers of a hundred end half-way, and their connection with them. */
  breakAnswers(percentage: number, random: () => number): void;
  /** All is well again; what was swallowed comes through. */
  heal(): void;
}

export async function openNetwork(test: Test, otherUrl: string): Promise<Network> {
  const ends = new Set<Socket>();
  let target = new URL(otherUrl);
  let state: 'well' | 'silent' | 'cut' = 'well';
  let latencyMs = 0;
  let isBroken = () => false;
  /** The last bytes of a sender that have not come through yet. */
  const underWay = new WeakMap<Socket, Promise<void>>();

  function pass(bytes: Buffer, from: Socket, to: Socket, isAnswer: boolean): void {
    const breaks = isAnswer && isBroken();
    const comeThrough = () => {
      if (!breaks) return void to.write(bytes);
      to.end(bytes.subarray(0, bytes.length >> 1));
      from.destroy();
    };
    const before = underWay.get(from);
    if (latencyMs === 0 && before === undefined) {
      comeThrough();
      return;
    }
    const due = performance.now() + latencyMs;
    const arriving = async () => {
      await before;
      await delay(Math.max(0, due - performance.now()));
      comeThrough();
      if (underWay.get(from) === arrival) underWay.delete(from);
    };
    const arrival = arriving();
    underWay.set(from, arrival);
  }

  const server = createServer({ pauseOnConnect: true }, (near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(one);
      one.on('data', (bytes: Buffer) => pass(bytes, one, other, one === far));
      one.on('error', () => {});
      one.on('close', () => {
        ends.delete(one);
        other.destroy();
      });
      if (state === 'silent') one.pause();
      else one.resume();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.teardown(() => {
    server.close();
    for (const end of ends) end.destroy();
  });
  const url = new URL(otherUrl);
  const address = server.address();
  url.port = typeof address === 'object' && address !== null ? String(address.port) : '';
  return {
    url: url.href,
    leadTo: (nextUrl) => {
      target = new URL(nextUrl);
    },
    swallow: () => {
      state = 'silent';
      for (const end of ends) end.pause();
    },
    cut: () => {
      state = 'cut';
      for (const end of ends) end.destroy();
    },
    reset: () => {
      for (const end of ends) end.resetAndDestroy();
    },
    slow: (milliseconds) => {
      latencyMs = milliseconds;
    },
    breakAnswers: (percentage, random) => {
      isBroken = () => random() * 100 < percentage;
    },
    heal: () => {
      state = 'well';
      latencyMs = 0;
      isBroken = () => false;
      for (const end of ends) end.resume();
    },
  };
}
