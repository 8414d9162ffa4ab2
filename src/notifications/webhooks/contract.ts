// The contract's section `webhooks`: what this service sends to receivers, one entry for each type of event.

import { Event } from '../events/schemas.ts';
import { type EventType, eventTypes } from '../events/types.ts';

const header = (name: string, description: string, schema: object, example: string) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string', ...schema },
  example,
});

const parameters = [
  header(
    'webhook-id',
    '推送编号，同一条推送每次重试都相同，用于去重 · the same on every attempt: by it a receiver knows a repetition',
    { format: 'uuid' },
    '0197d8a1-4b00-7000-8000-000000000001',
  ),
  header(
    'webhook-timestamp',
    '本次推送的时间，Unix 秒；与当前时间相差五分钟以上的应拒绝 · of this attempt, in Unix seconds; refuse one that differs from now by more than five minutes',
    { pattern: '^[0-9]{10}$' },
    '1751680800',
  ),
  header(
    'webhook-signature',
    '一个或多个以空格分隔的签名：`v1,` 加 `webhook-id.webhook-timestamp.请求体` 的 HMAC-SHA-256（base64），任一相符即可 · signatures, with spaces: `v1,` and the HMAC-SHA-256 of `id.timestamp.body` in base64; one that fits is enough',
    { pattern: '^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)*$' },
    'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  ),
];

const responses = {
  '204': {
    description: '已收到；任何 2xx 均表示收到，应在十秒内返回 · received, as with any 2xx within ten seconds',
  },
  '410': {
    description: '不再接收：停用该推送地址 · no longer wanted: the webhook is disabled',
  },
};

const months = ['2025-04', '2025-05', '2025-06'];
/** What an example tells besides its type. */
const contents: Partial<Readonly<Record<EventType, object>>> = {
  'application-submitted': { state: 'submitted' },
  'application-accepted': { state: 'accepted' },
  'application-approved': {
    state: 'approved',
    months: months.map((month) => ({ month, state: 'live', amountFen: 50_000 })),
    amountFen: 150_000,
  },
  'payment-paid': {
    months: months.map((month) => ({ month, state: 'paid', amountFen: 50_000 })),
    amountFen: 150_000,
  },
};

function exampleOf(type: EventType) {
  return {
    id: '0197d8a1-4b00-7000-8000-000000000002',
    type,
    happenedAt: '2025-07-05T02:00:00Z',
    applicationId: '0197d8a1-4b00-7000-8000-000000000003',
    caseNumber: 'JDZ25-0000123-1',
    agencyCode: '360203',
    content: contents[type] ?? {},
  };
}

/** `onPaymentPaid` */
function nameOf(type: EventType): string {
  return `on${type.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
}

/** By type of event. */
export function webhooksOfContract(): Record<string, object> {
  // The cast: Object.entries loses the literal names.
  const types = Object.entries(eventTypes) as [EventType, string][];
  return Object.fromEntries(
    types.map(([type, title]) => [
      type,
      {
        post: {
          operationId: nameOf(type),
          tags: ['webhooks'],
          summary: title,
          description:
            '推送到用 createWebhook 登记的地址（Standard Webhooks）。至少一次；同一案件按先后顺序。' +
            'Sent to the address of a webhook, at least once, of each case in order.',
          security: [],
          parameters,
          requestBody: {
            required: true,
            description: '与 listEvents 中的同一事件相同 · the event as listEvents shows it',
            content: {
              'application/json': {
                schema: {
                  allOf: [Event, { type: 'object', properties: { type: { type: 'string', enum: [type] } } }],
                },
                example: exampleOf(type),
              },
            },
          },
          responses,
        },
      },
    ]),
  );
}
