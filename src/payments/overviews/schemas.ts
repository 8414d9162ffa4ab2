// Schemas of the search for people and of a person's overview.

import { type Static, Type } from 'typebox';
import {
  ApplicationStateName,
  ApplicationSummary,
  MoneyOfMonth,
  MonthState,
} from '../../applications/application/schemas.ts';
import { Entitlement } from '../../eligibility/schemas.ts';
import { Notice } from '../../notifications/notices/schemas.ts';
import {
  AmountFen,
  ApplicantName,
  CaseNumber,
  closed,
  IdentityNumber,
  Month,
  named,
  nullable,
  PersonalText,
  Quarter,
  Uuid,
  worded,
} from '../../platform/http/contract/schemas.ts';
import { Page, pageQuery } from '../../platform/http/paging.ts';
import { Recovery } from '../recoveries/schemas.ts';

const fen = (description: string) => worded(AmountFen, description);

const PersonMonth = named(
  'PersonMonth',
  closed({
    month: Month,
    applicationId: worded(Uuid, '申请编号 · id of the application'),
    caseNumber: CaseNumber,
    state: MonthState,
    amountFen: nullable(AmountFen),
    money: nullable(MoneyOfMonth),
    disbursementId: nullable(worded(Uuid, '所在发放批次 · the disbursement it is in')),
    lineId: nullable(worded(Uuid, '所在的行 · the line it is in')),
  }),
);

const { id, number, kind, title, applicationId, caseNumber, issuedAt, tellBy, delivery, toldAt } =
  Notice.properties;
const NoticeSummary = named(
  'NoticeSummary',
  closed({ id, number, kind, title, applicationId, caseNumber, issuedAt, tellBy, delivery, toldAt }),
);

export const PersonOverview = named(
  'PersonOverview',
  closed(
    {
      personId: worded(Uuid, '人员编号 · id of the person'),
      name: nullable(
        worded(
          ApplicantName,
          '最近一件申请中的姓名；没有申请时为 null · of the newest case; null without one',
        ),
      ),
      identityNumber: Type.String({ description: '身份号码（脱敏） · masked' }),
      entitlement: Entitlement,
      cases: worded(
        Page(ApplicationSummary),
        '申请；更多的用 listApplications 按人查询 · as listApplications shows them',
      ),
      months: Type.Array(PersonMonth, {
        description: '申请过的月份及其资金，按月份排序 · every month of these cases, with its money',
      }),
      money: named(
        'PersonMoney',
        closed(
          {
            waitingFen: fen('等待发放，含暂缓（分） · granted and waiting, holds included'),
            inPaymentFen: fen('发放中（分） · at the bank'),
            notPaidFen: fen('发放失败或退票（分） · failed or returned'),
            paidFen: fen('已发放，含其后追回的（分） · paid, what was recovered since included'),
            setOffFen: fen('已用于抵扣欠款（分） · settled debts instead of being paid'),
            owedFen: fen('尚未退回（分） · still owed'),
          },
          { description: '以上月份的金额合计 · these months, summed' },
        ),
      ),
      recoveries: worded(
        Page(Recovery),
        '追回；更多的用 listRecoveries 按人查询 · as listRecoveries shows them',
      ),
      notices: worded(
        Page(NoticeSummary),
        '告知书；全文用 getNotice 查看，更多的用 listNotices 按人查询 · getNotice has the text',
      ),
    },
    {
      description:
        '一个人的全部情况；申请、资金、追回和告知书限本辖区的 · a person on one page; cases, money, recoveries and notices of the caller’s scope',
    },
  ),
);

export const FindPeople = named(
  'FindPeople',
  Type.Object(
    {
      name: Type.Optional(
        PersonalText({
          minLength: 1,
          maxLength: 60,
          description: '完整姓名 · the whole name',
          examples: ['王建国'],
        }),
      ),
      caseNumber: Type.Optional(CaseNumber),
      identityNumber: Type.Optional(IdentityNumber),
    },
    {
      additionalProperties: false,
      minProperties: 1,
      description: '至少填写一项；填写多项的须同时符合 · at least one; all that are given must hold',
      examples: [{ name: '王建国' }],
    },
  ),
);
export type FindPeople = Static<typeof FindPeople>;

export const FindPeopleQuery = closed(pageQuery);
export type FindPeopleQuery = Static<typeof FindPeopleQuery>;

export const FoundPerson = named(
  'FoundPerson',
  closed({
    personId: worded(Uuid, '人员编号 · id of the person'),
    name: PersonOverview.properties.name,
    identityNumber: PersonOverview.properties.identityNumber,
    cases: Type.Array(
      named(
        'CaseOfPerson',
        closed({ id: Uuid, caseNumber: CaseNumber, quarter: Quarter, state: ApplicationStateName }),
      ),
      { description: '本辖区的申请，最近的在前 · cases in scope, the newest first' },
    ),
  }),
);
