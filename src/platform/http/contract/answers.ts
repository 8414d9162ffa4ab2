// Gives each answer of the contract an example: successes from the story that the examples of requests play, kept in
// reference/answers.json, and one for each problem code.

import { readFileSync } from 'node:fs';
import { type ProblemCode, problemDetails, problems } from '../../problem.ts';

/** Written by `npm run examples`: operation → its answer in the story. */
export const answersFile = new URL('../../../../reference/answers.json', import.meta.url);

interface Response {
  readonly content?: Readonly<Record<string, object>>;
}

interface Operation {
  readonly operationId?: string;
  readonly 'x-problem-codes'?: readonly ProblemCode[];
  readonly responses?: Readonly<Record<string, Response>>;
}

/** Adds to each successful JSON answer its example, and the problems' examples to the components. */
export function withExamples<Document extends { paths?: object; components?: object }>(
  document: Document,
): Document {
  // The cast: a file of this repository.
  const answers = new Map(
    Object.entries(JSON.parse(readFileSync(answersFile, 'utf8')) as Record<string, unknown>),
  );
  // The cast: the generator's type covers every extension.
  const paths = Object.entries((document.paths ?? {}) as Record<string, Record<string, Operation>>);
  const withAnswers = paths.map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).map(([method, one]) => [
        method,
        withAnswer(one, answers.get(one.operationId ?? '')),
      ]),
    ),
  ]);
  const used = new Set(
    paths.flatMap(([, methods]) => Object.values(methods).flatMap((one) => one['x-problem-codes'] ?? [])),
  );
  const examples = Object.fromEntries(
    [...used].sort().map((code) => [exampleName(code), { value: problemOf(code) }]),
  );
  return {
    ...document,
    paths: Object.fromEntries(withAnswers),
    components: { ...document.components, examples },
  };
}

function withAnswer(operation: Operation, answer: unknown): Operation {
  if (answer === undefined) return operation;
  const responses = Object.entries(operation.responses ?? {}).map(([status, response]) => {
    const json = response.content?.['application/json'];
    if (!status.startsWith('2') || json === undefined) return [status, response];
    const content = { ...response.content, 'application/json': { ...json, example: answer } };
    return [status, { ...response, content }];
  });
  return { ...operation, responses: Object.fromEntries(responses) };
}

/** The examples of a problem response, by code. */
export function problemExamples(codes: readonly ProblemCode[]): object {
  const references = codes.map((code) => [code, { $ref: `#/components/examples/${exampleName(code)}` }]);
  return Object.fromEntries(references);
}

/** `InvalidFields` for `invalid-fields`. */
function exampleName(code: ProblemCode): string {
  return `-${code}`.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function problemOf(code: ProblemCode) {
  const fieldErrors =
    code === 'invalid-fields'
      ? ([
          {
            pointer: '/query/unasked',
            code: 'unknown-field',
            detail: '不认识这个字段，请删除或改正字段名。',
          },
        ] as const)
      : [];
  const { detail } = problems[code];
  return problemDetails(code, '0197d84f-d500-7000-8000-000000000000', { detail, fieldErrors });
}
