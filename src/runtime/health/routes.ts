// Routes for the state of the process: public, except background work, which is for administrators.

import type { Db } from '../../platform/database/connect.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { getBackgroundWork, isLive, isReady } from './operations.ts';
import { registerWatch } from './readiness.ts';
import { BackgroundWork, Health, Readiness, Unreadiness } from './schemas.ts';

export function healthRoutes(
  app: App,
  handlers: Handlers,
  { db, isStopping }: { readonly db: Db; readonly isStopping: () => boolean },
): void {
  const tag = 'running';
  const { get } = operationsOf(app, handlers, tag);
  // A body is refused, like everywhere.
  const config = { public: true, problems: ['invalid-fields'] as const };
  const forProbes = { config, exposeHeadRoute: true, logLevel: 'warn' } as const;

  registerWatch(app, db);

  app.get(
    '/health/live',
    {
      ...forProbes,
      schema: {
        operationId: 'isLive',
        tags: [tag],
        summary: '进程存活 · The process lives',
        description: '进程能够应答即为存活。Alive when it answers.',
        response: { 200: Health },
      },
    },
    async () => isLive(),
  );

  app.get(
    '/health/ready',
    {
      ...forProbes,
      schema: {
        operationId: 'isReady',
        tags: [tag],
        summary: '可以服务 · It can serve',
        description:
          '数据库每秒查看一次；可用且未在停止时为就绪，否则 503；并说明是否因负载过高正在拒绝一部分请求（仍为就绪），' +
          '以及有多少审计记录超过一分钟仍未封存。' +
          'Looked at every second. Ready while the database answers and nobody asked it to stop; says too whether it refuses some requests because of overload, and how many audit entries wait for their seal.',
        response: { 200: Readiness, 503: Unreadiness },
      },
    },
    async (_request, reply) => {
      const { isUp, ...answer } = isReady(await app.lastLook(), {
        isStopping: isStopping(),
        isOverloaded: app.load().isOverloaded,
      });
      return await reply.code(isUp ? 200 : 503).send(answer);
    },
  );

  get('/v1/background-work', {
    id: 'getBackgroundWork',
    summary: '查看后台任务 · The work in the background',
    description:
      '只有数量，不含个人信息。failed 非空时，数据变化后的复核可能没有做完，请通知运维人员。Counts only; failed jobs are for an operator.',
    answer: BackgroundWork,
    run: getBackgroundWork,
  });
}
