// Several started programs on one database, and a client that takes turns among them. Holds no test.

import type { Test } from 'tap';
import type { TestDatabase } from './database.ts';
import { type Answer, type Call, type Clock, expectStatus, firstMorning, requestOf } from './helper.ts';
import { dataFolder, type Service, serve, tokenOf } from './program.ts';

const aheadMs = Temporal.Instant.from(firstMorning).epochMilliseconds - Date.now();
/** Loaded before a program: its clock goes on from the first morning, in every replica alike. */
const clock = `Object.defineProperty(Temporal.Now, 'instant', {
  value: () => Temporal.Instant.fromEpochMilliseconds(Date.now() + ${aheadMs}) })`;

/** When the steps of a case begin, for those that are asked about time. */
export const standing: Clock = { now: () => Temporal.Instant.from(firstMorning), set: () => {} };

/** What replicas need in common: the database, their keys, and a time when the second quarter of 2025 can be claimed. */
export function sharedBy(
  test: Test,
  { serviceUrl }: Pick<TestDatabase, 'serviceUrl'>,
): Record<string, string> {
  return {
    DATABASE_URL: serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: dataFolder(test),
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}`,
  };
}

/** Starts so many programs, one after the other: on a busy machine, at once they wait too long for the database. */
export async function replicas(
  test: Test,
  count: number,
  environment: Record<string, string>,
): Promise<Service[]> {
  const services: Service[] = [];
  for (let started = 0; started < count; started += 1) services.push(await serve(test, environment));
  return services;
}

/** Sends each request to the next of these programs. */
export function takingTurns(services: readonly Pick<Service, 'url'>[]): Call {
  const tokens = new Map<string, Promise<string>>();
  let sent = 0;
  return async <T = unknown>(
    ...[caller, method, path, options = {}]: Parameters<Call>
  ): Promise<Answer<T>> => {
    const { url } = services[sent % services.length] ?? { url: '' };
    sent += 1;
    const known = caller === null ? null : (tokens.get(caller) ?? tokenOf(url, caller));
    if (caller !== null && known !== null) tokens.set(caller, known);
    const { headers, payload } = requestOf(await known, method, path, options);
    const query = options.query === undefined ? '' : `?${new URLSearchParams(options.query)}`;
    const response = await fetch(`${url}${path}${query}`, {
      method,
      headers: headers as Record<string, string>,
      ...(payload === undefined ? {} : { body: payload as string | Buffer<ArrayBuffer> }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const answer = {
      status: response.status,
      body: (isJson ? JSON.parse(text) : text) as T,
      headers: Object.fromEntries(response.headers),
    };
    expectStatus(`${method} ${path}`, answer, options.status);
    return answer;
  };
}
