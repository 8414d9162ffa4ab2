// Schemas of records: one closed schema per kind, so that a field of another kind is refused; coverage; and what was
// known of a person at a moment.

import { type Static, type TLiteral, type TObject, type TSchema, Type } from 'typebox';
import {
  ContributionPayer,
  ContributionScheme,
  HardshipCategory,
  Insurance,
  RecordKind,
  RetirementCategory,
} from '../../platform/http/contract/rule-words.ts';
import {
  AgencyCode,
  closed,
  Day,
  exclusive,
  IdentityNumber,
  Instant,
  Month,
  named,
  nullable,
  Officer,
  oneOf,
  PersonalText,
  Sha256,
  StreetCode,
  Text,
  Uuid,
  worded,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { type Kind, kinds } from '../../rules/facts.ts';

export const SourceKey = named(
  'SourceKey',
  Text({
    minLength: 1,
    maxLength: 100,
    description: '来源系统中的主键，不得含身份号码 · the source’s own key, without the identity number',
    examples: ['JF-0001-2025-04'],
  }),
);

/** Of an answer to the provincial system. */
export const SourceKeys = Type.Array(
  named(
    'DeliveredKey',
    closed({
      source: Type.String({ description: '来源代码 · the register', examples: ['jx-human-resources'] }),
      kind: RecordKind,
      sourceKey: Type.String({ description: '报送时的来源主键 · the key as it was delivered' }),
    }),
  ),
  {
    description:
      '本人记录的来源主键，每个来源、每种记录取最新一个，用于在来源系统中找到本人 · keys of the person’s delivered records, the newest of each source and kind',
  },
);

export const RecordVersion = named(
  'RecordVersion',
  Type.Integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: '来源系统中的版本 · the source’s version of this key',
    examples: [1],
  }),
);

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

const DivisionCode = named(
  'DivisionCode',
  Type.String({
    pattern: '^\\d{6}$',
    description: '县级行政区划代码 · code of a county',
    examples: ['360200'],
  }),
);

const kindIs = <K extends Kind>(kind: K) => Type.Literal(kind, { description: '记录种类 · kind of record' });

/** The fields of each kind, without the person. */
const particulars = {
  household: {
    ...held,
    street: StreetCode,
    movedInFrom: Type.Optional(
      worded(DivisionCode, '迁出地行政区划代码 · where the household came from', '350100'),
    ),
  },
  'unemployment-registration': held,
  'hardship-recognition': {
    ...held,
    category: HardshipCategory,
  },
  'flexible-employment': held,
  contribution: {
    month: Type.Unsafe<string>({
      ...Month,
      description: '费款所属期 · the month it is for, not the day it was paid',
    }),
    scheme: ContributionScheme,
    insurance: Insurance,
    payer: ContributionPayer,
    refunded: Type.Boolean({ description: '是否已退费 · refunded' }),
    place: Type.Optional(worded(DivisionCode, '参保地行政区划代码 · where it was paid', '360200')),
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
    category: RetirementCategory,
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
// Tells the compiler, which cannot infer it for an intersection, that each property is a schema.
type Schemas<T> = { [P in keyof T]: T[P] extends TSchema ? T[P] : never };

/** A record of each kind without its person, laid over the records on file in a “what if”. */
export const factSchemas = eachKind((kind) =>
  named(nameOf(kind, 'Fact'), closed({ kind: kindIs(kind), ...particulars[kind] })),
) as { readonly [K in Kind]: TObject<Schemas<KindOf<K> & Particulars[K]>> }; // eachKind's type loses which kind has which schema

/** A record of each kind as a register delivers it. */
export const rowSchemas = eachKind((kind) =>
  named(nameOf(kind, 'Row'), closed({ kind: kindIs(kind), ...identityOfRow, ...particulars[kind] })),
) as { readonly [K in Kind]: TObject<Schemas<KindOf<K> & typeof identityOfRow & Particulars[K]>> }; // as above

export const RecordFact = oneOf(
  'kind',
  kinds.map((kind) => factSchemas[kind]),
  { title: 'RecordFact', description: '一条记录，不含人员 · a record without its person' },
);
export const RecordRow = oneOf(
  'kind',
  kinds.map((kind) => rowSchemas[kind]),
  { title: 'RecordRow', description: '登记机关报送的一条记录 · a record as a register delivers it' },
);

/** `HouseholdRow` for the kind `household`. */
function nameOf(kind: Kind, what: 'Fact' | 'Row'): string {
  return `-${kind}`.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase()) + what;
}

function eachKind(schemaOf: (kind: Kind) => unknown): Record<Kind, unknown> {
  const entries = kinds.map((kind) => [kind, schemaOf(kind)] as const);
  return Object.fromEntries(entries) as Record<Kind, unknown>; // one entry for each kind
}

/** States that the source no longer has the record; only its key is repeated. */
export const RemovalRow = named(
  'RemovalRow',
  closed(
    {
      kind: RecordKind,
      sourceKey: SourceKey,
      version: RecordVersion,
      identityNumber: IdentityNumber,
      removed: Type.Literal(true, { description: '固定为 true · always true' }),
    },
    { title: 'RemovalRow', description: '来源已删除该记录 · the source has deleted this record' },
  ),
);

export type RecordRow = Static<(typeof rowSchemas)[Kind]>;
export type WrittenFact = Static<(typeof factSchemas)[Kind]>;
export type RemovalRow = Static<typeof RemovalRow>;

export const CoverageStatement = named(
  'CoverageStatement',
  closed(
    {
      kind: RecordKind,
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

/** A query in another system, described so that another officer can repeat it. */
export const LookUp = named(
  'LookUp',
  closed(
    {
      system: Text({
        minLength: 2,
        maxLength: 60,
        description: '查询的系统 · the system looked into',
        examples: ['江西省职业技能培训管理系统'],
      }),
      at: worded(Instant, '查询时间 · when'),
      reference: Text({
        minLength: 1,
        maxLength: 100,
        description: '查询编号或打印件编号，不得含身份号码 · reference of the look-up or its printout',
        examples: ['CX20250705-0012'],
      }),
    },
    { description: '在其他系统中的查询 · a look into another system' },
  ),
);

export const RecordQuery = closed({
  ...pageQuery,
  kind: Type.Optional(worded(RecordKind, '记录种类 · kind of record', 'contribution')),
  knownAt: Type.Optional(
    worded(Instant, '按该时刻所掌握的情况查询，不填为现在 · what was known at that moment, now when absent'),
  ),
});
export type RecordQuery = Static<typeof RecordQuery>;

/** The fields of a kind other than its days, as delivered. */
const KnownParticulars = named(
  'KnownParticulars',
  closed(
    {
      street: Type.Optional(StreetCode),
      movedInFrom: particulars.household.movedInFrom,
      category: Type.Optional(
        exclusive([HardshipCategory, RetirementCategory], { description: '认定类别或退休类别 · category' }),
      ),
      month: Type.Optional(particulars.contribution.month),
      scheme: Type.Optional(particulars.contribution.scheme),
      insurance: Type.Optional(particulars.contribution.insurance),
      payer: Type.Optional(particulars.contribution.payer),
      refunded: Type.Optional(particulars.contribution.refunded),
      place: particulars.contribution.place,
      paidOn: particulars.contribution.paidOn,
      refundedOn: particulars['contribution-refund'].refundedOn,
      firstApprovedOn: Type.Optional(particulars['prior-benefit'].firstApprovedOn),
      near: Type.Optional(particulars['prior-benefit'].near),
      months: Type.Optional(particulars['prior-benefit'].months),
      absent: Type.Optional(
        Type.Literal(true, { description: '核实为没有 · found not to hold on these days' }),
      ),
    },
    { description: '各类记录的内容 · what the record says' },
  ),
);

export const KnownRecord = named(
  'KnownRecord',
  closed({
    id: Uuid,
    kind: RecordKind,
    source: Type.String({ description: '来源；officer 为经办人员核实 · who said so' }),
    sourceKey: SourceKey,
    version: RecordVersion,
    from: worded(Day, '开始日（含） · first day it holds'),
    to: nullable(worded(Day, '结束日（含），未结束为 null · last day it holds')),
    particulars: KnownParticulars,
    learntAt: worded(Instant, '本服务获知的时间 · when we learnt it'),
    fileSha256: nullable(
      worded(
        Sha256,
        '手工导入的文件的摘要；登记机关报送的为 null · of the file that an agency imported by hand',
      ),
    ),
    supersededAt: nullable(
      worded(Instant, '被更新版本取代的时间，仍有效为 null · when a later version replaced it'),
    ),
    attestation: nullable(
      named(
        'AttestationOfRecord',
        closed(
          {
            applicationId: worded(Uuid, '所属申请 · the case it was attested for'),
            officer: worded(Officer, '核实人员 · the officer'),
            agencyCode: AgencyCode,
            materialId: nullable(worded(Uuid, '所依据的材料 · the material it rests on')),
            lookUp: nullable(LookUp),
          },
          { description: '核实的依据；登记机关的记录为 null · what an attestation rests on' },
        ),
      ),
    ),
  }),
);
