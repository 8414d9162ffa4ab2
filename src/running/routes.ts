// Says whether the process lives and whether it can serve. Public, and says nothing else.

import { Type } from 'typebox';
import type { Db } from '../database/connect.ts';
import { closed, named } from '../http/schemas.ts';
import type { App } from '../http/server.ts';
import { countUnsealedEntries } from './readiness.ts';

const Health = named(
  'Health',
  closed(
    {
      status: Type.Enum(['up', 'stopping', 'database-unavailable'], {
        description: 'up 正常，stopping 正在停止，database-unavailable 数据库不可用',
      }),
    },
    { description: '运行状态 · health' },
  ),
);

const Readiness = named(
  'Readiness',
  closed(
    {
      ...Health.properties,
      unsealedAuditEntries: Type.Integer({
        minimum: 0,
        description:
          '超过一分钟仍未封存的审计记录数，正常为 0 · audit entries that wait too long for their seal',
      }),
    },
    { description: '能否服务 · readiness' },
  ),
);

export function runningRoutes(app: App, { db, isStopping }: { db: Db; isStopping: () => boolean }): void {
  const config = { public: true };
  const tags = ['running'];

  app.get(
    '/health/live',
    {
      config,
      logLevel: 'warn',
      schema: {
        operationId: 'isLive',
        tags,
        summary: '进程存活 · The process lives',
        description: '进程能够应答即为存活。Alive when it answers.',
        response: { 200: Health },
      },
    },
    async () => ({ status: 'up' as const }),
  );

  app.get(
    '/health/ready',
    {
      config,
      logLevel: 'warn',
      schema: {
        operationId: 'isReady',
        tags,
        summary: '可以服务 · It can serve',
        description:
          '数据库可用且未在停止时为就绪，否则 503；并说明有多少审计记录超过一分钟仍未封存。' +
          'Ready while the database answers and nobody asked it to stop; says too how many audit entries wait for their seal.',
        response: { 200: Readiness, 503: Health },
      },
    },
    async (_request, reply) => {
      if (isStopping()) return await reply.code(503).send({ status: 'stopping' });
      try {
        const unsealedAuditEntries = await countUnsealedEntries(db);
        return { status: 'up' as const, unsealedAuditEntries };
      } catch {
        return await reply.code(503).send({ status: 'database-unavailable' });
      }
    },
  );
}
