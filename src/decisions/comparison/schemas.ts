// Schemas of comparisons of a case with the registers.

import { type Static, Type } from 'typebox';
import { Flags } from '../../applications/flags/schemas.ts';
import { Assessment } from '../../eligibility/assessment-schemas.ts';
import { CheckAnswer, MonthOutcome, RecordKind } from '../../platform/http/contract/rule-words.ts';
import {
  closed,
  Instant,
  Month,
  named,
  nullable,
  Sha256,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { circumstanceTitles } from './changes.ts';

const answerOf = (when: string) => worded(CheckAnswer, when);
const outcomeOf = (when: string) => worded(MonthOutcome, `该月结论，${when}`);
const before = '此前 · before';
const now = '现在 · now';

const Circumstance = words('Circumstance', circumstanceTitles, '除登记数据外的变化 · what else changed');

const Changes = named(
  'ComparisonChanges',
  closed(
    {
      previousComparisonId: worded(Uuid, '上一次比对的编号 · the comparison before'),
      records: Type.Array(
        named(
          'ChangedRecord',
          closed({
            change: words(
              'ChangeOfRecord',
              { added: '新到', superseded: '更正', removed: '撤销' },
              '如何变化 · how it changed',
            ),
            kind: RecordKind,
            recordId: worded(
              Uuid,
              '现在采用的记录；撤销时为原记录 · the record believed now, or the removed one',
            ),
            previousRecordId: nullable(worded(Uuid, '原记录 · the record believed before')),
          }),
        ),
        { description: '有变的记录 · records that came, were corrected or removed' },
      ),
      coverage: Type.Array(
        named(
          'ChangedCoverage',
          closed({
            kind: RecordKind,
            from: nullable(worded(Month, '此前完整至该月 · complete through, before')),
            to: nullable(worded(Month, '现在完整至该月 · complete through, now')),
          }),
        ),
        { description: '数据完整性声明的变化 · coverage' },
      ),
      circumstances: Type.Array(Circumstance, { description: '其他变化 · what else is otherwise' }),
      months: Type.Array(
        named('ChangedMonth', closed({ month: Month, from: outcomeOf(before), to: outcomeOf(now) })),
        {
          description: '结论有变的月份 · months that come to something else',
        },
      ),
      checks: Type.Array(
        named(
          'ChangedCheck',
          closed({
            month: Month,
            code: Type.String({ description: '检查项 · check' }),
            title: Type.String({ description: '检查项名称 · its name' }),
            from: answerOf(before),
            to: answerOf(now),
          }),
        ),
        { description: '答案或依据的记录有变的检查项 · checks with another answer or on other records' },
      ),
    },
    {
      description:
        '与上一次比对的不同；首次比对为 null · differences from the previous comparison; null for the first',
    },
  ),
);

export const ApplicationAssessment = named(
  'ApplicationAssessment',
  closed(
    {
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      applicationVersion: worded(Version, '申请的版本 · version of the application'),
      assessedAt: worded(Instant, '评估时间 · when it was assessed'),
      assessment: Assessment,
      flags: Flags,
    },
    { description: '按现有登记数据对一件申请的评估，不保存 · a case as it stands; nothing is stored' },
  ),
);

export const Comparison = named(
  'Comparison',
  closed(
    {
      id: Uuid,
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      applicationVersion: worded(Version, '申请的版本 · version of the application'),
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

export const CaseToCompare = named(
  'CaseToCompare',
  closed({ applicationId: worded(Uuid, '申请编号 · id of the application') }),
);
export type CaseToCompare = Static<typeof CaseToCompare>;

export const ComparedCase = named(
  'ComparedCase',
  closed({
    comparisonId: worded(Uuid, '比对编号 · id of the comparison'),
    applicationVersion: worded(Version, '申请的版本 · version of the application'),
    outcome: Assessment.properties.outcome,
    amountFen: Assessment.properties.amountFen,
    isClear: Type.Boolean({
      description: '各项检查均通过、无须确认提示，可批量审核通过 · may be signed together with others',
    }),
  }),
);
