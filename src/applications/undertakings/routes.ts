// Routes for the undertaking: its published texts, and the paper of one case.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { getUndertakingFile, listUndertakings } from './operations.ts';
import { Undertaking } from './schemas.ts';

export function undertakingRoutes(app: App, handlers: Handlers): void {
  const { get, file } = operationsOf(app, handlers, 'applications');

  file('/v1/applications/:id/undertaking/file', {
    id: 'getUndertakingFile',
    summary: '打印承诺书 · Print the undertaking',
    description: '按本申请填好的承诺书 PDF，供申请人签署；号码脱敏。Filled in, numbers masked, to be signed.',
    problems: ['not-found'],
    config: { lane: 'file', shows: ['case', 'identity', 'whole-name'] },
    params: IdParams,
    mediaTypes: ['application/pdf'],
    file: '承诺书（PDF） · the undertaking',
    run: (context, { params }) => getUndertakingFile(context, params.id),
    print: async (filled) => ({
      mediaType: 'application/pdf',
      content: await app.workers.print('printUndertaking', filled),
      name: `${filled.caseNumber}-undertaking.pdf`,
    }),
  });

  get('/v1/undertakings', {
    id: 'listUndertakings',
    summary: '查看承诺书文本 · The texts of the undertaking',
    description:
      '向申请人出示 isCurrent 的文本，签署后随申请提交版本和 SHA-256。Show the current text; its version and digest go with the application.',
    answer: Page(Undertaking),
    run: listUndertakings,
  });
}
