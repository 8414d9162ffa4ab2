// How a route declares its operation: what every operation has (its id, tag, roles, If-Match, problems) is said here once, so
// that a routes file holds what is its own: the address, the words, the schemas, and the function that runs.

import type { FastifyContextConfig, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { OperationId } from '../access/permissions.ts';
import type { ReadContext, WriteContext } from '../context.ts';
import type { ProblemCode } from '../problem.ts';
import { closed, problemResponses } from './contract/schemas.ts';
import { File, type SentFile, sendFile } from './files.ts';
import type { Handlers } from './handlers.ts';
import { expectedVersion } from './preconditions.ts';
import type { App } from './server.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The problems of this operation besides those that any may have; the contract lists them. */
    problems?: readonly ProblemCode[];
  }
}

/** Operations that anybody may call, without a token; the others are in the table of permissions. */
type PublicOperationId = 'verifyNotice' | 'isLive' | 'isReady';

/** What an operation is in the contract. */
interface Declared<Params extends TSchema, Query extends TSchema, Body extends TSchema> {
  readonly id: OperationId | PublicOperationId;
  /** Chinese · English. */
  readonly summary: string;
  /** Chinese first. */
  readonly description: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** The version that the contract's example of If-Match shows; absent where none is wanted. */
  readonly ifMatch?: number;
  /** Codes that its function throws, as its docstring says. */
  readonly problems?: readonly ProblemCode[];
  readonly config?: FastifyContextConfig;
}

/** What an operation's function is given of its request, read by the schemas that are declared. */
export interface Received<Params extends TSchema, Query extends TSchema, Body extends TSchema> {
  readonly params: Static<Params>;
  readonly query: Static<Query>;
  readonly body: Static<Body>;
  /** The version that the caller saw. @throws Problem precondition-missing, precondition-failed */
  readonly version: number;
}

type Answers<Schema extends TSchema> = Promise<Unchangeable<Static<Schema>>>;

/** An operation may answer with what nobody may change: it is serialised. */
type Unchangeable<T> = T extends readonly (infer Item)[]
  ? readonly Unchangeable<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Unchangeable<T[K]> }
    : T;

const nothing = closed({});
type Nothing = typeof nothing;

/** Declares operations under one tag. The address begins with `/v1`; `:id` stands for a parameter. */
export function operationsOf(app: App, { read, write, auditedRead }: Handlers, tag: string) {
  /** Reads: a GET that answers 200. */
  function get<A extends TSchema, P extends TSchema = Nothing, Q extends TSchema = Nothing>(
    url: string,
    operation: Declared<P, Q, Nothing> & {
      readonly answer: A;
      readonly run: (context: ReadContext, received: Received<P, Q, Nothing>) => Answers<A>;
    },
  ): void {
    serve('GET', url, routeOf(tag, operation, { 200: operation.answer }), (request, reply) =>
      read(request, reply, (context) => operation.run(context, received(request))),
    );
  }

  /** Writes: a POST with an Idempotency-Key that answers 201. */
  function post<
    A extends TSchema,
    P extends TSchema = Nothing,
    Q extends TSchema = Nothing,
    B extends TSchema = Nothing,
  >(
    url: string,
    operation: Declared<P, Q, B> & {
      readonly answer: A;
      readonly run: (context: WriteContext, received: Received<P, Q, B>) => Answers<A>;
    },
  ): void {
    serve('POST', url, routeOf(tag, operation, { 201: operation.answer }), (request, reply) =>
      write(request, reply, (context) => operation.run(context, received(request))),
    );
  }

  /** Asks: a POST that changes nothing but the audit. It needs no key and answers 200; asked again it is asked twice. */
  function ask<
    A extends TSchema,
    P extends TSchema = Nothing,
    Q extends TSchema = Nothing,
    B extends TSchema = Nothing,
  >(
    url: string,
    operation: Declared<P, Q, B> & {
      readonly answer: A;
      readonly run: (context: WriteContext, received: Received<P, Q, B>) => Answers<A>;
    },
  ): void {
    const { config } = operation;
    const asked = { ...operation, config: { ...config, isQuestion: true } };
    serve('POST', url, routeOf(tag, asked, { 200: operation.answer }), (request) =>
      auditedRead(request, (context) => operation.run(context, received(request))),
    );
  }

  /** Sends a file: an audited GET. What `run` answers, `print` makes a file of, after the transaction. */
  function file<T, P extends TSchema = Nothing, Q extends TSchema = Nothing>(
    url: string,
    operation: Declared<P, Q, Nothing> & {
      /** All that it may be sent as. */
      readonly mediaTypes: readonly string[];
      /** What the file is, Chinese · English. */
      readonly file: string;
      readonly run: (context: WriteContext, received: Received<P, Q, Nothing>) => Promise<T>;
      readonly print: (result: T, received: Received<P, Q, Nothing>) => SentFile | Promise<SentFile>;
    },
  ): void {
    const content = Object.fromEntries(operation.mediaTypes.map((type) => [type, { schema: File }]));
    const answer = { description: operation.file, content };
    serve('GET', url, routeOf(tag, operation, { 200: answer }), async (request, reply) => {
      const from = received<P, Q, Nothing>(request);
      const result = await auditedRead(request, (context) => operation.run(context, from));
      await sendFile(reply, await operation.print(result, from));
    });
  }

  /** The type of an answer is checked where the operation is declared; Fastify need not know it again. */
  function serve(
    method: 'GET' | 'POST',
    url: string,
    options: object,
    handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ): void {
    const route: RouteOptions = { method, url, ...options, handler };
    app.route(route);
  }

  return { get, post, ask, file };
}

/**
 * The options of a route for an operation that speaks HTTP in its own way: a stream, a form, many transactions.
 *
 * @param answers status → schema of each success
 */
export function routeOf<
  const Answer extends Readonly<Record<number, unknown>>,
  P extends TSchema = Nothing,
  Q extends TSchema = Nothing,
  B extends TSchema = Nothing,
>(tag: string, operation: Declared<P, Q, B>, answers: Answer) {
  const { id, summary, description, params, query, body, ifMatch, problems, config } = operation;
  const schema = {
    operationId: id,
    tags: [tag],
    summary,
    description,
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { querystring: query }),
    ...(body === undefined ? {} : { body }),
    response: { ...answers, ...problemResponses },
  };
  return {
    config: {
      ...config,
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(problems === undefined ? {} : { problems }),
    },
    // The cast: what is absent is of no type that a handler could read.
    schema: schema as typeof schema & { params: P; querystring: Q; body: B },
  };
}

/** The casts: the route's validator has read each part by the schema of its type. */
function received<P extends TSchema, Q extends TSchema, B extends TSchema>(
  request: FastifyRequest,
): Received<P, Q, B> {
  return {
    params: request.params as Static<P>,
    query: request.query as Static<Q>,
    body: request.body as Static<B>,
    get version() {
      return expectedVersion(request);
    },
  };
}
