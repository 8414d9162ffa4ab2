// The vocabulary of recorded disclosures: groups of facts about a person, and purposes.

import type { ReadContext } from '../context.ts';

/** Groups of facts about a person, as named in an access report. */
export const factGroups = {
  case: '申请情况',
  identity: '姓名、证件号码、电话、账号',
  'whole-identity-number': '完整的公民身份号码',
  'whole-name': '完整的姓名',
  agent: '代办人、联系人',
  records: '登记机关的数据',
  entitlement: '资格和享受期限',
  decision: '审核决定',
  notice: '告知书',
  payment: '发放情况',
  recovery: '追回情况',
  material: '材料',
  trace: '办理和查阅记录',
} as const;
export type FactGroup = keyof typeof factGroups;

export const purposes = {
  'serve-applicant': '为申请人本人办事',
  'handle-case': '办理补贴申请',
  'pay-subsidy': '拨付和发放补贴',
  oversee: '审计监督',
  'exchange-data': '共享登记数据',
  configure: '系统配置',
} as const;

export type Purpose = keyof typeof purposes;

/** Default purpose of each role, for requests that state none. */
export const purposeOf: Readonly<Record<ReadContext['role'], Purpose>> = {
  platform: 'serve-applicant',
  'street-officer': 'handle-case',
  handler: 'handle-case',
  reviewer: 'handle-case',
  payer: 'pay-subsidy',
  finance: 'pay-subsidy',
  auditor: 'oversee',
  'provincial-system': 'exchange-data',
  administrator: 'configure',
  service: 'configure',
};
