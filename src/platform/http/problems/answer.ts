// Turns everything that is not a success into one shape: problem details with every fault at once. The only place where
// an error becomes an answer; operations throw refusals and know nothing of HTTP.

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { TookTooLong, Unavailable } from '../../database/connect.ts';
import { constraintOf } from '../../database/transaction.ts';
import { type ProblemCode, problems, Refusal } from '../../problem.ts';
import { refusalOfConstraint } from './constraints.ts';
import { faultsOfForm } from './form-faults.ts';

/** Fastify's own refusals, before any route of ours was reached. */
const refusalOfFastifyCode: ReadonlyMap<string, ProblemCode> = new Map(
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

/** The one error handler of the service. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = inItsPlace(refusalOf(error), request);
  if (refusal.code === 'internal') request.log.error({ err: error }, 'broken assumption');
  if (error instanceof TookTooLong) {
    const { operation = null } = request.routeOptions.config;
    request.log.warn({ err: error, operation }, 'took too long');
    return answerRefusal(tookTooLong(request, refusal), request, reply);
  }
  if (error instanceof Unavailable) request.log.warn({ err: error }, 'unavailable');
  return answerRefusal(refusal, request, reply);
}

/** What is taken is said by the route that refuses, unless whoever refused said more. */
function inItsPlace(refusal: Refusal, { routeOptions }: FastifyRequest): Refusal {
  const { code, detail, faults, headers } = refusal;
  if (code !== 'unsupported-media-type' || detail !== problems[code].detail) return refusal;
  const { config, schema } = routeOptions;
  // Fastify's own form of a body with several types.
  const { content } = (schema?.body ?? {}) as { readonly content?: object };
  const types = Object.keys(content ?? { 'application/json': {} }).map(
    (type) => mediaTypes.get(type) ?? type,
  );
  const taken = config.takes ?? `此接口仅支持 ${types.join('、')}，请转换后重新提交。`;
  const isBare = config.takes === undefined && schema?.body === undefined;
  return isBare ? refusal : new Refusal(code, { detail: taken, faults, headers });
}

const mediaTypes: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    'application/json': 'UTF-8 编码的 JSON',
    'application/x-ndjson': 'NDJSON',
    'text/csv': 'CSV',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'XLSX',
  }),
);

/** Says which operation it was: whoever calls for help then need not guess. */
function tookTooLong({ routeOptions }: FastifyRequest, { code, detail, headers }: Refusal): Refusal {
  const { operation } = routeOptions.config;
  if (operation === undefined) return new Refusal(code, { detail, headers: { ...headers } });
  const title = routeOptions.schema?.summary?.split(' · ')[0] ?? operation;
  return new Refusal(code, {
    detail: `“${title}”（${operation}）用时过长。${detail}`,
    headers: { ...headers },
  });
}

/** @param methods what the address would take; empty when there is no such address */
export function answerNotFound(
  request: FastifyRequest,
  reply: FastifyReply,
  methods: readonly string[] = [],
): FastifyReply {
  const refusal =
    methods.length === 0
      ? new Refusal('not-found', { detail: '没有这个地址，请查阅接口文档。' })
      : new Refusal('method-not-allowed', { headers: { allow: methods.join(', ') } });
  return answerRefusal(refusal, request, reply);
}

function answerRefusal(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, title } = problems[refusal.code];
  return reply
    .code(status)
    .headers(refusal.headers)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send({
      type: `urn:problem:${refusal.code}`,
      code: refusal.code,
      status,
      title,
      detail: refusal.detail,
      errors: refusal.faults,
      requestId: request.id,
    });
}

/** What an error is to its caller; `internal` for a broken assumption. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Unavailable)
    return new Refusal(error instanceof TookTooLong ? 'took-too-long' : 'unavailable', {
      headers: { 'retry-after': String(error.retryAfterSeconds) },
    });
  const ofConstraint = refusalOfConstraint(constraintOf(error));
  if (ofConstraint !== null) return ofConstraint;
  if (!(error instanceof Error)) return new Refusal('internal');
  const fastifyError: Partial<FastifyError> = error;
  if (fastifyError.validation) {
    const part = partOf(fastifyError.validationContext);
    return new Refusal('invalid-fields', {
      faults: faultsOfForm(part, fastifyError.validation),
    });
  }
  const code = refusalOfFastifyCode.get(fastifyError.code ?? '');
  if (code !== undefined) return new Refusal(code);
  // A syntax error of the secure JSON parser (`__proto__`) and other refusals of the framework carry a client status.
  if ((fastifyError.statusCode ?? 500) < 500) return new Refusal('invalid-json');
  return new Refusal('internal');
}

function partOf(context: string | undefined): string {
  if (context === 'querystring') return '/query';
  return `/${context ?? 'body'}`;
}
