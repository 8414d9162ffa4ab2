// What one client may take up at once, so that the others find the service free: connections of an address, requests of a
// caller, and of those the heavy ones and the files. How often is limited in hardening.ts.

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
     * `heavy`: takes long or much memory (verifications, statistics, whole disbursements), so that one of a caller runs at
     * once. `file`: one file that is taken in or printed, mostly by a worker thread, so that two do.
     */
    lane?: 'heavy' | 'file';
    /** A public route that asks the database: shared by address, because nobody says who they are. */
    asksDatabase?: boolean;
  }
  interface FastifyRequest {
    /** Gives up the places that a request has taken. */
    leaveLanes: (() => void) | null;
  }
}

/** Of all addresses together; far below what the process has of files. */
const mostConnections = 4_096;
/** The pool lets 32 wait for each connection: four for each are an eighth of it, and enough for anybody in a hurry. */
const requestsPerPoolConnection = 4;
const waitingRequests = 256;
const heavyAtOnce = 1;
const filesAtOnce = 2;
const waitingInLane = 24;
const publicAtOnce = 2;
const publicWaiting = 16;
/** Work goes on for a while for whoever has hung up; then its place is free whatever became of it. */
const lingerMs = 30_000;

/**
 * Bounds the connections of one address; a proxy's are those of many. To be called before the server listens.
 *
 * @param perAddress one more is hung up on
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

/** Registered after authentication, before any body is read: what waits here holds nothing but its socket. */
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
    // Its own lane first: whoever waits in it takes no place from the light requests of the same caller.
    const own: Entry[] = lane === undefined ? [] : [[lanes[lane], caller]];
    await enter(request, reply, [...own, [all, caller]]);
  });
  // Whoever hangs up early frees nothing early: the operation still runs.
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
    // Whoever hung up while waiting is asked for nothing more.
    if (raw.destroyed) {
      leave();
      throw new Problem('unavailable', { headers: { 'retry-after': '1' } });
    }
  }
}
