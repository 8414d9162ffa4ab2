// Speaks HTTP for questions: they store nothing and need no key.

import { Type } from 'typebox';
import type { Acting } from '../http/acting.ts';
import { closed, refusals, Uuid, worded } from '../http/schemas.ts';
import type { App } from '../http/server.ts';
import { compileSchema } from '../http/validation.ts';
import * as operations from './operations.ts';
import { getPolicy, listPolicies } from './policies.ts';
import { Policies, Policy } from './policy-schemas.ts';
import * as schemas from './schemas.ts';

export function eligibilityRoutes(app: App, { view }: Acting): void {
  const tags = ['eligibility'];

  app.get(
    '/v1/policies',
    {
      schema: {
        operationId: 'listPolicies',
        tags,
        summary: '政策版本列表 · List policy versions',
        description: '现行和历次政策版本。Every version, and which is in force.',
        response: { 200: Policies, ...refusals },
      },
    },
    (request, reply) => view(request, reply, async (seen) => listPolicies(seen)),
  );

  app.get(
    '/v1/policies/:version',
    {
      schema: {
        operationId: 'getPolicy',
        tags,
        summary: '查看政策版本 · Read a policy version',
        description:
          '全部参数（取值、起始日、条款、理由）和全部检查项。Every parameter and check, with its article.',
        params: closed({
          version: Type.String({
            description: '政策版本，斜杠写作 %2F · version, its slash written as %2F',
            examples: ['jdz-2024-139/2025-01-01'],
          }),
        }),
        response: { 200: Policy, ...refusals },
      },
    },
    (request, reply) => view(request, reply, async (seen) => getPolicy(seen, request.params.version)),
  );

  app.post(
    '/v1/eligibility-checks',
    {
      config: { isQuestion: true, asksAboutPerson: true, shows: ['entitlement'] },
      // Supposed records pass unread, so that each is answered by the rules of its own kind.
      validatorCompiler: (part) =>
        compileSchema(
          part.httpPart === 'body' ? { ...part, schema: schemas.CheckEligibilityEnvelope } : part,
        ),
      schema: {
        operationId: 'checkEligibility',
        tags,
        summary: '资格预审 · Check eligibility',
        description:
          '按现有登记数据逐月评估，不保存任何内容。没有登记数据时回答“尚不能确定”，不会回答“不符合”。' +
          '可附假设（whatIf）。Stores nothing; suppositions may be laid over what is on file.',
        body: schemas.CheckEligibility,
        response: { 200: schemas.Eligibility, ...refusals },
      },
    },
    // The validator above judged the envelope.
    (request, reply) =>
      view(request, reply, (seen) =>
        operations.checkEligibility(seen, request.body as schemas.CheckEligibilityEnvelope),
      ),
  );

  app.post(
    '/v1/people/look-ups',
    {
      config: { isQuestion: true, asksAboutPerson: true, shows: ['identity'] },
      schema: {
        operationId: 'lookUpPerson',
        tags,
        summary: '按身份号码查找 · Look a person up',
        description:
          '身份号码只放在请求体中，不出现在地址里。The number travels in the body, never in a URL.',
        body: schemas.LookUpPerson,
        response: { 200: schemas.FoundPerson, ...refusals },
      },
    },
    (request, reply) => view(request, reply, (seen) => operations.lookUpPerson(seen, request.body)),
  );

  app.get(
    '/v1/people/:personId/entitlement',
    {
      config: { shows: ['entitlement'] },
      schema: {
        operationId: 'getEntitlement',
        tags,
        summary: '查看享受期限 · Read the entitlement',
        description:
          '期限及其依据、已享受的月份、可申请的月份。The term and what it rests on, live and claimable months.',
        params: closed({
          personId: worded(Uuid, '人员编号，取自前面的回答 · id of the person, from an earlier answer'),
        }),
        response: { 200: schemas.Entitlement, ...refusals },
      },
    },
    (request, reply) =>
      view(request, reply, (seen) => operations.getEntitlement(seen, request.params.personId)),
  );
}
