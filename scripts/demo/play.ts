// What every step of the demo is given: the city, the actors' way to the service, a voice, and the list of what does not
// tie.

import { isDeepStrictEqual } from 'node:util';
import type { Static } from 'typebox';
import type { Application } from '../../src/applications/application/schemas.ts';
import type { Decision } from '../../src/decisions/decision/schemas.ts';
import type { Assessment } from '../../src/eligibility/schemas.ts';
import type { City, Expectation, Resident } from './city.ts';
import type { Answer, Client, Problem, Sent } from './client.ts';

export type Play = ReturnType<typeof createPlay>;

/** A request that is going to be refused. */
export type Attempt = readonly [persona: string, method: 'GET' | 'POST', path: string, sent?: Sent];

/** An application on its way, and what is expected of it. */
export interface Case {
  readonly resident: Resident;
  readonly claim: readonly string[];
  readonly expect: Expectation;
  readonly application: Application;
  /** What the eligibility check had said before. */
  readonly forecast: Assessment;
}

export interface DecidedCase extends Case {
  readonly decision: Static<typeof Decision>;
}

export function createPlay(city: City, client: Client, tell: (line: string) => void) {
  const fieldErrors: string[] = [];

  /** Compares what came with what was stated. Whatever does not tie fails the demo, but at its end: all of it is told. */
  function tie(what: string, got: unknown, expected: unknown): void {
    if (isDeepStrictEqual(got, expected)) return;
    fieldErrors.push(`${what}：得到 ${JSON.stringify(got)}，应为 ${JSON.stringify(expected)}`);
  }

  /** Tries what must be refused, with this status and code. */
  async function refused(what: string, [persona, method, path, sent]: Attempt, status: number, code: string) {
    const { status: given, body }: Answer<Problem> = await client.try(persona, method, path, sent);
    tie(what, [given, body.code], [status, code]);
    tell(`  ✗ ${what} → ${given} ${body.title}：${body.errors?.[0]?.detail ?? body.detail}`);
  }

  return { city, client, tell, tie, refused, fieldErrors };
}

/** Month → its outcome or, where it is excluded, all of its reasons, as the city states what it expects. */
export function outcomesOf({ months }: Assessment): Expectation['months'] {
  return Object.fromEntries(
    months.map(({ month, outcome, checks }) => {
      const reasons = checks.filter(({ answer }) => answer === 'hit').map(({ code }) => code);
      return [month, outcome === 'excluded' ? reasons.sort() : [outcome]];
    }),
  );
}

const hands = 4;

/** The same for everybody, a few at a time as in offices. Answers in the order of the people. */
export async function forEachOne<T, R>(people: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = people.entries();
  const takeTurns = async () => {
    for (const [index, one] of queue) results[index] = await work(one);
  };
  await Promise.all(Array.from({ length: hands }, takeTurns));
  return results;
}

/** `1500.00` for 150000 fen. */
export function yuan(amountFen: number): string {
  return (amountFen / 100).toFixed(2);
}

export function sum<T>(items: Iterable<T>, amountOf: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += amountOf(item);
  return total;
}
