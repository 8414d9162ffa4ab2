// Many items in one request: each in a transaction of its own and with a result of its own, under one Idempotency-Key.

import { type TSchema, Type } from 'typebox';
import { type Problem, problems } from '../problem.ts';
import {
  closed,
  FieldError,
  named,
  nullable,
  Problem as ProblemSchema,
  Uuid,
  worded,
} from './contract/schemas.ts';

export const mostItems = 500;

/** After so long the remaining items wait for the same request, so that no proxy gives up on the answer. */
export const mostSeconds = 20;

/** Enough for five hundred items with their texts. */
export const manyLimitBytes = 1024 * 1024;

/** What an item came to; undefined if its turn has not come. */
export type Outcome<T> = { readonly result: T } | { readonly problem: Problem } | undefined;

const Refusal = named(
  'Refusal',
  closed(
    {
      code: ProblemSchema.properties.code,
      title: Type.String({ description: '原因 · why it was left out' }),
      detail: Type.String({ description: '下一步 · what to do' }),
      errors: Type.Array(FieldError, { description: '逐项原因 · every reason' }),
    },
    { description: '未办的原因；已办和未轮到的为 null · why it was left out' },
  ),
);

/** The body of a request with many items. */
export function manyOf<I extends TSchema>(item: I, examples: readonly unknown[]) {
  return closed(
    {
      items: Type.Array(item, {
        minItems: 1,
        maxItems: mostItems,
        uniqueItems: true,
        description: `一次最多 ${mostItems} 项，逐项独立办理 · each on its own`,
      }),
    },
    { description: '一并办理的各项 · the items', examples: [{ items: examples }] },
  );
}

/**
 * The answer to it.
 *
 * @param about the item's property that its result repeats
 */
export function resultsSchema<A extends TSchema>(name: string, about: string, result: A) {
  const count = (description: string) => Type.Integer({ minimum: 0, description });
  const item = closed({
    [about]: worded(Uuid, '请求中的编号 · as in the request'),
    result: nullable(
      worded(result, '已办的结果；未办和未轮到的为 null · what was done; null where it was not'),
    ),
    refusal: nullable(Refusal),
  });
  return named(
    `${name}Results`,
    closed(
      {
        done: count('已办的项数 · how many are done'),
        refused: count('未办、须处理后再办的项数 · how many were left out'),
        waiting: count(
          '本次未轮到的项数；不为 0 时，请用同一 Idempotency-Key 原样重发，继续办理 · not their turn yet: send the same ' +
            'request again with its key',
        ),
        items: Type.Array(named(`${name}Item`, item), {
          description: '逐项结果，按请求中的顺序 · a result for each, in the order sent',
        }),
      },
      { description: '逐项办理的结果 · what became of each item' },
    ),
  );
}

/** The result of each item, and how many came to what. */
export function resultsOf<T>(items: readonly object[], outcomes: readonly Outcome<T>[], about: string) {
  const results = items.map((item, index) => {
    const outcome = outcomes[index];
    const id: unknown = Object.entries(item).find(([name]) => name === about)?.[1];
    const result = outcome !== undefined && 'result' in outcome ? outcome.result : null;
    const refusal = outcome !== undefined && 'problem' in outcome ? refusalOf(outcome.problem, index) : null;
    return { [about]: id, result, refusal };
  });
  const count = (isMeant: (outcome: Exclude<Outcome<T>, undefined>) => boolean) =>
    outcomes.filter((outcome) => outcome !== undefined && isMeant(outcome)).length;
  return {
    done: count((outcome) => 'result' in outcome),
    refused: count((outcome) => 'problem' in outcome),
    waiting: items.length - outcomes.length,
    items: results,
  };
}

function refusalOf({ code, detail, fieldErrors }: Problem, index: number) {
  const errors = fieldErrors.map((one) => ({
    ...one,
    pointer: one.pointer.replace(/^\/body(?=\/|$)/, `/body/items/${index}`),
  }));
  return { code, title: problems[code].title, detail, errors };
}
