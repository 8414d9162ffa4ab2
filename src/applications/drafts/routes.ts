// Routes for drafts. Schema errors are reported together with business errors, so that the applicant corrects once.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { effectOf, routeOf } from '../../platform/http/operations.ts';
import { expectedVersion } from '../../platform/http/preconditions.ts';
import { problemOf } from '../../platform/http/problems/answer.ts';
import type { App } from '../../platform/http/server.ts';
import { Application } from '../application/schemas.ts';
import { createApplication, updateDraft } from './operations.ts';
import { CreateApplication, UpdateDraft } from './schemas.ts';
import { refuseInvalidDraft, refuseInvalidUpdate } from './validation.ts';

export function draftRoutes(app: App, { write }: Handlers): void {
  app.post(
    '/v1/applications',
    {
      attachValidation: true,
      ...effectOf(
        'applications',
        {
          id: 'createApplication',
          summary: '新建申请（草稿） · Open a draft',
          description:
            '一份申请为一人、一个季度、一至三个已结束的月份。有错时一次列出全部错误。Every error at once.',
          body: CreateApplication,
          created: ({ id }) => `/v1/applications/${id}`,
        },
        Application,
      ),
    },
    (request, reply) =>
      write(request, reply, (context) => {
        const { body, validationError } = request;
        return validationError === undefined
          ? createApplication(context, body)
          : refuseInvalidDraft(context, body, problemOf(validationError).fieldErrors);
      }),
  );

  app.patch(
    '/v1/applications/:id',
    {
      attachValidation: true,
      ...routeOf(
        'applications',
        {
          id: 'updateDraft',
          summary: '修改草稿或补正填写内容 · Change a draft',
          description:
            '草稿均可修改；补正期间可修改申请人信息、账户、就业情况和承诺书，告知书要求的还可改月份和街道（乡镇）。' +
            'While a correction is open, months and street only where its notice asks for them.',
          ifMatch: true,
          problems: ['not-found', 'precondition-failed', 'state-conflict', 'month-already-claimed'],
          params: IdParams,
          body: UpdateDraft,
        },
        { 200: Application },
      ),
    },
    (request, reply) =>
      write(request, reply, (context) => {
        const { params, body, validationError } = request;
        if (validationError === undefined)
          return updateDraft(context, params.id, expectedVersion(request), body);
        // With an invalid id there is no draft to validate against.
        if (validationError.validationContext !== 'body') throw validationError;
        const { fieldErrors } = problemOf(validationError);
        return refuseInvalidUpdate(context, params.id, expectedVersion(request), body, fieldErrors);
      }),
  );
}
