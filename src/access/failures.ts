// Failed authentications, counted by the network they come from: whoever tries tokens is refused before one is looked at.
// Counts nothing that was proven, and knows no token.

import { LRUCache } from 'lru-cache';

const windowMs = 60_000;
/** Networks remembered at once; the least recently seen is forgotten first. */
const rememberedNetworks = 20_000;

export interface Failures {
  /** How long nothing unproven is looked at from this address, in milliseconds; 0: it is. */
  waitMs(address: string): number;
  /** @returns whether it was the one after which nothing more is looked at */
  count(address: string): boolean;
}

/** @param most failures of one network in a minute */
export function createFailures(most: number): Failures {
  const counts = new LRUCache<string, { failed: number }>({ max: rememberedNetworks, ttl: windowMs });
  return {
    waitMs(address) {
      const network = networkOf(address);
      const isOver = (counts.get(network)?.failed ?? 0) >= most;
      return isOver ? Math.max(1, counts.getRemainingTTL(network)) : 0;
    },
    count(address) {
      const network = networkOf(address);
      const counted = counts.get(network);
      if (counted === undefined) {
        counts.set(network, { failed: 1 });
        return most <= 1;
      }
      counted.failed += 1;
      return counted.failed === most;
    },
  };
}

const groupsOfNetwork = 4;
const groupsOfAddress = 8;

/** An IPv4 address, or the /64 of an IPv6 address, of which whoever has one has all. */
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
