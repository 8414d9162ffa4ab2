// Schemas of recoveries.

import { type Static, Type } from 'typebox';
import { Heir } from '../../applications/application/heir-schemas.ts';
import { ApplicantByName } from '../../applications/application/schemas.ts';
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
  PositiveAmountFen,
  Progress,
  StreetCode,
  Text,
  titlesOf,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { recoveryCauses, recoveryStates } from './states.ts';

// Object.keys returns string[]; these are the closed list of states.
export const RecoveryCauseName = words('RecoveryCause', titlesOf(recoveryCauses), '事由 · why it was opened');
export const RecoveryStateName = words('RecoveryState', titlesOf(recoveryStates), '状态 · state');

export const Recovery = named(
  'Recovery',
  closed(
    {
      id: Uuid,
      version: Version,
      state: RecoveryStateName,
      progress: Progress,
      cause: RecoveryCauseName,
      grounds: nullable(Type.String({ description: '工作人员填写的事由 · what an officer wrote' })),
      personId: worded(Uuid, '人员编号 · id of the person'),
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      caseNumber: CaseNumber,
      applicant: ApplicantByName,
      heir: nullable(worded(Heir, '该月补贴由领取人领取的 · the heir to whom the month was paid')),
      month: Month,
      agencyCode: AgencyCode,
      streetCode: StreetCode,
      findings: Type.Array(
        named(
          'Finding',
          closed({
            check: Type.String({ description: '不再符合的检查项 · the check the month now fails' }),
            records: Type.Array(Uuid, { description: '依据的记录 · the records it rests on' }),
          }),
        ),
        { description: '不再符合之处 · what no longer holds' },
      ),
      amountFen: worded(AmountFen, '该月金额（分） · the month’s amount, in fen'),
      wasPaid: nullable(
        Type.Boolean({ description: '是否已发放；确认前为 null · whether it had been paid; null before' }),
      ),
      owedFen: worded(AmountFen, '尚未退回（分） · still owed, in fen'),
      setOffFen: worded(AmountFen, '以其他月份抵扣的金额（分） · settled by other months, in fen'),
      setOffs: Type.Array(
        named(
          'SetOff',
          closed({
            id: worded(Uuid, '抵扣编号 · id of the set-off'),
            applicationId: worded(Uuid, '所用月份的申请 · the case whose month is used'),
            caseNumber: worded(CaseNumber, '所用月份的受理编号 · its case number'),
            month: worded(Month, '用于抵扣的月份 · the month that is used'),
            amountFen: worded(AmountFen, '抵扣金额（分） · in fen'),
            consentMaterialId: worded(Uuid, '抵扣同意书 · the written consent'),
            madeAt: worded(Instant, '抵扣时间 · when'),
            madeBy: worded(Officer, '办理人 · who made it'),
            reversedAt: nullable(worded(Instant, '撤销时间；有效时为 null · null while it stands')),
            reason: nullable(Type.String({ description: '撤销理由 · why it was reversed' })),
          }),
        ),
        { description: '各次抵扣 · the set-offs' },
      ),
      refundedFen: worded(AmountFen, '撤销后退还本人（分） · given back after a reversal, in fen'),
      repaidFen: worded(AmountFen, '已退金额（分） · what came back, in fen'),
      openedAt: worded(Instant, '发现时间 · when it was opened'),
      openedBy: nullable(
        worded(Officer, '发现人；由登记数据发现的为 null · who opened it; null: records did'),
      ),
      heardOn: nullable(worded(Day, '听取当事人说明的日期 · the day the person was heard')),
      isUnderAppeal: Type.Boolean({ description: '是否正在行政复议、信访或申诉 · whether it is contested' }),
      reason: nullable(Type.String({ description: '排除或撤销的理由 · why it was dismissed or reversed' })),
    },
    { description: '追回 · a recovery' },
  ),
);

export const RecoveryQuery = closed({
  ...pageQuery,
  state: Type.Optional(worded(RecoveryStateName, '状态 · state', 'suspected')),
  personId: Type.Optional(
    worded(Uuid, '此人的追回 · of this person', '0197d84f-d500-7000-8000-000000000001'),
  ),
  applicationId: Type.Optional(
    worded(Uuid, '此申请的追回 · of this application', '0197d84f-d500-7000-8000-000000000001'),
  ),
  streetCode: Type.Optional(StreetCode),
});
export type RecoveryQuery = Static<typeof RecoveryQuery>;

export const ConfirmRecovery = named(
  'ConfirmRecovery',
  closed(
    {
      heardOn: worded(Day, '听取当事人说明的日期 · the day the person was heard'),
      heardHow: words(
        'HearingMethod',
        { 'in-person': '当面', phone: '电话', written: '书面' },
        '听取方式 · how',
      ),
    },
    {
      description: '何时如何听取说明 · when and how the person was heard',
      examples: [{ heardOn: '2025-07-05', heardHow: 'phone' }],
    },
  ),
);
export type ConfirmRecovery = Static<typeof ConfirmRecovery>;

export const DismissRecovery = named(
  'DismissRecovery',
  closed(
    {
      reason: Text({ minLength: 2, maxLength: 500, description: '排除理由 · why' }),
    },
    {
      description: '为何不追回 · why nothing is recovered',
      examples: [{ reason: '用人单位误报参保，已在来源处更正' }],
    },
  ),
);
export type DismissRecovery = Static<typeof DismissRecovery>;

export const RecordRepayment = named(
  'RecordRepayment',
  closed(
    {
      amountFen: worded(PositiveAmountFen, '退回金额（分） · in fen'),
      reference: Text({
        minLength: 1,
        maxLength: 60,
        description: '入账凭证号 · reference of the receipt',
      }),
      receivedOn: worded(Day, '到账日期 · when it arrived'),
    },
    {
      description: '退回的资金 · money that came back',
      examples: [{ amountFen: 50_000, reference: '退款凭证 2025-0007', receivedOn: '2025-07-05' }],
    },
  ),
);
export type RecordRepayment = Static<typeof RecordRepayment>;

const Grounds = Text({
  minLength: 2,
  maxLength: 500,
  description: '事由，写明事实和依据 · the facts and what they rest on',
});

export const OpenRecovery = named(
  'OpenRecovery',
  closed(
    {
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      month: Month,
      grounds: Grounds,
    },
    {
      description: '追回哪个月，为何 · which month, and why',
      examples: [
        {
          applicationId: '0197d8a1-4b00-7000-8000-000000000001',
          month: '2025-04',
          grounds: '与用人单位核实，该月已由单位参保',
        },
      ],
    },
  ),
);
export type OpenRecovery = Static<typeof OpenRecovery>;

export const ReverseRecovery = named(
  'ReverseRecovery',
  closed(
    {
      reason: Text({
        minLength: 2,
        maxLength: 500,
        description: '撤销理由，写入撤销追回告知书 · why it was wrong; told to the person',
      }),
      refund: Type.Optional(
        named(
          'Refund',
          closed(
            {
              amountFen: worded(
                PositiveAmountFen,
                '退还金额（分），等于已退回金额 · in fen, what was repaid',
              ),
              reference: Text({ minLength: 1, maxLength: 60, description: '退还凭证号 · reference' }),
              refundedOn: worded(Day, '退还日期 · when'),
            },
            { description: '已退回的资金如数退还本人的凭证 · how what was repaid was given back' },
          ),
        ),
      ),
    },
    {
      description: '撤销追回 · a recovery that was wrong',
      examples: [
        {
          reason: '登记机关更正：该月缴费并未退费',
          refund: { amountFen: 50_000, reference: '退还凭证 2025-0009', refundedOn: '2025-07-05' },
        },
      ],
    },
  ),
);
export type ReverseRecovery = Static<typeof ReverseRecovery>;
