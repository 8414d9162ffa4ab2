// Schemas of rosters: their lines, a street's answer, which streets have answered, and their files.

import { type Static, Type } from 'typebox';
import {
  AgencyCode,
  AmountFen,
  closed,
  IdParams,
  Instant,
  named,
  nullable,
  Officer,
  parameter,
  StreetCode,
  Text,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { LineCount, LineId, RosterLine } from '../lines/schemas.ts';

export const RosterParams = closed({
  ...IdParams.properties,
  streetCode: parameter('RosterStreetCode', StreetCode),
});

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
      lineCount: worded(LineCount, '发放笔数，不含暂缓和已离开的 · lines to be paid'),
      amountFen: worded(AmountFen, '发放金额合计（分） · their sum, in fen'),
      verifiedAt: nullable(worded(Instant, '核对签字时间 · when it was signed')),
      verifiedBy: nullable(worded(Officer, '核对签字人 · who signed it')),
      lines: Type.Array(RosterLine, { description: '每人一行 · one line for each person' }),
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
        Type.Array(named('HeldLine', closed({ lineId: LineId, reason: HoldReason })), {
          maxItems: 10_000,
          description:
            '有疑问、暂缓发放的行和原因；其余全部签字确认 · lines held back, with a reason; all others are signed',
        }),
      ),
    },
    {
      description: '核对结果 · what the street says',
      'x-examples': {
        sign: { summary: '全部签字 · signed whole', value: { held: [] } },
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
      },
    },
  ),
);
export type VerifyRoster = Static<typeof VerifyRoster>;

export const RosterToVerify = named(
  'RosterToVerify',
  closed({
    disbursementId: worded(Uuid, '发放批次编号 · id of the disbursement'),
    streetCode: StreetCode,
    version: worded(Version, '所见的批次版本 · the version you saw'),
    ...VerifyRoster.properties,
  }),
);
export type RosterToVerify = Static<typeof RosterToVerify>;

export const VerifiedRoster = named(
  'VerifiedRoster',
  closed({
    number: Roster.properties.number,
    lineCount: worded(LineCount, '签字的笔数 · lines signed'),
    amountFen: worded(AmountFen, '签字的金额（分） · their sum, in fen'),
  }),
);

export const RosterQuery = closed({
  limit: pageQuery.limit,
  after: Type.Optional(
    Type.String({
      maxLength: 100,
      description: '上一页给出的 next · the previous page’s next',
      // A key that sorts before every roster, so that the example gives the first page.
      examples: ['MDAwMDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAwIDAwMDAwMDAwMA'],
    }),
  ),
  answer: Type.Optional(
    worded(
      words(
        'RosterAnswer',
        { waiting: '等待街道（乡镇）核对', signed: '已签字' },
        '街道（乡镇）是否已答复 · whether the street has answered',
      ),
      '街道（乡镇）是否已答复，不填为全部 · whether the street has answered',
      'waiting',
    ),
  ),
  streetCode: Type.Optional(StreetCode),
});
export type RosterQuery = Static<typeof RosterQuery>;

export const RosterSummary = named(
  'RosterSummary',
  closed(
    {
      disbursementId: worded(Uuid, '发放批次编号 · id of the disbursement'),
      number: Type.String({
        description: '名单编号 · number of the roster',
        examples: ['FF26-00001-360203007'],
      }),
      agencyCode: AgencyCode,
      streetCode: StreetCode,
      streetName: Type.String({ description: '街道（乡镇）名称 · its name' }),
      lineCount: Type.Integer({ minimum: 0, description: '发放笔数 · lines to be paid' }),
      amountFen: worded(AmountFen, '发放金额合计（分） · their sum, in fen'),
      createdAt: worded(Instant, '名单建立时间 · when it was made'),
      verifiedAt: nullable(worded(Instant, '核对签字时间 · when it was signed')),
      verifiedBy: nullable(worded(Officer, '核对签字人 · who signed it')),
      waitingDays: nullable(
        Type.Integer({
          minimum: 0,
          description: '已等待的工作日；不在等待的为 null · working days it has waited',
        }),
      ),
    },
    { description: '名单概要 · a roster in short' },
  ),
);

export const RosterFileQuery = closed({
  format: worded(
    words('RosterFormat', { pdf: '打印件', xlsx: 'Excel 工作簿' }, '文件格式 · which file'),
    '文件格式 · which file',
    'pdf',
  ),
});
export type RosterFileQuery = Static<typeof RosterFileQuery>;
