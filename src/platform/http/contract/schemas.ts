// Shared schemas: identifiers, days, months, money and problems. Descriptions are for readers of Swagger UI:
// Chinese first, then English.

import { type Static, type TSchema, Type } from 'typebox';
import { caseNumberPattern } from '../../../values/case-number.ts';
import { impersonal } from '../../../values/personal-numbers.ts';
import { roleTitles } from '../../access/actor.ts';
import { fieldErrorCodes } from '../../field-error-codes.ts';
import { problems } from '../../problem.ts';

/** An object without additional properties. Every object of the contract uses it. */
export function closed<T extends Record<string, TSchema>>(
  properties: T,
  options: Record<string, unknown> = {},
) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** Every schema that has a name, as it was named. */
export const namedSchemas: ReadonlyMap<string, TSchema> = new Map();

/**
 * Names a schema for the contract's components. Uses the title, not `$id` with references, so that routes can
 * use every schema directly.
 */
export function named<T extends TSchema>(title: string, schema: T): T {
  const whole = Object.assign(schema, { title });
  // The cast: only here does the map grow.
  (namedSchemas as Map<string, TSchema>).set(title, whole);
  return whole;
}

export function nullable<T extends TSchema>(schema: T) {
  const { description, ...plain }: TSchema & { readonly description?: string } = schema;
  // The cast: the same schema, with the description moved outside, where readers of the contract look.
  return Type.Union([plain as T, Type.Null()], description === undefined ? {} : { description });
}

/**
 * A closed list of words. The contract gives the meaning of each in Chinese, which the documentation shows beside the
 * word.
 *
 * @param meanings word → Chinese
 */
export function words<const Word extends string>(
  title: string,
  meanings: Readonly<Record<Word, string>>,
  description: string,
) {
  // The cast: Object.keys loses the words.
  const list = Type.Enum(Object.keys(meanings) as Word[], {
    description,
    // A list in the order of the words, as generators of clients read it.
    'x-enum-descriptions': Object.values(meanings),
  });
  return named(title, list);
}

/** Some of the words, with their meanings. */
export function some<Word extends string, Chosen extends Word>(
  meanings: Readonly<Record<Word, string>>,
  chosen: readonly Chosen[],
): Readonly<Record<Chosen, string>> {
  const entries = chosen.map((word) => [word, meanings[word]]);
  return Object.fromEntries(entries) as Record<Chosen, string>; // an entry for each
}

/** The titles of a table of words, for `words`. */
export function titlesOf<Word extends string>(
  table: Readonly<Record<Word, { readonly title: string }>>,
): Readonly<Record<Word, string>> {
  const titles = Object.entries<{ readonly title: string }>(table).map(([word, { title }]) => [word, title]);
  return Object.fromEntries(titles) as Record<Word, string>; // the same words
}

/** A union of which a value fits one member. */
export function exclusive<const Members extends readonly TSchema[]>(members: Members, options: object = {}) {
  return Type.Unsafe<Static<Members[number]>>({ oneOf: members, ...options });
}

/**
 * A union of objects that differ by one field, whose only word tells which: the contract gives it as discriminator,
 * with the schema of each word.
 */
export function oneOf<const Members extends readonly TSchema[]>(
  field: string,
  members: Members,
  options: { readonly title?: string; readonly description?: string } = {},
) {
  const mapping = members.map((member: TSchema & Member) => {
    const word = new Map(Object.entries(member.properties ?? {})).get(field)?.const;
    if (word === undefined || member.title === undefined)
      throw new Error(`${member.title} has no one ${field}`);
    return [word, `#/components/schemas/${member.title}`] as const;
  });
  const discriminator = { propertyName: field, mapping: Object.fromEntries(mapping) };
  const union = Type.Unsafe<Static<Members[number]>>({ oneOf: members, discriminator, ...options });
  return options.title === undefined ? union : named(options.title, union);
}

interface Member {
  readonly title?: string;
  readonly properties?: Readonly<Record<string, { readonly const?: string }>>;
}

/** The same schema for a parameter whose name in the components is not its own, since other parameters have that. */
export function parameter<T extends TSchema>(name: string, schema: T): T {
  return { ...schema, 'x-parameter': name };
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

/** One line of text that is encrypted before it is stored; numbers are masked in answers. */
export function PersonalText(options: TextOptions) {
  return Type.String({ pattern: textPattern, ...options });
}

/** As `nameFor` in platform/access/names.ts decides. */
export const ApplicantName = Type.String({
  description:
    '姓名；办理本案的工作人员和提交申请的平台看到全名，其他岗位只见首字 · whole for the officers of the case and the ' +
    'platform that handed it in, the first character for others',
});
// A pattern besides the format, which also allows `urn:uuid:` and capitals.
/** Stands in examples for an id of this service. */
export const exampleId = '0197d8a1-4b00-7000-8000-000000000001';

export const Uuid = named(
  'Id',
  Type.String({
    format: 'uuid',
    pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
    description: '编号 · id',
    examples: [exampleId],
  }),
);
// From the year 1000 on, like days in the rules; PostgreSQL has no year 0.
export const Day = named(
  'Day',
  Type.String({
    format: 'date',
    pattern: '^[1-9]\\d{3}-',
    description: '日期 · day, e.g. 2025-04-30',
    examples: ['2025-04-30'],
  }),
);
export const Month = named(
  'Month',
  Type.String({
    pattern: '^[1-9]\\d{3}-(0[1-9]|1[0-2])$',
    description: '月份 · month, e.g. 2025-04',
    examples: ['2025-04'],
  }),
);
export const Quarter = named(
  'Quarter',
  Type.String({
    pattern: '^[1-9]\\d{3}Q[1-4]$',
    description: '季度 · quarter, e.g. 2025Q2',
    examples: ['2025Q2'],
  }),
);
export const Instant = named(
  'Instant',
  Type.String({
    format: 'date-time',
    pattern: '^[1-9]\\d{3}-',
    description: '时间（UTC） · instant, RFC 3339 UTC',
    examples: ['2025-07-05T01:30:00Z'],
  }),
);
export const Officer = named(
  'Officer',
  closed(
    {
      account: Type.String({
        description: '账号（签发者|账号） · unique account: issuer and subject',
        examples: ['https://sso.example|rev-17'],
      }),
      name: nullable(
        Type.String({
          description:
            '办理当时令牌所载姓名；签发者未提供的为 null · name that the token gave at the time of the act',
          examples: ['李秀兰'],
        }),
      ),
    },
    { description: '工作人员 · who acted' },
  ),
);
export const Sha256 = named(
  'Sha256',
  Type.String({
    pattern: '^[0-9a-f]{64}$',
    description: '内容摘要 · SHA-256, hexadecimal',
    examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  }),
);
export const AmountFen = named(
  'AmountFen',
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: '金额，单位：分 · amount in fen (1/100 yuan)',
    examples: [150_000],
  }),
);
/** An amount that is received, repaid or given back: never nothing. */
export const PositiveAmountFen = named(
  'PositiveAmountFen',
  Type.Integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: '金额，单位：分，大于零 · amount in fen, more than nothing',
    examples: [150_000],
  }),
);
export const SignedAmountFen = named(
  'SignedAmountFen',
  Type.Integer({
    minimum: -Number.MAX_SAFE_INTEGER,
    maximum: Number.MAX_SAFE_INTEGER,
    description: '金额，单位：分，可为负数 · amount in fen, may be negative',
    examples: [-50_000],
  }),
);
export const IdentityNumber = named(
  'IdentityNumber',
  PersonalText({
    minLength: 1,
    maxLength: 40,
    description: '居民身份号码（18 位） · resident identity number (GB 11643)',
    examples: ['360299197205111035'],
  }),
);
export const CaseNumber = named(
  'CaseNumber',
  Type.String({
    pattern: caseNumberPattern,
    description: '受理编号 · case number',
    examples: ['JDZ25-0000123-1'],
  }),
);
export const StreetCode = named(
  'StreetCode',
  Type.String({
    pattern: '^\\d{9}$',
    description: '街道（乡镇）九位统计用区划代码 · nine-digit code of a street or township',
    examples: ['360203007'],
  }),
);
export const AgencyCode = named(
  'AgencyCode',
  Type.String({
    pattern: '^3602(\\d{2}|G\\d)$',
    description: '经办机构代码 · handling agency',
    examples: ['360203'],
  }),
);
export const Version = named(
  'Version',
  Type.Integer({
    minimum: 1,
    maximum: 2_147_483_647,
    description: '版本，即 ETag · version, the ETag of this thing',
    examples: [1],
  }),
);

/** Who acted or looked; the service in its background work. */
export const ActingRole = Type.Unsafe<string>(
  words('Role', { ...roleTitles, service: '本服务' }, '岗位 · role'),
);

/** Where a thing stands in its course, in words. */
export const Progress = named(
  'Progress',
  closed(
    {
      title: Type.String({ description: '状态说明 · the state in words' }),
      next: Type.String({ description: '下一步 · what happens next' }),
    },
    { description: '进度 · how far it is' },
  ),
);

export const IdParams = closed({
  id: worded(Uuid, '编号，取自前面的回答 · its id, from an earlier answer'),
});

export const PersonParams = closed({
  personId: worded(Uuid, '人员编号，取自按身份号码查找的回答 · id of the person, from a look-up'),
});

/** One error: where, and what to do about it. */
export const FieldError = named(
  'FieldError',
  closed({
    pointer: Type.String({ description: '出错位置（JSON Pointer） · where' }),
    code: words('FieldErrorCode', fieldErrorCodes, '错误代码，供程序判断 · stable code for programs'),
    detail: Type.String({ description: '说明和处理办法 · what to do, in Chinese' }),
  }),
);

export const Problem = named(
  'Problem',
  closed(
    {
      type: Type.String({
        description: '问题类型：说明页的地址 · the address of the page about it: /problems/<code>',
      }),
      code: words('ProblemCode', titlesOf(problems), '稳定代码，供程序判断 · stable code for programs'),
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

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});

/** Problems for the serialiser, which needs no single status; the contract lists each status. */
export const problemResponses = {
  '4xx': problem('拒绝：errors 逐项说明原因和下一步 · refused, with every reason'),
  '5xx': problem('暂时不可用或内部错误 · unavailable, or a fault of the service'),
};
