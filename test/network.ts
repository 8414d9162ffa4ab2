// A network between the program and its database that can be cut, or swallow everything. Holds no test.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';

export interface Network {
  /** The database's URL through this network. */
  readonly url: string;
  /** Where connections lead from now on. */
  leadTo(databaseUrl: string): void;
  /** From now on nothing comes through in either direction, and nobody is told. */
  swallow(): void;
  /** Breaks what stands, and refuses everything new. */
  cut(): void;
  /** All is well again; what was swallowed comes through. */
  heal(): void;
}

export async function openNetwork(test: Test, databaseUrl: string): Promise<Network> {
  const ends = new Set<Socket>();
  let target = new URL(databaseUrl);
  let state: 'well' | 'silent' | 'cut' = 'well';
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
      one.on('data', (bytes) => other.write(bytes));
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
  const url = new URL(databaseUrl);
  const address = server.address();
  url.port = typeof address === 'object' && address !== null ? String(address.port) : '';
  return {
    url: url.href,
    leadTo: (databaseUrl) => {
      target = new URL(databaseUrl);
    },
    swallow: () => {
      state = 'silent';
      for (const end of ends) end.pause();
    },
    cut: () => {
      state = 'cut';
      for (const end of ends) end.destroy();
    },
    heal: () => {
      state = 'well';
      for (const end of ends) end.resume();
    },
  };
}
