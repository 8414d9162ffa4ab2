// Schemas for the import of months granted earlier or elsewhere.

import { hash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import {
  closed,
  FieldError,
  IdentityNumber,
  named,
  nullable,
  Sha256,
  Text,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { maximumRows, RecordDelivery } from '../deliveries/schemas.ts';
import { factSchemas } from '../records/schemas.ts';

const { firstApprovedOn, near, months } = factSchemas['prior-benefit'].properties;

const HistoryRow = named(
  'HistoryRow',
  closed({
    identityNumber: worded(
      IdentityNumber,
      '身份号码，15 位旧号码会被转换 · 18 digits, or 15 which are converted',
    ),
    name: Type.Optional(Text({ minLength: 1, maxLength: 100, description: '姓名 · name' })),
    firstApprovedOn,
    near,
    months,
    reference: Type.Optional(
      Text({ minLength: 1, maxLength: 60, description: '原系统编号；同一人多行时必填 · its number there' }),
    ),
  }),
);

const example = {
  rows: [
    {
      identityNumber: '360299197608150020',
      name: '李秀英',
      firstApprovedOn: '2023-02-10',
      near: true,
      months: ['2022-10', '2022-11', '2022-12'],
      reference: 'JDZ-2023-0117',
    },
  ],
};

export const ImportHistory = named(
  'ImportHistory',
  closed(
    {
      rows: Type.Array(HistoryRow, {
        maxItems: maximumRows,
        description: '逐行校验 · each row is judged alone',
      }),
    },
    {
      description: '以前或外地享受的补贴 · months granted earlier or elsewhere',
      'x-examples': {
        history: {
          summary: '一人已享受 3 个月 · one person with three months',
          value: example,
        },
      },
    },
  ),
);

/** The same request with rows not validated. */
export const ImportHistoryEnvelope = closed({ rows: Type.Array(Type.Unknown(), { maxItems: maximumRows }) });
export type ImportHistoryEnvelope = Static<typeof ImportHistoryEnvelope>;

export const HistoryTable = Type.String({
  description:
    '表头：公民身份号码、姓名、初次核定日、距退休不足5年（是/否）、已享受月份（2022-01、2022-02 或 2022-01至2022-12）、编号 · a table with these headings',
  examples: [
    '公民身份号码,初次核定日,距退休不足5年,已享受月份\r\n360299197608150020,2023-02-10,是,2022-10至2022-12\r\n',
  ],
});

export const ImportQuery = closed({
  confirm: worded(
    Sha256,
    '试导入时回答的 sha256，证明这份文件已试导入 · the sha256 that the check of this very file answered',
    hash('sha256', JSON.stringify(example)),
  ),
  confirmRows: Type.Optional(
    Type.String({
      pattern: '^[1-9]\\d{0,4}(,[1-9]\\d{0,4})*$',
      maxLength: 60_000,
      description:
        '“距退休不足5年”与自身日期矛盾、但当时确实这样认定的行，行号以逗号分隔；未确认的退回 · rows, by the numbers of the check, that contradict their own dates and are confirmed all the same',
      examples: ['1'],
    }),
  ),
});
export type ImportQuery = Static<typeof ImportQuery>;

export const HistoryCheck = named(
  'HistoryCheck',
  closed(
    {
      sha256: worded(Sha256, '文件摘要，导入时放入 confirm · to be sent as confirm'),
      encoding: words(
        'FileEncoding',
        { 'utf-8': 'UTF-8 文本', gb18030: 'GB18030 文本', xlsx: 'Excel 工作簿', json: 'JSON' },
        '识别出的编码 · as it was read',
      ),
      deliveryId: nullable(worded(Uuid, '导入后的报送编号；试导入为 null · null for a check')),
      totals: RecordDelivery.properties.totals,
      refused: RecordDelivery.properties.refused,
      flagged: Type.Array(
        named(
          'FlaggedRow',
          closed({
            row: Type.Integer({ minimum: 1, description: '行号 · row number' }),
            errors: Type.Array(FieldError, { description: '提醒 · what to look at' }),
          }),
        ),
        {
          description:
            '已采用但需留意的行；near-contradicts-dates 的行导入时须确认 · rows to look at; those that contradict their dates are taken once confirmed',
        },
      ),
    },
    { description: '导入结果 · what became of each row' },
  ),
);
