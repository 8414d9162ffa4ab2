// Schemas of repeated payments.

import { type Static, Type } from 'typebox';
import { closed, Instant, named, nullable, Uuid, worded } from '../../platform/http/contract/schemas.ts';
import { LineId, LineStateName } from '../lines/schemas.ts';
import { CorrectedAccount, CorrectionState, Why } from '../payee-changes/schemas.ts';

export const ReissuePayment = named(
  'ReissuePayment',
  closed(
    {
      account: Type.Optional(
        worded(CorrectedAccount, '更正后的账户；不填表示原账户已恢复正常 · absent: the same account, mended'),
      ),
      reason: Why,
    },
    {
      description: '重新发放的账户和原因 · into which account, and why',
      examples: [
        {
          account: { bank: '景德镇农商银行', number: '6217000000000000126' },
          reason: '持卡人更换社会保障卡，已核对新卡',
        },
      ],
    },
  ),
);
export type ReissuePayment = Static<typeof ReissuePayment>;

export const RejectReissue = named(
  'RejectReissue',
  closed(
    { reason: Why },
    { description: '驳回原因 · why it is rejected', examples: [{ reason: '新卡账号少一位，请重新核对' }] },
  ),
);
export type RejectReissue = Static<typeof RejectReissue>;

export const Reissue = named(
  'Reissue',
  closed(
    {
      lineId: LineId,
      state: worded(LineStateName, '原行的状态 · state of the payment that did not arrive'),
      correction: named(
        'AccountCorrection',
        closed(
          {
            state: CorrectionState,
            bank: Type.String({ description: '开户银行 · bank' }),
            account: Type.String({ description: '账号（脱敏） · masked' }),
            proposedAt: worded(Instant, '提出时间 · when it was proposed'),
            answeredAt: nullable(worded(Instant, '复核时间 · when it was answered')),
          },
          { description: '账户更正 · the correction' },
        ),
      ),
      replacedBy: nullable(worded(Uuid, '代替它的新行 · the new payment')),
      waitsForNextDisbursement: Type.Boolean({
        description:
          '资金已退回财政，转入下一批次发放 · its money was given back; the next disbursement pays it',
      }),
    },
    { description: '重新发放 · a payment made again' },
  ),
);
