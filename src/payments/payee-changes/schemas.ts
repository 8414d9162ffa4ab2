// Schemas of changes of whom a case pays.

import { type Static, Type } from 'typebox';
import { HeirRelation } from '../../applications/application/heir-schemas.ts';
import {
  ApplicantName,
  closed,
  exampleId,
  IdParams,
  Instant,
  named,
  nullable,
  Officer,
  PersonalText,
  parameter,
  Text,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';

export const CorrectionState = words(
  'CorrectionState',
  { proposed: '待复核', confirmed: '已确认', rejected: '已驳回' },
  '复核状态 · state of the correction',
);

export const Why = Text({ minLength: 2, maxLength: 200, description: '原因 · why' });

export const CorrectedAccount = named(
  'CorrectedAccount',
  closed(
    {
      bank: Text({ minLength: 2, maxLength: 60, description: '开户银行 · bank' }),
      number: PersonalText({
        minLength: 1,
        maxLength: 60,
        description: '账号（12–30 位数字） · account number',
      }),
    },
    { description: '更正后的账户 · the account to pay to' },
  ),
);

export const ChangeAccount = named(
  'ChangeAccount',
  closed(
    { account: CorrectedAccount, reason: Why },
    {
      description: '新的收款账户和原因 · into which account, and why',
      examples: [
        {
          account: { bank: '景德镇农商银行', number: '6217000000000000126' },
          reason: '本人更换社会保障卡，已核对新卡',
        },
      ],
    },
  ),
);
export type ChangeAccount = Static<typeof ChangeAccount>;

export const CorrectApplicantName = named(
  'CorrectApplicantName',
  closed(
    {
      name: PersonalText({
        minLength: 1,
        maxLength: 50,
        description: '身份证上的姓名 · the name on the identity card',
      }),
      materialId: worded(
        Uuid,
        '本申请中作为依据的身份证复印件 · the identity card of this case that shows it',
      ),
      reason: Why,
    },
    {
      description: '正确的姓名、依据和原因 · the right name, what shows it, and why it was wrong',
      examples: [
        {
          name: '王建囯',
          materialId: '0197d8a1-4b00-7000-8000-000000000001',
          reason: '填报时姓名录入有误，已核对身份证原件',
        },
      ],
    },
  ),
);
export type CorrectApplicantName = Static<typeof CorrectApplicantName>;

export const RejectPayeeChange = named(
  'RejectPayeeChange',
  closed(
    { reason: Why },
    { description: '驳回原因 · why it is rejected', examples: [{ reason: '与社会保障卡不符，请重新核对' }] },
  ),
);
export type RejectPayeeChange = Static<typeof RejectPayeeChange>;

export const PayeeChangeParams = closed({
  ...IdParams.properties,
  payeeChangeId: parameter(
    'PayeeChangeId',
    worded(Uuid, '更正编号 · id of the change', '0197d8a1-4b00-7000-8000-000000000001'),
  ),
});

export const PayeeChangeQuery = closed({
  ...pageQuery,
  applicationId: Type.Optional(worded(Uuid, '所属申请 · of this application', exampleId)),
  state: Type.Optional(worded(CorrectionState, '复核状态 · state', 'proposed')),
});
export type PayeeChangeQuery = Static<typeof PayeeChangeQuery>;

export const PayeeChange = named(
  'PayeeChange',
  closed(
    {
      payeeChangeId: worded(Uuid, '更正编号 · id of the change'),
      applicationId: worded(Uuid, '所属申请 · of which application'),
      kind: words(
        'PayeeChangeKind',
        {
          account: '收款账户',
          name: '姓名',
          heir: '申请人去世后的领取人',
          nobody: '申请人去世后结案，无人领取',
        },
        '更正事项 · what is changed',
      ),
      state: CorrectionState,
      lineId: nullable(
        worded(
          Uuid,
          '因发放失败或退票而更正的，为原行 · the payment that did not arrive; null: before it was sent',
        ),
      ),
      bank: nullable(Type.String({ description: '新的开户银行 · the new bank' })),
      account: nullable(Type.String({ description: '新的账号（脱敏） · the new account, masked' })),
      name: nullable(worded(ApplicantName, '正确的姓名，或领取人的姓名 · the right name, or the heir’s')),
      identityNumber: nullable(Type.String({ description: '领取人的身份号码（脱敏） · the heir’s, masked' })),
      relation: nullable(worded(HeirRelation, '领取人与申请人的关系 · the heir’s relation')),
      materialId: nullable(
        worded(Uuid, '作为依据的身份证复印件或领取依据 · the identity card, or what shows the relation'),
      ),
      deathCertificateId: nullable(worded(Uuid, '死亡证明 · the death certificate')),
      reason: Type.String({ description: '原因 · why' }),
      proposedAt: worded(Instant, '提出时间 · when it was proposed'),
      proposedBy: nullable(worded(Officer, '提出人；不向平台提供 · who proposed it; null for platforms')),
      answeredAt: nullable(worded(Instant, '复核时间 · when it was answered')),
      answeredBy: nullable(worded(Officer, '复核人；不向平台提供 · who answered it; null for platforms')),
    },
    { description: '收款账户、姓名或领取人的更正 · a change of whom a case pays' },
  ),
);
