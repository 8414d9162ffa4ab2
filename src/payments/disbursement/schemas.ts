// Schemas of disbursements.

import { type Static, Type } from 'typebox';
import {
  AgencyCode,
  AmountFen,
  closed,
  Day,
  Instant,
  named,
  nullable,
  Officer,
  Progress,
  Quarter,
  Sha256,
  StreetCode,
  Text,
  titlesOf,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { BatchNumber } from '../bank/schemas.ts';
import { LineCount } from '../lines/schemas.ts';
import { disbursementStates } from './states.ts';

// Object.keys returns string[]; these are the closed list of states.
const State = words('DisbursementState', titlesOf(disbursementStates), '状态 · state');

const SumOfLines = named(
  'SumOfLines',
  closed(
    { lineCount: LineCount, amountFen: AmountFen },
    { description: '笔数和金额合计 · how many lines, and their sum' },
  ),
);

const FundRequestPart = named(
  'FundRequestPart',
  closed({
    streetCode: StreetCode,
    streetName: Type.String({ description: '街道（乡镇）名称 · its name' }),
    quarter: worded(Quarter, '月份所属季度 · quarter of the months'),
    personCount: Type.Integer({ minimum: 1, description: '人数；跨季度的人在各季度分别计数 · people' }),
    monthCount: Type.Integer({ minimum: 1, description: '月数 · months' }),
    amountFen: AmountFen,
  }),
);

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
      progress: Progress,
      createdAt: worded(Instant, '建立时间 · when it was gathered'),
      lineCount: LineCount,
      amountFen: AmountFen,
      held: worded(SumOfLines, '暂缓发放的 · held back by a street'),
      released: worded(SumOfLines, '已离开本批次、转入下一批次的 · left for the next disbursement'),
      rosters: Type.Array(
        named(
          'RosterOfDisbursement',
          closed({
            streetCode: StreetCode,
            streetName: Type.String({ description: '街道（乡镇）名称 · its name' }),
            lineCount: LineCount,
            amountFen: AmountFen,
            verifiedAt: nullable(worded(Instant, '核对签字时间 · when it was signed')),
            verifiedBy: nullable(worded(Officer, '核对签字人 · who signed it')),
          }),
        ),
        {
          description:
            '各街道（乡镇）名单；verifiedAt 为 null 表示尚未核对 · rosters, and which streets have not answered',
        },
      ),
      fundRequest: nullable(
        named(
          'FundRequest',
          closed(
            {
              number: Type.String({
                description: '申请表编号 · number of the form',
                examples: ['FF26-00001-ZJ'],
              }),
              lineCount: LineCount,
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
      ),
      fundReceipts: Type.Array(
        named(
          'FundReceipt',
          closed({
            amountFen: AmountFen,
            reference: Type.String({ description: '财政拨款凭证号 · finance’s reference' }),
            receivedOn: worded(Day, '到账日期 · when it arrived'),
            isLast: Type.Boolean({ description: '是否最后一笔 · whether no more will come' }),
          }),
        ),
        { description: '到账资金 · money that arrived' },
      ),
      fundReturns: Type.Array(
        named(
          'FundReturn',
          closed({
            amountFen: AmountFen,
            reference: Type.String({ description: '退款凭证号 · reference' }),
            returnedOn: worded(Day, '退回日期 · when it was given back'),
          }),
        ),
        { description: '退回财政的结余 · money given back to finance' },
      ),
      unspentFen: Type.Integer({
        description: '已到账、未发放、未退回的资金（分） · received, not paid and not given back, in fen',
      }),
      paymentFiles: Type.Array(
        named(
          'PaymentFile',
          closed({
            batchNumber: BatchNumber,
            format: Type.String({ description: '银行文件格式 · format of the bank' }),
            lineCount: LineCount,
            amountFen: AmountFen,
            sha256: Sha256,
            madeAt: worded(Instant, '生成时间 · when'),
            withdrawnAt: nullable(
              worded(Instant, '未下载即撤回的时间 · when it was taken back, which nobody had fetched'),
            ),
          }),
        ),
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

export const CancelDisbursement = named(
  'CancelDisbursement',
  closed(
    {
      reason: Text({
        minLength: 2,
        maxLength: 200,
        description: '原因 · why',
        examples: ['名单有误，重新汇集'],
      }),
    },
    { description: '取消原因 · why it is cancelled', examples: [{ reason: '名单有误，重新汇集' }] },
  ),
);
export type CancelDisbursement = Static<typeof CancelDisbursement>;
