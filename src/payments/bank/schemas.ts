// Schemas of payment batches, their files and results.

import { type Static, Type } from 'typebox';
import { Failure } from '../../applications/application/schemas.ts';
import { AmountFen, closed, named, Text, words } from '../../platform/http/contract/schemas.ts';
import { LineCount, LineId } from '../lines/schemas.ts';
import { bankFormatNames } from './formats.ts';

export const BatchNumber = named(
  'BatchNumber',
  Text({
    minLength: 1,
    maxLength: 40,
    description: '批次号，见发放文件第一行 · batch number, in the head of the payment file',
    examples: ['FF25-00002-01'],
  }),
);

export const StartPayment = named(
  'StartPayment',
  closed(
    {
      format: words('BankFileFormat', bankFormatNames, '银行文件格式 · format of the bank’s files'),
    },
    { description: '送哪种格式 · in which format', examples: [{ format: 'utf-8-csv' }] },
  ),
);
export type StartPayment = Static<typeof StartPayment>;

export const PaymentFileQuery = closed({
  batchNumber: Type.Optional(BatchNumber),
  reason: Type.Optional(
    Text({
      minLength: 2,
      maxLength: 200,
      description: '再次下载的原因；第一次下载可不填 · why it is downloaded again',
      examples: ['银行要求重新上传'],
    }),
  ),
});
export type PaymentFileQuery = Static<typeof PaymentFileQuery>;

export const ApplyPaymentResults = named(
  'ApplyPaymentResults',
  closed(
    {
      batchNumber: BatchNumber,
      totals: named(
        'ResultTotals',
        closed(
          { count: LineCount, paidFen: AmountFen, failedFen: AmountFen, unknownFen: AmountFen },
          {
            description: '各项合计，须与各行相符 · totals, equal to the lines',
          },
        ),
      ),
      lines: Type.Array(
        named(
          'ResultLine',
          closed({
            lineId: LineId,
            amountFen: AmountFen,
            result: words(
              'PaymentResult',
              { paid: '已发放', failed: '发放失败', unknown: '银行尚不能确认，不会重发' },
              '结果 · result',
            ),
            failure: Type.Optional(Failure),
          }),
        ),
        {
          minItems: 1,
          maxItems: 5_000,
          description: '批次中尚无结果的每一行 · every line still without a result',
        },
      ),
    },
    {
      description: '银行回传的一份结果 · one file of results',
      examples: [
        {
          batchNumber: 'FF25-00002-01',
          totals: { count: 1, paidFen: 150_000, failedFen: 0, unknownFen: 0 },
          lines: [{ lineId: '0197d8a1-4b00-7000-8000-000000000001', amountFen: 150_000, result: 'paid' }],
        },
      ],
    },
  ),
);
export type ApplyPaymentResults = Static<typeof ApplyPaymentResults>;

export const ResultFileQuery = closed({ batchNumber: BatchNumber });

/** The example answers `unknown` for a line, in the format `utf-8-csv`. */
export const ResultFile = Type.Any({
  description: '银行结果文件（CSV） · the bank’s file',
  examples: [
    '批次号,笔数,成功金额（元）,失败金额（元）,不明金额（元）\r\nFF25-00002-01,1,0.00,0.00,1500.00\r\n' +
      '行号,金额（元）,结果代码\r\n0197d8a1-4b00-7000-8000-000000000001,1500.00,UNKNOWN\r\n',
  ],
});
