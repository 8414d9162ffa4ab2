// Limits per network and minute: all requests, and failed authentications. Runs before authentication, so
// that it costs little.

import { LRUCache } from 'lru-cache';

const windowMs = 60_000;
/** Most networks kept; the least recently seen is evicted first. */
const rememberedNetworks = 20_000;

export interface AddressLimit {
  /** Milliseconds until this address's network may send again; 0 when it may now. */
  waitMs(address: string): number;
  /** @returns whether this request reached the limit */
  count(address: string): boolean;
}

/** @param most requests of one network per minute */
export function createAddressLimit(most: number): AddressLimit {
  const counts = new LRUCache<string, { counted: number }>({ max: rememberedNetworks, ttl: windowMs });
  return {
    waitMs(address) {
      const network = networkOf(address);
      const isOver = (counts.get(network)?.counted ?? 0) >= most;
      return isOver ? Math.max(1, counts.getRemainingTTL(network)) : 0;
    },
    count(address) {
      const network = networkOf(address);
      const entry = counts.get(network) ?? { counted: 0 };
      entry.counted += 1;
      if (entry.counted === 1) counts.set(network, entry);
      return entry.counted === most;
    },
  };
}

/** What one of several processes may let through so that all together stay within the limit; one at least. */
export function shareOf(limit: number, replicas: number): number {
  return Math.max(1, Math.floor(limit / replicas));
}

const groupsOfNetwork = 4;
const groupsOfAddress = 8;

/** An IPv4 address, or the /64 of an IPv6 address, since one host controls a whole /64. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.replace(/%.*$/, '').toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, groupsOfAddress - before.length - after.length)).fill('0');
  const groups = [...before, ...zeros, ...after].slice(0, groupsOfNetwork);
  return groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':');
}
