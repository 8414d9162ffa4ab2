// Routes for questions. They change nothing and need no Idempotency-Key; every question is recorded.

import type { FastifyBaseLogger } from 'fastify';
import { exclusive, PersonParams } from '../platform/http/contract/schemas.ts';
import type { Handlers } from '../platform/http/handlers.ts';
import { operationsOf, routeOf } from '../platform/http/operations.ts';
import { compileSchema } from '../platform/http/problems/validation.ts';
import type { App } from '../platform/http/server.ts';
import {
  askAboutCase,
  askAboutMonths,
  checkEligibility,
  followApplication,
  getEntitlement,
  lookUpPerson,
} from './operations.ts';
import type { Alarm } from './questions/asking.ts';
import * as schemas from './schemas.ts';

export function eligibilityRoutes(app: App, handlers: Handlers): void {
  const { get } = operationsOf(app, handlers, 'eligibility');
  const { read, auditedRead } = handlers;

  app.post(
    '/v1/eligibility-checks',
    {
      // Supposed records are not validated here, but each by the schema of its own kind.
      validatorCompiler: (part) =>
        compileSchema(
          part.httpPart === 'body' ? { ...part, schema: schemas.CheckEligibilityEnvelope } : part,
        ),
      ...routeOf(
        'eligibility',
        {
          id: 'checkEligibility',
          summary: '资格预审 · Check eligibility',
          description:
            '按现有登记数据逐月评估。没有登记数据时回答“尚不能确定”，不会回答“不符合”。' +
            '已批准的月份同时说明资金情况。平台只能为已登录的本人查询：须附姓名、实名认证和授权情况，得到各月结果和办理事项；姓名与登记不符的，' +
            '按没有登记数据回答。工作人员查询本辖区（户籍或申请）人员只需身份号码，其他人员须附姓名和目的，并可附假设（whatIf）。' +
            '每次查询均留痕、计数。For whoever is logged in at a platform, or for an officer in their scope or for a ' +
            'purpose; every question is kept, counted and told to the person in their report.',
          problems: ['too-many-people'],
          config: { isQuestion: true, asksAboutPerson: true, shows: ['entitlement', 'payment', 'recovery'] },
          body: schemas.CheckEligibility,
        },
        {
          200: exclusive([schemas.Eligibility, schemas.EligibilityForPlatforms], {
            description:
              '资格预审的回答；平台得到不含登记细节的形式 · what the months would be worth; platforms get the form without records',
          }),
        },
      ),
    },
    async (request, reply) => {
      // validated above
      const body = request.body as schemas.CheckEligibilityEnvelope;
      // In its own transaction, so that the question stays recorded and counted if the answer fails.
      const { personId, alarm } = await auditedRead(request, (context) => askAboutMonths(context, body));
      logAlarm(request.log, alarm);
      return await read(request, reply, (context) => checkEligibility(context, body, personId));
    },
  );

  app.post(
    '/v1/people/look-ups',
    routeOf(
      'eligibility',
      {
        id: 'lookUpPerson',
        summary: '按身份号码查找 · Look a person up',
        description:
          '查询条件与资格预审相同；身份号码只放在请求体中，不出现在地址里。On the same grounds as a check; the number ' +
          'travels in the body, never in a URL.',
        problems: ['too-many-people'],
        config: { isQuestion: true, asksAboutPerson: true, shows: ['identity'] },
        body: schemas.LookUpPerson,
      },
      { 200: schemas.PersonLookup },
    ),
    async (request) => {
      const { found, alarm } = await auditedRead(request, (context) => lookUpPerson(context, request.body));
      logAlarm(request.log, alarm);
      return found;
    },
  );

  app.post(
    '/v1/application-follow-ups',
    routeOf(
      'eligibility',
      {
        id: 'followApplication',
        summary: '查询本人在其他渠道的申请 · Follow a case made in another channel',
        description:
          '凭受理编号和登录本人的完整身份号码，查看状态、下一步和各月资金；依据、留痕和计数与资格预审相同。编号、号码或姓名' +
          '不符时回答相同。By the case number and the whole identity number of whoever is logged in, on the same grounds as a check.',
        problems: ['too-many-people'],
        config: { isQuestion: true, asksAboutPerson: true, shows: ['case', 'payment', 'recovery'] },
        body: schemas.FollowApplication,
      },
      { 200: schemas.ApplicationFollowed },
    ),
    async (request, reply) => {
      const { body } = request;
      const { personId, alarm } = await auditedRead(request, (context) => askAboutCase(context, body));
      logAlarm(request.log, alarm);
      return await read(request, reply, (context) => followApplication(context, body, personId));
    },
  );

  get('/v1/people/:personId/entitlement', {
    id: 'getEntitlement',
    summary: '查看享受期限 · Read the entitlement',
    description:
      '期限及其依据、已享受的月份、可申请的月份。限本平台已提交申请、本辖区（户籍或申请）或今天查询过的人员；' +
      '平台不显示日期、依据和受理编号。The term and what it rests on, live and claimable months; of people with a case or ' +
      'household in scope, or asked about today.',
    problems: ['not-found'],
    config: { shows: ['entitlement'] },
    params: PersonParams,
    answer: exclusive([schemas.Entitlement, schemas.EntitlementForPlatforms], {
      description:
        '享受期限和月份；平台得到不含登记细节的形式 · term and months; platforms get the form without records',
    }),
    run: (context, { params }) => getEntitlement(context, params.personId),
  });
}

/** For log monitoring; the audit has the same alarm for the auditor. */
function logAlarm(log: FastifyBaseLogger, alarm: Alarm | null): void {
  if (alarm !== null) log.warn(alarm, 'somebody asks about more people than usual');
}
