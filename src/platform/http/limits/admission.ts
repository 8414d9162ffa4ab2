// Admits requests before anything else is done for them: by how many are in progress, fairly between clients, long
// operations apart from short ones. What is refused costs little: one answer prepared beforehand, and one log line a
// second for all. Which ones, decides limiter.ts.

import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemDetails, problems } from '../../problem.ts';
import type { App } from '../server.ts';
import { Limiter } from './limiter.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `heavy`: takes long or much memory (verifications, statistics, whole disbursements); one per client at
     * once. `file`: a file is received or printed, mostly in a worker thread; two per client at once.
     */
    lane?: Exclude<LaneName, 'short'>;
    /** A public route that queries the database: admitted like others, and limited by address. */
    asksDatabase?: boolean;
  }
  interface FastifyRequest {
    /** Gives up its place among the requests in progress, once; null while it has none. */
    leavePlace: (() => void) | null;
    /** It was refused here: nothing else was done for it, and it has no log line of its own. */
    isRefused: boolean;
  }
}

type LaneName = 'short' | 'heavy' | 'file';

export interface Admission {
  /** Connections of the pool: what requests in progress share. */
  readonly poolSize: number;
  /** Whose request it is, as far as is known before authentication. */
  readonly clientOf: (request: FastifyRequest) => string;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface Load {
  readonly isOverloaded: boolean;
  readonly inProgress: number;
  readonly waiting: number;
  /** Since the process began. */
  readonly refused: number;
  /** In progress and waiting, lane by lane. */
  readonly lanes: Readonly<Record<LaneName, Pick<Limiter<unknown>, 'inProgress' | 'waiting'>>>;
}

/** Fewer leave the database idle while the process refuses; more only make each slower (docs/decisions/0044). */
const shortPerConnection = 4;
/** A quarter stays for others. */
const shareOfOne = 0.75;
/** A burst of so many beyond those in progress is served in order. */
const burstPerConnection = 8;
const patienceMs = 1_000;
/** With what a busy event loop adds, refusals come within 100 ms. Sooner would let who retries at once retry more often. */
const refusedAfterMs = 30;
const sweepMs = 5;

const filesPerConnection = 4;
const heavyOfOne = 1;
const filesOfOne = 2;
const waitingForLong = 24;
const longWaitMs = 30_000;

/** Whoever is refused comes back after 1 to 4 seconds, not all at one moment. */
const mostRetrySeconds = 4;
const logEveryMs = 1_000;
/** After a client disconnects, its operation may run on for this long before its place is released anyway. */
const lingerMs = 30_000;

/** Must be called before any other hook is added. @returns what it is doing now */
export function admitRequests(app: App, { poolSize, clientOf, random }: Admission): () => Load {
  let refused = 0;
  let unlogged = 0;
  const longLane = (atOnce: number, ofOne: number) =>
    new Limiter<Visit>({
      atOnce,
      ofOne,
      waitingOfOne: waitingForLong,
      patienceMs: longWaitMs,
      waitMs: longWaitMs,
    });
  const short = new Limiter<Visit>({
    atOnce: shortPerConnection * poolSize,
    ofOne: Math.ceil(shareOfOne * shortPerConnection * poolSize),
    mostWaiting: burstPerConnection * poolSize,
    patienceMs,
    waitMs: refusedAfterMs,
  });
  const lanes: Readonly<Record<LaneName, Limiter<Visit>>> = {
    short,
    heavy: longLane(Math.max(1, Math.floor(poolSize / 3)), heavyOfOne),
    file: longLane(filesPerConnection * poolSize, filesOfOne),
  };

  interface Visit {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly client: string;
    readonly lane: Limiter<Visit>;
    readonly begins: () => void;
  }

  function enter(request: FastifyRequest, reply: FastifyReply, begins: () => void): void {
    const lane = lanes[request.routeOptions.config.lane ?? 'short'];
    // Who waits goes on as itself, and not as the request that leaves.
    const visit = { request, reply, client: clientOf(request), lane, begins: AsyncLocalStorage.bind(begins) };
    const arrival = lane.arrive(visit, visit.client, performance.now());
    if (arrival === 'begins') begin(visit);
    else if (arrival === 'refused') setTimeout(refuse, refusedAfterMs, visit, ofOne);
    else sweepSoon();
  }

  function begin(visit: Visit): void {
    const { request, reply, client, lane } = visit;
    // Disconnected while it waited: there is nothing to do.
    if (reply.raw.destroyed) {
      leave(client, lane);
      return;
    }
    let isLeft = false;
    const leaveOnce = () => {
      if (isLeft) return;
      isLeft = true;
      leave(client, lane);
    };
    request.leavePlace = leaveOnce;
    reply.raw.once('close', () => {
      if (!isLeft) setTimeout(leaveOnce, lingerMs).unref();
    });
    visit.begins();
  }

  /** The next one begins in a turn of its own, so that a crowd of quick requests does not keep the event loop. */
  function leave(client: string, lane: Limiter<Visit>): void {
    const next = lane.leave(client, performance.now());
    if (next !== undefined) setImmediate(begin, next);
  }

  let willSweep = false;
  function sweepSoon(): void {
    if (willSweep) return;
    willSweep = true;
    setTimeout(sweep, sweepMs);
  }
  function sweep(): void {
    willSweep = false;
    const now = performance.now();
    let isAnyWaiting = false;
    for (const lane of Object.values(lanes)) {
      for (const visit of lane.overdue(now)) refuse(visit, ofAll);
      isAnyWaiting ||= lane.waiting > 0;
    }
    if (isAnyWaiting) sweepSoon();
  }

  function refuse({ request, reply }: Visit, { code, status, before, after }: Refusal): void {
    refused += 1;
    if (unlogged === 0) setTimeout(logRefused, logEveryMs).unref();
    unlogged += 1;
    request.isRefused = true;
    request.problem = code;
    reply.hijack();
    const body = `${before}${request.id}${after}`;
    reply.raw
      .writeHead(status, {
        'request-id': request.id,
        'content-type': 'application/problem+json',
        'content-length': body.length,
        'retry-after': String(1 + Math.floor(mostRetrySeconds * random())),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
      .end(body, 'latin1');
  }

  function logRefused(): void {
    app.log.warn({ ...loadOf(short), refused: unlogged }, 'requests refused');
    unlogged = 0;
  }

  app.decorateRequest('leavePlace', null);
  app.decorateRequest('isRefused', false);
  app.addHook('onRequest', (request, reply, done) => {
    if (!isLimited(request)) return done();
    enter(request, reply, done);
  });
  // A client that sends slowly keeps no place meanwhile. An operation on a file reads its body itself.
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const { lane } = request.routeOptions.config;
    if (lane === undefined && !request.raw.complete) {
      request.leavePlace?.();
      request.leavePlace = null;
    }
    done(null, payload);
  });
  app.addHook('preValidation', (request, reply, done) => {
    if (request.leavePlace !== null || !isLimited(request)) return done();
    enter(request, reply, done);
  });
  app.addHook('onSend', async ({ leavePlace }, _reply, payload) => {
    if (leavePlace === null) return;
    if (payload instanceof Readable) payload.once('close', leavePlace);
    else leavePlace();
  });

  return () => ({ ...loadOf(short), refused, lanes });
}

function loadOf(limiter: Limiter<unknown>): Omit<Load, 'refused' | 'lanes'> {
  const { inProgress, waiting } = limiter;
  return { isOverloaded: limiter.isOverloaded(performance.now()), inProgress, waiting };
}

/** Health, metrics and whatever else is answered from memory to anybody are never refused. */
function isLimited({ routeOptions: { config } }: FastifyRequest): boolean {
  return config.public !== true || config.asksDatabase === true;
}

type Refusal = ReturnType<typeof refusalOf>;

/** The problem with a place for the request's id; in ASCII, so that its length is known and nothing is encoded. */
function refusalOf(code: 'unavailable' | 'too-many-requests') {
  const text = JSON.stringify(problemDetails(code, '')).replaceAll(
    /[^ -~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { code, status: problems[code].status, before: text.slice(0, -2), after: text.slice(-2) };
}

const ofAll = refusalOf('unavailable');
const ofOne = refusalOf('too-many-requests');
