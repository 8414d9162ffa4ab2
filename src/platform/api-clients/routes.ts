// Speaks HTTP for apps. A new secret is in its answer only: no key keeps that answer, and no proxy may.

import { closed, problemResponses } from '../http/contract/schemas.ts';
import type { Handlers } from '../http/handlers.ts';
import { Page } from '../http/paging.ts';
import type { App as Server } from '../http/server.ts';
import * as operations from './operations.ts';
import { App, AppId, AppQuery, AppWithSecret, CreateApp, RotateAppKey } from './schemas.ts';

export function appRoutes(server: Server, { read, auditedRead }: Handlers): void {
  const tags = ['apps'];

  server.get(
    '/v1/apps',
    {
      schema: {
        operationId: 'listApps',
        tags,
        summary: '查询签名接入的应用 · List apps',
        description: '不含密钥内容。Without any secret.',
        querystring: AppQuery,
        response: { 200: Page(App), ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => operations.listApps(context, request.query)),
  );

  server.post(
    '/v1/apps',
    {
      config: { isQuestion: true },
      schema: {
        operationId: 'createApp',
        tags,
        summary: '登记签名接入的应用 · Register an app',
        description:
          '供不能使用 OAuth 2.0 的平台以签名方式接入，密钥仅显示一次。For platforms that cannot fetch a token; the secret is shown once.',
        body: CreateApp,
        response: { 201: AppWithSecret, ...problemResponses },
      },
    },
    async (request, reply) => {
      reply.code(201);
      return await auditedRead(request, (context) => operations.createApp(context, request.body));
    },
  );

  server.post(
    '/v1/apps/:appId/keys',
    {
      config: { isQuestion: true },
      schema: {
        operationId: 'rotateAppKey',
        tags,
        summary: '更换应用密钥 · Change the key of an app',
        description:
          '生成新密钥，旧密钥在重叠期后失效；0 小时为立即吊销。The old key ends after the overlap; 0 revokes it at once.',
        params: closed({ appId: AppId }),
        body: RotateAppKey,
        response: { 201: AppWithSecret, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { appId } = request.params;
      reply.code(201);
      return await auditedRead(request, (context) => operations.rotateAppKey(context, appId, request.body));
    },
  );
}
