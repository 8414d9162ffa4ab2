// Trusted proxies: only their headers about the client are used (its address, protocol and certificate).

import { BlockList, isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { thumbprintOf } from '../../access/tokens/client-certificate.ts';

export type TrustsAddress = (address: string) => boolean;

/**
 * Parses addresses and networks, such as `127.0.0.1, 10.1.0.0/16`.
 *
 * @throws Error that names the invalid entry
 */
export function readProxies(text: string): TrustsAddress {
  const list = new BlockList();
  for (const part of text.split(',').map((one) => one.trim())) {
    const [address = '', prefix, ...more] = part.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const most = family === 'ipv6' ? 128 : 32;
    const length = prefix === undefined ? most : Number(prefix);
    const isNetwork =
      isIP(address) !== 0 && more.length === 0 && /^\d{1,3}$/.test(prefix ?? '0') && length <= most;
    // A network of length 0 would trust every address.
    if (!isNetwork || length === 0)
      throw new Error(
        `应为地址或 10.1.0.0/16 形式的网段，有误的是 ${part} · ${part} is no address and no network like 10.1.0.0/16`,
      );
    list.addSubnet(address, length, family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** @param header in lower case; null when no proxy forwards certificates */
export function certificateReader(header: string | null, isTrusted: TrustsAddress) {
  return ({ headers, socket }: Pick<FastifyRequest, 'headers' | 'socket'>): string | null => {
    if (header === null || !isTrusted(socket.remoteAddress ?? '')) return null;
    const said = Object.hasOwn(headers, header) ? headers[header] : undefined;
    return typeof said === 'string' ? thumbprintOf(said) : null;
  };
}
