// A whole city for one test file: the service as production builds it, on a database of its own, with a clock that stands
// until it is moved, real tokens, and every answer held against the contract. Holds no test.
//
//   const { call, resident, applied } = await setup(t);
//   const application = await applied(await resident());
//   const { status } = await call('handler-360203', 'POST', `/v1/applications/${application.id}/acceptance`, { body: {}, ifMatch: 2 });

import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { InjectOptions } from 'fastify';
import { Logger, runOnce } from 'graphile-worker';
import { calculateJwkThumbprint, exportJWK, importPKCS8, SignJWT } from 'jose';
import type { Test } from 'tap';
import { buildApp } from '../src/app.ts';
import type { Role } from '../src/platform/access/actor.ts';
import { oauthScopes } from '../src/platform/access/oauth-scopes.ts';
import type { Guard } from '../src/platform/access/permissions.ts';
import { type Config, readConfig } from '../src/platform/config/config.ts';
import type { App, Timeouts } from '../src/platform/http/server.ts';
import { createIds } from '../src/platform/ids.ts';
import type { Services } from '../src/platform/write-context.ts';
import { taskList } from '../src/runtime/jobs/tasks.ts';
import { sandboxAudience, sandboxIssuerPath, sandboxSecret } from '../src/sandbox/issuer.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { contractJudge } from './platform/http/contract.ts';
import { createSteps, type Steps } from './steps.ts';

/** The morning of 5 July 2025 in Jingdezhen, when the second quarter can be claimed. */
export const firstMorning = '2025-07-05T02:00:00Z';

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface CallOptions {
  readonly body?: unknown;
  /** A new key for every POST when absent; null sends none. */
  readonly key?: string | null;
  /** A version, or a header as it is. */
  readonly ifMatch?: number | string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything else than this status fails the test, and shows what came. */
  readonly status?: number;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/**
 * Sends one request and answers what came back, which has passed the contract.
 *
 * @param caller a persona of the sandbox, or a whole token from `tokenOf`; null for nobody
 */
export type Call = <T = unknown>(
  caller: string | null,
  method: Method,
  url: string,
  options?: CallOptions,
) => Promise<Answer<T>>;

/** The longest pause between two tries is twenty of these. */
const pauseMs = 20;

/** Calls again, with the same key, while the service is too busy to answer: as a client does that was told when to retry. */
export function patient(call: Call): Call {
  return async (caller, method, url, { status, ...options } = {}) => {
    const key = options.key === undefined ? randomUUID() : options.key;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await call<never>(caller, method, url, { ...options, key });
      if (answer.status === 503 && attempt < 20) {
        await delay(attempt * pauseMs);
        continue;
      }
      expectStatus(`${method} ${url}`, answer, status);
      return answer;
    }
  };
}

export function expectStatus(
  what: string,
  { status, body }: Answer<unknown>,
  expected: number | undefined,
  logged: readonly object[] = [],
): void {
  if (expected === undefined || expected === status) return;
  const lines = [body, ...logged].map((line) => JSON.stringify(line));
  throw new Error(`${what}: ${status} instead of ${expected}\n${lines.join('\n')}`);
}

export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];
  readonly requestId: string;
}

export interface Clock {
  now(): Temporal.Instant;
  /** To an instant, or to ten in the morning of a day in Jingdezhen. */
  set(moment: string): void;
}

export interface City extends Steps, TestDatabase {
  readonly app: App;
  /** Where its keys are. */
  readonly dataDir: string;
  /** Where it listens, for clients that need a socket. */
  readonly origin: string;
  readonly clock: Clock;
  readonly call: Call;
  /** The token of a persona. */
  token(persona: string): Promise<string>;
  /** The token of somebody who is no persona, signed by the sandbox's issuer. */
  tokenOf(holder: Holder): Promise<string>;
  /** What the service works with: its sealer, its clock, its database. */
  readonly services: Services;
  /** Does what operations have staged for after their commit. */
  work(): Promise<void>;
  /** Every line that was logged, parsed. */
  readonly logs: readonly Readonly<Record<string, unknown>>[];
}

export interface Holder {
  readonly subject: string;
  readonly role: Role;
  readonly agency?: string | null;
  readonly clientId?: string;
  /** None unless told. */
  readonly name?: string;
  /** Every scope there is, unless told. */
  readonly scope?: string;
}

interface Unusual {
  /** Told of every answer, by whomever it was asked for; of a paper its bytes. */
  readonly heard?: (caller: string | null, method: string, path: string, body: unknown) => void;
  /** Instead of the application's own. */
  readonly guard?: Guard;
  readonly config?: Partial<Config>;
  readonly timeouts?: Timeouts;
}

let judge: ReturnType<typeof contractJudge> | undefined;

/**
 * The service for this test and its subtests, gone at its end.
 *
 * @param environment variables that differ from the usual
 * @param unusual what no variable can make
 */
export async function setup(
  t: Test,
  environment: Readonly<Record<string, string>> = {},
  unusual: Unusual = {},
): Promise<City> {
  return await cityOn(t, await testDatabase(t), environment, unusual);
}

/**
 * The same on a database that is there: one that the test has made, or another city's. With its SUBSIDY_DATA_DIR it is
 * another process of the same service, which finds the keys again.
 */
export async function cityOn(
  t: Test,
  { db, url, ownerUrl, service, serviceUrl }: TestDatabase,
  environment: Readonly<Record<string, string>>,
  { guard, heard, timeouts, config: changes = {} }: Unusual = {},
): Promise<City> {
  const dataDir = mkdtempSync(join(tmpdir(), 'subsidy-city-'));
  t.teardown(() => rmSync(dataDir, { recursive: true }));
  const variables = {
    NODE_ENV: 'test',
    PORT: '0',
    DATABASE_URL: serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: dataDir,
    SUBSIDY_SWAGGER_UI: 'off',
    SUBSIDY_QUALITY_REVIEW_REFUSALS: '0',
    ...environment,
  };
  const config = { ...(await readConfig(variables)), ...changes };

  let now = Temporal.Instant.from(firstMorning);
  const logs: Record<string, unknown>[] = [];
  let services: Services | undefined;
  const app = await buildApp({
    config,
    db: service,
    clock: () => now,
    newId: createIds(() => now.epochMilliseconds),
    isStopping: () => false,
    ...(guard === undefined ? {} : { guard }),
    ...(timeouts === undefined ? {} : { timeouts }),
    logStream: { write: (line) => logs.push(JSON.parse(line)) },
    // By hand: a test wants to know when it is done.
    startWork: async (_app, all) => {
      services = all;
    },
  });
  t.teardown(() => app.close());
  if (services === undefined) throw new Error('the app was built without its work');
  const given: Services = services;
  // Listening, because the verifier fetches the issuer's keys over HTTP, here as in production.
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  // Every city of a process has the same contract, and its schemas are slow to compile.
  judge ??= contractJudge();
  const misfitOf = judge;

  const tokens = new Map<string, Promise<string>>();
  function token(persona: string): Promise<string> {
    const known = tokens.get(persona) ?? fetchToken(app, persona);
    tokens.set(persona, known);
    return known;
  }

  const call: Call = async <T>(
    caller: string | null,
    method: Method,
    path: string,
    options: CallOptions = {},
  ) => {
    const bearer = caller?.includes('.') === false ? await token(caller) : caller;
    const response = await app.inject(requestOf(bearer, method, path, options));
    const contentType = String(response.headers['content-type'] ?? '');
    const body: unknown = /json/.test(contentType) ? JSON.parse(response.body) : response.body;
    heard?.(caller, method, path, /pdf/.test(contentType) ? response.rawPayload : body);
    const { location } = response.headers;
    const answer = { status: response.statusCode, contentType, location, body };
    const misfit = misfitOf(method, path, answer);
    if (misfit !== null)
      throw new Error(`${method} ${path} breaks the contract: ${misfit}\n${response.body}`);
    const warned = logs.filter(
      (line) => line['reqId'] === response.headers['request-id'] && Number(line['level']) >= 40,
    );
    expectStatus(`${method} ${path}`, { ...answer, headers: {} }, options.status, warned);
    // The cast: which schema the body fits is settled above, and the caller names its type.
    return { status: answer.status, body: body as T, headers: response.headers as Answer<T>['headers'] };
  };

  const clock = {
    now: () => now,
    set(moment: string) {
      now = Temporal.Instant.from(moment.includes('T') ? moment : `${moment}T02:00:00Z`);
      // Those of another hour may have expired, or not have begun.
      tokens.clear();
    },
  };

  return {
    app,
    db,
    url,
    ownerUrl,
    service,
    serviceUrl,
    dataDir: config.dataDir,
    origin,
    clock,
    call,
    token,
    tokenOf: (holder) =>
      signToken(holder, `${config.host}:${config.port}`, join(config.dataDir, 'sandbox-issuer.pem'), now),
    services: given,
    work: async () => {
      await workOnce(given);
      const { rows } = await db.pool.query(
        'select last_error from graphile_worker.jobs where last_error is not null',
      );
      if (rows.length > 0) throw new Error(`staged work failed: ${JSON.stringify(rows)}`);
    },
    logs,
    // Steps are the way to where a test begins, which an overloaded machine must not change.
    ...createSteps(patient(call), clock),
  };
}

export function requestOf(
  bearer: string | null,
  method: Method,
  url: string,
  { body, key, ifMatch, query, headers }: CallOptions,
): InjectOptions {
  const idempotencyKey = key === undefined ? randomUUID() : key;
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  return {
    method,
    url,
    headers: {
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...(method !== 'GET' && idempotencyKey !== null ? { 'idempotency-key': idempotencyKey } : {}),
      ...(ifMatch === undefined
        ? {}
        : { 'if-match': typeof ifMatch === 'number' ? `"${ifMatch}"` : ifMatch }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(query === undefined ? {} : { query: { ...query } }),
    ...(body === undefined ? {} : { payload: isRaw ? body : JSON.stringify(body) }),
  };
}

async function fetchToken(app: App, persona: string): Promise<string> {
  const response = await app.inject({
    method: 'POST',
    url: `${sandboxIssuerPath}/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: persona,
      client_secret: sandboxSecret,
    }).toString(),
  });
  const { access_token: token } = response.json<{ access_token?: string }>();
  if (token === undefined) throw new Error(`no token for ${persona}: ${response.body}`);
  return token;
}

const everyScope = Object.keys(oauthScopes).join(' ');

async function signToken(
  { subject, role, agency = null, clientId = 'portal', scope = everyScope, name }: Holder,
  address: string,
  keyFile: string,
  now: Temporal.Instant,
): Promise<string> {
  const key = await importPKCS8(readFileSync(keyFile, 'utf8'), 'ES256', { extractable: true });
  const { d: _, ...publicKey } = await exportJWK(key);
  const issuedAt = Math.floor(now.epochMilliseconds / 1_000);
  const place = agency === null ? {} : { agency };
  return await new SignJWT({
    client_id: clientId,
    scope,
    roles: [role],
    ...place,
    ...(name === undefined ? {} : { name }),
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: await calculateJwkThumbprint(publicKey) })
    .setIssuer(`http://${address}${sandboxIssuerPath}`)
    .setAudience(sandboxAudience)
    .setSubject(subject)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 3_600)
    .sign(key);
}

/** Works through all that waits now, and returns. */
async function workOnce(services: Services): Promise<void> {
  await runOnce({
    pgPool: services.db.pool,
    taskList: taskList({ services, isStopping: () => false }),
    noHandleSignals: true,
    // Not on standard output. A job that fails is tried again, and keeps its error in its row.
    logger: new Logger(() => () => {}),
    parsedCronItems: [],
  });
}
