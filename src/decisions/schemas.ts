// What travels when a case is compared and decided.

import { type Static, Type } from 'typebox';
import { Assessment } from '../eligibility/schemas.ts';
import { AmountFen, closed, Instant, named, Sha256, Uuid, Version, worded } from '../http/schemas.ts';

export const Comparison = named(
  'Comparison',
  closed(
    {
      id: Uuid,
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      applicationVersion: worded(Version, '比对时的申请版本 · version of the application'),
      comparedAt: worded(Instant, '比对时间 · when it was compared'),
      snapshotSha256: worded(Sha256, '所依据数据的摘要 · digest of exactly what was looked at'),
      assessmentSha256: worded(Sha256, '评估结果的摘要 · digest of the assessment'),
      assessment: Assessment,
    },
    { description: '一次比对及其评估 · a comparison' },
  ),
);

const Outcome = Type.Enum(['approved', 'refused'], {
  description:
    'approved：批准可发放的月份，其余附理由不予批准；refused：整份不予批准 · approve the payable months, or refuse the whole',
});

export const DecideApplication = named(
  'DecideApplication',
  closed(
    {
      comparisonId: worded(Uuid, '据以决定的比对，须为最近一次 · the comparison decided on, the latest'),
      outcome: Outcome,
      releaseUndetermined: Type.Optional(
        Type.Boolean({
          description:
            '放开尚不能确定的月份，由申请人以后再申请 · leave undetermined months free for a later application',
        }),
      ),
    },
    {
      description: '据以决定的比对和结论 · what is decided, on which comparison',
      examples: [{ comparisonId: '0197d8a1-4b00-7000-8000-000000000001', outcome: 'approved' }],
    },
  ),
);
export type DecideApplication = Static<typeof DecideApplication>;

export const Decision = named(
  'Decision',
  closed(
    {
      id: Uuid,
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      caseNumber: Type.String({ description: '受理编号 · case number' }),
      outcome: Outcome,
      decidedAt: worded(Instant, '办结时间 · when it was decided'),
      amountFen: worded(AmountFen, '核定金额（分） · what was approved, in fen'),
      snapshotSha256: worded(Sha256, '所依据数据的摘要 · digest of exactly what was looked at'),
      assessment: Assessment,
    },
    { description: '审核决定 · a decision' },
  ),
);
