// What travels about money: disbursements, rosters, requests, receipts and the bank's results.

import { type Static, Type } from 'typebox';
import { Flags } from '../../applications/flags/schemas.ts';
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
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { BatchNumber, Failure, LineId } from '../bank/schemas.ts';
import {
  type DisbursementState,
  disbursementStates,
  lineStates,
  type ReleaseCause,
  releaseCauses,
} from './states.ts';

export * from '../bank/schemas.ts';

// Object.keys forgets the names it was given; they are the closed list of states.
const State = Type.Enum(Object.keys(disbursementStates) as DisbursementState[], {
  description: '状态 · state',
});
const Count = Type.Integer({ minimum: 0, description: '笔数 · number of lines' });

const sumOfLines = (description: string) =>
  closed({ lineCount: Count, amountFen: AmountFen }, { description });

const FundRequestPart = closed({
  streetCode: StreetCode,
  streetName: Type.String({ description: '街道（乡镇）名称 · its name' }),
  quarter: worded(Quarter, '月份所属季度 · quarter of the months'),
  personCount: Type.Integer({ minimum: 1, description: '人数；跨季度的人在各季度分别计数 · people' }),
  monthCount: Type.Integer({ minimum: 1, description: '月数 · months' }),
  amountFen: AmountFen,
});

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
      held: sumOfLines('暂缓发放的 · held back by a street'),
      released: sumOfLines('已离开本批次、转入下一批次的 · left for the next disbursement'),
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
          {
            number: Type.String({
              description: '申请表编号 · number of the form',
              examples: ['FF26-00001-ZJ'],
            }),
            lineCount: Count,
            amountFen: AmountFen,
            requestedAt: worded(Instant, '申请时间 · when'),
            parts: Type.Array(FundRequestPart, {
              description:
                '按街道（乡镇）和季度，街道（乡镇）只见本街道 · by street and quarter; a street sees its own',
            }),
          },
          {
            description: '资金拨付申请，笔数和金额自此固定 · count and total asked of finance',
          },
        ),
      ),
      fundReceipts: Type.Array(
        closed({
          amountFen: AmountFen,
          reference: Type.String({ description: '财政拨款凭证号 · finance’s reference' }),
          receivedOn: worded(Day, '到账日期 · when it arrived'),
          isLast: Type.Boolean({ description: '是否最后一笔 · whether no more will come' }),
        }),
        { description: '到账资金 · money that arrived' },
      ),
      fundReturns: Type.Array(
        closed({
          amountFen: AmountFen,
          reference: Type.String({ description: '退款凭证号 · reference' }),
          returnedOn: worded(Day, '退回日期 · when it was given back'),
        }),
        { description: '退回财政的结余 · money given back to finance' },
      ),
      unspentFen: Type.Integer({
        description: '已到账、未发放、未退回的资金（分） · received, not paid and not given back, in fen',
      }),
      paymentFiles: Type.Array(
        closed({
          batchNumber: BatchNumber,
          format: Type.String({ description: '银行文件格式 · format of the bank' }),
          lineCount: Count,
          amountFen: AmountFen,
          sha256: Sha256,
          madeAt: worded(Instant, '生成时间 · when'),
          withdrawnAt: nullable(
            worded(Instant, '未下载即撤回的时间 · when it was taken back, which nobody had fetched'),
          ),
        }),
        { description: '送银行的文件；重新发放的另成一批 · corrected payments go in batches of their own' },
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

export const Roster = named(
  'Roster',
  closed(
    {
      disbursementId: worded(Uuid, '发放批次编号 · id of the disbursement'),
      version: Version,
      number: Type.String({
        description: '名单编号 · number of the roster',
        examples: ['FF26-00001-360203007'],
      }),
      agencyCode: AgencyCode,
      streetCode: StreetCode,
      streetName: Type.String({ description: '街道（乡镇）名称 · its name' }),
      lineCount: worded(Count, '发放笔数，不含暂缓和已离开的 · lines to be paid'),
      amountFen: worded(AmountFen, '发放金额合计（分） · their sum, in fen'),
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
          releaseCause: nullable(
            // Object.keys forgets the names it was given.
            Type.Enum(Object.keys(releaseCauses) as ReleaseCause[], {
              description: '离开本批次的原因 · why it left this disbursement',
            }),
          ),
          replacesLineId: nullable(worded(Uuid, '代替的行 · the payment it stands for')),
          batchNumber: nullable(
            Type.String({ description: '发放文件批次号 · batch it went to the bank in' }),
          ),
          flags: Flags,
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
    {
      description: '核对结果 · what the street says',
      'x-examples': {
        hold: {
          summary: '暂缓一行 · one line held back',
          value: {
            held: [
              {
                lineId: '0197d8a1-4b00-7000-8000-000000000001',
                reason: '本人反映已于 6 月底到企业上班，待核实',
              },
            ],
          },
        },
        sign: { summary: '全部签字 · signed whole', value: { held: [] } },
      },
    },
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
        description: '到账金额（分），不得超过申请 · in fen, at most what was requested',
      }),
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

const Why = (examples: string[]) =>
  Text({ minLength: 2, maxLength: 200, description: '原因 · why', examples });

export const CancelDisbursement = named(
  'CancelDisbursement',
  closed(
    { reason: Why(['名单有误，重新汇集']) },
    { description: '取消原因 · why it is cancelled', examples: [{ reason: '名单有误，重新汇集' }] },
  ),
);

export const LineParams = closed({ ...IdParams.properties, lineId: LineId });

export const ReleaseHold = named(
  'ReleaseHold',
  closed(
    { reason: Why(['已核实，情况属实']) },
    {
      description: '解除暂缓的依据 · what was found',
      examples: [{ reason: '已与本人和用人单位核实，并未就业' }],
    },
  ),
);
export type ReleaseHold = Static<typeof ReleaseHold>;

export const ReturnUnspent = named(
  'ReturnUnspent',
  closed(
    {
      amountFen: Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: '退回财政的金额（分），不得超过结余 · in fen, at most what no line needs',
      }),
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
