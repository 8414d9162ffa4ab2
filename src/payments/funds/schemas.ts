// Schemas of money from the finance bureau and back to it.

import { type Static, Type } from 'typebox';
import { closed, Day, named, PositiveAmountFen, Text, worded } from '../../platform/http/contract/schemas.ts';

export const RecordFundsReceipt = named(
  'RecordFundsReceipt',
  closed(
    {
      amountFen: worded(
        PositiveAmountFen,
        '到账金额（分），不得超过申请 · in fen, at most what was requested',
      ),
      reference: Text({
        minLength: 1,
        maxLength: 60,
        description: '财政拨款凭证号 · finance’s reference',
      }),
      receivedOn: worded(Day, '到账日期 · when it arrived'),
      isLast: Type.Optional(
        Type.Boolean({
          description:
            '到账少于申请时必填：true 表示不再拨付，按名单顺序整行发放，其余转入下一批次；false 表示其余随后拨付 · ' +
            'asked when it is less than was requested: whether no more will come',
        }),
      ),
    },
    {
      description: '到账资金 · the money that arrived',
      examples: [{ amountFen: 150_000, reference: '珠财社〔2025〕第 31 号', receivedOn: '2025-07-05' }],
    },
  ),
);
export type RecordFundsReceipt = Static<typeof RecordFundsReceipt>;

export const ReturnUnspent = named(
  'ReturnUnspent',
  closed(
    {
      amountFen: worded(
        PositiveAmountFen,
        '退回财政的金额（分），不得超过结余 · in fen, at most what no line needs',
      ),
      reference: Text({ minLength: 1, maxLength: 60, description: '退款凭证号 · reference of the payment' }),
      returnedOn: worded(Day, '退回日期 · when it was given back'),
    },
    {
      description: '退回财政的结余 · unspent money given back',
      examples: [{ amountFen: 150_000, reference: '珠就业退〔2025〕第 3 号', returnedOn: '2025-07-05' }],
    },
  ),
);
export type ReturnUnspent = Static<typeof ReturnUnspent>;
