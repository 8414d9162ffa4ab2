// Converts schema errors to field errors: a code and a sentence for every keyword that our schemas use.
// States the rule, never the value.

import { holdsPersonalNumber, impersonal } from '../../../values/personal-numbers.ts';
import type { FieldError } from '../../problem.ts';
import { textPattern } from '../contract/schemas.ts';

/** Ajv's error object, which Fastify passes untyped. */
interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly parentSchema?: DescribedSchema;
}

interface DescribedSchema {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, DescribedSchema>>;
}

interface Told {
  readonly code: FieldError['code'];
  readonly detail: string;
  /** The child field, where the error is reported at its parent. */
  readonly field?: string;
}

type Tell = (params: SchemaError['params'], name: string, schema: DescribedSchema) => Told;

const outOfRange =
  (detail: (limit: number, name: string) => string): Tell =>
  ({ limit }, name) => ({ code: 'out-of-range', detail: detail(Number(limit), name) });

const tellForm: Tell = (_, name, { format, examples: [example] = [] }) => {
  const rule = formats.get(format ?? '');
  if (rule !== undefined) return { code: 'wrong-format', detail: `${name}${rule}。` };
  const form =
    example === undefined ? '请按接口文档填写' : `应如${JSON.stringify(example).replaceAll('"', '')}`;
  return { code: 'wrong-format', detail: `${name}格式不正确，${form}。` };
};

const formats: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    date: '应为真实存在的日期，格式如2025-04-30',
    'date-time': '应为真实存在的时间，格式如2025-07-05T01:30:00Z',
    uuid: '应为前面的回答中给出的编号，请原样填写',
  }),
);

const types: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    string: '应为文字',
    integer: '应为整数',
    number: '应为数字',
    array: '应为列表',
    object: '应为一组字段',
  }),
);

const untold: Tell = (_, name) => ({
  code: 'wrong-format',
  detail: `${name}不符合要求，请按接口文档填写。`,
});

const keywords: ReadonlyMap<string, Tell> = new Map(
  Object.entries<Tell>({
    required: ({ missingProperty }, _, { properties = {} }) => {
      const field = String(missingProperty);
      const described = Object.hasOwn(properties, field) ? properties[field] : undefined;
      return { code: 'required', detail: `请填写${nameOf(described)}，此项必填。`, field };
    },
    additionalProperties: ({ additionalProperty }) => ({
      code: 'unknown-field',
      detail: '不认识这个字段，请删除或改正字段名。',
      field: escapePointer(String(additionalProperty)),
    }),
    enum: ({ allowedValues }) => ({
      code: 'unknown-value',
      detail: `只能是以下值之一：${(allowedValues as readonly unknown[]).join('、')}。`,
    }),
    const: ({ allowedValue }) => ({ code: 'unknown-value', detail: `只能是${String(allowedValue)}。` }),
    type: ({ type }, name) => ({
      code: 'wrong-type',
      detail:
        type === 'boolean'
          ? `“${name}”请填“是”或“否”。`
          : `${name}${types.get(String(type)) ?? '类型不正确'}，请按接口文档填写。`,
    }),
    pattern: (params, name, schema) =>
      params['pattern'] === textPattern
        ? { code: 'wrong-characters', detail: '含有换行等控制字符或不完整的字符，请删除后重新填写。' }
        : tellForm(params, name, schema),
    format: (params, name, schema) =>
      params['format'] === impersonal
        ? {
            code: 'personal-number',
            detail:
              '此处不能填写身份证号、手机号码或银行卡号，请删除；来源主键请改用不含身份证号的内部编号。',
          }
        : tellForm(params, name, schema),
    minLength: outOfRange((limit, name) =>
      limit === 1 ? `${name}不能为空，请填写。` : `${name}至少${limit}${unitOf(name)}，请补全。`,
    ),
    maxLength: outOfRange((limit, name) => `${name}最多${limit}${unitOf(name)}，请缩短。`),
    minimum: outOfRange((limit, name) => `${name}不能小于${limit}，请改正。`),
    maximum: outOfRange((limit, name) => `${name}不能大于${limit}，请改正。`),
    minItems: outOfRange((limit, name) => `${name}至少填写${limit}项。`),
    maxItems: outOfRange((limit, name) => `${name}最多${limit}项，请减少或分次提交。`),
    minProperties: outOfRange((limit) => `请至少填写${limit}项。`),
    uniqueItems: ({ i, j }, name) => {
      const [first, second] = [Number(i), Number(j)].sort((a, b) => a - b);
      const which = `第${(first ?? 0) + 1}项与第${(second ?? 0) + 1}项`;
      return { code: 'listed-twice', detail: `${name}的${which}重复，请删除一项。` };
    },
  }),
);

/** Whether a keyword has a sentence. For `anyOf`, the alternatives' errors are reported. */
export function isTold(keyword: string): boolean {
  return keyword === 'anyOf' || keywords.has(keyword);
}

/** @param part beginning of the pointer: `/body`, `/query`, `/params` */
export function fieldErrorsOfForm(part: string, schemaErrors: readonly object[]): FieldError[] {
  const found = schemaErrors as readonly SchemaError[];
  const unions = found.filter(({ keyword }) => keyword === 'anyOf');
  const fieldErrors = found
    // For a nullable value, the error about the other type is enough.
    .filter(({ keyword, params }) => keyword !== 'anyOf' && params['type'] !== 'null')
    .map((fieldError) => {
      const union = unions.find(({ instancePath }) => instancePath === fieldError.instancePath);
      return fieldErrorOf(part, fieldError, union?.parentSchema?.description);
    });
  // A pattern and a format report the same error of one value.
  return [
    ...new Map(
      fieldErrors.map((fieldError) => [
        `${fieldError.pointer} ${fieldError.code} ${fieldError.detail}`,
        fieldError,
      ]),
    ).values(),
  ];
}

function fieldErrorOf(part: string, schemaError: SchemaError, description: string | undefined): FieldError {
  const { keyword, instancePath, params, parentSchema = {} } = schemaError;
  const tell = keywords.get(keyword) ?? untold;
  const schema = description === undefined ? parentSchema : { description, ...parentSchema };
  const { code, detail, field } = tell(params, nameOf(schema), schema);
  const at = `${part}${instancePath}`;
  return { pointer: field === undefined ? at : `${at}/${field}`, code, detail };
}

/** The field's name: the Chinese beginning of its description. */
function nameOf({ description = '' }: DescribedSchema = {}): string {
  return /^[^（(，；：。·]+/u.exec(description)?.[0].trim() ?? '此项';
}

function unitOf(name: string): string {
  return /[号码]$/u.test(name) ? '位' : '个字';
}

/**
 * A name chosen by the caller as part of a pointer: shortened, without characters that logs or jsonb cannot
 * hold, and without personal numbers, since field errors of imported rows are stored.
 */
function escapePointer(name: string): string {
  const bounded = holdsPersonalNumber(name) ? '\uFFFD' : name.slice(0, 100);
  const printable = bounded.replaceAll(/[\p{Cc}\p{Cs}]/gu, '\uFFFD');
  return printable.replaceAll('~', '~0').replaceAll('/', '~1');
}
