// Speaks HTTP for questions: they change nothing about anybody and need no key. That they were asked is kept.

import type { FastifyBaseLogger } from 'fastify';
import { Type } from 'typebox';
import { closed, problemResponses, Uuid, worded } from '../platform/http/contract/schemas.ts';
import type { Handlers } from '../platform/http/handlers.ts';
import { compileSchema } from '../platform/http/problems/validation.ts';
import type { App } from '../platform/http/server.ts';
import * as operations from './operations.ts';
import { getPolicy, listPolicies } from './policies/policies.ts';
import { Policies, Policy } from './policies/schemas.ts';
import type { Alarm } from './questions/asking.ts';
import * as schemas from './schemas.ts';

export function eligibilityRoutes(app: App, { read, auditedRead }: Handlers): void {
  const tags = ['eligibility'];

  app.get(
    '/v1/policies',
    {
      schema: {
        operationId: 'listPolicies',
        tags,
        summary: '政策版本列表 · List policy versions',
        description: '现行和历次政策版本。Every version, and which is in force.',
        response: { 200: Policies, ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, async (context) => listPolicies(context)),
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
        response: { 200: Policy, ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, async (context) => getPolicy(context, request.params.version)),
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
          '按现有登记数据逐月评估。没有登记数据时回答“尚不能确定”，不会回答“不符合”。' +
          '平台只能为已登录的本人查询：须附姓名、实名认证和授权情况，得到各月结果和办理事项；姓名与登记不符的，' +
          '按没有登记数据回答。工作人员查询本辖区（户籍或申请）人员只需身份号码，其他人员须附姓名和目的，并可附假设（whatIf）。' +
          '每次查询均留痕、计数。For whoever is logged in at a platform, or for an officer in their scope or for a ' +
          'purpose; every question is kept, counted and told to the person in their report.',
        body: schemas.CheckEligibility,
        response: {
          200: Type.Union([schemas.Eligibility, schemas.EligibilityForPlatforms], {
            description:
              '资格预审的回答；平台得到不含登记细节的形式 · what the months would be worth; platforms get the form without records',
          }),
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      // The validator above judged the envelope.
      const body = request.body as schemas.CheckEligibilityEnvelope;
      // Kept and counted before anything is told, whatever becomes of the answer.
      const { personId, alarm } = await auditedRead(request, (context) =>
        operations.askAboutMonths(context, body),
      );
      tell(request.log, alarm);
      return await read(request, reply, (context) => operations.checkEligibility(context, body, personId));
    },
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
          '查询条件与资格预审相同；身份号码只放在请求体中，不出现在地址里。On the same grounds as a check; the number ' +
          'travels in the body, never in a URL.',
        body: schemas.LookUpPerson,
        response: { 200: schemas.PersonLookup, ...problemResponses },
      },
    },
    async (request) => {
      const { found, alarm } = await auditedRead(request, (context) =>
        operations.lookUpPerson(context, request.body),
      );
      tell(request.log, alarm);
      return found;
    },
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
          '期限及其依据、已享受的月份、可申请的月份。限本平台已提交申请、本辖区（户籍或申请）或今天查询过的人员；' +
          '平台不显示日期、依据和受理编号。The term and what it rests on, live and claimable months; of people with a case or ' +
          'household in scope, or asked about today.',
        params: closed({
          personId: worded(Uuid, '人员编号，取自前面的回答 · id of the person, from an earlier answer'),
        }),
        response: {
          200: Type.Union([schemas.Entitlement, schemas.EntitlementForPlatforms], {
            description:
              '享受期限和月份；平台得到不含登记细节的形式 · term and months; platforms get the form without records',
          }),
          ...problemResponses,
        },
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.getEntitlement(context, request.params.personId)),
  );
}

/** To whoever watches the logs; the auditor finds the same in the audit. */
function tell(log: FastifyBaseLogger, alarm: Alarm | null): void {
  if (alarm !== null) log.warn(alarm, 'somebody asks about more people than usual');
}
