// Schemas of a person's overview.

import { Type } from 'typebox';
import { ApplicationSummary, MonthState } from '../../applications/application/schemas.ts';
import { Entitlement } from '../../eligibility/schemas.ts';
import { Notice } from '../../notifications/notices/schemas.ts';
import {
  AmountFen,
  CaseNumber,
  closed,
  Month,
  named,
  nullable,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { Page } from '../../platform/http/paging.ts';
import { Failure } from '../lines/schemas.ts';
import { Recovery } from '../recoveries/schemas.ts';
import { monthMoneyTitles } from './money.ts';

const fen = (description: string) => worded(AmountFen, description);

const PersonMonth = named(
  'PersonMonth',
  closed({
    month: Month,
    applicationId: worded(Uuid, '申请编号 · id of the application'),
    caseNumber: CaseNumber,
    state: MonthState,
    amountFen: nullable(AmountFen),
    money: words('MonthMoney', monthMoneyTitles, '该月的钱在哪一步 · what became of the month’s money'),
    disbursementId: nullable(worded(Uuid, '所在发放批次 · the disbursement it is in')),
    lineId: nullable(worded(Uuid, '所在的行 · the line it is in')),
    failure: nullable(Failure),
    owedFen: fen('该月尚未退回（分） · still owed for it, in fen'),
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
        Type.String({
          description:
            '最近一件申请中的姓名（脱敏）；没有申请时为 null · of the newest case, masked; null without one',
        }),
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
