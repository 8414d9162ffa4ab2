// A PostgreSQL of one test alone, which is stopped at once, frozen and started again. Holds no test.

import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { isAlive } from '../../src/sandbox/cluster.ts';
import { type Embedded, startEmbedded } from '../../src/sandbox/embedded.ts';
import { childrenOf, ends } from '../processes.ts';
import { dataFolder } from '../program.ts';
import { administer } from '../server.ts';

export interface Postgres {
  readonly dataDir: string;
  /** Of the superuser; with another port after each start. */
  url(): string;
  /** Ends it at once, as its owner or the machine might: nothing more is written. */
  stopAtOnce(how: 'immediate shutdown' | 'kill -9'): Promise<void>;
  /** Ends it in peace. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** It stands by from now on, without a leader, until it is promoted. */
  startAsStandby(): Promise<void>;
  isUp(): boolean;
  freeze(): void;
  thaw(): void;
}

export async function openPostgres(test: Test, dataDir = dataFolder(test)): Promise<Postgres> {
  const options = { dataDir, log: () => {}, durable: false };
  let server: Embedded = await startEmbedded(options);
  let isUp = true;
  const watch = () => {
    const watched = server;
    isUp = true;
    watched.ended.then(() => {
      if (watched === server) isUp = false;
    });
  };
  watch();
  let frozen: readonly number[] = [];
  const thaw = () => {
    for (const pid of frozen) if (isAlive(pid)) process.kill(pid, 'SIGCONT');
    frozen = [];
  };
  test.teardown(async () => {
    thaw();
    await server.stop();
  });
  // The machine itself does not fail, so that what the kernel has is kept; but a commit must have given it.
  await administer(server.url, 'alter role all set synchronous_commit = on');
  const start = async () => {
    server = await startEmbedded(options);
    watch();
  };
  const processes = () => [server.pid, ...childrenOf(server.pid)];
  return {
    dataDir,
    url: () => server.url,
    async stopAtOnce(how) {
      const all = processes();
      if (how === 'kill -9') for (const pid of all) process.kill(pid, 'SIGKILL');
      else process.kill(server.pid, 'SIGQUIT');
      await server.ended;
      for (const pid of all) await ends(pid);
    },
    stop: () => server.stop(),
    start,
    async startAsStandby() {
      writeFileSync(join(realpathSync(join(dataDir, 'postgresql')), 'pgdata/standby.signal'), '');
      await start();
    },
    isUp: () => isUp,
    freeze() {
      frozen = processes();
      for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    },
    thaw,
  };
}
