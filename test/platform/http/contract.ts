// Validates every answer by the published contract: undeclared statuses and problem codes, extra fields, missing headers.
// Contains no tests.

import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { contractOfRoutes } from '../../../scripts/openapi.ts';
import type { Method } from '../../helper.ts';
import { withoutReferences } from '../../references.ts';
import { contractVariable } from '../../server.ts';

export interface ContractOperation {
  readonly operationId: string;
  readonly method: Method;
  /** `/v1/applications/{id}` */
  readonly path: string;
  readonly isKeyed: boolean;
  readonly wantsIfMatch: boolean;
  readonly isProtected: boolean;
  readonly problemCodes: readonly string[];
  readonly parameters: readonly Parameter[];
  /** Media type and schema of the request body; null when there is none. */
  readonly body: { readonly mediaType: string; readonly schema: Schema } | null;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, WrittenOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, WrittenResponse>>;
  };
}

interface WrittenResponse {
  readonly content?: Readonly<Record<string, unknown>>;
}

interface WrittenOperation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly 'x-problem-codes'?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, WrittenResponse & { readonly $ref?: string }>>;
}

/** An answer as received. */
export interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  /** Of a 201: where what was made can be read. */
  readonly location: string | undefined;
  readonly body: unknown;
}

const file = process.env[contractVariable];
// The cast: the linter validates the contract.
const document = (
  file === undefined ? await contractOfRoutes() : JSON.parse(readFileSync(file, 'utf8'))
) as Document;

/** Every operation of the contract. */
export function operationsOfContract(): ContractOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, written]) => {
      const parameters = withoutReferences(document, written.parameters ?? []);
      const [mediaType, content] = Object.entries(written.requestBody?.content ?? {})[0] ?? [];
      const hasHeader = (name: string) =>
        parameters.some((one) => one.in === 'header' && one.name.toLowerCase() === name);
      return {
        operationId: written.operationId,
        method: method.toUpperCase() as Method, // no route uses another method
        path,
        isKeyed: hasHeader('idempotency-key'),
        wantsIfMatch: hasHeader('if-match'),
        isProtected: (written.security ?? []).length > 0,
        problemCodes: written['x-problem-codes'] ?? [],
        parameters,
        body:
          mediaType === undefined || content === undefined
            ? null
            : { mediaType, schema: withoutReferences(document, content.schema) },
      };
    }),
  );
}

/** A validator of answers: returns what is wrong, or nothing. */
export function contractJudge() {
  // Optimising the code costs as much as compiling it, in each test file anew.
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateSchema: false,
    code: { optimize: false },
  });
  addFormats.default(ajv);
  ajv.addFormat('binary', true);
  ajv.addFormat('impersonal', true);
  ajv.addSchema(document, 'contract');
  const operations = operationsOfContract().map((operation) => ({
    ...operation,
    matches: new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }));
  const compiled = new Map<string, ValidateFunction>();

  function schemaAt(pointer: readonly string[]): ValidateFunction {
    const escaped = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
    // Hundreds of answers share one named schema, which is compiled once.
    const named = pointer.reduce<unknown>((at, part) => Object(at)[part], document);
    const { $ref: name = `#/${pointer.map(escaped).join('/')}` } = Object(named) as Schema;
    const $ref = `contract${name}`;
    const known = compiled.get($ref) ?? ajv.compile({ $ref });
    compiled.set($ref, known);
    return known;
  }

  /** Null for a valid answer, otherwise what is wrong. */
  return function judge(method: string, url: string, answer: RawAnswer): string | null {
    const path = url.replace(/\?.*$/s, '');
    const operation = operations.find((one) => one.method === method && one.matches.test(path));
    const isProblem = answer.status >= 400 && answer.status !== 503;
    if (isProblem && answer.contentType !== 'application/problem+json') {
      return `${answer.status} came as ${answer.contentType}, not as application/problem+json`;
    }
    if (operation === undefined)
      return answer.status >= 400 ? null : `${method} ${path} is not in the contract`;
    const status = String(answer.status);
    const written = document.paths[operation.path]?.[method.toLowerCase()]?.responses[status];
    if (written === undefined) return `${operation.operationId} does not declare ${status}`;
    if ((status === '201') !== (answer.location !== undefined))
      return `${operation.operationId} answered ${status} with Location ${answer.location}`;
    const { location } = answer;
    if (
      location !== undefined &&
      !operations.some((one) => one.method === 'GET' && one.matches.test(location))
    )
      return `${operation.operationId}: nothing can be read at ${location}`;
    const { code } = Object(answer.body) as { code?: string };
    if (isProblem && !operation.problemCodes.includes(code ?? ''))
      return `${operation.operationId} does not declare ${code}`;
    const name = written.$ref?.replace('#/components/responses/', '');
    const at =
      name === undefined
        ? ['paths', operation.path, method.toLowerCase(), 'responses', status]
        : ['components', 'responses', name];
    const response = name === undefined ? written : document.components.responses[name];
    if (response?.content === undefined)
      return answer.body === '' ? null : `${operation.operationId} declares no content for ${status}`;
    const mediaType = answer.contentType.replace(/;.*$/, '');
    if (response.content[mediaType] === undefined) {
      return `${operation.operationId} does not declare ${answer.contentType} for ${status}`;
    }
    const fits = schemaAt([...at, 'content', mediaType, 'schema']);
    if (fits(answer.body)) return null;
    return `${operation.operationId} ${answer.status}: ${ajv.errorsText(fits.errors)}`;
  };
}
