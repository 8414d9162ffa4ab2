// Which addresses the service connects to when a client names them: public ones, and of the others those that the
// operator allows. Otherwise a client could reach the operator's own network through the service.

import { BlockList, isIP } from 'node:net';
import { readProxies } from './proxies.ts';

export type MayReach = (address: string) => boolean;

/** Special-purpose addresses of IPv4 (IANA registry, RFC 6890), multicast and reserved ones included. */
const notPublic4 = [
  '0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, 192.0.2.0/24',
  '192.88.99.0/24, 192.168.0.0/16, 198.18.0.0/15, 198.51.100.0/24, 203.0.113.0/24, 224.0.0.0/4, 240.0.0.0/4',
].join(', ');
/** Within global unicast, 2000::/3: protocols and tunnels (Teredo, 6to4 hold an IPv4 address) and documentation. */
const notPublic6 = '2001::/23, 2001:db8::/32, 2002::/16, 3fff::/20';

const isSpecial = readProxies(`${notPublic4}, ${notPublic6}`);
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/** Whether an address can be reached over the internet. IPv4 addresses written as IPv6 are not. */
function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || isSpecial(address)) return false;
  return family === 4 || globalUnicast.check(address, 'ipv6');
}

/** Addresses of this machine, for receivers beside a sandbox. */
export const loopback = '127.0.0.0/8, ::1';

/**
 * Parses `none`, `allow` or addresses and networks: which addresses may be reached besides public ones.
 *
 * @throws Error that names the invalid entry
 */
export function readMayReach(text: string): MayReach {
  if (text === 'none') return isPublic;
  if (text === 'allow') return (address) => isIP(address) !== 0;
  const isAllowed = readProxies(text);
  return (address) => isPublic(address) || isAllowed(address);
}
