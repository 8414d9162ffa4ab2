// What travels when an applicant changes what they entered.

import { type Static, Type } from 'typebox';
import { closed, named } from '../../platform/http/contract/schemas.ts';
import { CreateApplication, SignedUndertaking } from '../application/schemas.ts';

const { quarter, months, applicant, household, account, work } = CreateApplication.properties;
const { name, phone } = applicant.properties;

export const UpdateDraft = named(
  'UpdateDraft',
  closed(
    {
      quarter: Type.Optional(quarter),
      months: Type.Optional(months),
      applicant: Type.Optional(closed({ name, phone }, { description: '姓名和电话 · name and phone' })),
      household: Type.Optional(household),
      account: Type.Optional(account),
      work: Type.Optional(work),
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
