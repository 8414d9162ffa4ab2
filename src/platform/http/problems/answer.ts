// Converts every error into problem details (RFC 9457) with all field errors. The only place that does;
// operations throw problems and know no HTTP.

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { TookTooLong, Unavailable } from '../../database/connection.ts';
import { constraintOf } from '../../database/transaction.ts';
import { Problem, type ProblemCode, problemDetails, problems } from '../../problem.ts';
import { problemOfConstraint } from './constraints.ts';
import { fieldErrorsOfForm } from './form-errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the problem that is answered; null for a success. */
    problem: ProblemCode | null;
  }
}

/** Fastify's own errors, raised before a handler runs. */
const problemOfFastifyCode: ReadonlyMap<string, ProblemCode> = new Map(
  Object.entries<ProblemCode>({
    FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
    FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid-json',
    FST_ERR_CTP_INVALID_JSON_BODY: 'invalid-json',
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid-json',
    FST_ERR_CTP_BODY_TOO_LARGE: 'payload-too-large',
    FST_REQ_FILE_TOO_LARGE: 'payload-too-large',
    FST_FILES_LIMIT: 'payload-too-large',
    FST_PARTS_LIMIT: 'payload-too-large',
    FST_FIELDS_LIMIT: 'payload-too-large',
    FST_INVALID_MULTIPART_CONTENT_TYPE: 'unsupported-media-type',
    FST_ERR_BAD_URL: 'not-found',
  }),
);

export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = inItsPlace(problemOf(error), request);
  if (problem.code === 'internal') request.log.error({ err: error }, 'broken assumption');
  if (error instanceof TookTooLong) {
    const { operation = null } = request.routeOptions.config;
    request.log.warn({ err: error, operation }, 'took too long');
    return answerProblem(tookTooLong(request, problem), request, reply);
  }
  if (error instanceof Unavailable) request.log.warn({ err: error }, 'unavailable');
  return answerProblem(problem, request, reply);
}

/** Adds the route's media types to `unsupported-media-type`, unless the detail names them. */
function inItsPlace(problem: Problem, { routeOptions }: FastifyRequest): Problem {
  const { code, detail, fieldErrors, headers } = problem;
  if (code !== 'unsupported-media-type' || detail !== problems[code].detail) return problem;
  const { config, schema } = routeOptions;
  // Fastify's format for a body with several media types.
  const { content } = (schema?.body ?? {}) as { readonly content?: object };
  const types = Object.keys(content ?? { 'application/json': {} }).map(
    (type) => mediaTypes.get(type) ?? type,
  );
  const taken = config.takes ?? `此接口仅支持 ${types.join('、')}，请转换后重新提交。`;
  const isBare = config.takes === undefined && schema?.body === undefined;
  return isBare ? problem : new Problem(code, { detail: taken, fieldErrors, headers });
}

const mediaTypes: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    'application/json': 'UTF-8 编码的 JSON',
    'application/x-ndjson': 'NDJSON',
    'text/csv': 'CSV',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'XLSX',
  }),
);

/** Names the operation in the detail, for support requests. */
function tookTooLong({ routeOptions }: FastifyRequest, { code, detail, headers }: Problem): Problem {
  const { operation } = routeOptions.config;
  if (operation === undefined) return new Problem(code, { detail, headers: { ...headers } });
  const title = routeOptions.schema?.summary?.split(' · ')[0] ?? operation;
  return new Problem(code, {
    detail: `“${title}”（${operation}）用时过长。${detail}`,
    headers: { ...headers },
  });
}

/** @param methods the methods of this address; empty when the address does not exist */
export function answerNotFound(
  request: FastifyRequest,
  reply: FastifyReply,
  methods: readonly string[] = [],
): FastifyReply {
  const problem =
    methods.length === 0
      ? new Problem('not-found', { detail: '没有这个地址，请查阅接口文档。' })
      : new Problem('method-not-allowed', { headers: { allow: methods.join(', ') } });
  return answerProblem(problem, request, reply);
}

function answerProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.problem = problem.code;
  return reply
    .code(problems[problem.code].status)
    .headers(problem.headers)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemDetails(problem.code, request.id, problem));
}

/** The problem for the caller; `internal` for an unexpected error. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Unavailable)
    return new Problem(error instanceof TookTooLong ? 'took-too-long' : 'unavailable', {
      headers: { 'retry-after': String(error.retryAfterSeconds) },
    });
  const ofConstraint = problemOfConstraint(constraintOf(error));
  if (ofConstraint !== null) return ofConstraint;
  if (!(error instanceof Error)) return new Problem('internal');
  const fastifyError: Partial<FastifyError> = error;
  if (fastifyError.validation) {
    const part = partOf(fastifyError.validationContext);
    return new Problem('invalid-fields', {
      fieldErrors: fieldErrorsOfForm(part, fastifyError.validation),
    });
  }
  const code = problemOfFastifyCode.get(fastifyError.code ?? '');
  if (code !== undefined) return new Problem(code);
  // Syntax errors of the secure JSON parser (`__proto__`) and other rejections by Fastify carry a 4xx status.
  if ((fastifyError.statusCode ?? 500) < 500) return new Problem('invalid-json');
  return new Problem('internal');
}

function partOf(context: string | undefined): string {
  if (context === 'querystring') return '/query';
  return `/${context ?? 'body'}`;
}
