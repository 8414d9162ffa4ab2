// Routes for webhooks.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhookDeliveries,
  listWebhooks,
  redeliver,
  rotateWebhookSecret,
} from './operations.ts';
import {
  CreateWebhook,
  Redeliver,
  Redelivery,
  Webhook,
  WebhookDeliveryPage,
  WebhookDeliveryQuery,
  WebhookPage,
  WebhookQuery,
  WebhookWithSecret,
} from './schemas.ts';

export { webhooksOfContract } from './contract.ts';

export function webhookRoutes(app: App, handlers: Handlers): void {
  const { get, post, ask, del } = operationsOf(app, handlers, 'webhooks');

  ask('/v1/webhooks', {
    id: 'createWebhook',
    summary: '登记推送地址 · Have events sent',
    description:
      '此后发生的事件以 Webhook（Standard Webhooks）推送到该地址：内容与 listEvents 相同，至少一次，同一案件按先后顺序。' +
      '每个接入方最多 10 个地址，密钥仅显示一次。' +
      'Later events are sent as listEvents shows them, at least once, in order per case. The secret is shown once.',
    problems: ['state-conflict'],
    body: CreateWebhook,
    answer: WebhookWithSecret,
    created: ({ id }) => `/v1/webhooks/${id}`,
    run: (context, { body }) => createWebhook(context, body),
  });

  get('/v1/webhooks', {
    id: 'listWebhooks',
    summary: '查询推送地址 · List webhooks',
    description:
      '只列出本接入方登记的地址，不含密钥内容；含待推送和已停止重试的条数。' +
      'Those of the caller, without secrets, with what waits and what was given up.',
    query: WebhookQuery,
    answer: WebhookPage,
    run: (context, { query }) => listWebhooks(context, query),
  });

  ask('/v1/webhooks/:id/secrets', {
    id: 'rotateWebhookSecret',
    summary: '更换签名密钥 · Change the secret of a webhook',
    description:
      '生成新密钥，仅显示一次。旧密钥在 24 小时内继续签名，webhook-signature 中同时有两个签名，请在此期间换用新密钥。' +
      'The old secret signs as well for 24 hours: each message then has both signatures.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    answer: WebhookWithSecret,
    run: (context, { params }) => rotateWebhookSecret(context, params.id),
  });

  get('/v1/webhook-deliveries', {
    id: 'listWebhookDeliveries',
    summary: '查询推送情况 · What was sent',
    description:
      '每条事件的推送状态、次数、最近一次的状态码和失败原因、下次推送时间。state=dead 为已停止重试的。' +
      'State, attempts, last status and cause, next attempt of each delivery; dead letters with state=dead.',
    config: { shows: ['case'] },
    query: WebhookDeliveryQuery,
    answer: WebhookDeliveryPage,
    run: (context, { query }) => listWebhookDeliveries(context, query),
  });

  post('/v1/webhooks/:id/redeliveries', {
    id: 'redeliver',
    summary: '重新推送 · Send again',
    description:
      '重新推送指定的几条，或全部已停止重试的；webhook-id 不变。已停用的地址同时恢复启用，停用期间的事件随后推送。' +
      'Sends the given deliveries or every dead letter again, with the same webhook-id, and enables a disabled webhook; ' +
      'events of the meantime follow.',
    problems: ['not-found'],
    params: IdParams,
    body: Redeliver,
    answer: Redelivery,
    run: (context, { params, body }) => redeliver(context, params.id, body),
  });

  // After the others at its address: who runs the examples from top to bottom deletes last.
  get('/v1/webhooks/:id', {
    id: 'getWebhook',
    summary: '查看推送地址 · Read a webhook',
    description: '内容与列表中的相同，不含密钥内容。As the list shows it, without secrets.',
    problems: ['not-found'],
    params: IdParams,
    answer: Webhook,
    run: (context, { params }) => getWebhook(context, params.id),
  });

  del('/v1/webhooks/:id', {
    id: 'deleteWebhook',
    summary: '删除推送地址 · Delete a webhook',
    description:
      '不再推送，尚未送达的也不再推送；可用 listEvents 取回。No more is sent, nor what waits; listEvents still has it.',
    problems: ['not-found'],
    params: IdParams,
    run: (context, { params }) => deleteWebhook(context, params.id),
  });
}
