// Schemas of appeals.

import { type Static, Type } from 'typebox';
import {
  AgencyCode,
  CaseNumber,
  closed,
  Day,
  Instant,
  named,
  nullable,
  StreetCode,
  Text,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { appealKinds, appealOutcomes, appealStates } from './states.ts';

const Kind = words('AppealKind', appealKinds, '种类 · kind of appeal');
const State = words('AppealState', appealStates, '状态 · state');
const Outcome = words('AppealOutcome', appealOutcomes, '处理结果 · outcome');

export const Appeal = named(
  'Appeal',
  closed(
    {
      id: Uuid,
      version: Version,
      kind: Kind,
      title: Type.String({ description: '种类名称 · its name' }),
      state: State,
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      caseNumber: CaseNumber,
      agencyCode: AgencyCode,
      streetCode: StreetCode,
      decisionId: nullable(worded(Uuid, '所针对的决定 · the decision it is about')),
      recoveryId: nullable(worded(Uuid, '所针对的追回 · the recovery it is about')),
      grounds: Type.String({ description: '请求和理由 · what is asked, and why' }),
      receivedOn: worded(Day, '受理日期 · when it was received'),
      receivedBy: nullable(
        Type.String({ description: '登记人；平台不可见，为 null · who recorded it; null for platforms' }),
      ),
      timeLimit: nullable(
        named(
          'AppealTimeLimit',
          closed(
            {
              state: words(
                'AppealTimeLimitState',
                { running: '进行中', overdue: '已超期' },
                '时限状态 · state',
              ),
              daysLeft: Type.Integer({ description: '剩余天数，超期为负数 · negative once overdue' }),
              dueOn: worded(Day, '最后一日 · the last day'),
              source: Type.String({ description: '依据 · what sets it' }),
            },
            { description: '办理时限；办结后为 null · null once it is closed' },
          ),
        ),
      ),
      outcome: nullable(worded(Outcome, '处理结果 · outcome')),
      newApplicationId: nullable(
        worded(Uuid, '以新的申请处理的，为该申请 · the new application that takes the months'),
      ),
      paperId: nullable(worded(Uuid, '结果文书，为本申请的材料 · the paper of the outcome')),
      reason: nullable(
        Type.String({ description: '结果说明或撤回原因 · of the outcome, or of the withdrawal' }),
      ),
      closedAt: nullable(worded(Instant, '办结或撤回时间 · when it was closed')),
    },
    { description: '对决定或追回的行政复议、信访、申诉 · an appeal against a decision or a recovery' },
  ),
);

export const OpenAppeal = named(
  'OpenAppeal',
  closed(
    {
      kind: Kind,
      recoveryId: Type.Optional(
        worded(
          Uuid,
          '针对追回的填写；不填为本案现行有效的决定（含不予受理） · the recovery; absent: the decision that stands',
        ),
      ),
      grounds: Text({ minLength: 2, maxLength: 1000, description: '请求和理由 · what is asked, and why' }),
      receivedOn: Type.Optional(worded(Day, '受理日期，不填为今天 · when it was received; absent: today')),
    },
    {
      description: '登记行政复议、信访或申诉 · an appeal as it was handed in',
      examples: [{ kind: 'objection', grounds: '本人四月已按灵活就业人员缴费，请重新核对' }],
    },
  ),
);
export type OpenAppeal = Static<typeof OpenAppeal>;

export const DecideAppeal = named(
  'DecideAppeal',
  closed(
    {
      outcome: Outcome,
      reason: Text({
        minLength: 2,
        maxLength: 1000,
        description: '结果说明，告知申请人 · told to the applicant',
      }),
      paperId: worded(Uuid, '结果文书（材料种类 appeal-paper） · its paper, a material of the case'),
      newApplicationId: Type.Optional(
        worded(
          Uuid,
          '已经发放或不予受理的，为申请人重新提出的申请 · where the decision cannot be undone: the new application',
        ),
      ),
    },
    {
      description: '处理结果 · the outcome and its paper',
      examples: [
        {
          outcome: 'kept',
          reason: '经重新核对缴费记录，原决定认定事实清楚，予以维持',
          paperId: '0197d8a1-4b00-7000-8000-000000000001',
        },
      ],
    },
  ),
);
export type DecideAppeal = Static<typeof DecideAppeal>;

export const WithdrawAppeal = named(
  'WithdrawAppeal',
  closed(
    { reason: Text({ minLength: 2, maxLength: 500, description: '撤回原因 · why' }) },
    { description: '撤回 · why it is withdrawn', examples: [{ reason: '经窗口说明后，本人书面撤回' }] },
  ),
);
export type WithdrawAppeal = Static<typeof WithdrawAppeal>;

export const AppealQuery = closed({
  ...pageQuery,
  state: Type.Optional(worded(State, '状态 · state', 'open')),
  kind: Type.Optional(worded(Kind, '种类 · kind', 'objection')),
  applicationId: Type.Optional(
    worded(Uuid, '此申请的 · of this application', '0197d84f-d500-7000-8000-000000000001'),
  ),
  overdue: Type.Optional(
    Type.Boolean({ description: '只看已超期的 · only those overdue', examples: [false] }),
  ),
});
export type AppealQuery = Static<typeof AppealQuery>;
