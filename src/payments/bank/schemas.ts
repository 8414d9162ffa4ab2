// What travels between the payer, the bank and this service: batches, results, corrected accounts, money that came back.

import { type Static, Type } from 'typebox';
import {
  AmountFen,
  closed,
  Day,
  Instant,
  named,
  nullable,
  PersonalText,
  Text,
  Uuid,
  worded,
} from '../../platform/http/contract/schemas.ts';
import { lineStates, paymentFailures } from '../disbursement/states.ts';
import { bankFormatIds } from './formats.ts';

export const LineId = worded(Uuid, '行号 · id of the line', '0197d8a1-4b00-7000-8000-000000000001');
export const Failure = Type.Enum([...paymentFailures], { description: '失败原因 · why it failed' });
export const BatchNumber = Text({
  minLength: 1,
  maxLength: 40,
  description: '批次号，见发放文件第一行 · batch number, in the head of the payment file',
  examples: ['FF25-00002-01'],
});
const Count = Type.Integer({ minimum: 0, description: '笔数 · number of lines' });

export const StartPayment = named(
  'StartPayment',
  closed(
    {
      format: Type.Enum([...bankFormatIds], {
        description: '银行文件格式 · format of the bank’s files',
      }),
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
      totals: closed(
        { count: Count, paidFen: AmountFen, failedFen: AmountFen, unknownFen: AmountFen },
        {
          description: '各项合计，须与各行相符 · totals, equal to the lines',
        },
      ),
      lines: Type.Array(
        closed({
          lineId: LineId,
          amountFen: AmountFen,
          result: Type.Enum(['paid', 'failed', 'unknown'], {
            description:
              '结果；unknown 表示银行尚不能确认，不会重发 · unknown is never sent again until the bank has been asked',
          }),
          failure: Type.Optional(Failure),
        }),
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

/** The bank's answer that it cannot say yet, in the format `utf-8-csv`. */
export const ResultFile = Type.Any({
  description: '银行结果文件（CSV） · the bank’s file',
  examples: [
    '批次号,笔数,成功金额（元）,失败金额（元）,不明金额（元）\r\nFF25-00002-01,1,0.00,0.00,1500.00\r\n' +
      '行号,金额（元）,结果代码\r\n0197d8a1-4b00-7000-8000-000000000001,1500.00,UNKNOWN\r\n',
  ],
});

const Why = Text({ minLength: 2, maxLength: 200, description: '原因 · why' });

export const ReissuePayment = named(
  'ReissuePayment',
  closed(
    {
      account: Type.Optional(
        closed(
          {
            bank: Text({ minLength: 2, maxLength: 60, description: '开户银行 · bank' }),
            number: PersonalText({
              minLength: 1,
              maxLength: 60,
              description: '账号（12–30 位数字） · account number',
            }),
          },
          { description: '更正后的账户；不填表示原账户已恢复正常 · absent: the same account, mended' },
        ),
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

export const PayAfterDeath = named(
  'PayAfterDeath',
  closed(
    {
      reason: Text({
        minLength: 2,
        maxLength: 500,
        description: '由谁领取及其依据 · who receives it, and what that rests on',
      }),
    },
    {
      description: '申请人去世后的发放 · who is paid after a death',
      examples: [{ reason: '经核实，社会保障卡账户由法定继承人办理继承，仍发放至该账户' }],
    },
  ),
);
export type PayAfterDeath = Static<typeof PayAfterDeath>;

export const PaymentAfterDeath = named(
  'PaymentAfterDeath',
  closed(
    {
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      caseNumber: Type.String({ description: '受理编号 · case number' }),
      diedOn: worded(Day, '登记的去世日期 · the day of the death'),
      reason: Type.String({ description: '由谁领取及其依据 · who receives it' }),
      decidedAt: worded(Instant, '登记时间 · when it was decided'),
    },
    { description: '申请人去世后，去世前应得的补贴由谁领取 · who is paid after a death' },
  ),
);

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
      state: Type.Enum([...lineStates], {
        description: '原行的状态 · state of the payment that did not arrive',
      }),
      correction: closed(
        {
          state: Type.Enum(['proposed', 'confirmed', 'rejected'], {
            description: '复核状态 · proposed, confirmed, rejected',
          }),
          bank: Type.String({ description: '开户银行 · bank' }),
          account: Type.String({ description: '账号（脱敏） · masked' }),
          proposedAt: worded(Instant, '提出时间 · when it was proposed'),
          answeredAt: nullable(worded(Instant, '复核时间 · when it was answered')),
        },
        { description: '账户更正 · the correction' },
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

export const RecordPaymentReturn = named(
  'RecordPaymentReturn',
  closed(
    {
      amountFen: Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: '退票金额（分），须为全额 · in fen, the whole line',
      }),
      reference: Text({ minLength: 1, maxLength: 60, description: '银行退票凭证号 · the bank’s reference' }),
      returnedOn: worded(Day, '退票日期 · when it came back'),
      reason: Why,
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
