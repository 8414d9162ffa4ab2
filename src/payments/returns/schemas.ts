// Schemas of payments that the bank returned.

import type { Static } from 'typebox';
import { closed, Day, named, PositiveAmountFen, Text, worded } from '../../platform/http/contract/schemas.ts';

export const RecordPaymentReturn = named(
  'RecordPaymentReturn',
  closed(
    {
      amountFen: worded(PositiveAmountFen, '退票金额（分），须为全额 · in fen, the whole line'),
      reference: Text({ minLength: 1, maxLength: 60, description: '银行退票凭证号 · the bank’s reference' }),
      returnedOn: worded(Day, '退票日期 · when it came back'),
      reason: Text({ minLength: 2, maxLength: 200, description: '原因 · why' }),
    },
    {
      description: '银行退票 · a payment that came back',
      examples: [
        {
          amountFen: 150_000,
          reference: '退票 20250705-01',
          returnedOn: '2025-07-05',
          reason: '入账账户已销户',
        },
      ],
    },
  ),
);
export type RecordPaymentReturn = Static<typeof RecordPaymentReturn>;
