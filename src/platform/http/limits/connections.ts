// Limits the open connections: of all addresses together, and of one.

import type { Server } from 'node:http';
import { networkOf } from './address-limit.ts';
import type { TrustsAddress } from './proxies.ts';

/** For all addresses together; far below the process's limit of file descriptors. */
const mostConnections = 4_096;

/**
 * Limits connections per address; trusted proxies are exempt, since they carry many clients. Must be called
 * before the server listens.
 *
 * @param perAddress the next connection is closed at once
 */
export function limitConnections(
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
