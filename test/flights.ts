// Counts the waits on the database: a flight is what a client sends while it waits for nothing.

import pg from 'pg';

/** Runs `act` and returns the flights of the connections on which a statement matches, in their order. */
export async function flightsOf(act: () => Promise<unknown>, about: RegExp = /./): Promise<string[][]> {
  const query = pg.Client.prototype.query;
  const flights = new Map<pg.Client, string[][]>();
  const waiting = new Map<pg.Client, number>();
  pg.Client.prototype.query = function observed(this: pg.Client, ...given: unknown[]) {
    const [statement] = given as [string | { text: string }];
    const text = typeof statement === 'string' ? statement : statement.text;
    const own = flights.get(this) ?? [];
    flights.set(this, own);
    const open = waiting.get(this) ?? 0;
    if (open === 0) own.push([]);
    own.at(-1)?.push(text);
    waiting.set(this, open + 1);
    const answered = Reflect.apply(query, this, given) as Promise<unknown>;
    const landed = () => waiting.set(this, (waiting.get(this) ?? 1) - 1);
    return answered.finally(landed);
  } as typeof query;
  try {
    await act();
  } finally {
    pg.Client.prototype.query = query;
  }
  return [...flights.values()].filter((own) => own.flat().some((text) => about.test(text))).flat();
}
