// Speaks HTTP for questions: they store nothing and need no key.

import type { Acting } from '../http/acting.ts';
import { refusals } from '../http/schemas.ts';
import type { App } from '../http/server.ts';
import { checkEligibility } from './operations.ts';
import { CheckEligibility, Eligibility } from './schemas.ts';

export function eligibilityRoutes(app: App, { view }: Acting): void {
  app.post(
    '/v1/eligibility-checks',
    {
      config: { isQuestion: true },
      schema: {
        operationId: 'checkEligibility',
        tags: ['eligibility'],
        summary: '资格预审 · Check eligibility',
        description:
          '按现有登记数据逐月评估，不保存任何内容。没有登记数据时回答“尚不能确定”，不会回答“不符合”。Stores nothing.',
        body: CheckEligibility,
        response: { 200: Eligibility, ...refusals },
      },
    },
    (request, reply) => view(request, reply, (seen) => checkEligibility(seen, request.body)),
  );
}
