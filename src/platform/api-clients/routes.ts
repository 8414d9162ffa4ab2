// Routes for API clients. A new secret must not be kept: its answer is stored under no idempotency key and is
// `no-store`.

import { closed } from '../http/contract/schemas.ts';
import type { Handlers } from '../http/handlers.ts';
import { operationsOf } from '../http/operations.ts';
import { Page } from '../http/paging.ts';
import type { App } from '../http/server.ts';
import { createApiClient, getApiClient, listApiClients, rotateApiClientKey } from './operations.ts';
import {
  ApiClient,
  ApiClientId,
  ApiClientQuery,
  ApiClientWithSecret,
  CreateApiClient,
  RotateApiClientKey,
} from './schemas.ts';

export function apiClientRoutes(server: App, handlers: Handlers): void {
  const { get, ask } = operationsOf(server, handlers, 'api-clients');

  get('/v1/api-clients', {
    id: 'listApiClients',
    summary: '查询签名接入方 · List API clients',
    description: '不含密钥内容。Without any secret.',
    query: ApiClientQuery,
    answer: Page(ApiClient),
    run: (context, { query }) => listApiClients(context, query),
  });

  ask('/v1/api-clients', {
    id: 'createApiClient',
    summary: '登记签名接入方 · Register an API client',
    description:
      '供不能使用 OAuth 2.0 的平台或省级系统以签名方式接入，密钥仅显示一次。For platforms, or the provincial system, that cannot fetch a token; the secret is shown once.',
    problems: ['state-conflict'],
    body: CreateApiClient,
    answer: ApiClientWithSecret,
    created: ({ apiClientId }) => `/v1/api-clients/${apiClientId}`,
    run: (context, { body }) => createApiClient(context, body),
  });

  get('/v1/api-clients/:apiClientId', {
    id: 'getApiClient',
    summary: '查看签名接入方 · Read an API client',
    description: '内容与列表中的相同，不含密钥内容。As the list shows it, without any secret.',
    problems: ['not-found'],
    params: closed({ apiClientId: ApiClientId }),
    answer: ApiClient,
    run: (context, { params }) => getApiClient(context, params.apiClientId),
  });

  ask('/v1/api-clients/:apiClientId/keys', {
    id: 'rotateApiClientKey',
    summary: '更换接入方密钥 · Change the key of an API client',
    description:
      '生成新密钥，旧密钥在重叠期后失效；0 小时为立即吊销。The old key ends after the overlap; 0 revokes it at once.',
    problems: ['not-found'],
    params: closed({ apiClientId: ApiClientId }),
    body: RotateApiClientKey,
    answer: ApiClientWithSecret,
    run: (context, { params, body }) => rotateApiClientKey(context, params.apiClientId, body),
  });
}
