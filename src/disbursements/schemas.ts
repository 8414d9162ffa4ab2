// What travels about money: disbursements, rosters, requests, receipts and the bank's results.

import { type Static, Type } from 'typebox';
import { pageQuery } from '../http/paging.ts';
import {
  AgencyCode,
  AmountFen,
  closed,
  Day,
  IdParams,
  Instant,
  Month,
  named,
  nullable,
  Quarter,
  Sha256,
  StreetCode,
  Text,
  Uuid,
  Version,
  worded,
} from '../http/schemas.ts';
import { type DisbursementState, disbursementStates, lineStates, paymentFailures } from './states.ts';

// Object.keys forgets the names it was given; they are the closed list of states.
const State = Type.Enum(Object.keys(disbursementStates) as DisbursementState[], {
  description: '状态 · state',
});
const BatchNumber = Text({
  maxLength: 40,
  description: '批次号，见发放文件第一行 · batch number, in the head of the payment file',
  examples: ['FF25-00001'],
});
const Count = Type.Integer({ minimum: 0, description: '笔数 · number of lines' });

export const Disbursement = named(
  'Disbursement',
  closed(
    {
      id: Uuid,
      version: Version,
      number: Type.String({
        description: '发放批次号 · number of the disbursement',
        examples: ['FF26-00001'],
      }),
      agencyCode: AgencyCode,
      state: State,
      progress: closed(
        {
          title: Type.String({ description: '状态说明 · the state in words' }),
          next: Type.String({ description: '下一步 · what happens next' }),
        },
        { description: '进度 · how far it is' },
      ),
      createdAt: worded(Instant, '建立时间 · when it was gathered'),
      lineCount: Count,
      amountFen: AmountFen,
      rosters: Type.Array(
        closed({
          streetCode: StreetCode,
          streetName: Type.String({ description: '街道（乡镇）名称 · its name' }),
          lineCount: Count,
          amountFen: AmountFen,
          verifiedAt: nullable(worded(Instant, '核对签字时间 · when it was signed')),
        }),
        {
          description:
            '各街道（乡镇）名单；verifiedAt 为 null 表示尚未核对 · rosters, and which streets have not answered',
        },
      ),
      fundRequest: nullable(
        closed(
          { lineCount: Count, amountFen: AmountFen, requestedAt: worded(Instant, '申请时间 · when') },
          {
            description: '资金拨付申请，笔数和金额自此固定 · count and total asked of finance',
          },
        ),
      ),
      paymentFile: nullable(
        closed(
          {
            batchNumber: BatchNumber,
            lineCount: Count,
            amountFen: AmountFen,
            sha256: Sha256,
            madeAt: worded(Instant, '生成时间 · when'),
          },
          { description: '发放文件 · the payment file' },
        ),
      ),
    },
    { description: '发放批次 · a disbursement' },
  ),
);
export type DisbursementAnswer = Static<typeof Disbursement>;

export const DisbursementSummary = named(
  'DisbursementSummary',
  closed({
    id: Uuid,
    number: Disbursement.properties.number,
    agencyCode: AgencyCode,
    state: State,
    createdAt: worded(Instant, '建立时间 · when it was gathered'),
  }),
);

export const DisbursementQuery = closed({
  ...pageQuery,
  state: Type.Optional(worded(State, '状态 · state', 'verifying')),
});
export type DisbursementQuery = Static<typeof DisbursementQuery>;

export const RosterParams = closed({ ...IdParams.properties, streetCode: StreetCode });

const LineId = worded(Uuid, '行号 · id of the line');
const Failure = Type.Enum([...paymentFailures], { description: '失败原因 · why it failed' });

export const Roster = named(
  'Roster',
  closed(
    {
      disbursementId: worded(Uuid, '发放批次编号 · id of the disbursement'),
      version: Version,
      streetCode: StreetCode,
      verifiedAt: nullable(worded(Instant, '核对签字时间 · when it was signed')),
      lines: Type.Array(
        closed({
          lineId: LineId,
          caseNumber: Type.String({ description: '受理编号 · case number' }),
          name: Type.String({ description: '姓名（脱敏） · masked' }),
          identityNumber: Type.String({ description: '身份号码（脱敏） · masked' }),
          account: Type.String({ description: '账号（脱敏） · masked' }),
          months: Type.Array(Month, { description: '发放月份 · the months paid' }),
          amountFen: AmountFen,
          state: Type.Enum([...lineStates], { description: '状态 · state' }),
          failure: nullable(Failure),
          holdReason: nullable(Type.String({ description: '暂缓原因 · why it is held back' })),
        }),
        { description: '每人一行 · one line for each person' },
      ),
    },
    { description: '街道（乡镇）名单 · a street’s roster' },
  ),
);

const HoldReason = Text({
  minLength: 2,
  maxLength: 200,
  description: '暂缓原因 · why it is held back',
  examples: ['本人反映已于 6 月底到企业上班，待核实'],
});

export const VerifyRoster = named(
  'VerifyRoster',
  closed(
    {
      held: Type.Optional(
        Type.Array(closed({ lineId: LineId, reason: HoldReason }), {
          maxItems: 10_000,
          description:
            '有疑问、暂缓发放的行和原因；其余全部签字确认 · lines held back, with a reason; all others are signed',
        }),
      ),
    },
    { description: '核对结果 · what the street says', examples: [{ held: [] }] },
  ),
);
export type VerifyRoster = Static<typeof VerifyRoster>;

export const RecordFundsReceipt = named(
  'RecordFundsReceipt',
  closed(
    {
      amountFen: Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: '到账金额（分），须与申请一致 · in fen, equal to the request',
      }),
      reference: Text({
        minLength: 1,
        maxLength: 60,
        description: '财政拨款凭证号 · finance’s reference',
      }),
      receivedOn: worded(Day, '到账日期 · when it arrived'),
    },
    {
      description: '到账资金 · the money that arrived',
      examples: [{ amountFen: 150_000, reference: '珠财社〔2025〕第 31 号', receivedOn: '2025-07-05' }],
    },
  ),
);
export type RecordFundsReceipt = Static<typeof RecordFundsReceipt>;

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
          maxItems: 10_000,
          description: '批次中尚无结果的每一行 · every line still without a result',
        },
      ),
    },
    {
      description: '银行回传的一份结果 · one file of results',
      examples: [
        {
          batchNumber: 'FF25-00001',
          totals: { count: 1, paidFen: 150_000, failedFen: 0, unknownFen: 0 },
          lines: [{ lineId: '0197d8a1-4b00-7000-8000-000000000001', amountFen: 150_000, result: 'paid' }],
        },
      ],
    },
  ),
);
export type ApplyPaymentResults = Static<typeof ApplyPaymentResults>;

export const MoneyChainQuery = closed({ agencyCode: AgencyCode, quarter: Type.Optional(Quarter) });

const fen = (description: string) =>
  Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, description });
export const MoneyChain = named(
  'MoneyChain',
  closed(
    {
      agencyCode: AgencyCode,
      quarter: nullable(worded(Quarter, '季度；null 为全部 · null is all of them')),
      figures: closed(
        {
          approved: fen('已核定 · approved'),
          waiting: fen('待发放 · waiting'),
          inPayment: fen('发放中 · in payment'),
          paid: fen('已发放 · paid'),
          recoveredBeforePayment: fen('发放前追回 · recovered before payment'),
          received: fen('已到账财政资金 · received from finance'),
          unspent: fen('结余 · unspent'),
          recoverable: fen('应退未退 · owed'),
          repaid: fen('已退回 · repaid'),
          net: fen('净发放 · paid less repaid'),
        },
        { description: '各项金额（分） · every figure, in fen' },
      ),
      equations: Type.Array(
        closed({
          name: Type.String({ description: '等式 · the equation' }),
          left: fen('左边 · left side'),
          right: fen('右边 · right side'),
          holds: Type.Boolean({ description: '是否成立 · whether it holds' }),
        }),
        { description: '须成立的等式 · what must hold' },
      ),
      balanced: Type.Boolean({ description: '是否分文不差 · whether every equation holds' }),
    },
    { description: '资金链 · the money chain' },
  ),
);
