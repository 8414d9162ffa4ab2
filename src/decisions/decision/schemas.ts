// Schemas of decisions.

import { type Static, Type } from 'typebox';
import { FlagConfirmations } from '../../applications/flags/schemas.ts';
import { Assessment } from '../../eligibility/assessment-schemas.ts';
import {
  AmountFen,
  CaseNumber,
  closed,
  Instant,
  named,
  Officer,
  Sha256,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { Appeal } from '../appeals/schemas.ts';

export const DecisionOutcome = words(
  'DecisionOutcome',
  { approved: '批准可发放的月份，其余附理由不予批准', refused: '整份不予批准' },
  '审核结论 · approve the payable months, or refuse the whole',
);

/** With the handler's own decision. */
export const CaseOutcome = words(
  'CaseOutcome',
  { approved: '审核通过', refused: '审核不通过', 'not-accepted': '不予受理' },
  '本案的决定 · what was decided',
);

export const DecidingRole = words(
  'DecidingRole',
  { handler: '经办人员', reviewer: '审核人员' },
  '岗位 · role',
);

export const DecideApplication = named(
  'DecideApplication',
  closed(
    {
      comparisonId: worded(Uuid, '据以决定的比对，须为最近一次 · the comparison decided on, the latest'),
      outcome: DecisionOutcome,
      releaseUndetermined: Type.Optional(
        Type.Boolean({
          description:
            '放开尚不能确定的月份，由申请人以后再申请 · leave undetermined months free for a later application',
        }),
      ),
      confirmations: Type.Optional(FlagConfirmations),
    },
    {
      description: '据以决定的比对和结论 · what is decided, on which comparison',
      examples: [{ comparisonId: '0197d8a1-4b00-7000-8000-000000000001', outcome: 'approved' }],
    },
  ),
);
export type DecideApplication = Static<typeof DecideApplication>;

const AwaitsQualityReview = Type.Boolean({
  description: '被抽中复核，确认前不进入发放 · drawn for a quality review before the money step',
});

const decision = {
  id: Uuid,
  applicationId: worded(Uuid, '申请编号 · id of the application'),
  caseNumber: CaseNumber,
  outcome: DecisionOutcome,
  decidedAt: worded(Instant, '办结时间 · when it was decided'),
  amountFen: worded(AmountFen, '核定金额（分） · what was approved, in fen'),
  snapshotSha256: worded(Sha256, '所依据数据的摘要 · digest of exactly what was looked at'),
  awaitsQualityReview: AwaitsQualityReview,
  assessment: Assessment,
};

export const Decision = named('Decision', closed(decision, { description: '审核决定 · a decision' }));

export const StandingDecision = named(
  'StandingDecision',
  closed(
    {
      ...decision,
      outcome: CaseOutcome,
      officer: worded(Officer, '签字人 · who signed'),
      appeals: Type.Array(Appeal, {
        description: '对本决定的行政复议、信访、申诉 · appeals against this decision',
      }),
      version: worded(
        Version,
        '申请的版本，复核、撤销时以此为准 · version of the application, to act on the decision',
      ),
    },
    { description: '本案现行有效的决定 · the decision that stands on a case' },
  ),
);

export const ClearCase = named(
  'ClearCase',
  closed({
    applicationId: worded(Uuid, '申请编号 · id of the application'),
    version: worded(Version, '所见的申请版本 · the version you saw'),
    comparisonId: worded(Uuid, '所见的比对，须为最近一次 · the comparison you saw, the latest'),
  }),
);
export type ClearCase = Static<typeof ClearCase>;

export const DecidedCase = named(
  'DecidedCase',
  closed({
    id: Uuid,
    caseNumber: CaseNumber,
    amountFen: worded(AmountFen, '核定金额（分） · what was approved, in fen'),
    snapshotSha256: worded(Sha256, '所依据数据的摘要 · digest of exactly what was looked at'),
    awaitsQualityReview: AwaitsQualityReview,
  }),
);
export type DecidedCase = Static<typeof DecidedCase>;
