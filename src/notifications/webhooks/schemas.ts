// Schemas of webhooks and their deliveries.

import { type Static, Type } from 'typebox';
import {
  closed,
  Instant,
  named,
  nullable,
  Text,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { Page, pageQuery } from '../../platform/http/paging.ts';
import { EventTypeName } from '../events/schemas.ts';
import { deliveryStates, disabledReasons, failureCauses, webhookStates } from './states.ts';

const DeliveryStateName = words('WebhookDeliveryState', deliveryStates, '推送状态 · state of the delivery');
const FailureCauseName = words('WebhookFailureCause', failureCauses, '失败原因 · why an attempt failed');

const Secret = named(
  'WebhookSecret',
  closed(
    {
      number: Type.Integer({ minimum: 1, description: '密钥序号 · number of the secret' }),
      createdAt: worded(Instant, '生成时间 · when it was made'),
      expiresAt: nullable(
        worded(Instant, '停止用于签名的时间；null 表示最新的 · when it stops signing; null for the newest'),
      ),
    },
    { description: '签名密钥（不含密钥内容） · a secret that signs, without its content' },
  ),
);

const url = Text({
  minLength: 1,
  maxLength: 500,
  description:
    '接收地址：https，不含用户名、密码和 # 之后的部分 · where events are sent: https, without credentials or fragment',
  examples: ['https://ganfutong.example/subsidy-events'],
});
const description = Text({
  maxLength: 200,
  description: '用途说明，供本平台自己辨认 · what it is for, in the words of its owner',
  examples: ['案件进度推送'],
});
const eventTypes = Type.Array(EventTypeName, {
  maxItems: 50,
  uniqueItems: true,
  description: '推送的事件种类；为空表示全部 · which events are sent; all when empty',
});

const about = {
  id: worded(Uuid, '推送地址编号 · id of the webhook'),
  url,
  description,
  eventTypes,
  state: words('WebhookState', webhookStates, '状态 · whether events are sent to it'),
  disabledBecause: nullable(words('WebhookDisabledReason', disabledReasons, '停用原因 · why it is disabled')),
  disabledAt: nullable(worded(Instant, '停用时间 · since when it is disabled')),
  failingSince: nullable(
    worded(
      Instant,
      '最近一次成功之后首次失败的时间；正常时为 null · of the first failure after the last success; null while all is well',
    ),
  ),
  waiting: Type.Integer({ minimum: 0, description: '待推送的条数 · deliveries that wait' }),
  deadLetters: Type.Integer({
    minimum: 0,
    description:
      '已停止重试的条数，可用 redeliver 重新推送 · deliveries that were given up; redeliver sends them again',
  }),
  createdAt: worded(Instant, '登记时间 · when it was made'),
  secrets: Type.Array(Secret, { description: '签名密钥 · the secrets' }),
};

export const Webhook = named(
  'Webhook',
  closed(about, { description: 'Webhook 推送地址 · an address to which events are sent' }),
);
export const WebhookPage = Page(Webhook);

export const WebhookWithSecret = named(
  'WebhookWithSecret',
  closed(
    {
      ...about,
      secret: Type.String({
        description:
          '新的签名密钥，仅显示这一次；用于验证 webhook-signature · the new secret, shown this once; it verifies webhook-signature',
        examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='],
      }),
    },
    { description: '推送地址及其新密钥 · a webhook with its new secret' },
  ),
);

export const CreateWebhook = named(
  'CreateWebhook',
  closed(
    {
      url,
      description: Type.Optional(description),
      eventTypes: Type.Optional(eventTypes),
    },
    {
      description: '登记一个推送地址 · have events sent to an address',
      examples: [
        {
          url: 'https://ganfutong.example/subsidy-events',
          description: '案件进度推送',
          eventTypes: ['application-approved', 'application-refused', 'payment-paid'],
        },
      ],
    },
  ),
);
export type CreateWebhook = Static<typeof CreateWebhook>;

export const WebhookQuery = closed(pageQuery);
export type WebhookQuery = Static<typeof WebhookQuery>;

export const WebhookDelivery = named(
  'WebhookDelivery',
  closed(
    {
      id: worded(Uuid, '推送编号，即 webhook-id，重试时不变 · the webhook-id, the same on every attempt'),
      webhookId: worded(Uuid, '推送地址编号 · id of the webhook'),
      eventId: worded(Uuid, '事件编号 · id of the event'),
      eventType: EventTypeName,
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      state: DeliveryStateName,
      attempts: Type.Integer({ minimum: 0, description: '已推送次数 · attempts so far' }),
      createdAt: worded(Instant, '列入推送的时间 · when it was put in line'),
      lastAttemptAt: nullable(worded(Instant, '最近一次推送的时间 · when it was attempted last')),
      lastStatus: nullable(
        Type.Integer({
          minimum: 100,
          maximum: 999,
          description: '接收方最近返回的状态码 · status it answered last',
        }),
      ),
      lastCause: nullable(
        worded(FailureCauseName, '最近一次失败的原因；成功时为 null · why the last attempt failed'),
      ),
      nextAttemptAt: nullable(
        worded(
          Instant,
          '下次推送不早于此；同一案件前一条未完成时须等待 · not before; a delivery waits for the one before it of its case',
        ),
      ),
      settledAt: nullable(worded(Instant, '送达或停止重试的时间 · when it was delivered or given up')),
    },
    { description: '一条事件向一个地址的推送 · one event on its way to one webhook' },
  ),
);
export const WebhookDeliveryPage = Page(WebhookDelivery);

export const WebhookDeliveryQuery = closed({
  ...pageQuery,
  webhookId: Type.Optional(worded(Uuid, '只看该地址的 · of this webhook alone')),
  state: Type.Optional(worded(DeliveryStateName, '只看此状态的 · in this state alone', 'waiting')),
});
export type WebhookDeliveryQuery = Static<typeof WebhookDeliveryQuery>;

export const Redeliver = named(
  'Redeliver',
  closed(
    {
      deliveryIds: Type.Optional(
        Type.Array(Uuid, {
          minItems: 1,
          maxItems: 100,
          uniqueItems: true,
          description: '要重新推送的推送编号，任何状态均可 · which to send again, in any state',
        }),
      ),
    },
    {
      description:
        '重新推送；不写 deliveryIds 则为全部已停止重试的 · send again; every dead letter without deliveryIds',
      examples: [{}],
    },
  ),
);
export type Redeliver = Static<typeof Redeliver>;

export const Redelivery = named(
  'Redelivery',
  closed(
    {
      redelivered: Type.Integer({ minimum: 0, description: '重新列入推送的条数 · put in line again' }),
      webhook: Webhook,
    },
    { description: '重新推送的结果 · what was put in line again' },
  ),
);
