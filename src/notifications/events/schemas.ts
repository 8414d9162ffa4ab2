// Schemas of events.

import { type Static, Type } from 'typebox';
import {
  AgencyCode,
  AmountFen,
  CaseNumber,
  closed,
  Instant,
  Month,
  named,
  nullable,
  Quarter,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { maximumPageSize } from '../../platform/http/paging.ts';
import { SourceKeys } from '../../registers/records/schemas.ts';
import { eventTypes } from './types.ts';

export const EventTypeName = words('EventType', eventTypes, '事件种类 · type of event');

export const EventQuery = closed({
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maximumPageSize,
      default: 50,
      description: '每次条数 · at most so many',
      examples: [50],
    }),
  ),
  after: Type.Optional(
    Type.String({
      maxLength: 100,
      description: '上一次给出的 next · the last answer’s next',
      // Before the first position: from the beginning.
      examples: ['ZXZlbnQgMCAw'],
    }),
  ),
  type: Type.Optional(
    worded(EventTypeName, '只看这一种类 · only events of this type', 'application-approved'),
  ),
});
export type EventQuery = Static<typeof EventQuery>;

export const Event = named(
  'Event',
  closed(
    {
      id: worded(Uuid, '用于去重 · by which a receiver knows it again'),
      type: EventTypeName,
      happenedAt: worded(Instant, '发生时间 · when it happened'),
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      caseNumber: CaseNumber,
      agencyCode: AgencyCode,
      sourceKeys: Type.Optional(SourceKeys),
      content: named(
        'EventContent',
        closed(
          {
            state: Type.Optional(
              Type.String({ description: '事件后的申请状态 · state of the case after it' }),
            ),
            months: Type.Optional(
              Type.Array(
                named(
                  'MonthOfEvent',
                  closed({
                    month: Month,
                    state: Type.String({ description: '月份状态 · state of the month' }),
                    amountFen: nullable(AmountFen),
                  }),
                ),
                { description: '相关月份 · the months it is about' },
              ),
            ),
            amountFen: Type.Optional(AmountFen),
            quarter: Type.Optional(worded(Quarter, '可以申请的季度 · the quarter that can be claimed')),
            lineId: Type.Optional(
              worded(Uuid, '发放明细编号，发放事件才有 · the payment line, of an event about a payment'),
            ),
          },
          { description: '事件内容 · what is told of it' },
        ),
      ),
    },
    {
      description:
        '案件事件，不含个人信息；sourceKeys 只提供给省级系统 · something that happened to a case; no personal data; source keys are for the provincial system alone',
    },
  ),
);
