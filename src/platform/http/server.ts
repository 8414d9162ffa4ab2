// The HTTP server with the strictness that every route shares: nothing removed, nothing coerced, nothing ignored, every
// wait bounded, one log line for each request. What the service offers is registered in app.ts.

import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyRequest, LogController, type RouteOptions } from 'fastify';
import { isOperationId, type OperationId } from '../access/permissions.ts';
import { Problem } from '../problem.ts';
import { closed } from './contract/schemas.ts';
import { hasRepeatedName } from './json.ts';
import type { TrustsAddress } from './limits/proxies.ts';
import { describeError } from './log-errors.ts';
import { answerError, answerNotFound } from './problems/answer.ts';
import { answerParserError } from './problems/parser-errors.ts';
import { compileSchema, compileSerializer } from './problems/validation.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation a protected route serves; taken from its operationId. */
    operation?: OperationId;
    /** A POST whose answer is not kept: asked again it is another question, and needs no Idempotency-Key. */
    isQuestion?: boolean;
    /** How long a body may take to arrive, for those that stream; 30 s for all others. */
    bodyTimeoutMs?: number;
    /** What a person reads who sends a media type that the route does not take; by its body when absent. */
    takes?: string;
    /** Of a JSON body, where the route's own limit is for files. */
    jsonLimitBytes?: number;
    /** The route wants If-Match; the version that the contract’s example shows. */
    ifMatch?: number;
  }
  interface FastifyRequest {
    /** SHA-256 of the body as it was sent; null without one. */
    bodyDigest: Buffer | null;
  }
}

export const workbookType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const repeatedName = 'JSON 中同一对象内有重复的字段名，请只保留一个后重新提交。';
const bodyLimitBytes = 256 * 1024;
/** Parsing stops everything else: fifteen megabytes of JSON took most of a second. What is larger comes as lines or a file. */
const jsonLimitBytes = 1024 * 1024;
const usualTimeouts: Timeouts = { headersMs: 10_000, bodyMs: 30_000, checkEveryMs: 5_000 };
/** Node knows one bound for all requests; that of each route is held by a hook. */
export const longestBodyTimeoutMs = 15 * 60_000;
const keepAliveTimeoutMs = 65_000;
/** Node looks twice whether anything was read meanwhile: whoever reads nothing for half a minute is hung up on. */
const unreadAnswerMs = 15_000;

/** Headers of which Node keeps the first or joins all; a proxy in front may have used another one. */
const onlyOnce = ['host', 'authorization', 'content-type', 'idempotency-key', 'if-match'];

/** How long a request may take to arrive. */
export interface Timeouts {
  readonly headersMs: number;
  /** Of routes that say nothing else. */
  readonly bodyMs: number;
  /** How often Node looks whose headers are overdue. */
  readonly checkEveryMs: number;
}

export interface ServerOptions {
  readonly logLevel: string;
  readonly newId: () => string;
  /** Whose word about the client's address and protocol is taken; nobody's when absent. */
  readonly isTrustedProxy?: TrustsAddress;
  /** True from the first signal to stop: every answer then closes its connection, so that none has to be broken. */
  readonly isStopping?: () => boolean;
  /** Where log lines go; standard output when absent. */
  readonly logStream?: { write(line: string): void };
  /** Shorter than usual where a test waits for them. */
  readonly timeouts?: Timeouts;
}

export type App = ReturnType<typeof createServer>;

export function createServer({
  logLevel,
  newId,
  isTrustedProxy,
  isStopping,
  logStream,
  timeouts = usualTimeouts,
}: ServerOptions) {
  const app = Fastify({
    logger: {
      level: logLevel,
      base: null,
      timestamp: isoTime,
      serializers: { err: (error: unknown) => describeError(error) },
      ...(logStream ? { stream: logStream } : {}),
    },
    logController: new LogController({ disableRequestLogging: true }),
    // A caller's id would be written into our log as it is.
    requestIdHeader: false,
    trustProxy: isTrustedProxy ?? false,
    genReqId: newId,
    bodyLimit: bodyLimitBytes,
    requestTimeout: longestBodyTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // Requests while closing are answered as usual: Fastify's own 503 has not the form of our problems.
    return503OnClosing: false,
    // A HEAD would run the whole read and record the look, and show nothing. Routes that show no person allow it.
    exposeHeadRoutes: false,
    http: { headersTimeout: timeouts.headersMs, connectionsCheckingInterval: timeouts.checkEveryMs },
    clientErrorHandler(error, socket) {
      answerParserError(error, socket, newId());
    },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setValidatorCompiler(compileSchema);
  app.setSerializerCompiler(compileSerializer);
  app.setErrorHandler(answerError);
  app.addHook('onRequest', async ({ raw }) => {
    const names = raw.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    const repeated = onlyOnce.filter((one) => names.indexOf(one) !== names.lastIndexOf(one));
    if (repeated.length === 0) return;
    throw new Problem('invalid-fields', {
      fieldErrors: repeated.map((name) => ({
        pointer: `/headers/${name}`,
        code: 'listed-twice',
        detail: '这个请求头出现了不止一次，请只保留一个。',
      })),
    });
  });
  app.addHook('onRequest', async (request, reply) => {
    const { raw, routeOptions, headers } = request;
    const bringsBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    if (!bringsBody || raw.complete) return;
    const isOverdue = () => {
      if (raw.complete) return;
      if (reply.sent) raw.destroy();
      else answerError(new Problem('request-too-slow', { headers: { connection: 'close' } }), request, reply);
    };
    const timer = setTimeout(isOverdue, routeOptions.config.bodyTimeoutMs ?? timeouts.bodyMs).unref();
    raw.once('close', () => clearTimeout(timer));
  });

  const routes: RouteOptions[] = [];
  app.setNotFoundHandler((request, reply) => answerNotFound(request, reply, methodsAt(routes, request.url)));
  app.decorateRequest('bodyDigest', null);
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  // Left unread: its operation takes it as it comes.
  app.addContentTypeParser('application/x-ndjson', (request, payload, done) =>
    takes(request, 'application/x-ndjson')
      ? done(null, payload)
      : done(new Problem('unsupported-media-type')),
  );
  for (const type of ['text/csv', workbookType]) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (request, body, done) => {
      if (!takes(request, type)) return done(new Problem('unsupported-media-type'));
      const bytes = Buffer.from(body);
      request.bodyDigest = createHash('sha256').update(bytes).digest();
      done(null, bytes);
    });
  }
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = Buffer.from(body); // parseAs buffer gives one; the type says string or Buffer
    request.bodyDigest = createHash('sha256').update(bytes).digest();
    if (bytes.length === 0) return done(null, undefined);
    if (bytes.length > (request.routeOptions.config.jsonLimitBytes ?? jsonLimitBytes))
      return done(new Problem('payload-too-large'));
    // RFC 8259 knows no other encoding; one that is announced and not read would be guessed.
    const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
    if (charset !== undefined && !/^utf-?8$/i.test(charset))
      return done(new Problem('unsupported-media-type'));
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      parseJson(request, text, (error, value: unknown) => {
        const isRepeated = error === null && hasRepeatedName(text, value);
        done(isRepeated ? new Problem('invalid-json', { detail: repeatedName }) : error, value);
      });
    } catch {
      const detail = '请求体不是 UTF-8 编码（可能是 GB18030），请转换为 UTF-8 后重新提交。';
      done(new Problem('invalid-json', { detail }));
    }
  });

  app.addHook('onRoute', (route) => {
    routes.push(route);
    const operation = route.schema?.operationId ?? '';
    if (!isOperationId(operation)) return;
    route.config = { ...route.config, operation };
    // Without a schema fastify would let any query pass unread.
    route.schema = { querystring: closed({}), ...route.schema };
  });
  // Checked in onReady, since plugins may mark routes public after registration.
  app.addHook('onReady', async () => {
    for (const { method, url, config } of routes) {
      const isDeclared = config?.public === true || config?.operation !== undefined;
      if (!isDeclared) throw new Error(`${method} ${url} is neither public nor in the table of permissions`);
    }
  });

  app.addHook('preValidation', async (request) => {
    const { body, consumes } = request.routeOptions.schema ?? {};
    // Multipart is parsed on every route; where it is not declared, no schema would validate it.
    const isForm = /^multipart\//i.test(request.headers['content-type'] ?? '');
    if (body !== undefined && isForm && consumes?.some((type) => type.startsWith('multipart/')) !== true)
      throw new Problem('unsupported-media-type');
    const isExpected = request.routeOptions.schema?.body !== undefined || bringsNothing(request);
    if (request.is404 || isExpected) return;
    const detail = '此接口没有请求体，请去掉全部内容。';
    throw new Problem('invalid-fields', {
      fieldErrors: [{ pointer: '/body', code: 'unknown-field', detail }],
    });
  });

  app.addHook('onSend', async (request, reply) => {
    // Also for a bad token: every answer of an operation is for this caller alone.
    if (request.routeOptions.config.operation !== undefined) reply.header('cache-control', 'no-store');
    if (isStopping?.() === true) reply.header('connection', 'close');
    // A request that a test injects has no socket.
    if (request.raw.socket instanceof Socket) request.raw.socket.setTimeout(unreadAnswerMs);
  });

  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        operation: request.routeOptions.config.operation ?? null,
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        client: request.actor?.clientId ?? null,
      },
      'request',
    );
  });

  return app;
}

/** Whether the route declares this type of body; only JSON is taken where none is named. */
function takes({ routeOptions }: FastifyRequest, mediaType: string): boolean {
  // Fastify's own form of a body with several types.
  const body = routeOptions.schema?.body as { readonly content?: object } | undefined;
  return body?.content !== undefined && Object.hasOwn(body.content, mediaType);
}

function isoTime(): string {
  return `,"time":"${new Date().toISOString()}"`;
}

/** No body, or an empty one. A GET's body is never read, so there its headers decide. */
function bringsNothing({ method, headers, body }: FastifyRequest): boolean {
  const length = headers['content-length'] ?? '0';
  if (method === 'GET') return length === '0' && headers['transfer-encoding'] === undefined;
  return body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0);
}

/** The methods that an address knows; none for an address that does not exist. */
function methodsAt(routes: readonly RouteOptions[], url: string): string[] {
  const parts = url.replace(/\?.*$/s, '').split('/');
  const isAt = (route: RouteOptions) => {
    const pattern = route.url.split('/');
    return (
      pattern.length === parts.length &&
      pattern.every((part, index) => part.startsWith(':') || part === parts[index])
    );
  };
  return [...new Set(routes.filter(isAt).flatMap(({ method }) => method))].sort();
}
