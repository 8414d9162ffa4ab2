// Speaks HTTP for reason sheets.

import type { Acting } from '../http/acting.ts';
import { refusals } from '../http/schemas.ts';
import type { App } from '../http/server.ts';
import { getReasonSheet } from './operations.ts';
import { ReasonSheet, ReasonSheetParams } from './schemas.ts';

export function reasonSheetRoutes(app: App, { view }: Acting): void {
  app.get(
    '/v1/people/:personId/months/:month/reason-sheet',
    {
      schema: {
        operationId: 'getReasonSheet',
        tags: ['decisions'],
        summary: '审核依据表 · Reason sheet of a month',
        description:
          '某人某月的全部依据：各项检查及条款、所依据的记录及来源、经办审核发放人、资金和追回。Everything about one month on one sheet.',
        params: ReasonSheetParams,
        response: { 200: ReasonSheet, ...refusals },
      },
    },
    (request, reply) => view(request, reply, (seen) => getReasonSheet(seen, request.params)),
  );
}
