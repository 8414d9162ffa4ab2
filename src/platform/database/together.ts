// Waits for statements that travel together.

/**
 * The answers of statements that were asked for together. Unlike `Promise.all`, waits for all of them and throws the
 * failure that is first in the list, so that the caller's order decides which problem is answered.
 */
export async function together<const T extends readonly unknown[]>(
  asked: T,
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  await Promise.allSettled(asked);
  const answers: unknown[] = [];
  for (const one of asked) answers.push(await one);
  return answers as { -readonly [I in keyof T]: Awaited<T[I]> }; // one for one
}
