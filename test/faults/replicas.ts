// One or more processes of the service on one database, killed and started again. Holds no test.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { firstMorning } from '../helper.ts';
import { dataFolder, type Service, serve } from '../program.ts';

const signalledWithinMs = 200;

export interface Replicas {
  /** Where they serve now; a process that was killed is in it until the next has taken its place. */
  readonly urls: readonly string[];
  readonly processes: readonly Service['process'][];
  readonly lines: () => string[];
  /** Ends one of them, by a signal, and waits until it has ended. */
  end(index: number, signal: NodeJS.Signals): Promise<number | null>;
  /** Starts one that has ended. */
  start(index: number): Promise<void>;
  /**
   * Sets the clock so far ahead of the first morning as it has run since, and this much more.
   *
   * @param of the index of the only one whose clock is set; of all when absent
   */
  stepClock(milliseconds: number, of?: number): Promise<void>;
}

/** Their clock begins at the first morning, and no limit of clients is met. */
export async function startReplicas(
  test: Test,
  databaseUrl: string,
  { count = 1, environment = {} }: { count?: number; environment?: Record<string, string> } = {},
): Promise<Replicas> {
  const folder = dataFolder(test);
  const clockFile = join(folder, 'clock');
  const ahead = Temporal.Instant.from(firstMorning).epochMilliseconds - Date.now();
  writeFileSync(clockFile, String(ahead));
  const all = {
    DATABASE_URL: databaseUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: folder,
    SUBSIDY_SWAGGER_UI: 'off',
    SUBSIDY_RATE_LIMIT: '10000000',
    SUBSIDY_ADDRESS_LIMIT: '10000000',
    SUBSIDY_CONNECTIONS_PER_ADDRESS: '10000',
    CLOCK_FILE: clockFile,
    NODE_OPTIONS: `--import=${join(import.meta.dirname, 'clock.ts')}`,
    LOG_LEVEL: 'error',
    ...environment,
  };
  const services = await Promise.all(Array.from({ length: count }, () => serve(test, all)));
  const urls = services.map(({ url }) => url);
  const lines = [...services];
  const at = (index: number): Service => {
    const service = services[index];
    if (service === undefined) throw new Error(`there are ${count} replicas`);
    return service;
  };
  return {
    urls,
    get processes() {
      return services.map((service) => service.process);
    },
    lines: () => lines.flatMap((service) => service.lines),
    async end(index, signal) {
      at(index).process.kill(signal);
      return await at(index).exit;
    },
    async start(index) {
      const service = await serve(test, all);
      services[index] = service;
      urls[index] = service.url;
      lines.push(service);
    },
    async stepClock(milliseconds, of) {
      writeFileSync(clockFile, String(ahead + milliseconds));
      for (const service of of === undefined ? services : [at(of)]) service.process.kill('SIGUSR2');
      await delay(signalledWithinMs);
    },
  };
}
