// Schemas of decisions.

import { type Static, Type } from 'typebox';
import { FlagConfirmations } from '../../applications/flags/schemas.ts';
import { Assessment } from '../../eligibility/assessment-schemas.ts';
import {
  AmountFen,
  CaseNumber,
  closed,
  FieldError,
  Instant,
  named,
  nullable,
  Sha256,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';

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
      version: worded(
        Version,
        '申请的版本，复核、撤销时以此为准 · version of the application, to act on the decision',
      ),
    },
    { description: '本案现行有效的决定 · the decision that stands on a case' },
  ),
);

const mostCasesSignedAtOnce = 500;

const ClearCase = named(
  'ClearCase',
  closed({
    applicationId: worded(Uuid, '申请编号 · id of the application'),
    version: worded(Version, '所见的申请版本 · the version you saw'),
    comparisonId: worded(Uuid, '所见的比对，须为最近一次 · the comparison you saw, the latest'),
  }),
);
export type ClearCase = Static<typeof ClearCase>;

export const DecideApplications = named(
  'DecideApplications',
  closed(
    {
      cases: Type.Array(ClearCase, {
        minItems: 1,
        maxItems: mostCasesSignedAtOnce,
        uniqueItems: true,
        description:
          '各项均通过、一并审核通过的申请 · cases whose every check is clear, to be approved together',
      }),
    },
    {
      description: '一并审核通过的申请 · cases to be approved together',
      examples: [
        {
          cases: [
            {
              applicationId: '0197d8a1-4b00-7000-8000-000000000001',
              version: 4,
              comparisonId: '0197d8a1-4b00-7000-8000-000000000001',
            },
          ],
        },
      ],
    },
  ),
);
export type DecideApplications = Static<typeof DecideApplications>;

const DecidedCase = named(
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

export const DecidedApplications = named(
  'DecidedApplications',
  closed(
    {
      approved: Type.Integer({ description: '审核通过的件数 · how many were approved' }),
      leftOut: Type.Integer({ description: '未处理的件数 · how many were left out' }),
      amountFen: worded(AmountFen, '核定金额合计（分） · approved together, in fen'),
      items: Type.Array(
        named(
          'DecidedApplication',
          closed({
            applicationId: worded(Uuid, '申请编号 · id of the application'),
            decision: nullable(
              worded(DecidedCase, '所作决定；未处理的为 null · the decision; null for a case left out'),
            ),
            refusal: nullable(
              named(
                'Refusal',
                closed(
                  {
                    code: Type.String({ description: '稳定代码 · stable code' }),
                    title: Type.String({ description: '原因 · why it was left out' }),
                    detail: Type.String({ description: '下一步 · what to do' }),
                    errors: Type.Array(FieldError, { description: '逐项原因 · every reason' }),
                  },
                  {
                    description:
                      '未处理的原因；已处理的为 null · why it was left out; null for a decided case',
                  },
                ),
              ),
            ),
          }),
        ),
        { description: '逐件结果，按请求中的顺序 · a result for each, in the order sent' },
      ),
    },
    { description: '批量审核的结果 · what became of cases signed together' },
  ),
);
