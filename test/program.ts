// The started program as a child process, for tests of how it lives and ends. Holds no test.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { sandboxIssuerPath, sandboxSecret } from '../src/sandbox/issuer.ts';
import type { Call } from './helper.ts';

export const start = join(import.meta.dirname, '../src/start.js');

/** What every start is told; nothing of the tests' own environment but what they have compiled. */
export const usual = {
  PORT: '0',
  LOG_LEVEL: 'warn',
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
};

export interface Service {
  readonly process: ChildProcess;
  readonly url: string;
  readonly exit: Promise<number | null>;
  /** What it has written so far, line by line. */
  readonly lines: readonly string[];
  /** The same on its standard error. */
  readonly complaints: readonly string[];
}

/** A folder for the program's data, gone at the end of the test. */
export function dataFolder(test: Test): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'subsidy-program-'));
  // Run by root, PostgreSQL's account goes through it to its own folder.
  chmodSync(dataDir, 0o711);
  test.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

/**
 * Starts the program on a free port and resolves when it serves.
 *
 * @param program of another checkout, where it is not this one's
 */
export async function serve(
  test: Test,
  environment: Record<string, string>,
  program: string = start,
): Promise<Service> {
  const service = spawn(process.execPath, [program], {
    env: { ...usual, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  test.teardown(() => {
    service.kill('SIGKILL');
  });
  const exit = once(service, 'exit').then(([code]) => code);
  const lines: string[] = [];
  const complaints: string[] = [];
  createInterface({ input: service.stderr }).on('line', (line) => {
    complaints.push(line);
    console.error(line);
  });
  const listening = Promise.withResolvers<string>();
  createInterface({ input: service.stdout }).on('line', (line) => {
    lines.push(line);
    const url = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (url !== undefined) listening.resolve(url);
  });
  const url = await Promise.race([listening.promise, exit.then(() => undefined)]);
  if (url === undefined) throw new Error(`it ended with ${await exit}`);
  return { process: service, url, exit, lines, complaints };
}

/** A token of a persona of the program's sandbox. */
export async function tokenOf(url: string, persona: string): Promise<string> {
  const answer = await fetch(`${url}${sandboxIssuerPath}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `grant_type=client_credentials&client_id=${persona}&client_secret=${sandboxSecret}`,
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
}

/** Sends requests to a program as the personas of its sandbox. */
export function callTo(url: string): Call {
  const tokens = new Map<string, Promise<string>>();
  return async (caller, method, path, { body, headers, ifMatch, key, query, status } = {}) => {
    const token = caller === null ? null : (tokens.get(caller) ?? tokenOf(url, caller));
    if (caller !== null && token !== null) tokens.set(caller, token);
    const answer = await fetch(
      `${url}${path}${query === undefined ? '' : `?${new URLSearchParams(query)}`}`,
      {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${await token}` }),
          ...(method === 'GET' || key === null ? {} : { 'idempotency-key': key ?? randomUUID() }),
          ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: body instanceof Buffer ? body : JSON.stringify(body) }),
      },
    );
    const text = await answer.text();
    if (status !== undefined && status !== answer.status)
      throw new Error(`${method} ${path}: ${answer.status} instead of ${status}\n${text}`);
    return { status: answer.status, body: JSON.parse(text), headers: Object.fromEntries(answer.headers) };
  };
}

const pollMs = 50;

/** Whether a condition comes true in time. */
export async function comesTrue(condition: () => Promise<boolean>, withinMs = 20_000): Promise<boolean> {
  const begun = performance.now();
  for (;;) {
    if (await condition()) return true;
    if (performance.now() - begun > withinMs) return false;
    await delay(pollMs);
  }
}
