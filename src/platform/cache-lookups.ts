// Counts how often what is kept in memory was what was asked for, since the process began: for the metrics.

type Cache = 'tokens' | 'signing-keys' | 'reference';

const lookups: Readonly<Record<Cache, { hit: number; miss: number }>> = {
  tokens: { hit: 0, miss: 0 },
  'signing-keys': { hit: 0, miss: 0 },
  reference: { hit: 0, miss: 0 },
};

export function countLookup(cache: Cache, isHit: boolean): void {
  lookups[cache][isHit ? 'hit' : 'miss'] += 1;
}

export function cacheLookups(): typeof lookups {
  return lookups;
}
