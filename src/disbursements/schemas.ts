// What travels about money: disbursements, rosters, requests, receipts and the bank's results.

import { type Static, Type } from 'typebox';
import { pageQuery } from '../http/paging.ts';
import {
  AgencyCode,
  AmountFen,
  closed,
  Day,
  Instant,
  Month,
  named,
  nullable,
  Quarter,
  StreetCode,
  Text,
  Uuid,
  Version,
} from '../http/schemas.ts';
import { type DisbursementState, disbursementStates, lineStates, paymentFailures } from './states.ts';

// Object.keys forgets the names it was given; they are the closed list of states.
const State = Type.Enum(Object.keys(disbursementStates) as DisbursementState[], {
  description: '状态 · state',
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
      progress: closed({
        title: Type.String(),
        next: Type.String({ description: '下一步 · what happens next' }),
      }),
      createdAt: Instant,
      lineCount: Count,
      amountFen: AmountFen,
      rosters: Type.Array(
        closed({
          streetCode: StreetCode,
          streetName: Type.String(),
          lineCount: Count,
          amountFen: AmountFen,
          verifiedAt: nullable(Instant),
        }),
        {
          description:
            '各街道（乡镇）名单；verifiedAt 为 null 表示尚未核对 · rosters, and which streets have not answered',
        },
      ),
      fundRequest: nullable(closed({ lineCount: Count, amountFen: AmountFen, requestedAt: Instant })),
      paymentFile: nullable(
        closed({
          batchNumber: Type.String(),
          lineCount: Count,
          amountFen: AmountFen,
          sha256: Type.String(),
          madeAt: Instant,
        }),
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
    number: Type.String(),
    agencyCode: AgencyCode,
    state: State,
    createdAt: Instant,
  }),
);

export const DisbursementQuery = closed({ ...pageQuery, state: Type.Optional(State) });
export type DisbursementQuery = Static<typeof DisbursementQuery>;

export const RosterParams = closed({ id: Uuid, streetCode: StreetCode });

export const Roster = named(
  'Roster',
  closed({
    disbursementId: Uuid,
    version: Version,
    streetCode: StreetCode,
    verifiedAt: nullable(Instant),
    lines: Type.Array(
      closed({
        lineId: Uuid,
        caseNumber: Type.String(),
        name: Type.String({ description: '姓名（脱敏） · masked' }),
        identityNumber: Type.String({ description: '身份号码（脱敏） · masked' }),
        account: Type.String({ description: '账号（脱敏） · masked' }),
        months: Type.Array(Month),
        amountFen: AmountFen,
        state: Type.Enum([...lineStates]),
        failure: nullable(Type.Enum([...paymentFailures])),
        holdReason: nullable(Type.String()),
      }),
    ),
  }),
);

export const VerifyRoster = named(
  'VerifyRoster',
  closed({
    held: Type.Optional(
      Type.Array(closed({ lineId: Uuid, reason: Text({ minLength: 2, maxLength: 200 }) }), {
        maxItems: 10_000,
        description:
          '有疑问、暂缓发放的行和原因；其余全部签字确认 · lines held back, with a reason; all others are signed',
      }),
    ),
  }),
);
export type VerifyRoster = Static<typeof VerifyRoster>;

export const RecordFundsReceipt = named(
  'RecordFundsReceipt',
  closed({
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
    receivedOn: Day,
  }),
);
export type RecordFundsReceipt = Static<typeof RecordFundsReceipt>;

export const PaymentFileAnswer = closed({
  disbursementId: Uuid,
  version: Version,
  batchNumber: Type.String(),
  lineCount: Count,
  amountFen: AmountFen,
  sha256: Type.String(),
});

export const ApplyPaymentResults = named(
  'ApplyPaymentResults',
  closed({
    batchNumber: Text({ maxLength: 40 }),
    totals: closed({ count: Count, paidFen: AmountFen, failedFen: AmountFen, unknownFen: AmountFen }),
    lines: Type.Array(
      closed({
        lineId: Uuid,
        amountFen: AmountFen,
        result: Type.Enum(['paid', 'failed', 'unknown'], {
          description:
            '结果；unknown 表示银行尚不能确认，不会重发 · unknown is never sent again until the bank has been asked',
        }),
        failure: Type.Optional(Type.Enum([...paymentFailures], { description: '失败原因 · why it failed' })),
      }),
      { minItems: 1, maxItems: 10_000 },
    ),
  }),
);
export type ApplyPaymentResults = Static<typeof ApplyPaymentResults>;

export const MoneyChainQuery = closed({ agencyCode: AgencyCode, quarter: Type.Optional(Quarter) });

const Fen = Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
export const MoneyChain = named(
  'MoneyChain',
  closed({
    agencyCode: AgencyCode,
    quarter: nullable(Quarter),
    figures: closed({
      approved: Fen,
      waiting: Fen,
      inPayment: Fen,
      paid: Fen,
      recoveredBeforePayment: Fen,
      received: Fen,
      unspent: Fen,
      recoverable: Fen,
      repaid: Fen,
      net: Fen,
    }),
    equations: Type.Array(closed({ name: Type.String(), left: Fen, right: Fen, holds: Type.Boolean() })),
    balanced: Type.Boolean({ description: '是否分文不差 · whether every equation holds' }),
  }),
);
