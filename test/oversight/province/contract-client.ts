// A client that knows the contract and nothing else: it finds operations in openapi.yaml by their operationId, fills in
// what the contract requires, and holds every answer against its schema. Imports nothing of the service.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const mostAttempts = 10;

interface Parameter {
  readonly name: string;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>
  >;
}

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly parameters: Readonly<Record<string, Parameter>> };
}

/** @returns a function that calls an operation by its id */
export function contractClient(contractFile: URL, origin: string, authorization: () => Promise<string>) {
  const contract = parse(readFileSync(contractFile, 'utf8')) as Contract;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ ...contract, $id: 'contract' });

  function shared($ref: string): Parameter {
    const parameter = contract.components.parameters[$ref.replace('#/components/parameters/', '')];
    if (parameter === undefined) throw new Error(`the contract has no ${$ref}`);
    return parameter;
  }

  return async function call<T>(
    operationId: string,
    { query = {}, body }: { query?: Readonly<Record<string, string>>; body?: object } = {},
  ): Promise<T> {
    const found = Object.entries(contract.paths)
      .flatMap(([path, methods]) => Object.entries(methods).map(([method, is]) => ({ path, method, is })))
      .find(({ is }) => is.operationId === operationId);
    if (found === undefined) throw new Error(`the contract has no ${operationId}`);
    const { path, method, is } = found;
    const parameters = (is.parameters ?? []).map((one) => ('$ref' in one ? shared(one.$ref) : one));
    const takesKey = parameters.some(({ name }) => name === 'Idempotency-Key');
    const headers = {
      ...(takesKey ? { 'idempotency-key': randomUUID() } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const send = async () =>
      await fetch(`${origin}${path}?${new URLSearchParams(query)}`, {
        method: method.toUpperCase(),
        headers: { ...headers, authorization: await authorization() },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    let response = await send();
    // As the contract says of 503: after Retry-After, with the same key.
    for (let attempt = 1; response.status === 503 && attempt < mostAttempts; attempt += 1) {
      await delay(Number(response.headers.get('retry-after') ?? '1') * 1_000);
      response = await send();
    }
    const answer: unknown = await response.json();
    const declared = is.responses[String(response.status)];
    if (declared === undefined || !response.ok)
      throw new Error(`${operationId}: ${response.status} ${JSON.stringify(answer)}`);
    const pointer = ['paths', path, method, 'responses', String(response.status)]
      .concat('content', 'application/json', 'schema')
      .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    if (!ajv.validate({ $ref: `contract#/${pointer}` }, answer))
      throw new Error(`${operationId} breaks the contract: ${ajv.errorsText()}`);
    return answer as T; // as the contract says, checked above
  };
}
