// Counts the waits on the database: a flight is what a client sends while it waits for nothing.

import pg from 'pg';

/** What a client has sent, and the answers to its last flight, which are given out together. */
interface Flown {
  readonly flights: string[][];
  open: number;
  held: (() => void)[];
}

/**
 * Runs `act` and returns the flights of the connections on which a statement matches, in their order. The answers to a
 * flight arrive together, so that the count does not depend on how a busy machine delivers them.
 */
export async function flightsOf(act: () => Promise<unknown>, about: RegExp = /./): Promise<string[][]> {
  const query = pg.Client.prototype.query;
  const clients = new Map<pg.Client, Flown>();
  pg.Client.prototype.query = function observed(this: pg.Client, ...given: unknown[]) {
    const [statement] = given as [string | { text: string }];
    const text = typeof statement === 'string' ? statement : statement.text;
    const own = clients.get(this) ?? { flights: [], open: 0, held: [] };
    clients.set(this, own);
    if (own.open === 0) own.flights.push([]);
    own.flights.at(-1)?.push(text);
    own.open += 1;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const hold = (give: () => void) => {
      own.held.push(give);
      if (own.held.length < own.open) return;
      const answers = own.held;
      own.open = 0;
      own.held = [];
      for (const answer of answers) answer();
    };
    const answered = Reflect.apply(query, this, given) as Promise<unknown>;
    answered.then(
      (answer) => hold(() => resolve(answer)),
      (error: unknown) => hold(() => reject(error)),
    );
    return promise;
  } as typeof query;
  try {
    await act();
  } finally {
    pg.Client.prototype.query = query;
  }
  return [...clients.values()]
    .map(({ flights }) => flights)
    .filter((own) => own.flat().some((text) => about.test(text)))
    .flat();
}
