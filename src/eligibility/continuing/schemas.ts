// Schemas of who may claim a further quarter, and of a case that is continued in it.

import { type Static, Type } from 'typebox';
import { ApplicantByName, Application } from '../../applications/application/schemas.ts';
import {
  CaseNumber,
  closed,
  Month,
  named,
  Quarter,
  StreetCode,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';

const ChangeSinceLast = named(
  'ChangeSinceLast',
  closed({
    subject: words(
      'ContinuedSubject',
      {
        household: '户籍',
        account: '收款账户',
        policy: '政策',
        work: '就业情况',
        undertaking: '承诺书',
        materials: '材料',
        months: '其他月份',
      },
      '哪一方面 · what it is about',
    ),
    detail: Type.String({ description: '有什么变化、要办什么 · what has changed and what to do' }),
  }),
);
export type ChangeSinceLast = Static<typeof ChangeSinceLast>;

export const ContinuedApplication = named(
  'ContinuedApplication',
  closed(
    {
      application: Application,
      changes: Type.Array(ChangeSinceLast, {
        description: '自上次申请以来的变化和要办的事 · what has changed since the last case, and what to do',
      }),
    },
    { description: '续申的草稿 · the draft of a further quarter' },
  ),
);

export const ClaimableQuery = closed({
  ...pageQuery,
  quarter: Type.Optional(
    worded(Quarter, '哪一季度；不填为最近一个已结束的 · the last that has ended when absent', '2025Q2'),
  ),
});
export type ClaimableQuery = Static<typeof ClaimableQuery>;

export const ClaimableQuarter = named(
  'ClaimableQuarter',
  closed(
    {
      applicationId: worded(
        Uuid,
        '最近一件已批准的申请，可据以续申 · the last approved case, to be continued',
      ),
      caseNumber: CaseNumber,
      personId: worded(Uuid, '人员编号 · id of the person'),
      streetCode: StreetCode,
      applicant: ApplicantByName,
      quarter: Quarter,
      months: Type.Array(Month, {
        description:
          '期限以内、可以申请的月份；能否发放在申请后比对 · within the term; assessed when claimed',
      }),
    },
    {
      description: '可以申请而尚未申请该季度的人员 · somebody who may claim the quarter and has not applied',
    },
  ),
);
