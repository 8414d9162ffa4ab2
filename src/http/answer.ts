// Turns everything that is not a success into one shape: problem details with every fault at once. The only place where
// an error becomes an answer; operations throw refusals and know nothing of HTTP.

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Unavailable } from '../database/connect.ts';
import { constraintOf } from '../database/transaction.ts';
import { refusalOfConstraint } from './constraints.ts';
import { holdsPersonalNumber, impersonal } from './personal-numbers.ts';
import { type Fault, type ProblemCode, problems, Refusal } from './problem.ts';
import { textPattern } from './schemas.ts';

/** Fastify's own refusals, before any route of ours was reached. */
const refusalOfFastifyCode: Readonly<Record<string, ProblemCode>> = {
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
};

/** The one error handler of the service. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = refusalOf(error);
  if (refusal.code === 'internal') request.log.error({ err: error }, 'broken assumption');
  if (error instanceof Unavailable) request.log.warn({ err: error }, 'unavailable');
  return answerRefusal(refusal, request, reply);
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
    return new Refusal('unavailable', { headers: { 'retry-after': String(error.retryAfterSeconds) } });
  const ofConstraint = refusalOfConstraint(constraintOf(error));
  if (ofConstraint !== null) return ofConstraint;
  if (!(error instanceof Error)) return new Refusal('internal');
  const fastifyError: Partial<FastifyError> = error;
  if (fastifyError.validation) {
    const part = partOf(fastifyError.validationContext);
    return new Refusal('invalid-fields', {
      faults: fastifyError.validation.map((fault) => faultOf(part, fault)),
    });
  }
  const code = refusalOfFastifyCode[fastifyError.code ?? ''];
  if (code !== undefined) return new Refusal(code);
  // A syntax error of the secure JSON parser (`__proto__`) and other refusals of the framework carry a client status.
  if ((fastifyError.statusCode ?? 500) < 500) return new Refusal('invalid-json');
  return new Refusal('internal');
}

function partOf(context: string | undefined): string {
  if (context === 'querystring') return '/query';
  return `/${context ?? 'body'}`;
}

interface SchemaFault {
  keyword: string;
  instancePath: string;
  params: Record<string, unknown>;
  parentSchema?: { description?: string };
}

/** What a person reads about a field that does not fit its schema. Says the rule, never the value. */
export function faultOf(part: string, schemaFault: object): Fault {
  const { keyword, instancePath, params, parentSchema } = schemaFault as SchemaFault; // Ajv's error object, untyped in fastify
  const at = `${part}${instancePath}`;
  const about = parentSchema?.description ? `（${parentSchema.description}）` : '';
  switch (keyword) {
    case 'required':
      return { pointer: `${at}/${params['missingProperty']}`, code: 'required', detail: '此项必填。' };
    case 'additionalProperties':
      return {
        pointer: `${at}/${escapePointer(String(params['additionalProperty']))}`,
        code: 'unknown-field',
        detail: '不认识这个字段，请删除或改正字段名。',
      };
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).join('、');
      return { pointer: at, code: 'unknown-value', detail: `只能是以下值之一：${allowed}。` };
    }
    case 'type':
      return { pointer: at, code: 'wrong-type', detail: `类型应为 ${params['type']}${about}。` };
    case 'pattern':
      if (params['pattern'] === textPattern) {
        const detail = '含有换行等控制字符或不完整的字符，请删除后重新填写。';
        return { pointer: at, code: 'wrong-characters', detail };
      }
      return { pointer: at, code: 'wrong-format', detail: `格式不正确${about}，请按接口文档的示例填写。` };
    case 'format':
      if (params['format'] === impersonal) {
        const detail =
          '此处不能填写身份证号、手机号码或银行卡号，请删除；来源主键请改用不含身份证号的内部编号。';
        return { pointer: at, code: 'personal-number', detail };
      }
      return { pointer: at, code: 'wrong-format', detail: `格式不正确${about}，请按接口文档的示例填写。` };
    default:
      return {
        pointer: at,
        code: 'out-of-range',
        detail: `不符合要求${about}：${keyword} ${JSON.stringify(params)}。`,
      };
  }
}

/**
 * A name that somebody made up, as part of a pointer: bounded, without what no log or jsonb column can keep, and without
 * the number of a person, since faults of a row are stored.
 */
function escapePointer(name: string): string {
  const bounded = holdsPersonalNumber(name) ? '\uFFFD' : name.slice(0, 100);
  const printable = bounded.replaceAll(/[\p{Cc}\p{Cs}]/gu, '\uFFFD');
  return printable.replaceAll('~', '~0').replaceAll('/', '~1');
}
