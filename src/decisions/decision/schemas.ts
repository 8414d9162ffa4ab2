// What travels when a case is compared and decided.

import { type Static, Type } from 'typebox';
import { FlagConfirmations, Flags } from '../../applications/flags/schemas.ts';
import { Assessment } from '../../eligibility/schemas.ts';
import {
  AmountFen,
  closed,
  FieldError,
  Instant,
  Month,
  named,
  nullable,
  Sha256,
  Uuid,
  Version,
  worded,
} from '../../platform/http/contract/schemas.ts';
import { monthOutcomes } from '../../rules/assess.ts';
import { kinds } from '../../rules/facts.ts';
import { circumstances } from '../comparison/changes.ts';
import { type ReplayDifference, replayDifferences } from '../replay/replay.ts';

const Kind = Type.Enum([...kinds], { description: '记录种类 · kind of record' });
const answerOf = (when: string) =>
  Type.Enum(['clear', 'hit', 'unknown'], { description: `${when}：clear 通过，hit 不符合，unknown 未知` });
const outcomeOf = (when: string) => Type.Enum([...monthOutcomes], { description: `该月结论，${when}` });
const before = '此前 · before';
const now = '现在 · now';

const Changes = closed(
  {
    previousComparisonId: worded(Uuid, '上一次比对的编号 · the comparison before'),
    records: Type.Array(
      closed({
        change: Type.Enum(['added', 'superseded', 'removed'], {
          description: 'added 新到，superseded 更正，removed 撤销',
        }),
        kind: Kind,
        recordId: worded(
          Uuid,
          '现在采用的记录；撤销时为原记录 · the record believed now, or the removed one',
        ),
        previousRecordId: nullable(worded(Uuid, '原记录 · the record believed before')),
      }),
      { description: '有变的记录 · records that came, were corrected or removed' },
    ),
    coverage: Type.Array(
      closed({
        kind: Kind,
        from: nullable(worded(Month, '此前完整至该月 · complete through, before')),
        to: nullable(worded(Month, '现在完整至该月 · complete through, now')),
      }),
      { description: '数据完整性声明的变化 · coverage' },
    ),
    circumstances: Type.Array(Type.Enum([...circumstances]), {
      description:
        'day 比对日，policy 政策版本，person 出生日期或性别，term 享受期限，granted-months 已享受或追回的月份、尚欠金额 · what else is otherwise',
    }),
    months: Type.Array(closed({ month: Month, from: outcomeOf(before), to: outcomeOf(now) }), {
      description: '结论有变的月份 · months that come to something else',
    }),
    checks: Type.Array(
      closed({
        month: Month,
        code: Type.String({ description: '检查项 · check' }),
        title: Type.String({ description: '检查项名称 · its name' }),
        from: answerOf(before),
        to: answerOf(now),
      }),
      { description: '答案或依据的记录有变的检查项 · checks with another answer or on other records' },
    ),
  },
  { description: '与上一次比对的不同；首次比对为 null · what is otherwise than in the comparison before' },
);

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
      flags: Flags,
      changes: nullable(Changes),
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
      awaitsQualityReview: AwaitsQualityReview,
      assessment: Assessment,
    },
    { description: '审核决定 · a decision' },
  ),
);

// Object.keys forgets the names it was given.
const differenceCodes = Object.keys(replayDifferences) as ReplayDifference[];

export const DecisionReplay = named(
  'DecisionReplay',
  closed(
    {
      decisionId: worded(Uuid, '决定编号 · id of the decision'),
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      caseNumber: Type.String({ description: '受理编号 · case number' }),
      policyVersion: Type.String({ description: '决定当时的政策版本 · the version it was taken under' }),
      decidedAt: worded(Instant, '办结时间 · when it was decided'),
      identical: Type.Boolean({ description: '逐字节相同 · byte for byte' }),
      differences: Type.Array(
        closed({
          code: Type.Enum(differenceCodes, { description: '不同之处 · what is different' }),
          detail: Type.String({ description: '说明 · in words' }),
        }),
        { description: '不同之处，相同时为空 · empty when identical' },
      ),
      snapshotSha256: worded(Sha256, '快照的摘要 · digest of the snapshot'),
      assessmentSha256: worded(Sha256, '当时评估结果的摘要 · digest of the assessment then'),
      replayedSha256: nullable(worded(Sha256, '重新评估结果的摘要 · digest of the assessment now')),
    },
    { description: '决定的重演 · a decision made again' },
  ),
);

export const mostCasesSignedAtOnce = 500;

const ClearCase = closed({
  applicationId: worded(Uuid, '申请编号 · id of the application'),
  version: worded(Version, '所见的申请版本 · the version you saw'),
  comparisonId: worded(Uuid, '所见的比对，须为最近一次 · the comparison you saw, the latest'),
});
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

export const DecidedApplications = named(
  'DecidedApplications',
  closed(
    {
      approved: Type.Integer({ description: '审核通过的件数 · how many were approved' }),
      leftOut: Type.Integer({ description: '未处理的件数 · how many were left out' }),
      amountFen: worded(AmountFen, '核定金额合计（分） · approved together, in fen'),
      items: Type.Array(
        closed({
          applicationId: worded(Uuid, '申请编号 · id of the application'),
          decision: nullable(
            closed({
              id: Uuid,
              caseNumber: Type.String({ description: '受理编号 · case number' }),
              amountFen: worded(AmountFen, '核定金额（分） · what was approved, in fen'),
              snapshotSha256: worded(Sha256, '所依据数据的摘要 · digest of exactly what was looked at'),
              awaitsQualityReview: AwaitsQualityReview,
            }),
          ),
          refusal: nullable(
            closed({
              code: Type.String({ description: '稳定代码 · stable code' }),
              title: Type.String({ description: '原因 · why it was left out' }),
              detail: Type.String({ description: '下一步 · what to do' }),
              errors: Type.Array(FieldError, { description: '逐项原因 · every reason' }),
            }),
          ),
        }),
        { description: '逐件结果，按请求中的顺序 · a result for each, in the order sent' },
      ),
    },
    { description: '批量审核的结果 · what became of cases signed together' },
  ),
);
