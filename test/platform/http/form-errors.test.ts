// Messages for schema errors: never the validator's own words, and for every keyword of our schemas a
// sentence that says what to do.

import t from 'tap';
import { Type } from 'typebox';
import { contractOfRoutes } from '../../../scripts/openapi.ts';
import {
  AmountFen,
  closed,
  Day,
  nullable,
  Text,
  textPattern,
  Uuid,
  worded,
} from '../../../src/platform/http/contract/schemas.ts';
import { fieldErrorsOfForm, isTold } from '../../../src/platform/http/problems/form-errors.ts';
import { validatorOf } from '../../../src/platform/http/problems/validation.ts';
import { RecordStreamHeader } from '../../../src/registers/deliveries/schemas.ts';
import { factSchemas, RemovalRow, rowSchemas } from '../../../src/registers/records/schemas.ts';
import { materialForm } from '../../applications/material-form.ts';
import { type Problem, patient, setup } from '../../helper.ts';
import { withoutReferences } from '../../references.ts';
import { passingRequests } from './requests.ts';

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly description?: string;
  readonly pattern?: string;
  readonly format?: string;
  readonly examples?: readonly unknown[];
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: Schema;
  readonly example?: unknown;
}
interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const city = await setup(t);
const call = patient(city.call);
// The cast: the linter validates the contract.
const contract = (await contractOfRoutes()) as Contract;

/** Keywords that reject no value. */
const annotations = [
  '$ref',
  'title',
  'description',
  'examples',
  'default',
  'properties',
  'items',
  'x-examples',
  'x-parameter',
  'x-enum-descriptions',
  // A member is found by its word before it is validated.
  'oneOf',
  'discriminator',
];
/** Text formats whose message needs no example. */
const withoutExample = [textPattern, 'date', 'date-time', 'uuid', 'impersonal', 'binary'];

/** Keywords without a message, and formats whose message would need an example that they lack. */
function untoldIn(schema: Schema, at: string, above: readonly string[] = []): string[] {
  const { $ref, properties = {}, items, anyOf = [], oneOf = [], examples } = schema;
  if ($ref !== undefined) {
    const shared = contract.components.schemas[$ref.split('/').at(-1) ?? ''];
    if (shared === undefined) return [`${at} refers to nothing`];
    return above.includes($ref) ? [] : untoldIn(shared, at, [...above, $ref]);
  }
  const forms = [schema.pattern, schema.format].filter((form) => form !== undefined);
  const needsExample = forms.length > 0 && !forms.some((form) => withoutExample.includes(form));
  return [
    ...Object.keys(schema)
      .filter((keyword) => !annotations.includes(keyword) && !isTold(keyword))
      .map((keyword) => `${at} ${keyword}`),
    ...(needsExample && examples === undefined ? [`${at} has a form and no example`] : []),
    ...Object.entries(properties).flatMap(([name, one]) => untoldIn(one, `${at}/${name}`, above)),
    ...(items === undefined ? [] : untoldIn(items, `${at}/*`, above)),
    ...[...anyOf, ...oneOf].flatMap((one) => untoldIn(one, at, above)),
  ];
}

t.test('every keyword of every request schema has a sentence', async (t) => {
  const operations = Object.values(contract.paths)
    .flatMap((methods) => Object.values(methods))
    .map((operation) => ({
      ...operation,
      parameters: withoutReferences(contract, operation.parameters ?? []),
    }));
  const untold = operations.flatMap(({ operationId = '', parameters, requestBody }) => [
    // Headers are validated where they are used, each with its own problem.
    ...parameters
      .filter((parameter) => parameter.in !== 'header')
      .flatMap(({ name, schema, example }) =>
        untoldIn(
          example === undefined ? schema : { ...schema, examples: [example] },
          `${operationId}?${name}`,
        ),
      ),
    ...Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => untoldIn(schema, operationId)),
  ]);
  const ofRows = { ...rowSchemas, ...factSchemas, removal: RemovalRow, stream: RecordStreamHeader };
  for (const [name, schema] of Object.entries<object>(ofRows))
    untold.push(...untoldIn(schema as Schema, name));
  t.strictSame([...new Set(untold)], []);
  t.strictSame(
    untoldIn({ properties: { one: { pattern: '^x$' }, two: { $comment: '', multipleOf: 2 } as Schema } }, ''),
    ['/one has a form and no example', '/two $comment', '/two multipleOf'],
    'what has no sentence is seen',
  );
});

t.test('sentences for schema errors name the field, the rule and what to do', async (t) => {
  const told = (schema: object, value: unknown) =>
    fieldErrorsOfForm('', validatorOf(schema)(value)).map(({ code, detail }) => `${code} ${detail}`);
  const table: [schema: object, value: unknown, ...fieldErrors: string[]][] = [
    [
      Text({ minLength: 2, maxLength: 60, description: '开户银行 · bank' }),
      '行',
      'out-of-range 开户银行至少2个字，请补全。',
    ],
    [
      Text({ minLength: 1, maxLength: 60, description: '从业地点 · where' }),
      '',
      'out-of-range 从业地点不能为空，请填写。',
    ],
    [Text({ maxLength: 2, description: '编号 · number' }), '12345', 'out-of-range 编号最多2位，请缩短。'],
    [AmountFen, -1, 'out-of-range 金额不能小于0，请改正。'],
    [AmountFen, 0.5, 'wrong-type 金额应为整数，请按接口文档填写。'],
    [
      Type.Array(Type.String(), { uniqueItems: true, description: '申请月份，须已结束 · months' }),
      ['2025-04', '2025-04'],
      'listed-twice 申请月份的第1项与第2项重复，请删除一项。',
    ],
    [
      nullable(worded(Day, '结束日（含） · last day')),
      '2025-02-30',
      'wrong-format 结束日应为真实存在的日期，格式如2025-04-30。',
    ],
    [Uuid, 'x', 'wrong-format 编号应为前面的回答中给出的编号，请原样填写。'],
    [
      closed({ name: Text({ maxLength: 9, description: '姓名 · name' }) }),
      {},
      'required 请填写姓名，此项必填。',
    ],
    [
      Type.Boolean({ description: '距退休不足5年 · near' }),
      '不',
      'wrong-type “距退休不足5年”请填“是”或“否”。',
    ],
  ];
  for (const [schema, value, ...fieldErrors] of table)
    t.strictSame(told(schema, value), fieldErrors, fieldErrors.join());
});

t.test('errors of an account, a phone number and a table row are explained in everyday words', async (t) => {
  const good = city.applicationOf(city.nextResident());
  const body = {
    ...good,
    applicant: { ...good.applicant, phone: '12345' },
    account: { ...good.account, number: '6217 0012' },
  };
  const refused = await call<Problem>('platform-ganfutong', 'POST', '/v1/applications', {
    body,
    status: 400,
  });
  t.strictSame(
    refused.body.errors.map(({ pointer, code, detail }) => [pointer, code, detail]),
    [
      [
        '/body/applicant/phone',
        'phone-number-form',
        '请填写本人的11位手机号码，或带区号的固定电话；都没有的，请到线下窗口填写联系人。',
      ],
      ['/body/account/number', 'account-number-short', '账号至少12位，请对照社保卡补全。'],
    ],
  );
  const landline = { ...body, ...good, applicant: { ...good.applicant, phone: '0798-8221234' } };
  await call('platform-ganfutong', 'POST', '/v1/applications', { body: landline, status: 201 });

  const { identityNumber } = city.nextResident();
  const table = `公民身份号码,初次核定日,距退休不足5年,已享受月份\r\n${identityNumber},2023-02-10,否,2022-10\r\n${identityNumber},2023-02-10,不,2022-10\r\n`;
  const { body: checked } = await call<{ refused: { row: number; errors: Problem['errors'] }[] }>(
    'handler-360203',
    'POST',
    '/v1/record-imports/checks?kind=prior-benefit',
    { body: Buffer.from(table), headers: { 'content-type': 'text/csv' }, key: null, status: 200 },
  );
  t.strictSame(
    checked.refused.map(({ row, errors }) => [row, errors.map(({ detail }) => detail)]),
    [[3, ['第3行“距退休不足5年”请填“是”或“否”。']]],
  );
});

t.test('a wrong media type is rejected with the accepted one', async (t) => {
  const detailOf = async (caller: string, url: string, type: string) => {
    const options = { body: 'a,b\r\n', headers: { 'content-type': type }, status: 415 };
    return (await call<Problem>(caller, 'POST', url, options)).body.detail;
  };
  t.equal(
    await detailOf('provincial-system', '/v1/record-deliveries', 'text/csv'),
    '报送仅支持 JSON 或 NDJSON；CSV、XLSX 请由经办机构导入（importRecords）。',
  );
  t.equal(
    await detailOf('platform-ganfutong', '/v1/applications', 'text/csv'),
    '此接口仅支持 UTF-8 编码的 JSON，请转换后重新提交。',
  );
  t.equal(
    await detailOf('handler-360203', '/v1/record-imports/checks?kind=prior-benefit', 'application/x-ndjson'),
    '此接口仅支持 UTF-8 编码的 JSON、CSV、XLSX，请转换后重新提交。',
  );
  const draft = await city.drafted(await city.resident());
  const form = materialForm('identity-card', Buffer.from('GIF89a'));
  const material = { ...form, status: 415 };
  const url = `/v1/applications/${draft.id}/materials`;
  const { body } = await call<Problem>('platform-ganfutong', 'POST', url, material);
  t.match(body.detail, /仅支持 JPEG、PNG、PDF/);
});

t.test('no operation ever answers with a validator’s own words', async (t) => {
  const raw = /\{"|limit|must |keyword|schema|null|undefined|NaN|\[object/;
  const requests = await passingRequests(city);
  let seen = 0;
  for (const { operation, caller, method, url, options } of requests) {
    const { body, query } = options;
    const spoilt = typeof body === 'object' && !Buffer.isBuffer(body) ? spoil(body) : [];
    const attempts = [
      ...[...spoilt, null, [], 'x', {}].map((one) => ({ ...options, body: one as object })),
      ...Object.keys(query ?? {}).map((name) => ({
        ...options,
        query: { ...query, [name]: '\u0000x'.repeat(60) },
      })),
      { ...options, query: { ...query, unheardOf: '1' } },
    ];
    for (const attempt of method === 'GET'
      ? attempts.slice(-1 - Object.keys(query ?? {}).length)
      : attempts) {
      const { status, body: answer } = await call<Problem>(caller, method, url, { ...attempt, key: null });
      if (status < 400) continue;
      for (const { detail } of [answer, ...(answer.errors ?? [])]) {
        seen += 1;
        if (!/\p{Script=Han}.*[。）]$/u.test(detail) || raw.test(detail)) t.fail(`${operation}: ${detail}`);
      }
    }
  }
  t.ok(seen > 500, `sentences read: ${seen}`);
});

/** The body with each of its values, at every depth, replaced by two wrong ones in turn. */
function spoil(body: unknown): unknown[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value], index) => {
    const put = (other: unknown) =>
      Array.isArray(body) ? body.with(Number(name), other) : { ...body, [name]: other };
    const others = ['', -1, 'x'.repeat(5_000), true, null, [value, value]].filter(
      (_, at) => at % 3 === index % 3,
    );
    return [...others.map(put), ...spoil(value).map(put)];
  });
}
