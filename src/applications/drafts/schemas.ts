// Schemas for creating and changing an application. Responses mask what requests contain in full, so they share no
// schema.

import { type Static, Type } from 'typebox';
import {
  closed,
  Day,
  IdentityNumber,
  Instant,
  Month,
  named,
  nullable,
  PersonalText,
  Quarter,
  Sha256,
  StreetCode,
  Text,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { Agent, Contact } from '../agents/schemas.ts';
import { Channel } from '../application/schemas.ts';

export const signatureMethods = {
  'online-confirmation': '线上确认',
  handwritten: '手写签名',
  fingerprint: '按指印',
} as const;

const application = {
  channel: 'ganfutong',
  quarter: '2025Q2',
  months: ['2025-04', '2025-05', '2025-06'],
  applicant: { identityNumber: '360299197205111035', name: '王建国', phone: '13900000000' },
  household: { streetCode: '360203007' },
  account: { bank: '景德镇农商银行', number: '6217000000000001236', holder: '王建国' },
  work: { kind: 'platform', since: '2024-03-01', place: '珠山区外卖配送' },
  undertaking: { version: 'jdz-2024-139', signedAt: '2025-07-05T01:30:00Z', method: 'online-confirmation' },
};
const createExamples = {
  quarter: { summary: '一个季度 · a quarter', value: application },
  toWithdraw: {
    summary: '另一份草稿，用于撤回 · another draft, to be withdrawn',
    value: { ...application, months: ['2025-06'] },
  },
};

/** Optional in a draft, which may be printed first; required for the submission. */
export const SignedUndertaking = named(
  'SignedUndertaking',
  closed(
    {
      version: Text({
        maxLength: 40,
        description: '承诺书版本 · version of the text that was shown',
        examples: ['jdz-2024-139'],
      }),
      signedAt: worded(Instant, '签署时间 · when it was signed'),
      method: words('SignatureMethod', signatureMethods, '签署方式 · how it was signed'),
      sha256: Type.Optional(
        worded(
          Sha256,
          '所出示文本的 SHA-256，与公布的不符时拒绝 · of the text shown; refused where it is another',
        ),
      ),
    },
    {
      description:
        '申请人签署的承诺书；草稿可暂缺，未签署不能提交 · the signed undertaking; not needed for a draft, nothing is submitted without',
    },
  ),
);
export type SignedUndertaking = Static<typeof SignedUndertaking>;

export const CreateApplication = named(
  'CreateApplication',
  closed(
    {
      channel: Channel,
      quarter: Quarter,
      months: Type.Array(Month, {
        minItems: 1,
        maxItems: 3,
        uniqueItems: true,
        description: '申请月份，须已结束且属于该季度 · months that have ended, of this quarter',
      }),
      applicant: named(
        'Applicant',
        closed(
          {
            identityNumber: IdentityNumber,
            name: PersonalText({ minLength: 1, maxLength: 50, description: '姓名 · name' }),
            phone: Type.Optional(
              PersonalText({
                minLength: 1,
                maxLength: 30,
                description:
                  '本人联系电话：11 位手机号码，或带区号的固定电话；没有的填写联系人 · a mobile phone, or a landline with its area code; a contact instead where there is none',
                examples: ['13900000000'],
              }),
            ),
            contact: Type.Optional(Contact),
          },
          { description: '申请人 · the applicant' },
        ),
      ),
      household: named(
        'Household',
        closed({ streetCode: StreetCode }, { description: '户籍所在街道（乡镇） · where the household is' }),
      ),
      account: named(
        'Account',
        closed(
          {
            bank: Text({
              minLength: 2,
              maxLength: 60,
              description: '开户银行 · bank',
              examples: ['景德镇农商银行'],
            }),
            number: PersonalText({
              minLength: 1,
              maxLength: 60,
              description: '社会保障卡银行账号（12–30 位数字） · account number',
            }),
            holder: PersonalText({
              minLength: 1,
              maxLength: 50,
              description: '户名，须与申请人一致 · account holder, the applicant',
            }),
          },
          { description: '社会保障卡银行账户 · the account of the social security card' },
        ),
      ),
      work: named(
        'Work',
        closed(
          {
            kind: words(
              'WorkKind',
              {
                'self-employed': '个体经营',
                'part-time': '非全日制',
                platform: '新就业形态（平台）',
                other: '其他灵活就业',
              },
              '灵活就业形式 · kind of work',
            ),
            since: worded(Day, '从业开始日期 · since when'),
            place: Text({ minLength: 1, maxLength: 100, description: '从业地点 · where' }),
          },
          { description: '灵活就业情况 · the work' },
        ),
      ),
      agent: Type.Optional(Agent),
      undertaking: Type.Optional(SignedUndertaking),
    },
    { description: '一人一个季度的申请 · one person, one quarter', 'x-examples': createExamples },
  ),
);
export type CreateApplication = Static<typeof CreateApplication>;

const { quarter, months, applicant, household, account, work } = CreateApplication.properties;
const { name, phone, contact } = applicant.properties;

export const UpdateDraft = named(
  'UpdateDraft',
  closed(
    {
      quarter: Type.Optional(quarter),
      months: Type.Optional(months),
      applicant: Type.Optional(
        named(
          'ChangedApplicant',
          closed(
            { name, phone, contact },
            { description: '姓名和电话或联系人 · name, and phone or contact' },
          ),
        ),
      ),
      household: Type.Optional(household),
      account: Type.Optional(account),
      work: Type.Optional(work),
      agent: Type.Optional(
        nullable(worded(Agent, '代办人；改为本人办理的填 null · null: in person after all')),
      ),
      undertaking: Type.Optional(SignedUndertaking),
    },
    {
      minProperties: 1,
      description: '要修改的部分，每部分须完整填写；身份证号不能修改 · the parts to change, each whole',
      examples: [{ work: { kind: 'platform', since: '2024-03-01', place: '昌江区外卖配送' } }],
    },
  ),
);
export type UpdateDraft = Static<typeof UpdateDraft>;
