// Schemas for the state of the process.

import { Type } from 'typebox';
import { closed, Instant, named, worded, words } from '../../platform/http/contract/schemas.ts';

export const Health = named(
  'Health',
  closed(
    {
      status: words(
        'HealthStatus',
        { up: '正常', stopping: '正在停止', 'database-unavailable': '数据库不可用' },
        '运行状态 · health',
      ),
    },
    { description: '运行状态 · health' },
  ),
);

export const BackgroundWork = named(
  'BackgroundWork',
  closed(
    {
      waiting: Type.Integer({ minimum: 0, description: '待办任务数，含正在办理的 · jobs yet to be done' }),
      failed: Type.Array(
        named(
          'FailedJobs',
          closed({
            task: Type.String({ description: '任务 · the task', examples: ['reassess-person'] }),
            jobs: Type.Integer({ minimum: 1, description: '失败的任务数 · how many have failed' }),
            since: worded(Instant, '最早一项最后一次失败的时间 · when the first of them failed last'),
          }),
        ),
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

export const Unreadiness = named(
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

export const Readiness = named(
  'Readiness',
  closed(
    {
      ...Health.properties,
      ageSeconds,
      isOverloaded: Type.Boolean({
        description:
          '负载过高，等候过久的请求以 503 拒绝 · more is asked for than can be done: who waits too long gets 503',
      }),
      unsealedAuditEntries: Type.Integer({
        minimum: 0,
        description:
          '超过一分钟仍未封存的审计记录数，正常为 0 · audit entries that wait too long for their seal',
      }),
    },
    { description: '能否服务 · readiness' },
  ),
);
