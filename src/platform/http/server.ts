// The HTTP server, with the rules that every route shares: nothing removed, coerced or ignored, a time-out on
// every wait, one log line per request. Features are registered in app.ts.

import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import { hostname } from 'node:os';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyReply, type FastifyRequest, LogController, type RouteOptions } from 'fastify';
import { isOperationId, type OperationId } from '../access/permissions.ts';
import { Problem } from '../problem.ts';
import { closed } from './contract/schemas.ts';
import { announceDeprecations } from './deprecation.ts';
import { hasRepeatedName } from './json.ts';
import { type Admission, admitRequests, type Load } from './limits/admission.ts';
import type { TrustsAddress } from './limits/proxies.ts';
import { describeError } from './log-errors.ts';
import { answerError, answerNotFound } from './problems/answer.ts';
import { answerParserError } from './problems/parser-errors.ts';
import { compileSchema, compileSerializer } from './problems/validation.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation of a protected route, from its operationId. */
    operation?: OperationId;
    /** A POST without Idempotency-Key, whose answer is not stored. */
    isQuestion?: boolean;
    /** Time for the body to arrive, for streams; 30 s for all other routes. */
    bodyTimeoutMs?: number;
    /** Hint for a wrong media type; derived from the body's schema when absent. */
    takes?: string;
    /** Limit for a JSON body, where the route's own limit is for files. */
    jsonLimitBytes?: number;
    /** The route requires If-Match. */
    ifMatch?: true;
  }
  interface FastifyInstance {
    /** How busy it is now. */
    readonly load: () => Load;
    /** Has `hear` told of every answer from now on, also of the refused. */
    readonly onAnswered: (hear: Hearer) => void;
  }
  interface FastifyRequest {
    /** SHA-256 of the body as sent; null without one. */
    bodyDigest: Buffer | null;
  }
}

type Hearer = (request: FastifyRequest, reply: FastifyReply) => void;

export const workbookType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const repeatedName = 'JSON 中同一对象内有重复的字段名，请只保留一个后重新提交。';
const bodyLimitBytes = 256 * 1024;
/**
 * Parsing blocks the event loop: fifteen megabytes of JSON took most of a second. Larger input comes as lines
 * or as a file.
 */
const jsonLimitBytes = 1024 * 1024;
const usualTimeouts: Timeouts = { headersMs: 10_000, bodyMs: 30_000, checkEveryMs: 5_000 };
/** Node has one limit for all requests; a hook enforces each route's own. */
export const longestBodyTimeoutMs = 15 * 60_000;
const keepAliveTimeoutMs = 65_000;
/**
 * Node checks twice whether anything was read: a client that reads nothing for half a minute is disconnected.
 */
const unreadAnswerMs = 15_000;

/** If repeated, Node keeps the first or joins them; a proxy in front may have used another one. */
const onlyOnce = ['host', 'authorization', 'content-type', 'idempotency-key', 'if-match'];

/** Time for a request to arrive. */
export interface Timeouts {
  readonly headersMs: number;
  /** Default for routes. */
  readonly bodyMs: number;
  /** How often Node checks for overdue headers. */
  readonly checkEveryMs: number;
}

export interface ServerOptions {
  readonly logLevel: string;
  readonly newId: () => string;
  /** Proxies whose headers about the client's address and protocol are used; none when absent. */
  readonly isTrustedProxy?: TrustsAddress;
  /** True from the first stop signal: every answer then closes its connection. */
  readonly isStopping?: () => boolean;
  /** Absent where no request is served. */
  readonly admission?: Admission;
  /** Destination of log lines; standard output when absent. */
  readonly logStream?: { write(line: string): void };
  /** Shorter in tests that wait for them. */
  readonly timeouts?: Timeouts;
}

export type App = ReturnType<typeof createServer>;

export function createServer({
  logLevel,
  newId,
  isTrustedProxy,
  isStopping,
  admission = { poolSize: 1, clientOf: () => '', random: () => 0 },
  logStream,
  timeouts = usualTimeouts,
}: ServerOptions) {
  const app = Fastify({
    logger: {
      level: logLevel,
      // Which of several replicas wrote the line.
      base: { host: hostname(), pid: process.pid },
      timestamp: isoTime,
      serializers: { err: (error: unknown) => describeError(error) },
      ...(logStream ? { stream: logStream } : {}),
    },
    logController: new LogController({ disableRequestLogging: true }),
    // A caller's request id would be written unchecked into the log.
    requestIdHeader: false,
    trustProxy: isTrustedProxy ?? false,
    genReqId: newId,
    bodyLimit: bodyLimitBytes,
    requestTimeout: longestBodyTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // While closing, requests are answered as usual: Fastify's own 503 is not problem details.
    return503OnClosing: false,
    // A HEAD would run the whole read and record a disclosure without showing anything. Routes that show no
    // person allow it.
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
  app.decorate('load', admitRequests(app, admission));
  announceDeprecations(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('request-id', request.id);
  });
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
  app.decorateRequest('problem', null);
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  // Left unread: the operation streams it.
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
    const bytes = Buffer.from(body); // parseAs buffer gives a Buffer; the type allows a string too
    request.bodyDigest = createHash('sha256').update(bytes).digest();
    if (bytes.length === 0) return done(null, undefined);
    if (bytes.length > (request.routeOptions.config.jsonLimitBytes ?? jsonLimitBytes))
      return done(new Problem('payload-too-large'));
    // RFC 8259 requires UTF-8; another charset is rejected rather than guessed.
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
    // Without a schema, Fastify would accept any query.
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
    // Multipart is parsed on every route; where undeclared, no schema would validate it.
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
    // For errors too: every answer of an operation is for this caller only.
    if (request.routeOptions.config.operation !== undefined) reply.header('cache-control', 'no-store');
    if (isStopping?.() === true) reply.header('connection', 'close');
    // An injected test request has no socket.
    if (request.raw.socket instanceof Socket) request.raw.socket.setTimeout(unreadAnswerMs);
  });

  const hearers: Hearer[] = [];
  app.decorate('onAnswered', (hear: Hearer) => hearers.push(hear));
  app.addHook('onResponse', async (request, reply) => {
    for (const hear of hearers) hear(request, reply);
    if (request.isRefused) return;
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

/** Whether the route declares this media type; JSON only, where none is declared. */
function takes({ routeOptions }: FastifyRequest, mediaType: string): boolean {
  // Fastify's format for a body with several media types.
  const body = routeOptions.schema?.body as { readonly content?: object } | undefined;
  return body?.content !== undefined && Object.hasOwn(body.content, mediaType);
}

function isoTime(): string {
  return `,"time":"${new Date().toISOString()}"`;
}

/** No body or an empty one. The body of a GET is never read, so its headers decide. */
function bringsNothing({ method, headers, body }: FastifyRequest): boolean {
  const length = headers['content-length'] ?? '0';
  if (method === 'GET') return length === '0' && headers['transfer-encoding'] === undefined;
  return body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0);
}

/** The methods of an address; none when it does not exist. */
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
