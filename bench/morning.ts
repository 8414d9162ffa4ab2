// The moment at which the cases of a benchmark are claimed: ten in the morning of 5 July 2025 in Jingdezhen.

export const morning = Temporal.Instant.from('2025-07-05T02:00:00Z');
export const today = '2025-07-05';
