// Schemas for the import of registers by hand.

import { hash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { RecordKind } from '../../platform/http/contract/rule-words.ts';
import {
  closed,
  FieldError,
  Month,
  named,
  nullable,
  Sha256,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { maximumRows, RecordDelivery } from '../deliveries/schemas.ts';
import { mappings } from '../records/mapping.ts';

const example = {
  rows: [
    {
      identityNumber: '360299197608150020',
      name: '李秀英',
      firstApprovedOn: '2023-02-10',
      near: true,
      months: ['2022-10', '2022-11', '2022-12'],
      sourceKey: 'JDZ-2023-0117',
    },
  ],
};

export const ImportRecords = named(
  'ImportRecords',
  closed(
    {
      rows: Type.Array(
        Type.Unknown({
          description:
            '字段与 deliverRecords 中该种记录的相同，不含 kind 和 version；sourceKey 可不填 · as in deliverRecords, without kind and version',
        }),
        { maxItems: maximumRows, description: '逐行校验 · each row is judged alone' },
      ),
    },
    {
      description: '一种登记记录 · records of one kind',
      'x-examples': {
        history: {
          summary: '一人已享受 3 个月（kind 为 prior-benefit） · one person with three months',
          value: example,
        },
      },
    },
  ),
);
export type ImportRecords = Static<typeof ImportRecords>;

export const RegisterTable = Type.String({
  description:
    'CSV（UTF-8 或 GB18030），表头与 getRecordTemplateFile 的相同 · a table with the headings of the template',
  examples: [
    '公民身份号码,初次核定日,距退休不足5年,已享受月份\r\n360299197608150020,2023-02-10,是,2022-10至2022-12\r\n',
  ],
});

const asked = {
  kind: worded(RecordKind, '文件中是哪一种记录 · the kind of every row', 'prior-benefit'),
  mapping: Type.Optional(
    Type.Enum([...mappings.keys()], {
      description:
        '表头为来源系统字段名时所用的对照表；不填则用中文表头 · whose field names the headings are',
      examples: ['ministry-indicators'],
    }),
  ),
  throughMonth: Type.Optional(
    worded(
      Month,
      '本机构声明该种登记对辖区人员完整至该月；不填则不声明 · through which month the agency vouches for the register',
      '2025-06',
    ),
  ),
};

export const ImportCheckQuery = closed(asked);
export type ImportCheckQuery = Static<typeof ImportCheckQuery>;

export const TemplateParams = closed({ kind: asked.kind });

export const ImportQuery = closed({
  ...asked,
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

export const RecordImport = named(
  'RecordImport',
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
