// Limits what one client may occupy at once: connections per address, requests per caller, and among those
// heavy requests and files. Rates are limited in hardening.ts.

import type { Server } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../../access/actor.ts';
import { Problem } from '../../problem.ts';
import type { App } from '../server.ts';
import { networkOf } from './address-limit.ts';
import { createLanes } from './lanes.ts';
import type { TrustsAddress } from './proxies.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `heavy`: takes long or much memory (verifications, statistics, whole disbursements); one per caller at
     * once. `file`: a file is received or printed, mostly in a worker thread; two per caller at once.
     */
    lane?: 'heavy' | 'file';
    /** A public route that queries the database: limited by address, since its callers are anonymous. */
    asksDatabase?: boolean;
  }
  interface FastifyRequest {
    /** Releases the request's places. */
    leaveLanes: (() => void) | null;
  }
}

/** For all addresses together; far below the process's limit of file descriptors. */
const mostConnections = 4_096;
/** The pool lets 32 wait per connection: four are an eighth of it, enough for a busy client. */
const requestsPerPoolConnection = 4;
const waitingRequests = 256;
const heavyAtOnce = 1;
const filesAtOnce = 2;
const waitingInLane = 24;
const publicAtOnce = 2;
const publicWaiting = 16;
/** After a client disconnects, its operation may run on for this long before its place is released anyway. */
const lingerMs = 30_000;

/**
 * Limits connections per address; trusted proxies are exempt, since they carry many clients. Must be called
 * before the server listens.
 *
 * @param perAddress the next connection is closed at once
 */
export function shareConnections(
  server: Server,
  { perAddress, isTrustedProxy }: { perAddress: number; isTrustedProxy: TrustsAddress },
): void {
  const open = new Map<string, number>();
  server.maxConnections = mostConnections;
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    if (isTrustedProxy(address)) return;
    const network = networkOf(address);
    const count = (open.get(network) ?? 0) + 1;
    if (count > perAddress) return void socket.destroy();
    open.set(network, count);
    socket.once('close', () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left === 0) open.delete(network);
      else open.set(network, left);
    });
  });
}

/** Registered after authentication and before the body is read: a waiting request holds only its socket. */
export function shareRequests(app: App, { poolSize }: { poolSize: number }): void {
  const all = createLanes({ atOnce: poolSize * requestsPerPoolConnection, waiting: waitingRequests });
  const lanes = {
    heavy: createLanes({ atOnce: heavyAtOnce, waiting: waitingInLane }),
    file: createLanes({ atOnce: filesAtOnce, waiting: waitingInLane }),
  };
  const ofNobody = createLanes({ atOnce: publicAtOnce, waiting: publicWaiting });
  app.decorateRequest('leaveLanes', null);

  app.addHook('onRequest', async (request, reply) => {
    const { actor, ip, routeOptions } = request;
    const { lane, asksDatabase = false } = routeOptions.config;
    if (actor === null) {
      if (asksDatabase) await enter(request, reply, [[ofNobody, networkOf(ip)]]);
      return;
    }
    const caller = callerOf(actor);
    // The route's own lane first: a request waiting in it takes no place from the caller's light requests.
    const own: Entry[] = lane === undefined ? [] : [[lanes[lane], caller]];
    await enter(request, reply, [...own, [all, caller]]);
  });
  // A client that disconnects early frees no place early: its operation still runs.
  app.addHook('onSend', async ({ leaveLanes }, _reply, payload) => {
    if (leaveLanes === null) return;
    if (payload instanceof Readable) payload.once('close', leaveLanes);
    else leaveLanes();
  });
}

type Entry = readonly [lanes: ReturnType<typeof createLanes>, key: string];

async function enter(
  request: FastifyRequest,
  { raw }: FastifyReply,
  entries: readonly Entry[],
): Promise<void> {
  const left: (() => void)[] = [];
  const leave = () => {
    for (const one of left.splice(0)) one();
  };
  request.leaveLanes = leave;
  raw.once('close', () => {
    if (left.length > 0) setTimeout(leave, lingerMs).unref();
  });
  for (const [lanes, key] of entries) {
    const place = lanes.enter(key);
    if (place === null) throw new Problem('too-many-requests', { headers: { 'retry-after': '1' } });
    left.push(await place);
    // Disconnected while waiting: nothing to do.
    if (raw.destroyed) {
      leave();
      throw new Problem('unavailable', { headers: { 'retry-after': '1' } });
    }
  }
}
