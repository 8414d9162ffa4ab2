// What travels when a person applies. Requests and answers share words but no schema: what is sent whole comes back masked.

import { type Static, Type } from 'typebox';
import { pageQuery } from '../http/paging.ts';
import {
  AgencyCode,
  AmountFen,
  closed,
  Day,
  IdentityNumber,
  Instant,
  Month,
  named,
  nullable,
  Quarter,
  StreetCode,
  Text,
  Uuid,
  Version,
} from '../http/schemas.ts';
import { caseNumberPattern } from './case-number.ts';
import { materialKinds } from './materials.ts';
import { type ApplicationState, states } from './states.ts';

export const channels = {
  'provincial-online-hall': { title: '江西人社网上办事大厅', isOnline: true },
  ganfutong: { title: '赣服通', isOnline: true },
  'wujia2-platform': { title: '5+2 就业之家线上平台', isOnline: true },
  'wujia2-home': { title: '5+2 就业之家', isOnline: false },
  'street-social-affairs': { title: '街道社会事务办公室', isOnline: false },
  'street-service-centre': { title: '街道便民服务中心', isOnline: false },
} as const;
export type Channel = keyof typeof channels;

export const signatureMethods = ['online-confirmation', 'handwritten', 'fingerprint'] as const;

// Object.keys forgets the names it was given; they are the closed list above.
const Channel = Type.Enum(Object.keys(channels) as Channel[], { description: '申请渠道 · channel' });
const State = Type.Enum(Object.keys(states) as ApplicationState[], { description: '状态 · state' });

export const CreateApplication = named(
  'CreateApplication',
  closed({
    channel: Channel,
    quarter: Quarter,
    months: Type.Array(Month, {
      minItems: 1,
      maxItems: 3,
      uniqueItems: true,
      description: '申请月份，须已结束且属于该季度 · months that have ended, of this quarter',
    }),
    applicant: closed({
      identityNumber: IdentityNumber,
      name: Text({ minLength: 1, maxLength: 50, description: '姓名 · name' }),
      phone: Type.String({
        pattern: '^1\\d{10}$',
        description: '手机号码（11 位） · mobile phone',
        examples: ['13900000000'],
      }),
    }),
    household: closed({ streetCode: StreetCode }),
    account: closed({
      bank: Text({
        minLength: 2,
        maxLength: 60,
        description: '开户银行 · bank',
        examples: ['景德镇农商银行'],
      }),
      number: Text({
        minLength: 12,
        maxLength: 60,
        description: '社会保障卡银行账号（12–30 位数字） · account number',
      }),
      holder: Text({
        minLength: 1,
        maxLength: 50,
        description: '户名，须与申请人一致 · account holder, the applicant',
      }),
    }),
    work: closed({
      kind: Type.Enum(['self-employed', 'part-time', 'platform', 'other'], {
        description: '灵活就业形式 · kind of work',
      }),
      since: Day,
      place: Text({ minLength: 1, maxLength: 100, description: '从业地点 · where' }),
    }),
    undertaking: closed({
      version: Text({
        maxLength: 40,
        description: '承诺书版本 · version of the text that was shown',
        examples: ['jdz-2024-139'],
      }),
      signedAt: Instant,
      method: Type.Enum([...signatureMethods], { description: '签署方式 · how it was signed' }),
    }),
  }),
);
export type CreateApplication = Static<typeof CreateApplication>;

export const Material = named(
  'Material',
  closed({
    id: Uuid,
    kind: Type.Enum([...materialKinds]),
    mediaType: Type.String(),
    byteLength: Type.Integer(),
    sha256: Type.String(),
    addedAt: Instant,
  }),
);

export const MaterialForm = named(
  'MaterialForm',
  closed({
    kind: Type.Enum([...materialKinds], { description: '材料种类 · kind of material' }),
    content: Type.Unsafe<Buffer>({
      type: 'string',
      format: 'binary',
      description: 'JPEG、PNG 或 PDF，不超过 5 MiB',
    }),
  }),
);

const MonthState = Type.Enum(['draft', 'claimed', 'live', 'refused', 'released', 'recovered'], {
  description: '月份状态：claimed 已申请，live 已批准，refused 未批准，released 已放开，recovered 已追回',
});

export const Application = named(
  'Application',
  closed(
    {
      id: Uuid,
      version: Version,
      caseNumber: Type.String({
        pattern: caseNumberPattern,
        description: '受理编号 · case number',
        examples: ['JDZ26-0000123-4'],
      }),
      state: State,
      progress: closed({
        title: Type.String({ description: '状态说明 · the state in words' }),
        next: Type.String({ description: '下一步 · what happens next' }),
        actor: nullable(Type.String({ description: '由谁办理 · who acts' })),
      }),
      personId: Uuid,
      quarter: Quarter,
      months: Type.Array(closed({ month: Month, state: MonthState, amountFen: nullable(AmountFen) })),
      channel: Channel,
      agencyCode: AgencyCode,
      streetCode: StreetCode,
      applicant: closed({
        name: Type.String({ description: '姓名（脱敏） · masked' }),
        identityNumber: Type.String({ description: '身份号码（脱敏） · masked' }),
        phone: Type.String({ description: '手机号码（脱敏） · masked' }),
      }),
      account: closed({ bank: Type.String(), number: Type.String({ description: '账号（脱敏） · masked' }) }),
      work: closed({ kind: Type.String(), since: Day, place: Type.String() }),
      undertaking: closed({
        version: Type.String(),
        sha256: Type.String(),
        signedAt: Instant,
        method: Type.String(),
      }),
      materials: Type.Array(Material),
      materialsRequired: Type.Array(
        closed({
          kind: Type.Enum([...materialKinds]),
          title: Type.String(),
          sparedBy: nullable(
            Type.String({ description: '由该登记数据代替，无需提供 · the register that spares it' }),
          ),
          supplied: Type.Boolean(),
        }),
      ),
      warnings: Type.Array(closed({ pointer: Type.String(), code: Type.String(), detail: Type.String() }), {
        description: '提醒，不影响提交 · warnings that refuse nothing',
      }),
      createdAt: Instant,
      submittedAt: nullable(Instant),
      acceptedAt: nullable(Instant),
      closedAt: nullable(Instant),
    },
    { description: '申请 · an application' },
  ),
);
export type Application = Static<typeof Application>;

export const ApplicationSummary = named(
  'ApplicationSummary',
  closed({
    id: Uuid,
    caseNumber: Application.properties.caseNumber,
    state: State,
    quarter: Quarter,
    months: Type.Array(Month),
    channel: Channel,
    agencyCode: AgencyCode,
    streetCode: StreetCode,
    submittedAt: nullable(Instant),
  }),
);

export const ApplicationQuery = closed({
  ...pageQuery,
  state: Type.Optional(State),
  quarter: Type.Optional(Quarter),
  streetCode: Type.Optional(StreetCode),
  channel: Type.Optional(Channel),
});
export type ApplicationQuery = Static<typeof ApplicationQuery>;
