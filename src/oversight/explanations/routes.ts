// HTTP routes for month explanations.

import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { getMonthExplanation, getMonthExplanationFile } from './operations.ts';
import { MonthExplanation, MonthParams } from './schemas.ts';

export function explanationRoutes(app: App, handlers: Handlers): void {
  const { get, file } = operationsOf(app, handlers, 'decisions');

  get('/v1/people/:personId/months/:month/explanation', {
    id: 'getMonthExplanation',
    summary: '审核依据表 · Month explanation of a month',
    description:
      '某人某月的全部依据：各项检查及条款、所依据的记录及来源、经办审核发放人、资金和追回。Everything about one month on one sheet.',
    config: { shows: ['case', 'agent', 'decision', 'payment', 'recovery', 'whole-name'] },
    problems: ['not-found'],
    params: MonthParams,
    answer: MonthExplanation,
    run: (context, { params }) => getMonthExplanation(context, params),
  });

  file('/v1/people/:personId/months/:month/explanation/file', {
    id: 'getMonthExplanationFile',
    summary: '打印审核依据表 · Print the month explanation of a month',
    description:
      '与审核依据表相同的内容（PDF），号码脱敏；每次打印均留痕。The same on paper, numbers masked; every printing is audited.',
    config: { lane: 'file', shows: ['case', 'agent', 'decision', 'payment', 'recovery', 'whole-name'] },
    problems: ['not-found'],
    params: MonthParams,
    file: '审核依据表（PDF） · the month explanation',
    mediaTypes: ['application/pdf'],
    run: (context, { params }) => getMonthExplanationFile(context, params),
    print: async (printed) => ({
      mediaType: 'application/pdf',
      content: await app.workers.print('printMonthExplanation', printed),
      name: `${printed.number}.pdf`,
    }),
  });
}
