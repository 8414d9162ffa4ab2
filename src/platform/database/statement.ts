// Statements that are compiled once and run many times: for answers that need many tables at once.

import { type CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { Tx } from './connect.ts';

/** Stands for a value until the statement runs. */
class Given {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A statement in which `given(name)` stands for a value of each run. Building and compiling it took longer than its
 * execution.
 *
 * @example
 * const namesakes = statement<{ name: string }, { id: string }>((given) => sql`select id from t where name = ${given('name')}`);
 * await namesakes(tx, { name: '王芳' });
 */
export function statement<G extends object, Row>(
  build: (given: <N extends keyof G & string>(name: N) => RawBuilder<G[N]>) => RawBuilder<unknown>,
): (tx: Tx, values: G) => Promise<Row[]> {
  let compiled: CompiledQuery | undefined;
  return async (tx, values) => {
    compiled ??= build((name) => sql`${new Given(name)}`).compile(tx);
    const named = new Map<string, unknown>(Object.entries(values));
    const parameters = compiled.parameters.map((one) => (one instanceof Given ? named.get(one.name) : one));
    const { rows } = await tx.executeQuery({ ...compiled, parameters } as CompiledQuery<Row>);
    return rows;
  };
}
