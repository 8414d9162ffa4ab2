// Routes for events.

import type { Db } from '../../platform/database/connect.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { routeOf } from '../../platform/http/operations.ts';
import { FeedPage } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { listEvents, listOrderedEvents, orderEvents } from './operations.ts';
import { Event, EventQuery } from './schemas.ts';

export function eventRoutes(app: App, { read }: Handlers, { db }: { readonly db: Db }): void {
  app.get(
    '/v1/events',
    routeOf(
      'events',
      {
        id: 'listEvents',
        summary: '案件事件 · What happened to cases',
        description:
          '按游标取事件：至少一次，同一案件按先后顺序；保存 next，下次从那里继续。By cursor, at least once, in order per case.',
        problems: ['cursor-ahead'],
        config: { shows: ['case'] },
        query: EventQuery,
      },
      { 200: FeedPage(Event) },
    ),
    async (request, reply) => {
      const ordered = await read(request, reply, (context) => listOrderedEvents(context, request.query));
      if (ordered !== null) return ordered;
      // Ordered here and not by a job, so that none has to run. Events that a concurrent request orders come next time.
      await orderEvents(db);
      return await read(request, reply, (context) => listEvents(context, request.query));
    },
  );
}
