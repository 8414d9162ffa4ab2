// What travels about rosters and fund requests as papers, and about which streets have answered.

import { type Static, Type } from 'typebox';
import {
  AgencyCode,
  AmountFen,
  closed,
  Instant,
  named,
  nullable,
  StreetCode,
  Uuid,
  worded,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';

export const RosterQuery = closed({
  limit: pageQuery.limit,
  after: Type.Optional(
    Type.String({
      maxLength: 100,
      description: '上一页给出的 next · the previous page’s next',
      // Of a roster before all others: the first page.
      examples: ['MDAwMDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAwIDAwMDAwMDAwMA'],
    }),
  ),
  answer: Type.Optional(
    Type.Enum(['waiting', 'signed'], {
      description:
        'waiting 等待街道（乡镇）核对，signed 已签字；不填为全部 · whether the street has answered',
      examples: ['waiting'],
    }),
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
  format: Type.Enum(['pdf', 'xlsx'], {
    description: 'pdf 打印件，xlsx 工作簿 · a paper, or a workbook',
    examples: ['pdf'],
  }),
});
export type RosterFileQuery = Static<typeof RosterFileQuery>;
