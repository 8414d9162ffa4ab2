// Speaks HTTP for apps. A new secret is in its answer only: no idempotency key keeps that answer, and no proxy may.

import { closed } from '../http/contract/schemas.ts';
import type { Handlers } from '../http/handlers.ts';
import { operationsOf, routeOf } from '../http/operations.ts';
import { Page } from '../http/paging.ts';
import type { App as Server } from '../http/server.ts';
import { createApp, listApps, rotateAppKey } from './operations.ts';
import { App, AppId, AppQuery, AppWithSecret, CreateApp, RotateAppKey } from './schemas.ts';

export function appRoutes(server: Server, handlers: Handlers): void {
  const tag = 'apps';
  const { get } = operationsOf(server, handlers, tag);

  get('/v1/apps', {
    id: 'listApps',
    summary: '查询签名接入的应用 · List apps',
    description: '不含密钥内容。Without any secret.',
    query: AppQuery,
    answer: Page(App),
    run: (context, { query }) => listApps(context, query),
  });

  server.post(
    '/v1/apps',
    routeOf(
      tag,
      {
        id: 'createApp',
        summary: '登记签名接入的应用 · Register an app',
        description:
          '供不能使用 OAuth 2.0 的平台以签名方式接入，密钥仅显示一次。For platforms that cannot fetch a token; the secret is shown once.',
        config: { isQuestion: true },
        problems: ['state-conflict'],
        body: CreateApp,
      },
      { 201: AppWithSecret },
    ),
    async (request, reply) => {
      reply.code(201);
      return await handlers.auditedRead(request, (context) => createApp(context, request.body));
    },
  );

  server.post(
    '/v1/apps/:appId/keys',
    routeOf(
      tag,
      {
        id: 'rotateAppKey',
        summary: '更换应用密钥 · Change the key of an app',
        description:
          '生成新密钥，旧密钥在重叠期后失效；0 小时为立即吊销。The old key ends after the overlap; 0 revokes it at once.',
        config: { isQuestion: true },
        problems: ['not-found'],
        params: closed({ appId: AppId }),
        body: RotateAppKey,
      },
      { 201: AppWithSecret },
    ),
    async (request, reply) => {
      const { params, body } = request;
      reply.code(201);
      return await handlers.auditedRead(request, (context) => rotateAppKey(context, params.appId, body));
    },
  );
}
