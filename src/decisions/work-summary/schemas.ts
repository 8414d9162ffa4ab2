// Schemas of the counts of work that waits.

import { Type } from 'typebox';
import { closed, Instant, named, nullable, worded } from '../../platform/http/contract/schemas.ts';

const count = (description: string) => Type.Integer({ minimum: 0, description });
/** Null for a role that has no such list. */
const counted = (description: string) => nullable(count(description));

export const WorkSummary = named(
  'WorkSummary',
  closed(
    {
      asOf: worded(Instant, '统计时间 · when it was counted'),
      cases: named(
        'CasesWaiting',
        closed(
          {
            submitted: count('待受理 · to be accepted'),
            correctionRequested: count('待申请人补正 · waiting for the applicant'),
            accepted: count('待审核 · to be decided'),
            overdue: count('已超期 · past the due day'),
            dueByTomorrow: count('今明两天到期 · due today or tomorrow'),
            recordsChanged: count('登记数据有变化 · whose records have changed'),
            assignedToMe: count('指派给本人 · in the caller’s queue'),
            unassigned: count('未指派 · in nobody’s queue'),
          },
          { description: '在办申请 · open cases' },
        ),
      ),
      notices: nullable(
        named(
          'NoticesWaiting',
          closed(
            { untold: count('未告知 · not told yet'), overdue: count('其中超过告知期限 · past their day') },
            { description: '告知书 · notices' },
          ),
        ),
      ),
      rostersToVerify: counted('待街道（乡镇）核对的名单 · rosters that a street has to verify'),
      recoveries: nullable(
        named(
          'RecoveriesWaiting',
          closed(
            {
              suspected: count('疑似、待核实 · to be confirmed or dismissed'),
              owed: count('已确认、未还清 · confirmed and not repaid'),
            },
            { description: '追回 · recoveries' },
          ),
        ),
      ),
      payeeChangesToConfirm: counted('待复核的收款信息更正 · changes of a payee that wait for an officer'),
      qualityReviews: counted('待复核的决定 · decisions drawn for a quality review'),
    },
    {
      description: '待办数量；没有相应清单的岗位为 null · work that waits; null for a role without that list',
    },
  ),
);
