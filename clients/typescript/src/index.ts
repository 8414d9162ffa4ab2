// The client: every operation of the contract, typed, on a `fetch` that signs, fetches tokens and tries again.

import createTypedClient, { type Client } from 'openapi-fetch';
import type { paths } from './contract.ts';
import { createFetch, type FetchOptions } from './fetch.ts';

export type { components, operations, paths } from './contract.ts';
export { type Credentials, TokenError } from './credentials.ts';
export { createFetch, type FetchOptions, type Retries } from './fetch.ts';
export { type ApiClientKey, signatureOf } from './signing.ts';

/** The header is not required of the caller, because `createFetch` makes a key for each call. */
type WithoutKey<Header> = Omit<Header, 'Idempotency-Key'> & { readonly 'Idempotency-Key'?: string };
type HeaderOf<Header> =
  Record<never, never> extends WithoutKey<Header>
    ? { header?: WithoutKey<Header> }
    : { header: WithoutKey<Header> };

/** A file in a form is a Blob; the contract's types call it a string. */
type FormsOf<Body> = Body extends { content: { 'multipart/form-data': infer Form } }
  ? { content: { 'multipart/form-data': Omit<Form, 'content'> & { content: Blob } } }
  : Body;

type OperationOf<Operation> = Operation extends {
  parameters: { header: infer Header };
  requestBody?: infer Body;
}
  ? Omit<Operation, 'parameters' | 'requestBody'> & {
      parameters: Omit<Operation['parameters'], 'header'> & HeaderOf<Header>;
    } & (Operation extends { requestBody: Body } ? { requestBody: FormsOf<Body> } : { requestBody?: Body })
  : Operation;

type PathsOf<Paths> = {
  [Path in keyof Paths]: { [Method in keyof Paths[Path]]: OperationOf<Paths[Path][Method]> };
};

export type SubsidyClient = Client<PathsOf<paths>>;

export interface ClientOptions extends FetchOptions {
  /** Of the service, without a path: `https://subsidy.example`. */
  readonly baseUrl: string;
}

export function createClient({ baseUrl, ...options }: ClientOptions): SubsidyClient {
  return createTypedClient<PathsOf<paths>>({
    baseUrl,
    fetch: createFetch(options),
    bodySerializer: serialize,
  });
}

/** Text and files as they are, what holds a file as a form, anything else as JSON. */
function serialize(body: unknown): string | Blob | FormData {
  if (typeof body === 'string' || body instanceof Blob || body instanceof FormData) return body;
  const entries = Object.entries(Object(body));
  if (!entries.some(([, value]) => value instanceof Blob)) return JSON.stringify(body);
  const form = new FormData();
  for (const [name, value] of entries) {
    if (value !== undefined) form.append(name, value instanceof Blob ? value : String(value));
  }
  return form;
}

/** A refusal, as the service words it (RFC 9457). */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  /** What to decide by; the list is in docs/integration.md. */
  readonly code: string;
  /** The whole problem: `detail` for a person, `errors` with a pointer each, `requestId` for the operators. */
  readonly problem: unknown;

  constructor(status: number, problem: unknown) {
    const { code = 'unknown', detail = '' } = Object(problem);
    super(`${status} ${code}: ${detail}`);
    this.status = status;
    this.code = String(code);
    this.problem = problem;
  }
}

/** The answer's body. @throws ProblemError for a refusal */
export async function dataOf<Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await call;
  if (!response.ok || data === undefined) throw new ProblemError(response.status, error);
  return data;
}
