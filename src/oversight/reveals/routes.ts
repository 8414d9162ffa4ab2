// HTTP routes that return full personal data. Their answers are never stored, neither for an idempotency key nor by a
// proxy.

import { PersonParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { revealsPerDay, revealsPerHour } from '../../registers/reveals/limits.ts';
import { askAccessReport, getAccessReport, revealPerson } from './operations.ts';
import { Access, AccessReportQuery, AskAccessReport, OwnAccess, Reveal, RevealPerson } from './schemas.ts';

export function revealRoutes(app: App, handlers: Handlers): void {
  const { get, ask } = operationsOf(app, handlers, 'disclosures');
  const params = PersonParams;

  ask('/v1/people/:personId/reveals', {
    id: 'revealPerson',
    summary: '查看完整个人信息 · Reveal personal data',
    description:
      `仅限本机构或本街道已提交申请的人员，须选定项目和目的，每次查看均留痕，每人每小时最多 ${revealsPerHour} 次、每 24 小时最多 ${revealsPerDay} 次，身份证件图像计入；` +
      '街道（乡镇）为联系申请人只能查看姓名和手机号码。Only people with a submitted case in scope; every look is ' +
      'audited with its purpose, and limited; a street sees name and phone, to call.',
    config: { shows: ['identity'] },
    problems: ['not-found'],
    params,
    body: RevealPerson,
    answer: Reveal,
    run: (context, { params, body }) => revealPerson(context, params.personId, body),
  });

  ask('/v1/people/access-reports', {
    id: 'askAccessReport',
    summary: '本人查询信息查阅记录 · Who saw what of me',
    description:
      '平台为已登录的本人查询：须附姓名、实名认证和授权情况；姓名与登记不符的按没有记录回答。只显示机构，不显示工作人员。' +
      'For the person who is logged in at a platform; names agencies and no officer.',
    config: { asksAboutPerson: true, shows: ['trace'] },
    problems: ['too-many-people'],
    body: AskAccessReport,
    query: AccessReportQuery,
    answer: Page(OwnAccess),
    run: (context, { body, query }) => askAccessReport(context, body, query),
  });

  get('/v1/people/:personId/access-report', {
    id: 'getAccessReport',
    summary: '个人信息查阅记录 · Who saw what of a person',
    description:
      '逐条列出何人、何时、因何办理或查看了哪些信息，含列表、打印和发放文件下载；供答复本人查询。' +
      'For the person who asks: every act and every look with its role, facts and purpose, payment files included.',
    config: { shows: ['trace'] },
    problems: ['not-found'],
    params,
    query: AccessReportQuery,
    answer: Page(Access),
    run: (context, { params, query }) => getAccessReport(context, params.personId, query),
  });
}
