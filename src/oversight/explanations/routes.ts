// Speaks HTTP for month explanations.

import { problemResponses } from '../../platform/http/contract/schemas.ts';
import { File, sendFile } from '../../platform/http/files.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import type { App } from '../../platform/http/server.ts';
import { getMonthExplanation, getMonthExplanationDocument } from './operations.ts';
import { MonthExplanation, MonthParams } from './schemas.ts';

export function explanationRoutes(app: App, { read, auditedRead }: Handlers): void {
  app.get(
    '/v1/people/:personId/months/:month/explanation',
    {
      config: { shows: ['case', 'decision', 'payment', 'recovery'] },
      schema: {
        operationId: 'getMonthExplanation',
        tags: ['decisions'],
        summary: '审核依据表 · Month explanation of a month',
        description:
          '某人某月的全部依据：各项检查及条款、所依据的记录及来源、经办审核发放人、资金和追回。Everything about one month on one sheet.',
        params: MonthParams,
        response: { 200: MonthExplanation, ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => getMonthExplanation(context, request.params)),
  );

  app.get(
    '/v1/people/:personId/months/:month/explanation/document',
    {
      config: { lane: 'file', shows: ['case', 'decision', 'payment', 'recovery'] },
      schema: {
        operationId: 'getMonthExplanationDocument',
        tags: ['decisions'],
        summary: '打印审核依据表 · Print the month explanation of a month',
        description:
          '与审核依据表相同的内容（PDF），个人信息脱敏；每次打印均留痕。The same on paper, masked; every printing is audited.',
        params: MonthParams,
        response: {
          200: {
            description: '审核依据表（PDF） · the month explanation',
            content: { 'application/pdf': { schema: File } },
          },
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const printed = await auditedRead(request, (context) =>
        getMonthExplanationDocument(context, request.params),
      );
      const content = await app.workers.print('printMonthExplanation', printed);
      await sendFile(reply, { mediaType: 'application/pdf', content, name: `${printed.number}.pdf` });
    },
  );
}
