// Schemas of deliveries, whole or line by line, and of their results.

import { type Static, Type } from 'typebox';
import {
  closed,
  exclusive,
  FieldError,
  Instant,
  named,
  nullable,
  Text,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { mappings } from '../records/mapping.ts';
import { CoverageStatement, RecordRow, RemovalRow, SourceKey } from '../records/schemas.ts';
import { deliveryExamples } from './examples.ts';

/** Rows per request; longer deliveries are sent line by line. */
export const maximumRows = 10_000;

export const RecordDeliveryRequest = named(
  'RecordDeliveryRequest',
  closed(
    {
      source: Type.String({
        pattern: '^[a-z][a-z0-9-]{1,39}$',
        description: '来源登记机关 · the register that speaks; "officer" is reserved for attestations',
        examples: ['jx-human-resources'],
      }),
      rows: Type.Array(exclusive([RecordRow, RemovalRow]), {
        maxItems: maximumRows,
        description: '逐行校验：有错的行退回，其余保留 · each row is judged alone',
      }),
      mapping: Type.Optional(
        Type.Enum([...mappings.keys()], {
          description: '字段名对照表；不填则用本接口的字段名 · in whose field names the rows are written',
        }),
      ),
      coverage: Type.Optional(
        Type.Array(CoverageStatement, {
          maxItems: 200,
          description: '数据完整性声明 · what the register vouches for',
        }),
      ),
    },
    { description: '一次报送 · one delivery', 'x-examples': deliveryExamples },
  ),
);

export const maximumStreamedRows = 1_000_000;

/** The first line of a streamed delivery; every other line is a row. */
export const RecordStreamHeader = closed({
  source: RecordDeliveryRequest.properties.source,
  mapping: RecordDeliveryRequest.properties.mapping,
  coverage: RecordDeliveryRequest.properties.coverage,
});
export type RecordStreamHeader = Static<typeof RecordStreamHeader>;

/** The contract's description of a body that is read line by line. */
export const RecordStream = Type.String({
  description:
    '每行一个 JSON。第一行为 source 和 coverage，其余每行一条记录，与 rows 中的相同；最多 1,000,000 行。' +
    ' · one JSON value a line: first source and coverage, then a row on each',
  examples: [
    '{"source":"jx-human-resources"}\n{"kind":"flexible-employment","sourceKey":"LH-0001","version":1,' +
      '"identityNumber":"360299197205111035","from":"2024-03-01"}\n',
  ],
});

/** The same request with rows not validated, so that an invalid row does not refuse the others. */
export const RecordDeliveryEnvelope = closed({
  source: RecordDeliveryRequest.properties.source,
  mapping: RecordDeliveryRequest.properties.mapping,
  rows: Type.Array(Type.Unknown(), { maxItems: maximumRows }),
  coverage: RecordDeliveryRequest.properties.coverage,
});
export type RecordDeliveryEnvelope = Static<typeof RecordDeliveryEnvelope>;

export const rowOutcomes = ['new', 'superseding', 'unchanged', 'outdated', 'refused'] as const;
export type RowOutcome = (typeof rowOutcomes)[number];

const told = {
  id: Uuid,
  source: Type.String({ description: '来源登记机关 · the register that spoke' }),
  state: words(
    'DeliveryState',
    { open: '正在接收或中断，用同一个 Idempotency-Key 重新发送即可续传', complete: '已全部接收' },
    '是否已全部接收 · whether all of it came',
  ),
  receivedAt: worded(Instant, '收到时间 · when it was received'),
  takenAt: nullable(worded(Instant, '最近一批入库的时间 · when the last batch of it was stored')),
  totals: named(
    'RowTotals',
    closed(
      {
        received: Type.Integer({ description: '收到 · received' }),
        new: Type.Integer({ description: '新增 · new' }),
        superseding: Type.Integer({ description: '取代旧版本 · superseding' }),
        unchanged: Type.Integer({ description: '与已有版本相同 · the same again' }),
        outdated: Type.Integer({
          description: '版本低于已有版本，未采用 · older than the one on file, ignored',
        }),
        refused: Type.Integer({ description: '退回 · refused' }),
      },
      { description: '各种结果的行数，合计相符 · rows by what became of them' },
    ),
  ),
  peopleToReassess: Type.Integer({
    description:
      '已享受月份或在办申请将被重新核对的人次 · people whose granted months or open cases are looked at again',
  }),
};

export const RecordDelivery = named(
  'RecordDelivery',
  closed(
    {
      ...told,
      refused: Type.Array(
        named(
          'RefusedRow',
          closed({
            row: Type.Integer({ minimum: 1, description: '行号，从 1 起 · row number from 1' }),
            sourceKey: nullable(SourceKey),
            errors: Type.Array(FieldError, { description: '全部原因 · every reason' }),
          }),
        ),
        {
          description:
            '退回的行和原因（最多列出 100 行，全部见退回清单文件）；其余各行均已采用 · rows refused, with every reason',
        },
      ),
    },
    { description: '一次报送的结果 · what became of a delivery' },
  ),
);

const StreamKey = Text({
  minLength: 8,
  maxLength: 200,
  description: '报送时的 Idempotency-Key（NDJSON） · the key under which lines were sent',
  examples: ['hr-2025-07-05-full'],
});

export const RecordDeliverySummary = named(
  'RecordDeliverySummary',
  closed(
    {
      ...told,
      idempotencyKey: nullable(
        worded(StreamKey, '逐行报送的 Idempotency-Key；JSON 报送为 null · null for JSON'),
      ),
    },
    { description: '一次报送的进度 · how far a delivery has come' },
  ),
);

export const RecordDeliveryQuery = closed({
  ...pageQuery,
  state: Type.Optional(worded(told.state, '是否已全部接收 · whether all of it came', 'open')),
  idempotencyKey: Type.Optional(StreamKey),
});
export type RecordDeliveryQuery = Static<typeof RecordDeliveryQuery>;
