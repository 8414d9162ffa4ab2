// Shared schemas: identifiers, days, months, money and problems. Descriptions are for readers of Swagger UI:
// Chinese first, then English.

import { type Static, type TSchema, Type } from 'typebox';
import { impersonal } from '../../../values/personal-numbers.ts';
import { problems } from '../../problem.ts';

/** An object without additional properties. Every object of the contract uses it. */
export function closed<T extends Record<string, TSchema>>(
  properties: T,
  options: Record<string, unknown> = {},
) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

export function nullable<T extends TSchema>(schema: T) {
  const { description, ...plain }: TSchema & { description?: string; title?: string } = schema;
  const isShared = plain.title !== undefined;
  // The cast: the same schema, with the description moved outside, where readers of the contract look.
  return Type.Union(
    [isShared ? schema : (plain as T), Type.Null()],
    description === undefined ? {} : { description },
  );
}

/** The same schema with its own description and example. */
export function worded<T extends TSchema>(schema: T, description: string, example?: unknown): T {
  // The cast: only annotations change.
  return { ...schema, description, ...(example === undefined ? {} : { examples: [example] }) } as T;
}

/**
 * No control characters and no lone surrogates: papers cannot print them, and PostgreSQL cannot store NUL. Means
 * the same with and without the `u` flag, since browsers and generated clients compile it without: there, a
 * character beyond U+FFFF is a pair of surrogates.
 */
export const textPattern =
  '^(?:[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])*$';

interface TextOptions {
  minLength?: number;
  maxLength: number;
  description?: string;
  examples?: string[];
}

/**
 * One line of text that is stored in plain: personal numbers are rejected in it. Every free text of a request
 * is a Text or a PersonalText.
 */
export function Text(options: TextOptions) {
  return Type.String({ pattern: textPattern, format: impersonal, ...options });
}

/** One line of text that is encrypted before it is stored, and masked in answers. */
export function PersonalText(options: TextOptions) {
  return Type.String({ pattern: textPattern, ...options });
}

// A pattern besides the format, which also allows `urn:uuid:` and capitals.
export const Uuid = Type.String({
  format: 'uuid',
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  description: '编号 · id',
  examples: ['0197d8a1-4b00-7000-8000-000000000001'],
});
// From the year 1000 on, like days in the rules; PostgreSQL has no year 0.
export const Day = Type.String({
  format: 'date',
  pattern: '^[1-9]\\d{3}-',
  description: '日期 · day, e.g. 2025-04-30',
  examples: ['2025-04-30'],
});
export const Month = Type.String({
  pattern: '^[1-9]\\d{3}-(0[1-9]|1[0-2])$',
  description: '月份 · month, e.g. 2025-04',
  examples: ['2025-04'],
});
export const Quarter = Type.String({
  pattern: '^[1-9]\\d{3}Q[1-4]$',
  description: '季度 · quarter, e.g. 2025Q2',
  examples: ['2025Q2'],
});
export const Instant = Type.String({
  format: 'date-time',
  pattern: '^[1-9]\\d{3}-',
  description: '时间（UTC） · instant, RFC 3339 UTC',
  examples: ['2025-07-05T01:30:00Z'],
});
export const Sha256 = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: '内容摘要 · SHA-256, hexadecimal',
  examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
});
export const AmountFen = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: '金额，单位：分 · amount in fen (1/100 yuan)',
});
export const IdentityNumber = PersonalText({
  minLength: 1,
  maxLength: 40,
  description: '居民身份号码（18 位） · resident identity number (GB 11643)',
  examples: ['360299197205111035'],
});
export const StreetCode = Type.String({
  pattern: '^\\d{9}$',
  description: '街道（乡镇）九位统计用区划代码 · nine-digit code of a street or township',
  examples: ['360203007'],
});
export const AgencyCode = Type.String({
  pattern: '^3602(\\d{2}|G\\d)$',
  description: '经办机构代码 · handling agency',
  examples: ['360203'],
});
export const Version = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description: '版本，即 ETag · version, the ETag of this thing',
});

export const IdParams = closed({
  id: worded(Uuid, '编号，取自前面的回答 · its id, from an earlier answer'),
});

/** One error: where, and what to do about it. */
export const FieldError = named(
  'FieldError',
  closed({
    pointer: Type.String({ description: '出错位置（JSON Pointer） · where' }),
    code: Type.String({ description: '稳定代码 · stable code' }),
    detail: Type.String({ description: '说明和处理办法 · what to do, in Chinese' }),
  }),
);

export const Problem = named(
  'Problem',
  closed(
    {
      type: Type.String({ description: '问题类型 · urn:problem:<code>' }),
      code: Type.Enum(Object.keys(problems), {
        description: '稳定代码，供程序判断 · stable code for programs',
      }),
      status: Type.Integer({ description: 'HTTP 状态码 · the HTTP status' }),
      title: Type.String({ description: '问题名称 · what it is' }),
      detail: Type.String({ description: '说明和下一步 · what to do next, in Chinese' }),
      errors: Type.Array(FieldError, { description: '逐项列出的全部错误 · every error at once' }),
      requestId: Type.String({ description: '请求编号，反映问题时提供 · say it when you ask for help' }),
    },
    { description: '问题说明（RFC 9457） · problem details' },
  ),
);
export type Problem = Static<typeof Problem>;

/**
 * Names a schema for the contract's components. Uses the title, not `$id` with references, so that routes can
 * use every schema directly.
 */
export function named<T extends TSchema>(title: string, schema: T): T {
  return Object.assign(schema, { title });
}

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});

/** Problems for the serialiser, which needs no single status; the contract lists each status. */
export const problemResponses = {
  '4xx': problem('拒绝：errors 逐项说明原因和下一步 · refused, with every reason'),
  '5xx': problem('暂时不可用或内部错误 · unavailable, or a fault of the service'),
};
