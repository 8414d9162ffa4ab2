// Declares operations: what all have in common (id, tag, roles, If-Match, problems) is added here, so that a
// routes file states only the address, texts, schemas and function of each.

import type { FastifyContextConfig, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { type Static, type TSchema, Type } from 'typebox';
import type { OperationId } from '../access/permissions.ts';
import type { ReadContext, WriteContext } from '../context.ts';
import type { ProblemCode } from '../problem.ts';
import { closed, named, problemResponses } from './contract/schemas.ts';
import type { Deprecation } from './deprecation.ts';
import { File, type SentFile, sendFile } from './files.ts';
import type { Handlers } from './handlers.ts';
import { setLocation } from './location.ts';
import { manyLimitBytes, manyOf, resultsOf, resultsSchema } from './many.ts';
import { expectedVersion } from './preconditions.ts';
import { compileSchema } from './problems/validation.ts';
import type { App } from './server.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation's own problems besides the common ones; listed in the contract. */
    problems?: readonly ProblemCode[];
    /** Where what was made can be read, from the answer and the parameters of the address. */
    created?: (answer: never, params: never) => string;
  }
}

/** Operations without authentication; all others are in the permission table. */
type PublicOperationId = 'verifyNotice' | 'isLive' | 'isReady';

/** The declaration of an operation. */
interface Declared<Params extends TSchema, Query extends TSchema, Body extends TSchema> {
  readonly id: OperationId | PublicOperationId;
  /** Chinese · English. */
  readonly summary: string;
  /** Chinese first. */
  readonly description: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** The operation requires If-Match. */
  readonly ifMatch?: true;
  /** Codes that its function throws, as in its docstring. */
  readonly problems?: readonly ProblemCode[];
  /** When it has been replaced and will go. */
  readonly deprecated?: Deprecation;
  readonly config?: FastifyContextConfig;
}

/** Of an operation that makes something: it answers 201 with the address of what was made. All others answer 200. */
interface Creation<Answer, Params extends TSchema> {
  /** The address, which whoever may call the operation can read. */
  readonly created?: (answer: Answer, params: Static<Params>) => string;
}

/** The validated parts of the request, typed by the declared schemas. */
export interface Received<Params extends TSchema, Query extends TSchema, Body extends TSchema> {
  readonly params: Static<Params>;
  readonly query: Static<Query>;
  readonly body: Static<Body>;
  /** The version in If-Match. @throws Problem precondition-missing, precondition-failed */
  readonly version: number;
}

type Answers<Schema extends TSchema> = Promise<Unchangeable<Static<Schema>>>;

/** Allows readonly results, since they are only serialised. */
type Unchangeable<T> = T extends readonly (infer Item)[]
  ? readonly Unchangeable<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Unchangeable<T[K]> }
    : T;

const nothing = closed({});
type Nothing = typeof nothing;

const deleted = Type.Null({ description: '已删除 · deleted' });

/** Declares operations under one tag. The address begins with `/v1`; `:id` is a parameter. */
export function operationsOf(app: App, { read, write, writeEach, auditedRead }: Handlers, tag: string) {
  /** A GET that answers 200. */
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

  /** A POST with an Idempotency-Key. */
  function post<
    A extends TSchema,
    P extends TSchema = Nothing,
    Q extends TSchema = Nothing,
    B extends TSchema = Nothing,
  >(
    url: string,
    operation: Declared<P, Q, B> &
      Creation<Static<A>, P> & {
        readonly answer: A;
        readonly run: (context: WriteContext, received: Received<P, Q, B>) => Answers<A>;
      },
  ): void {
    serve('POST', url, effectOf(tag, operation, operation.answer), (request, reply) =>
      write(request, reply, (context) => operation.run(context, received(request))),
    );
  }

  /**
   * A POST of up to 500 items with an Idempotency-Key: each is done on its own, and what refuses one leaves out only that
   * one.
   */
  function each<I extends TSchema, A extends TSchema>(
    url: string,
    operation: Omit<
      Declared<Nothing, Nothing, Nothing>,
      'params' | 'query' | 'body' | 'ifMatch' | 'problems'
    > & {
      readonly item: I;
      /** Validates an item whose schema in the contract is only for its readers. */
      readonly acceptedItem?: TSchema;
      readonly example: Static<I>;
      /** The item's property that its result repeats. */
      readonly about: keyof Static<I> & string;
      readonly result: A;
      readonly run: (context: WriteContext, item: Static<I>) => Answers<A>;
    },
  ): void {
    const { id, item, acceptedItem = item, example, about, result, run } = operation;
    const name = `${id.charAt(0).toUpperCase()}${id.slice(1)}`;
    const body = named(name, manyOf(item, [example]));
    const accepted = manyOf(acceptedItem, []);
    const options = routeOf(tag, { ...operation, body }, { 200: resultsSchema(name, about, result) });
    const validatorCompiler = (part: { readonly httpPart?: string; readonly schema: TSchema }) =>
      compileSchema(part.httpPart === 'body' ? { ...part, schema: accepted } : part);
    serve(
      'POST',
      url,
      { ...options, bodyLimit: manyLimitBytes, ...(acceptedItem === item ? {} : { validatorCompiler }) },
      async (request, reply) => {
        const { items } = received<Nothing, Nothing, typeof body>(request).body;
        await writeEach(request, reply, items, run, (outcomes) => resultsOf(items, outcomes, about));
      },
    );
  }

  /**
   * A POST whose answer is not kept, because it only asks or because it shows a secret. Takes no key: a repeated
   * request is a new one.
   */
  function ask<
    A extends TSchema,
    P extends TSchema = Nothing,
    Q extends TSchema = Nothing,
    B extends TSchema = Nothing,
  >(
    url: string,
    operation: Declared<P, Q, B> &
      Creation<Static<A>, P> & {
        readonly answer: A;
        readonly run: (context: WriteContext, received: Received<P, Q, B>) => Answers<A>;
      },
  ): void {
    const { config } = operation;
    const asked = { ...operation, config: { ...config, isQuestion: true } };
    serve('POST', url, effectOf(tag, asked, operation.answer), async (request, reply) => {
      const answer = await auditedRead(request, (context) => operation.run(context, received(request)));
      setLocation(request, reply, answer);
      return answer;
    });
  }

  /** A DELETE that answers 204. Takes no key: what is deleted is not found again. */
  function del<P extends TSchema = Nothing>(
    url: string,
    operation: Declared<P, Nothing, Nothing> & {
      readonly run: (context: WriteContext, received: Received<P, Nothing, Nothing>) => Promise<void>;
    },
  ): void {
    serve('DELETE', url, routeOf(tag, operation, { 204: deleted }), async (request, reply) => {
      await auditedRead(request, (context) => operation.run(context, received(request)));
      return await reply.code(204).send();
    });
  }

  /** An audited GET that sends a file. `print` makes it from the result of `run`, after the transaction. */
  function file<T, P extends TSchema = Nothing, Q extends TSchema = Nothing>(
    url: string,
    operation: Declared<P, Q, Nothing> & {
      /** Every media type of the answer. */
      readonly mediaTypes: readonly string[];
      /** What the file is: Chinese · English. */
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

  /** Checked above against the schema's type; Fastify's own type check is skipped. */
  function serve(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    options: object,
    handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ): void {
    const route: RouteOptions = { method, url, ...options, handler };
    app.route(route);
  }

  return { get, post, each, ask, del, file };
}

/**
 * Route options for an operation with an effect that uses HTTP directly: 201 where it makes something that can be
 * read at its `created` address, otherwise 200.
 */
export function effectOf<
  A extends TSchema,
  P extends TSchema = Nothing,
  Q extends TSchema = Nothing,
  B extends TSchema = Nothing,
>(tag: string, operation: Declared<P, Q, B> & Creation<Static<A>, P>, answer: A) {
  const { created, config } = operation;
  const status: number = created === undefined ? 200 : 201;
  const declared = created === undefined ? operation : { ...operation, config: { ...config, created } };
  return routeOf<Record<number, A>, P, Q, B>(tag, declared, { [status]: answer });
}

/**
 * Route options for an operation that uses HTTP directly: a stream, a form, several transactions.
 *
 * @param answers status → schema of each success
 */
export function routeOf<
  const Answer extends Readonly<Record<number, unknown>>,
  P extends TSchema = Nothing,
  Q extends TSchema = Nothing,
  B extends TSchema = Nothing,
>(tag: string, operation: Declared<P, Q, B>, answers: Answer) {
  const { id, summary, description, params, query, body, ifMatch, problems, deprecated, config } = operation;
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
      ...(deprecated === undefined ? {} : { deprecated }),
    },
    // The cast: handlers cannot read undeclared parts.
    schema: schema as typeof schema & { params: P; querystring: Q; body: B },
  };
}

/** The casts: each part was validated by the schema of its type. */
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
