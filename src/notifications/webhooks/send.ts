// Sends one signed message to a receiver. Connects only to an address that was checked, follows no redirect, and reads
// little of the answer. Knows no database.

import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { FailureCause } from './states.ts';

/** From the look-up of the name to the end of the answer. */
export const sendTimeoutMs = 10_000;
/** Of the answer's body, which nobody reads: enough for the receiver to finish its answer. */
const mostAnswerBytes = 16 * 1_024;

export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The receiver's status, if there was one; a null cause means delivered. */
export interface Outcome {
  readonly status: number | null;
  readonly cause: FailureCause | null;
}

/** The addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly { address: string; family: number }[]>;

const resolveBySystem: Resolve = (hostname) => lookup(hostname, { all: true });

export interface SendOptions {
  readonly mayReach: (address: string) => boolean;
  readonly timeoutMs?: number;
  readonly resolve?: Resolve;
  /** Aborts the attempt; the result is then unknown. */
  readonly signal: AbortSignal;
}

export async function send(
  { url, headers, body }: Outgoing,
  { mayReach, timeoutMs = sendTimeoutMs, resolve = resolveBySystem, signal }: SendOptions,
): Promise<Outcome> {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([timeout, signal]);
  const failed = (cause: FailureCause): Outcome => ({
    status: null,
    cause: timeout.aborted ? 'timeout' : signal.aborted ? 'interrupted' : cause,
  });

  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = await unlessAborted(addressesOf(host, resolve), either);
  if (addresses === null || addresses.length === 0) return failed('name');
  // All of them: a name that leads inside as well is not for us.
  if (!addresses.every(({ address }) => mayReach(address))) return failed('address');

  // Not resolved again: the name may lead elsewhere by now.
  const checked: LookupFunction = (_hostname, { all }, done) => {
    const [first] = addresses;
    if (all === true) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family);
  };
  const isTls = protocol === 'https:';
  const options: RequestOptions = {
    method: 'POST',
    host,
    port: port === '' ? undefined : Number(port),
    path: pathname + search,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'flexible-employment-subsidy',
      connection: 'close',
    },
    lookup: checked,
    agent: false, // no connection is kept for another message
    maxHeaderSize: mostAnswerBytes,
    signal: either,
  };
  let isSecure = !isTls;
  let isConnected = false;
  const request = isTls ? requestHttps(options) : requestHttp(options);
  request.on('error', () => {}); // one after the answer; an earlier one rejects below
  request.on('socket', (socket) => {
    socket.once('connect', () => {
      isConnected = true;
    });
    socket.once('secureConnect', () => {
      isSecure = true;
    });
  });
  request.end(body);
  try {
    const [answer] = (await once(request, 'response')) as [IncomingMessage]; // as the event is documented
    await readLittle(answer);
    return outcomeOf(answer.statusCode ?? 0);
  } catch {
    return failed(isConnected && !isSecure ? 'tls' : 'connection');
  } finally {
    request.destroy();
  }
}

/** Null when the name has none. An address in the URL is never looked up. */
async function addressesOf(host: string, resolve: Resolve) {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  return await resolve(host).catch(() => null);
}

/** Null when aborted: the system's look-up cannot be. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) return null;
  const aborted = Promise.withResolvers<null>();
  const abort = () => aborted.resolve(null);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Lets the receiver finish a short answer. Its status counts, even if the rest does not arrive. */
async function readLittle(answer: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of answer) {
      bytes += (chunk as Buffer).length; // no encoding is set
      if (bytes > mostAnswerBytes) return;
    }
  } catch {}
}

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return { status, cause: null };
  if (status === 410) return { status, cause: 'gone' };
  return { status, cause: status >= 300 && status < 400 ? 'redirect' : 'status' };
}
