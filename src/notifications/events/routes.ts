// Speaks HTTP for events.

import type { Db } from '../../platform/database/connect.ts';
import { problemResponses } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import type { App } from '../../platform/http/server.ts';
import { listEvents, orderEvents } from './operations.ts';
import { EventQuery, Events } from './schemas.ts';

export function eventRoutes(app: App, { read }: Handlers, { db }: { readonly db: Db }): void {
  app.get(
    '/v1/events',
    {
      config: { shows: ['case'] },
      schema: {
        operationId: 'listEvents',
        tags: ['events'],
        summary: '案件事件 · What happened to cases',
        description:
          '按游标取事件：至少一次，同一案件按先后顺序；保存 next，下次从那里继续。By cursor, at least once, in order per case.',
        querystring: EventQuery,
        response: { 200: Events, ...problemResponses },
      },
    },
    async (request, reply) => {
      // Before, not in the background: nothing has to run. What others are putting in order meanwhile is heard at the next asking.
      await orderEvents(db);
      return await read(request, reply, (context) => listEvents(context, request.query));
    },
  );
}
