// Schemas of proposed changes of the policy.

import { type Static, Type } from 'typebox';
import { ChangedPolicyValues } from '../../platform/http/contract/policy-values.ts';
import {
  AgencyCode,
  AmountFen,
  closed,
  Day,
  Instant,
  named,
  nullable,
  Officer,
  Text,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';

const Count = Type.Integer({ minimum: 0 });

export const PolicyRehearsal = named(
  'PolicyRehearsal',
  closed(
    {
      rehearsedAt: worded(Instant, '开始读取的时间 · when it began to read'),
      from: worded(Day, '所读决定的首日 · first day of the decisions it read'),
      to: worded(Day, '所读决定的末日 · last day of them'),
      cases: worded(Count, '案件数 · cases'),
      people: worded(Count, '人数 · people'),
      changedPeople: worded(Count, '结果有变化的人数 · people for whom something changes'),
      agencies: Type.Array(
        named(
          'RehearsedAgency',
          closed({
            agencyCode: AgencyCode,
            cases: worded(Count, '案件数 · cases'),
            changedCases: worded(Count, '有变化的案件数 · cases that change'),
            gaining: worded(Count, '增加的案件数 · cases that gain'),
            losing: worded(Count, '减少的案件数 · cases that lose'),
            beforeFen: worded(AmountFen, '原金额（分） · amount as decided'),
            afterFen: worded(AmountFen, '变动后金额（分） · amount under the changed values'),
          }),
        ),
        { description: '按经办机构 · by agency' },
      ),
    },
    {
      description:
        '以近十二个月的决定预演的结果 · what the decisions of the last twelve months would have come to',
    },
  ),
);
export type PolicyRehearsal = Static<typeof PolicyRehearsal>;

export const PolicyProposal = named(
  'PolicyProposal',
  closed(
    {
      id: worded(Uuid, '提议编号 · id of the proposal'),
      state: words(
        'PolicyProposalState',
        { proposed: '待通过', adopted: '已通过', rejected: '已驳回' },
        '状态 · state',
      ),
      from: worded(Day, '自该日起作出的决定适用 · decisions from this day on'),
      values: ChangedPolicyValues,
      proposedAt: worded(Instant, '提议时间 · when it was proposed'),
      proposedBy: worded(Officer, '提议人 · who proposed it'),
      rehearsal: nullable(PolicyRehearsal),
      answeredAt: nullable(worded(Instant, '通过或驳回时间 · when it was adopted or rejected')),
      answeredBy: nullable(worded(Officer, '通过或驳回的人 · who adopted or rejected it')),
      rejection: nullable(Type.String({ description: '驳回原因 · why it was rejected' })),
    },
    { description: '政策变动提议 · a proposed change of the policy' },
  ),
);

export const RejectPolicy = named(
  'RejectPolicy',
  closed(
    { reason: Text({ minLength: 2, maxLength: 500, description: '驳回原因 · why' }) },
    { description: '驳回原因 · why it is rejected', examples: [{ reason: '文号有误，请核对后重新提议' }] },
  ),
);
export type RejectPolicy = Static<typeof RejectPolicy>;
