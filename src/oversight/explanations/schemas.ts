// Schemas of month explanations.

import { Type } from 'typebox';
import { AgentOnFile } from '../../applications/agents/schemas.ts';
import { HeirRelation } from '../../applications/application/heir-schemas.ts';
import { ApplicantByName, Parts } from '../../applications/application/schemas.ts';
import { Appeal } from '../../decisions/appeals/schemas.ts';
import { CaseOutcome, DecidingRole } from '../../decisions/decision/schemas.ts';
import { RecoveryCauseName, RecoveryStateName } from '../../payments/recoveries/schemas.ts';
import { CheckAnswer, CheckGroup, RecordKind } from '../../platform/http/contract/rule-words.ts';
import {
  AgencyCode,
  AmountFen,
  CaseNumber,
  closed,
  Day,
  Instant,
  Month,
  named,
  nullable,
  Officer,
  PersonParams,
  Sha256,
  StreetCode,
  Uuid,
  worded,
} from '../../platform/http/contract/schemas.ts';

export const MonthParams = closed({ ...PersonParams.properties, month: Month });

const Check = named(
  'MonthCheck',
  closed({
    code: Type.String({ description: '检查项 · check' }),
    group: CheckGroup,
    title: Type.String({ description: '名称 · its name' }),
    article: Type.String({ description: '条款 · article' }),
    answer: CheckAnswer,
    explanation: Type.String({ description: '说明 · in words' }),
    records: Type.Array(
      named(
        'RecordOfCheck',
        closed({
          id: worded(Uuid, '记录编号 · id of the record'),
          kind: RecordKind,
          from: worded(Day, '开始日期 · from'),
          to: nullable(worded(Day, '结束日期 · to')),
          months: Type.Optional(Type.Array(Month, { description: '已享受的月份 · the months granted' })),
          source: Type.String({ description: '来源 · source' }),
          version: Type.Integer({ description: '来源的版本号 · version at its source' }),
          learntAt: worded(Instant, '得知时间 · when it was learnt'),
        }),
      ),
      { description: '依据的记录 · the records it rests on' },
    ),
    registers: Type.Array(
      named(
        'RegisterOfCheck',
        closed({
          kind: RecordKind,
          source: Type.String({ description: '来源 · source' }),
          throughMonth: worded(Month, '声明完整至该月 · complete through'),
          learntAt: worded(Instant, '得知时间 · when it was learnt'),
        }),
      ),
      {
        description:
          '没有记录时，比对当时各来源的完整性声明 · where no record speaks, what registers vouched for then',
      },
    ),
  }),
);

const DecisionOnMonth = named(
  'DecisionOnMonth',
  closed({
    decisionId: worded(Uuid, '决定编号 · id of the decision'),
    outcome: CaseOutcome,
    officer: worded(Officer, '签字人 · who signed'),
    agencyCode: AgencyCode,
    role: DecidingRole,
    decidedAt: worded(Instant, '办结时间 · when it was decided'),
    comparisonId: worded(Uuid, '所依据的比对 · the comparison it rests on'),
    comparedAt: worded(Instant, '比对时间 · when it was compared'),
    comparedBy: Officer,
    policyVersion: Type.String({ description: '政策版本 · policy version' }),
    snapshotSha256: worded(Sha256, '所签快照的摘要 · digest that was signed'),
    term: Type.String({ description: '享受期限说明 · the term in words' }),
    monthOutcome: Type.String({ description: '该月结论 · what the month came to' }),
    amountFen: AmountFen,
    explanation: Type.String({ description: '该月说明 · the month in words' }),
    checks: Type.Array(Check, { description: '全部检查项 · every check' }),
    qualityReview: nullable(
      named(
        'QualityReviewOfDecision',
        closed(
          {
            state: Type.String({ description: '复核状态 · state of the quality review' }),
            reviewedBy: nullable(Officer),
            reviewedAt: nullable(worded(Instant, '复核时间 · when it was reviewed')),
          },
          { description: '复核情况；未抽中为 null · the quality review; null where it was not drawn' },
        ),
      ),
    ),
    undone: nullable(
      named(
        'UndoneDecision',
        closed(
          {
            by: Officer,
            at: worded(Instant, '撤销时间 · when it was undone'),
            reason: Type.String({ description: '理由 · why' }),
          },
          { description: '撤销情况；未撤销为 null · how it was undone; null while it stands' },
        ),
      ),
    ),
  }),
);

const CaseOfMonth = named(
  'CaseOfMonth',
  closed({
    applicationId: worded(Uuid, '申请编号 · id of the application'),
    caseNumber: CaseNumber,
    applicant: ApplicantByName,
    caseState: Type.String({ description: '申请状态 · state of the case' }),
    state: Type.String({ description: '月份状态 · state of the month' }),
    amountFen: nullable(AmountFen),
    agencyCode: AgencyCode,
    agencyName: Type.String({ description: '经办机构 · agency' }),
    streetCode: StreetCode,
    streetName: Type.String({ description: '街道（乡镇） · street' }),
    submittedAt: nullable(worded(Instant, '提交时间 · when it was submitted')),
    acceptedAt: nullable(worded(Instant, '受理时间 · when it was accepted')),
    closedAt: nullable(worded(Instant, '办结时间 · when it was closed')),
    agent: nullable(AgentOnFile),
    parts: Parts,
    decisions: Type.Array(DecisionOnMonth, { description: '决定，最近的在后 · decisions, the newest last' }),
    payments: Type.Array(
      named(
        'PaymentOfMonth',
        closed({
          lineId: worded(Uuid, '发放明细编号 · payment line'),
          state: Type.String({ description: '发放状态 · state of the payment' }),
          failure: nullable(Type.String({ description: '失败原因 · why it failed' })),
          holdReason: nullable(Type.String({ description: '扣留理由 · why it was held' })),
          releaseCause: nullable(
            Type.String({ description: '移出批次的原因 · why it left its disbursement' }),
          ),
          replacesLineId: nullable(worded(Uuid, '替代的发放明细 · the payment it takes the place of')),
          amountFen: AmountFen,
          disbursementId: worded(Uuid, '发放批次编号 · disbursement'),
          disbursementNumber: Type.String({ description: '发放批次号 · its number' }),
          requestedAt: nullable(worded(Instant, '资金申请时间 · when the funds were asked for')),
          requestedBy: nullable(Officer),
          requestedFen: nullable(worded(AmountFen, '资金申请金额（分） · what was asked for, in fen')),
          receivedFen: nullable(worded(AmountFen, '到账金额（分） · what was received, in fen')),
          batchNumber: nullable(Type.String({ description: '发放文件批次号 · batch of the payment file' })),
          sentAt: nullable(worded(Instant, '送银行时间 · when it went to the bank')),
          sentBy: nullable(Officer),
          returnedOn: nullable(worded(Day, '退票日期 · when the bank sent it back')),
          returnReason: nullable(Type.String({ description: '退票原因 · why it came back' })),
          heirRelation: nullable(
            worded(
              HeirRelation,
              '申请人去世后由领取人领取的，与申请人的关系 · if an heir is paid, the relation',
            ),
          ),
          heirIdentityNumber: nullable(
            Type.String({ description: '领取人的身份号码（脱敏） · the heir’s, masked' }),
          ),
        }),
      ),
      { description: '发放与资金申请 · payments and fund requests' },
    ),
    appeals: Type.Array(Appeal, { description: '行政复议、信访、申诉 · appeals' }),
    recoveries: Type.Array(
      named(
        'RecoveryOfMonth',
        closed({
          recoveryId: worded(Uuid, '追回编号 · recovery'),
          state: RecoveryStateName,
          cause: RecoveryCauseName,
          grounds: nullable(Type.String({ description: '工作人员填写的事由 · what an officer wrote' })),
          findings: Type.Array(
            named(
              'FindingOfMonth',
              closed({
                check: Type.String({ description: '不再符合的检查项 · the check the month now fails' }),
                title: Type.String({ description: '名称 · its name' }),
                article: Type.String({ description: '条款 · article' }),
                records: Type.Array(Uuid, { description: '依据的记录 · the records it rests on' }),
              }),
            ),
            { description: '不再符合之处 · what no longer holds' },
          ),
          reason: nullable(
            Type.String({ description: '排除或撤销的理由 · why it was dismissed or reversed' }),
          ),
          wasPaid: nullable(Type.Boolean({ description: '是否已发放 · whether it had been paid' })),
          amountFen: AmountFen,
          repaidFen: worded(AmountFen, '已退金额（分） · repaid, in fen'),
          refundedFen: worded(AmountFen, '撤销后退还本人（分） · given back after a reversal, in fen'),
          openedAt: worded(Instant, '发现时间 · when it was opened'),
          heardOn: nullable(worded(Day, '听取说明的日期 · when the person was heard')),
          closedAt: nullable(worded(Instant, '结案时间 · when it was closed')),
        }),
      ),
      { description: '追回 · recoveries' },
    ),
  }),
);

export const MonthExplanation = named(
  'MonthExplanation',
  closed(
    {
      personId: worded(Uuid, '人员编号 · id of the person'),
      identityNumber: Type.String({ description: '身份号码（脱敏） · masked' }),
      month: Month,
      madeAt: worded(Instant, '生成时间 · when it was made'),
      cases: Type.Array(CaseOfMonth, { description: '涉及该月的申请 · cases in which it was claimed' }),
    },
    { description: '某人某月的审核依据表 · why a month was granted or refused' },
  ),
);
