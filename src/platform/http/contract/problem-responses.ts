// The problems that each operation may answer with, as the contract writes them: one response for each status,
// which names its codes.

import { type ProblemCode, problems } from '../../problem.ts';
import { problemExamples } from './answers.ts';
import { Problem } from './schemas.ts';

interface Kind {
  /** The problems that the operation declares. */
  readonly own: readonly ProblemCode[];
  readonly isProtected: boolean;
  /** Not a GET: its body is read even where none is declared. */
  readonly readsBody: boolean;
  readonly isKeyed: boolean;
  readonly takesIfMatch: boolean;
}

/** The operation's own problems first, then those of every operation of its kind. */
export function problemCodesOf({ own, isProtected, readsBody, isKeyed, takesIfMatch }: Kind): ProblemCode[] {
  const ofAny: ProblemCode[] = [
    'invalid-fields',
    'too-many-requests',
    'internal',
    'unavailable',
    'took-too-long',
  ];
  const ofProtected: ProblemCode[] = ['token-missing', 'token-invalid', 'forbidden', 'roles-incompatible'];
  const ofBody: ProblemCode[] = [
    'invalid-json',
    'request-too-slow',
    'payload-too-large',
    'unsupported-media-type',
  ];
  const ofKeyed: ProblemCode[] = [
    'idempotency-key-missing',
    'idempotency-key-in-flight',
    'idempotency-key-reused',
  ];
  const ofVersioned: ProblemCode[] = ['precondition-missing', 'precondition-failed'];
  const all = [
    ...own,
    ...ofAny,
    ...(isProtected ? ofProtected : []),
    ...(readsBody ? ofBody : []),
    ...(isKeyed ? ofKeyed : []),
    ...(takesIfMatch ? ofVersioned : []),
  ];
  return [...new Set(all)];
}

const retryAfter = {
  'Retry-After': {
    description: '建议等待的秒数 · seconds to wait',
    schema: { type: 'string', examples: ['1'] },
  },
};
const temporary: ReadonlySet<ProblemCode> = new Set([
  'too-many-requests',
  'idempotency-key-in-flight',
  'took-too-long',
  'unavailable',
]);

function responseOf(codes: readonly ProblemCode[]) {
  return {
    description: codes.map((code) => `${problems[code].title} \`${code}\``).join('；'),
    ...(codes.some((code) => temporary.has(code)) ? { headers: retryAfter } : {}),
    content: {
      'application/problem+json': { schema: Problem, examples: problemExamples(codes) },
    },
  };
}

/** `TokenMissingOrTokenInvalid` */
function nameOf(codes: readonly ProblemCode[]): string {
  const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  return codes.map((code) => code.split('-').map(capitalised).join('')).join('Or');
}

interface Operation {
  readonly 'x-problem-codes'?: readonly ProblemCode[];
  readonly responses?: object;
}

/**
 * Adds to each operation a response for every status of its `x-problem-codes`. A response that several operations
 * have is in the components.
 */
export function withProblemResponses<Document extends { paths?: object; components?: object }>(
  document: Document,
): Document {
  // The cast: the generator's type covers every extension.
  const paths = Object.entries((document.paths ?? {}) as Record<string, Record<string, Operation>>);
  const uses = new Map<string, number>();
  const groups = (operation: Operation) =>
    Object.entries(
      Object.groupBy(operation['x-problem-codes'] ?? [], (code) => String(problems[code].status)),
    ).map(([status, codes = []]) => ({ status, codes, name: nameOf(codes) }));
  for (const { name } of paths.flatMap(([, methods]) => Object.values(methods).flatMap(groups)))
    uses.set(name, (uses.get(name) ?? 0) + 1);

  const shared = new Map<string, object>();
  const written = (operation: Operation) =>
    groups(operation).map(({ status, codes, name }) => {
      if (uses.get(name) === 1) return [status, responseOf(codes)];
      shared.set(name, responseOf(codes));
      return [status, { $ref: `#/components/responses/${name}` }];
    });
  const withResponses = paths.map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).map(([method, operation]) => [
        method,
        { ...operation, responses: { ...operation.responses, ...Object.fromEntries(written(operation)) } },
      ]),
    ),
  ]);
  const responses = Object.fromEntries([...shared].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    ...document,
    paths: Object.fromEntries(withResponses),
    components: { ...document.components, responses },
  };
}
