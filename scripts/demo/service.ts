// The service as a child process with its own database and port, all removed afterwards.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DemoError } from './client.ts';

const program = join(import.meta.dirname, '../../src/start.js');
const stopMs = 12_000;

export interface Service {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts the service on a free port, and on a fresh embedded PostgreSQL unless the variables name another database.
 *
 * @throws DemoError with its output when it fails
 */
export async function startService(variables: Readonly<Record<string, string>> = {}): Promise<Service> {
  const dataDir = mkdtempSync(join(tmpdir(), 'subsidy-demo-'));
  // As root, PostgreSQL's account passes through it to its own directory.
  chmodSync(dataDir, 0o711);
  const said: string[] = [];
  const service = spawn(process.execPath, [program], {
    // Without the caller's environment: a DATABASE_URL there must not be filled with invented people.
    env: {
      ...pick('PATH', 'HOME', 'TMPDIR', 'LANG'),
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'warn',
      SUBSIDY_DATA_DIR: dataDir,
      SUBSIDY_SWAGGER_UI: 'off',
      // As `npm start` does: the service then ends with us, however we end.
      npm_lifecycle_event: 'start',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  service.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const ended = once(service, 'exit');

  async function stop(): Promise<void> {
    service.kill('SIGTERM');
    const deadline = setTimeout(() => service.kill('SIGKILL'), stopMs);
    if (service.exitCode === null && service.signalCode === null) await ended;
    clearTimeout(deadline);
    const cluster = join(dataDir, 'postgresql');
    if (existsSync(cluster)) rmSync(realpathSync(cluster), { recursive: true, force: true });
    rmSync(dataDir, { recursive: true, force: true });
  }

  const url = await greeting(service);
  if (url !== null) return { url, stop };
  await stop();
  throw new DemoError(`服务未能启动 · the service did not start:\n${said.join('')}`);
}

/** The address in the service's first line; null when it ends without one. */
async function greeting({ stdout }: ChildProcess): Promise<string | null> {
  if (stdout === null) return null;
  for await (const line of createInterface({ input: stdout })) {
    const url = /http:\/\/[\d.]+:\d+/.exec(line)?.[0];
    if (url === undefined) continue;
    stdout.resume();
    return url;
  }
  return null;
}

function pick(...names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => [[name, process.env[name] ?? '']]).filter(([, text]) => text),
  );
}
