// Routes for API clients. A new secret must not be kept: its answer is stored under no idempotency key and is
// `no-store`.

import { closed } from '../http/contract/schemas.ts';
import type { Handlers } from '../http/handlers.ts';
import { operationsOf, routeOf } from '../http/operations.ts';
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
  const tag = 'api-clients';
  const { get } = operationsOf(server, handlers, tag);

  get('/v1/api-clients', {
    id: 'listApiClients',
    summary: '查询签名接入方 · List API clients',
    description: '不含密钥内容。Without any secret.',
    query: ApiClientQuery,
    answer: Page(ApiClient),
    run: (context, { query }) => listApiClients(context, query),
  });

  server.post(
    '/v1/api-clients',
    routeOf(
      tag,
      {
        id: 'createApiClient',
        summary: '登记签名接入方 · Register an API client',
        description:
          '供不能使用 OAuth 2.0 的平台以签名方式接入，密钥仅显示一次。For platforms that cannot fetch a token; the secret is shown once.',
        config: { isQuestion: true },
        problems: ['state-conflict'],
        body: CreateApiClient,
      },
      { 201: ApiClientWithSecret },
    ),
    async (request, reply) => {
      reply.code(201);
      return await handlers.auditedRead(request, (context) => createApiClient(context, request.body));
    },
  );

  get('/v1/api-clients/:apiClientId', {
    id: 'getApiClient',
    summary: '查看签名接入方 · Read an API client',
    description: '内容与列表中的相同，不含密钥内容。As the list shows it, without any secret.',
    problems: ['not-found'],
    params: closed({ apiClientId: ApiClientId }),
    answer: ApiClient,
    run: (context, { params }) => getApiClient(context, params.apiClientId),
  });

  server.post(
    '/v1/api-clients/:apiClientId/keys',
    routeOf(
      tag,
      {
        id: 'rotateApiClientKey',
        summary: '更换接入方密钥 · Change the key of an API client',
        description:
          '生成新密钥，旧密钥在重叠期后失效；0 小时为立即吊销。The old key ends after the overlap; 0 revokes it at once.',
        config: { isQuestion: true },
        problems: ['not-found'],
        params: closed({ apiClientId: ApiClientId }),
        body: RotateApiClientKey,
      },
      { 201: ApiClientWithSecret },
    ),
    async (request, reply) => {
      const { params, body } = request;
      reply.code(201);
      return await handlers.auditedRead(request, (context) =>
        rotateApiClientKey(context, params.apiClientId, body),
      );
    },
  );
}
