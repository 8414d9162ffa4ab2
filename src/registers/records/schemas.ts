// What a register delivers. One closed schema for each kind of record: a field that its kind does not have is refused.

import { type Static, type TLiteral, type TObject, type TSchema, Type } from 'typebox';
import {
  AgencyCode,
  closed,
  Day,
  FieldError,
  IdentityNumber,
  Instant,
  Month,
  named,
  nullable,
  PersonalText,
  StreetCode,
  Text,
  Uuid,
  worded,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import {
  contributionPayers,
  contributionSchemes,
  hardshipCategories,
  insurances,
  type Kind,
  kinds,
  retirementCategories,
} from '../../rules/facts.ts';
import { deliveryExamples } from '../deliveries/examples.ts';
import { mappings } from './mapping.ts';

export const maximumRows = 10_000;

export const SourceKey = Text({
  minLength: 1,
  maxLength: 100,
  description: '来源系统中的主键，不得含身份号码 · the source’s own key, without the identity number',
  examples: ['JF-0001-2025-04'],
});

export const RecordVersion = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: '来源系统中的版本 · the source’s version of this key',
});

const identityOfRow = {
  sourceKey: SourceKey,
  version: RecordVersion,
  identityNumber: IdentityNumber,
  name: Type.Optional(
    PersonalText({ minLength: 1, maxLength: 100, description: '姓名 · name as this source spells it' }),
  ),
};

const held = {
  from: Type.Unsafe<string>({ ...Day, description: '开始日（含） · first day it holds' }),
  to: Type.Optional(
    nullable(Type.Unsafe<string>({ ...Day, description: '结束日（含），未结束为 null · last day it holds' })),
  ),
};

const Insurance = Type.Enum([...insurances], {
  description: '险种：pension 养老保险，medical 医疗保险 · insurance',
});

const Division = { pattern: '^\\d{6}$' };

export const AnyKind = Type.Enum([...kinds], { description: '记录种类 · kind of record' });
const kindIs = <K extends Kind>(kind: K) => Type.Literal(kind, { description: '记录种类 · kind of record' });

/** What each kind says beside whom it is about. */
export const particulars = {
  household: {
    ...held,
    street: StreetCode,
    movedInFrom: Type.Optional(
      Type.String({
        ...Division,
        description: '迁出地行政区划代码 · where the household came from',
        examples: ['350100'],
      }),
    ),
  },
  'unemployment-registration': held,
  'hardship-recognition': {
    ...held,
    category: Type.Enum([...hardshipCategories], { description: '认定类别 · category' }),
  },
  'flexible-employment': held,
  contribution: {
    month: Type.Unsafe<string>({
      ...Month,
      description: '费款所属期 · the month it is for, not the day it was paid',
    }),
    scheme: Type.Enum([...contributionSchemes], {
      description: 'employees 职工，residents 城乡居民 · scheme',
    }),
    insurance: Insurance,
    payer: Type.Enum([...contributionPayers], { description: '缴费主体 · who paid' }),
    refunded: Type.Boolean({ description: '是否已退费 · refunded' }),
    place: Type.Optional(
      Type.String({
        ...Division,
        description: '参保地行政区划代码 · where it was paid',
        examples: ['360200'],
      }),
    ),
    paidOn: Type.Optional(Day),
  },
  'contribution-refund': {
    month: Type.Unsafe<string>({
      ...Month,
      description: '退费所属的费款所属期 · the month whose contribution was refunded',
    }),
    insurance: Insurance,
    refundedOn: Type.Optional(
      worded(Day, '退费日期；晚于该日的缴费视为重新缴费 · when; a contribution paid later is a new one'),
    ),
  },
  'unemployment-benefit': held,
  'skills-training': held,
  'public-post': held,
  imprisonment: held,
  'public-payroll': held,
  'employer-insurance': held,
  pension: held,
  'retirement-category': {
    ...held,
    category: Type.Enum([...retirementCategories], { description: '退休类别 · retirement category' }),
  },
  dishonesty: held,
  death: { from: held.from },
  'prior-benefit': {
    firstApprovedOn: Type.Unsafe<string>({ ...Day, description: '初次核定日 · first approval day' }),
    near: Type.Boolean({
      description: '距退休不足5年（初次核定时） · near retirement when first approved',
    }),
    months: Type.Array(Month, {
      minItems: 1,
      maxItems: 240,
      uniqueItems: true,
      description: '已享受的月份 · the months granted',
    }),
  },
} satisfies Record<Kind, Record<string, TSchema>>;

type Particulars = typeof particulars;
type KindOf<K extends Kind> = { kind: TLiteral<K> };
// Says of an intersection what the compiler does not see by itself: that each of its properties is a schema.
type Schemas<T> = { [P in keyof T]: T[P] extends TSchema ? T[P] : never };

/** A record of each kind without saying whom it is about: laid over what is on file in a “what if”. */
export const factSchemas = eachKind((kind) =>
  named(nameOf(kind, 'Fact'), closed({ kind: kindIs(kind), ...particulars[kind] })),
) as { readonly [K in Kind]: TObject<Schemas<KindOf<K> & Particulars[K]>> }; // a function of kinds forgets which gave what

/** A record of each kind as a register delivers it. */
export const rowSchemas = eachKind((kind) =>
  named(nameOf(kind, 'Row'), closed({ kind: kindIs(kind), ...identityOfRow, ...particulars[kind] })),
) as { readonly [K in Kind]: TObject<Schemas<KindOf<K> & typeof identityOfRow & Particulars[K]>> }; // likewise

/** `HouseholdRow` for the kind `household`. */
function nameOf(kind: Kind, what: 'Fact' | 'Row'): string {
  return `-${kind}`.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase()) + what;
}

function eachKind(schemaOf: (kind: Kind) => unknown): Record<Kind, unknown> {
  const entries = kinds.map((kind) => [kind, schemaOf(kind)] as const);
  return Object.fromEntries(entries) as Record<Kind, unknown>; // one entry for each kind
}

/** Says that the source no longer has the record; nothing but its key is repeated. */
export const RemovalRow = closed(
  {
    kind: AnyKind,
    sourceKey: SourceKey,
    version: RecordVersion,
    identityNumber: IdentityNumber,
    removed: Type.Literal(true, { description: '固定为 true · always true' }),
  },
  { title: 'RemovalRow', description: '来源已删除该记录 · the source has deleted this record' },
);

export type RecordRow = Static<(typeof rowSchemas)[Kind]>;
export type WrittenFact = Static<(typeof factSchemas)[Kind]>;
export type RemovalRow = Static<typeof RemovalRow>;

export const CoverageStatement = named(
  'CoverageStatement',
  closed(
    {
      kind: AnyKind,
      throughMonth: nullable(
        worded(Month, '数据完整至该月；null 表示撤回 · complete through this month; null withdraws'),
      ),
      agencyCode: Type.Optional(
        worded(AgencyCode, '仅对该经办机构；不填为全市 · for one agency; the city when absent'),
      ),
      asOf: worded(Instant, '截至时间 · as of when'),
    },
    { description: '登记机关对数据完整性的声明 · what the register vouches for' },
  ),
);

export type CoverageStatement = Static<typeof CoverageStatement>;

export const RecordDeliveryRequest = named(
  'RecordDeliveryRequest',
  closed(
    {
      source: Type.String({
        pattern: '^[a-z][a-z0-9-]{1,39}$',
        description: '来源登记机关 · the register that speaks; "officer" is reserved for attestations',
        examples: ['jx-human-resources'],
      }),
      rows: Type.Array(Type.Union([...kinds.map((kind) => rowSchemas[kind]), RemovalRow]), {
        maxItems: maximumRows,
        description: '逐行校验：有错的行退回，其余保留 · each row is judged alone',
      }),
      mapping: Type.Optional(
        Type.Enum([...mappings.keys()], {
          description: '字段名对照表；不填则用本接口的字段名 · in whose field names the rows are written',
        }),
      ),
      coverage: Type.Optional(
        Type.Array(CoverageStatement, {
          maxItems: 200,
          description: '数据完整性声明 · what the register vouches for',
        }),
      ),
    },
    { description: '一次报送 · one delivery', 'x-examples': deliveryExamples },
  ),
);

export const maximumStreamedRows = 1_000_000;

/** The first line of a streamed delivery; every other line is a row. */
export const RecordStreamHeader = closed({
  source: RecordDeliveryRequest.properties.source,
  mapping: RecordDeliveryRequest.properties.mapping,
  coverage: RecordDeliveryRequest.properties.coverage,
});
export type RecordStreamHeader = Static<typeof RecordStreamHeader>;

/** What the contract says of a body that is read line by line. */
export const RecordStream = Type.String({
  description:
    '每行一个 JSON。第一行为 source 和 coverage，其余每行一条记录，与 rows 中的相同；最多 1,000,000 行。' +
    ' · one JSON value a line: first source and coverage, then a row on each',
  examples: [
    '{"source":"jx-human-resources"}\n{"kind":"flexible-employment","sourceKey":"LH-0001","version":1,' +
      '"identityNumber":"360299197205111035","from":"2024-03-01"}\n',
  ],
});

/** The same request with the rows unread: a bad row is answered in its place and does not refuse the others. */
export const RecordDeliveryEnvelope = closed({
  source: RecordDeliveryRequest.properties.source,
  mapping: RecordDeliveryRequest.properties.mapping,
  rows: Type.Array(Type.Unknown(), { maxItems: maximumRows }),
  coverage: RecordDeliveryRequest.properties.coverage,
});
export type RecordDeliveryEnvelope = Static<typeof RecordDeliveryEnvelope>;

export const rowOutcomes = ['new', 'superseding', 'unchanged', 'outdated', 'refused'] as const;
export type RowOutcome = (typeof rowOutcomes)[number];

const told = {
  id: Uuid,
  source: Type.String({ description: '来源登记机关 · the register that spoke' }),
  state: Type.Enum(['open', 'complete'], {
    description:
      'open：正在接收或中断，用同一个 Idempotency-Key 重新发送即可续传；complete：已全部接收 · whether all of it came',
  }),
  receivedAt: worded(Instant, '收到时间 · when it was received'),
  takenAt: nullable(worded(Instant, '最近一批入库的时间 · when the last batch of it was stored')),
  totals: closed(
    {
      received: Type.Integer({ description: '收到 · received' }),
      new: Type.Integer({ description: '新增 · new' }),
      superseding: Type.Integer({ description: '取代旧版本 · superseding' }),
      unchanged: Type.Integer({ description: '与已有版本相同 · the same again' }),
      outdated: Type.Integer({
        description: '版本低于已有版本，未采用 · older than the one on file, ignored',
      }),
      refused: Type.Integer({ description: '退回 · refused' }),
    },
    { description: '各种结果的行数，合计相符 · rows by what became of them' },
  ),
  peopleToReassess: Type.Integer({
    description:
      '已享受月份或在办申请将被重新核对的人次 · people whose granted months or open cases are looked at again',
  }),
};

export const RecordDelivery = named(
  'RecordDelivery',
  closed(
    {
      ...told,
      refused: Type.Array(
        closed({
          row: Type.Integer({ minimum: 1, description: '行号，从 1 起 · row number from 1' }),
          sourceKey: nullable(SourceKey),
          errors: Type.Array(FieldError, { description: '全部原因 · every reason' }),
        }),
        {
          description:
            '退回的行和原因（最多列出 100 行，全部见退回清单文件）；其余各行均已采用 · rows refused, with every reason',
        },
      ),
    },
    { description: '一次报送的结果 · what became of a delivery' },
  ),
);

const StreamKey = Text({
  minLength: 8,
  maxLength: 200,
  description: '报送时的 Idempotency-Key（NDJSON） · the key under which lines were sent',
  examples: ['hr-2025-07-05-full'],
});

export const RecordDeliverySummary = named(
  'RecordDeliverySummary',
  closed(
    {
      ...told,
      idempotencyKey: nullable(
        worded(StreamKey, '逐行报送的 Idempotency-Key；JSON 报送为 null · null for JSON'),
      ),
    },
    { description: '一次报送的进度 · how far a delivery has come' },
  ),
);

export const RecordDeliveryQuery = closed({
  ...pageQuery,
  state: Type.Optional(worded(told.state, '是否已全部接收 · whether all of it came', 'open')),
  idempotencyKey: Type.Optional(StreamKey),
});
export type RecordDeliveryQuery = Static<typeof RecordDeliveryQuery>;
