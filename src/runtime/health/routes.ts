// Says whether the process lives and whether it can serve: public, and nothing else. How the work in the background stands
// is for administrators.

import { Type } from 'typebox';
import type { Db } from '../../platform/database/connect.ts';
import { closed, Instant, named, problemResponses, worded } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import type { App } from '../../platform/http/server.ts';
import { countFailed, countWaiting } from '../jobs/jobs.ts';
import { registerWatch } from './readiness.ts';

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

const BackgroundWork = named(
  'BackgroundWork',
  closed(
    {
      waiting: Type.Integer({ minimum: 0, description: '待办任务数，含正在办理的 · jobs yet to be done' }),
      failed: Type.Array(
        closed({
          task: Type.String({ description: '任务 · the task', examples: ['reassess-person'] }),
          jobs: Type.Integer({ minimum: 1, description: '失败的任务数 · how many have failed' }),
          since: worded(Instant, '最早一项最后一次失败的时间 · when the first of them failed last'),
        }),
        { description: '已停止重试、须由运维人员处理的任务 · jobs that are not tried again by themselves' },
      ),
    },
    { description: '后台任务情况 · the work in the background' },
  ),
);

const ageSeconds = Type.Integer({
  minimum: 0,
  description: '距数据库最近一次应答的秒数 · seconds since the database answered last',
});

const Unreadiness = named(
  'Unreadiness',
  closed(
    {
      ...Health.properties,
      ageSeconds: Type.Union([ageSeconds, Type.Null()], {
        description:
          '距数据库最近一次应答的秒数，从未应答时为 null · seconds since the database answered last',
      }),
    },
    { description: '为何不能服务 · why it cannot serve' },
  ),
);

const Readiness = named(
  'Readiness',
  closed(
    {
      ...Health.properties,
      ageSeconds,
      unsealedAuditEntries: Type.Integer({
        minimum: 0,
        description:
          '超过一分钟仍未封存的审计记录数，正常为 0 · audit entries that wait too long for their seal',
      }),
    },
    { description: '能否服务 · readiness' },
  ),
);

export function runningRoutes(
  app: App,
  { read }: Handlers,
  { db, isStopping }: { db: Db; isStopping: () => boolean },
): void {
  const config = { public: true };
  const tags = ['running'];

  registerWatch(app, db);

  app.get(
    '/health/live',
    {
      config,
      exposeHeadRoute: true,
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
      exposeHeadRoute: true,
      logLevel: 'warn',
      schema: {
        operationId: 'isReady',
        tags,
        summary: '可以服务 · It can serve',
        description:
          '数据库每秒查看一次；可用且未在停止时为就绪，否则 503；并说明有多少审计记录超过一分钟仍未封存。' +
          'Looked at every second. Ready while the database answers and nobody asked it to stop; says too how many audit entries wait for their seal.',
        response: { 200: Readiness, 503: Unreadiness },
      },
    },
    async (_request, reply) => {
      const { ageSeconds, isAnswering, unsealedAuditEntries } = await app.lastLook();
      if (isStopping()) return await reply.code(503).send({ status: 'stopping', ageSeconds });
      if (!isAnswering || ageSeconds === null)
        return await reply.code(503).send({ status: 'database-unavailable', ageSeconds });
      return { status: 'up' as const, ageSeconds, unsealedAuditEntries };
    },
  );

  app.get(
    '/v1/background-work',
    {
      schema: {
        operationId: 'getBackgroundWork',
        tags,
        summary: '查看后台任务 · The work in the background',
        description:
          '只有数量，不含个人信息。failed 非空时，数据变化后的复核可能没有做完，请通知运维人员。Counts only; failed jobs are for an operator.',
        response: { 200: BackgroundWork, ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, async ({ tx }) => ({
        waiting: await countWaiting(tx),
        failed: await countFailed(tx),
      })),
  );
}
