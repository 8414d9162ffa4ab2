// What every step of the demo receives: the city, the HTTP client, the output, and the list of mismatches.

import { isDeepStrictEqual } from 'node:util';
import type { Static } from 'typebox';
import type { Application } from '../../src/applications/application/schemas.ts';
import type { Decision } from '../../src/decisions/decision/schemas.ts';
import type { Assessment } from '../../src/eligibility/assessment-schemas.ts';
import type { City, Expectation, Resident } from './city.ts';
import type { Answer, Client, Problem, Sent } from './client.ts';

export type Play = ReturnType<typeof createPlay>;

/** A request that must be rejected. */
export type Attempt = readonly [persona: string, method: 'GET' | 'POST' | 'PATCH', path: string, sent?: Sent];

/** An application in progress and its expected result. */
export interface Case {
  readonly resident: Resident;
  readonly claim: readonly string[];
  readonly expect: Expectation;
  readonly application: Application;
  /** The result of the earlier eligibility check. */
  readonly forecast: Assessment;
}

export interface DecidedCase extends Case {
  readonly decision: Static<typeof Decision>;
}

/** What came of an act on many items, as far as the demo looks at it. */
export interface Results {
  readonly done: number;
  readonly refused: number;
  readonly waiting: number;
  readonly items: readonly { readonly result: unknown }[];
}

export function createPlay(city: City, client: Client, tell: (line: string) => void) {
  const fieldErrors: string[] = [];

  /** Compares actual with expected. A mismatch fails the demo only at its end, so that all are reported. */
  function tie(what: string, got: unknown, expected: unknown): void {
    if (isDeepStrictEqual(got, expected)) return;
    fieldErrors.push(`${what}：得到 ${JSON.stringify(got)}，应为 ${JSON.stringify(expected)}`);
  }

  /** Sends a request that must fail with this status and code. */
  async function refused(what: string, [persona, method, path, sent]: Attempt, status: number, code: string) {
    const { status: given, body }: Answer<Problem> = await client.try(persona, method, path, sent);
    tie(what, [given, body.code], [status, code]);
    tell(`  ✗ ${what} → ${given} ${body.title}：${body.errors?.[0]?.detail ?? body.detail}`);
  }

  return { city, client, tell, tie, refused, fieldErrors };
}

/** Month → outcome or, where excluded, all reasons, in the format of the city's expectations. */
export function outcomesOf({ months }: Assessment): Expectation['months'] {
  return Object.fromEntries(
    months.map(({ month, outcome, checks }) => {
      const reasons = checks.filter(({ answer }) => answer === 'hit').map(({ code }) => code);
      return [month, outcome === 'excluded' ? reasons.sort() : [outcome]];
    }),
  );
}

const hands = 4;

/** Runs for everybody, a few at a time, like offices. Results are in the order of the people. */
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
