// Schemas of reveals of full personal data, and of the report who saw them.

import { type Static, Type } from 'typebox';
import { ContactOnFile } from '../../applications/agents/schemas.ts';
import { asking, askingExample } from '../../eligibility/questions/schemas.ts';
import {
  ActingRole,
  CaseNumber,
  closed,
  Instant,
  named,
  nullable,
  Officer,
  parameter,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { factGroups } from '../../platform/http/fact-groups.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { RevealPurpose } from '../../registers/reveals/purposes.ts';

export const revealableFields = {
  identityNumber: '公民身份号码',
  name: '姓名',
  phone: '联系电话',
  account: '银行账号',
  agentIdentityNumber: '代办人公民身份号码',
} as const;
export type RevealableField = keyof typeof revealableFields;
const RevealableFieldName = words(
  'RevealableField',
  revealableFields,
  '完整显示的项目 · field to be shown whole',
);

export const RevealPerson = named(
  'RevealPerson',
  closed(
    {
      fields: Type.Array(RevealableFieldName, {
        minItems: 1,
        maxItems: Object.keys(revealableFields).length,
        uniqueItems: true,
        description: '需要完整显示的项目，只选必需的 · only what is needed',
      }),
      purpose: RevealPurpose,
    },
    {
      description: '查看哪些项目、为何查看 · which fields, and why',
      examples: [{ fields: ['phone'], purpose: 'contact-applicant' }],
    },
  ),
);
export type RevealPerson = Static<typeof RevealPerson>;

export const Reveal = named(
  'Reveal',
  closed(
    {
      personId: Uuid,
      applicationId: Uuid,
      caseNumber: worded(CaseNumber, '所依据的申请，最近提交的一份 · the newest case in scope'),
      identityNumber: Type.Optional(Type.String({ description: '公民身份号码（完整） · whole' })),
      name: Type.Optional(Type.String({ description: '姓名（完整） · whole' })),
      phone: Type.Optional(Type.String({ description: '联系电话（完整） · whole' })),
      contact: Type.Optional(ContactOnFile),
      account: Type.Optional(Type.String({ description: '银行账号（完整） · whole' })),
      agentIdentityNumber: Type.Optional(
        Type.String({
          description: '代办人公民身份号码（完整）；本人办理的没有 · whole; absent without an agent',
        }),
      ),
    },
    { description: '所选项目的完整内容 · the chosen fields in whole' },
  ),
);
export type Reveal = Static<typeof Reveal>;

export const AccessReportQuery = closed({
  ...pageQuery,
  // The example comes after the first entry.
  after: Type.Optional(
    parameter(
      'AfterAccess',
      worded(
        pageQuery.after,
        '上一页给出的 next · the previous page’s next',
        'MTc1MTY4MDgwMDAwMDAwMCBlbnRyeSAx',
      ),
    ),
  ),
});
export type AccessReportQuery = Static<typeof AccessReportQuery>;

export const Access = named(
  'Access',
  closed(
    {
      entryId: nullable(
        Type.Integer({
          description: '审计记录编号，仅为查阅时为空 · id of the audit entry; null for a look',
        }),
      ),
      at: Instant,
      operation: Type.String({ description: '操作 · operation', examples: ['revealPerson'] }),
      officer: worded(Officer, '操作人；平台、系统没有姓名 · who; platforms and systems have no name'),
      clientId: Type.String({ description: '所用系统 · through which software' }),
      role: ActingRole,
      agencyCode: nullable(Type.String({ description: '所属机构 · agency or street' })),
      target: named(
        'TargetOfAccess',
        closed(
          {
            kind: Type.String({ description: '对象种类 · kind of thing' }),
            id: Type.String({ description: '对象编号 · its id' }),
          },
          { description: '对象 · on what' },
        ),
      ),
      shown: Type.Array(Type.String({ examples: ['phone'] }), {
        description: '完整显示或导出的个人信息项目；空表示只见脱敏内容 · personal data that went out whole',
      }),
      facts: Type.Array(Type.String({ examples: ['case'] }), {
        description: `回答中所见的信息类别，除注明完整的以外号码均已脱敏 · groups of facts seen, numbers masked unless whole: ${Object.entries(
          factGroups,
        )
          .map(([group, meaning]) => `\`${group}\` ${meaning}`)
          .join('，')}`,
      }),
      purpose: nullable(Type.String({ description: '查看目的 · why', examples: ['contact-applicant'] })),
      requestId: Type.String({ description: '请求编号 · id of the request' }),
      sourceAddress: Type.String({ description: '来源地址 · from where' }),
    },
    { description: '一次办理或查看 · one act or look' },
  ),
);

export const AskAccessReport = named(
  'AskAccessReport',
  closed(
    { ...asking },
    { description: '已登录的本人 · the person who is logged in', examples: [askingExample] },
  ),
);

const { at, operation, role, shown, facts, purpose } = Access.properties;
export const OwnAccess = named(
  'OwnAccess',
  closed(
    {
      at,
      operation,
      role,
      place: nullable(
        Type.String({
          description: '经办机构或街道（乡镇）名称；平台和系统为空 · name of the agency or street',
        }),
      ),
      shown,
      facts,
      purpose,
    },
    { description: '本人的信息被办理或查看一次 · one act or look, for the person' },
  ),
);
