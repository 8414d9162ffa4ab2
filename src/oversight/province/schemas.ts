// Schemas of what the provincial system reads.

import { type Static, Type } from 'typebox';
import { HeirRelation } from '../../applications/application/heir-schemas.ts';
import { Failure } from '../../applications/application/schemas.ts';
import { CaseOutcome, DecidingRole } from '../../decisions/decision/schemas.ts';
import { lineTitles } from '../../payments/lines/states.ts';
import { RecoveryCauseName, RecoveryStateName } from '../../payments/recoveries/schemas.ts';
import { MonthOutcome } from '../../platform/http/contract/rule-words.ts';
import {
  AgencyCode,
  AmountFen,
  closed,
  Day,
  Instant,
  Month,
  named,
  nullable,
  Officer,
  parameter,
  Quarter,
  Sha256,
  StreetCode,
  some,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { FeedPage, pageQuery } from '../../platform/http/paging.ts';
import { SourceKeys } from '../../registers/records/schemas.ts';

export const ChangeQuery = closed({
  ...pageQuery,
  // The example comes before the first change.
  after: Type.Optional(
    parameter(
      'AfterChange',
      worded(
        pageQuery.after,
        '上一次给出的 next，不给则从头开始 · the last answer’s next; from the beginning without it',
        'MCAwIDAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMA',
      ),
    ),
  ),
});
export type ChangeQuery = Static<typeof ChangeQuery>;

const withheld = '；按配置不提供时为 null · null where withheld';

const Person = named(
  'ProvincialPerson',
  closed(
    {
      identityNumber: nullable(
        Type.String({
          description: `公民身份号码（完整）${withheld}`,
          examples: ['360299197205111035'],
        }),
      ),
      name: nullable(Type.String({ description: `申请时的姓名（完整）${withheld}`, examples: ['王建国'] })),
      sourceKeys: SourceKeys,
    },
    { description: '本人 · the person' },
  ),
);

const Recovery = named(
  'ProvincialRecovery',
  closed(
    {
      id: worded(Uuid, '追回编号 · id of the recovery'),
      state: worded(RecoveryStateName, '追回状态；suspected 为尚待核实 · suspected: nothing is decided yet'),
      cause: RecoveryCauseName,
      wasPaid: nullable(Type.Boolean({ description: '是否已发放，确认后才知道 · known once confirmed' })),
      amountFen: worded(AmountFen, '该月补贴（分） · the month’s subsidy, in fen'),
      repaidFen: worded(AmountFen, '已退还（分） · repaid, in fen'),
      setOffFen: worded(AmountFen, '已抵扣（分） · set off, in fen'),
      owedFen: worded(AmountFen, '尚欠（分） · still owed, in fen'),
      refundedFen: worded(AmountFen, '撤销后退还本人（分） · given back after a reversal, in fen'),
      openedAt: worded(Instant, '发现时间 · when it was opened'),
      closedAt: nullable(worded(Instant, '结案时间 · when it was closed')),
    },
    { description: '该月最近一次追回 · the newest recovery of the month' },
  ),
);

const Signatory = nullable(worded(Officer, `签字人${withheld}`));

export const ProvincialDecision = named(
  'ProvincialDecision',
  closed(
    {
      id: worded(Uuid, '决定编号，再次出现时相同 · the same when it comes again'),
      changedAt: worded(Instant, '本案最近一次变化的时间 · when the case last changed'),
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      caseNumber: Type.String({ description: '受理编号 · case number' }),
      quarter: Quarter,
      agencyCode: AgencyCode,
      streetCode: StreetCode,
      person: Person,
      outcome: CaseOutcome,
      state: words(
        'ProvincialDecisionState',
        { 'in-force': '有效', 'awaiting-quality-review': '被抽中复核，尚未生效', undone: '已撤销' },
        '决定是否有效 · whether it stands',
      ),
      decidedAt: worded(Instant, '办结时间 · when it was decided'),
      role: worded(DecidingRole, '签字人岗位 · role of who signed'),
      officer: Signatory,
      amountFen: worded(AmountFen, '核定金额（分） · what was approved, in fen'),
      policyVersion: Type.String({ description: '所依据的政策版本 · policy version' }),
      snapshotSha256: worded(Sha256, '所签数据的摘要 · digest that was signed'),
      replacesDecisionId: nullable(
        worded(Uuid, '替代的已撤销决定 · the undone decision it takes the place of'),
      ),
      isUnderAppeal: Type.Boolean({ description: '是否正在行政复议、信访或申诉 · whether it is contested' }),
      undone: nullable(
        named(
          'ProvincialUndo',
          closed(
            { at: worded(Instant, '撤销时间 · when it was undone'), by: Signatory },
            { description: '撤销 · by whom and when it was undone' },
          ),
        ),
      ),
      months: Type.Array(
        named(
          'MonthOfProvincialDecision',
          closed({
            month: Month,
            outcome: worded(
              MonthOutcome,
              '决定时该月的结论；只有 payable 的月份核定补贴 · only a payable month is granted',
            ),
            amountFen: worded(AmountFen, '核定金额（分） · granted, in fen'),
            explanation: nullable(Type.String({ description: `该月说明${withheld}` })),
            reasons: nullable(
              Type.Array(
                named(
                  'ReasonOfDecidedMonth',
                  closed({
                    check: Type.String({ description: '检查项 · check' }),
                    title: Type.String({ description: '名称 · its name' }),
                    article: Type.String({ description: '条款 · article' }),
                    finding: Type.String({ description: '当时的结论 · what was found then' }),
                  }),
                ),
                { description: `未予核定的原因${withheld}` },
              ),
            ),
            payment: nullable(
              named(
                'PaymentOfDecidedMonth',
                closed(
                  {
                    lineId: nullable(worded(Uuid, '发放明细编号，抵扣时为空 · null for a set-off')),
                    state: words(
                      'PaymentOfMonthState',
                      { ...lineTitles, 'set-off': '用于抵扣，不再发放' },
                      '发放状态 · its state',
                    ),
                  },
                  { description: '该月的发放，尚未列入发放批次时为空 · null while it waits' },
                ),
              ),
            ),
            recovery: nullable(Recovery),
          }),
        ),
        { description: '逐月结果 · each month' },
      ),
    },
    { description: '一项决定的最新情况 · a decision as it is now' },
  ),
);

export const ProvincialPaymentOutcome = named(
  'ProvincialPaymentOutcome',
  closed(
    {
      id: worded(Uuid, '发放明细编号，再次出现时相同 · the same when it comes again'),
      changedAt: worded(Instant, '本案最近一次变化的时间 · when the case last changed'),
      agencyCode: AgencyCode,
      disbursementNumber: Type.String({ description: '发放批次号 · number of the disbursement' }),
      batchNumber: nullable(Type.String({ description: '发放文件批次号 · batch of the payment file' })),
      person: Person,
      heir: nullable(
        named(
          'PaidHeir',
          closed(
            {
              identityNumber: Person.properties.identityNumber,
              name: Person.properties.name,
              relation: HeirRelation,
            },
            { description: '申请人去世的，实际领取人 · the heir who was paid after a death' },
          ),
        ),
      ),
      state: words('SettledState', some(lineTitles, ['paid', 'failed', 'returned']), '发放结果 · the result'),
      failure: nullable(Failure),
      amountFen: worded(AmountFen, '金额（分） · amount, in fen'),
      sentAt: nullable(worded(Instant, '送银行时间 · when it went to the bank')),
      settledAt: nullable(worded(Instant, '登记该结果的时间 · when this result was recorded')),
      returnedOn: nullable(worded(Day, '退票日期 · when the bank sent it back')),
      replacesLineId: nullable(worded(Uuid, '替代的发放明细 · the payment it takes the place of')),
      months: Type.Array(
        named(
          'MonthOfPaymentOutcome',
          closed({
            month: Month,
            amountFen: worded(AmountFen, '该月金额（分） · of this month, in fen'),
            applicationId: worded(Uuid, '申请编号 · id of the application'),
            caseNumber: Type.String({ description: '受理编号 · case number' }),
            decisionId: nullable(worded(Uuid, '核定该月的决定 · the decision that granted it')),
            recovery: nullable(Recovery),
          }),
        ),
        { description: '所发放的月份 · the months it paid for' },
      ),
    },
    { description: '一笔发放结果的最新情况 · the result of a payment as it is now' },
  ),
);

export const DecisionChanges = FeedPage(ProvincialDecision);
export const PaymentOutcomeChanges = FeedPage(ProvincialPaymentOutcome);
