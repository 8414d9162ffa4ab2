// Generates the contract, openapi.yaml, from the routes' schemas, with what all operations share. Each
// operation's own schemas are in its feature's schemas.ts.

import type { SwaggerTransform } from '@fastify/swagger';
import { addMonths, type Day, monthOf } from '../../../values/days.ts';
import type { Role } from '../../access/actor.ts';
import { type OperationId, permissions, signingRolesOf } from '../../access/permissions.ts';
import { deprecationHeaders, deprecationIn } from '../deprecation.ts';
import type { App } from '../server.ts';
import { withExamples } from './answers.ts';
import { withComponents } from './components.ts';
import { problemCodesOf, withProblemResponses } from './problem-responses.ts';
import { closed, problemResponses } from './schemas.ts';

const description = `景德镇市灵活就业困难人员社会保险补贴服务：资格预审、申请、受理、审核、发放、追回。
依据：景人社字〔2024〕139号。

Carries the social-insurance subsidy for residents in difficulty who work for themselves, from the question whether a
month qualifies to the money in an account, and back.

## 约定 · Conventions

- 日期 \`2025-04-30\`，月份 \`2025-04\`，季度 \`2025Q2\`，时间为 RFC 3339 UTC，金额单位为分（整数）。Money is integer fen.
- 错误为 RFC 9457 问题说明：\`code\` 供程序判断，\`errors\` 一次列出全部错误。Every error at once.
- 未知字段、查询参数和取值一律拒绝，不会忽略。What is not known is refused, never ignored.
- 每个产生结果的 POST、PATCH 须带 \`Idempotency-Key\`；重试使用同一个值，得到同一个回答。A retry with the same key gives the
  same answer.
- 新建的内容以 201 和 \`Location\` 回答，可用 GET 查看；其他操作以 200 回答。What was made is answered with 201 and where it can be
  read; all else with 200.
- 修改他人也会修改的内容须带 \`If-Match\`（取自 \`ETag\`）。A change to what others change says which version it saw.
- 列表按编号排序分页：\`limit\`、\`after\`（取自上一页的 \`next\`）。Lists come in pages, in the order of their ids.
- 身份号码、账号和手机号码在回答中一律脱敏。Identity, account and phone numbers are masked in every answer.

## 试用 · Trying it out

在沙箱中，以各操作写明的“沙箱身份”授权（\`client_id\` 为身份名，\`client_secret\` 为 \`sandbox\`），按顺序逐个执行示例，把路径和
请求体中的编号换成前面回答中的编号；在接口文档页面上，点一下即可授权，编号和版本自动填入。示例为一人一个季度，从登记数据
到补贴到账、再到追回一个月；办结或改变案件走向的操作，页面另备一件案件。回答的
示例也出自这些步骤，其中的列表最多列出三项。

In the sandbox, authorise as the persona that each operation names and run the examples from top to bottom, with the ids of
earlier answers; on the documentation page one press authorises, and ids and versions are filled in. The examples carry one
person's quarter from the registers to the account, and one month of it back; where an operation ends or turns a case, the page
has another one prepared. The examples of answers are from the same steps; a list in them shows at most three items.

## 错误 · Problems

各操作逐一列出可能的状态码及其错误代码；全部代码及其处理办法见 docs/integration.md。以下错误在确定操作之前作出：400
\`invalid-request\`、404 \`not-found\`（没有这个地址）、405 \`method-not-allowed\`、431 \`headers-too-large\`。Each operation lists
its statuses with their codes; what to do about each code is in docs/integration.md. The four above come before an operation is
found.
`;

/**
 * Registers the generator on an app made for the contract alone. Routes registered later are in it, except hidden ones.
 *
 * @param webhooks what this service sends, as the contract's section of that name
 */
export async function registerContract(app: App, webhooks: Record<string, object> = {}): Promise<void> {
  const { default: swagger } = await import('@fastify/swagger');
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: '灵活就业困难人员社保补贴 · Flexible-employment social-insurance subsidy',
        version: '0.1.0',
        description,
        contact: { name: '景德镇市就业创业服务中心' },
        license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
      },
      servers: [{ url: '/', description: '本服务 · this service' }],
      // In the order of a case, like the operations.
      tags: [
        { name: 'records', description: '登记数据 · what the registers know' },
        {
          name: 'eligibility',
          description: '政策、资格预审、享受期限 · questions, which change nothing about anybody',
        },
        { name: 'applications', description: '申请与受理 · from the draft to acceptance' },
        { name: 'notices', description: '告知书 · what applicants are told, and by whom' },
        { name: 'decisions', description: '比对与审核 · compare and decide' },
        { name: 'disbursements', description: '发放 · rosters, funds, payments' },
        { name: 'recoveries', description: '追回 · money that comes back' },
        { name: 'people', description: '人员 · find a person, and see all of them' },
        { name: 'statistics', description: '统计与资金预测 · figures, and what is still to come' },
        { name: 'events', description: '事件 · what other systems are told' },
        { name: 'webhooks', description: '事件推送 · events sent to other systems' },
        { name: 'oversight', description: '监督与审计 · what was done, and that nobody changed it' },
        {
          name: 'disclosures',
          description: '完整个人信息及其查阅记录 · personal data in whole, and who saw them',
        },
        {
          name: 'configuration',
          description: '系统配置与后台任务 · the working calendar, the work in the background',
        },
        { name: 'api-clients', description: '签名接入方 · platforms and systems that sign their requests' },
        { name: 'running', description: '运行状态 · health' },
      ],
      components: {
        securitySchemes: {
          signature: {
            type: 'http',
            scheme: 'SUBSIDY-HMAC-SM3',
            description:
              '签名请求（第 2 版，version=2），仅供不能使用 OAuth 2.0 的平台和省级系统；写法和测试向量见 docs/integration.md。' +
              'Signed requests, version 2, for platforms and the provincial system where they cannot fetch a token; the exact form is in docs/integration.md.',
          },
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description:
              '访问令牌（RFC 9068），由运营方的签发者发放；所需范围见各操作的 x-oauth-scope。本服务提供的接口文档写明登录地址；沙箱的' +
              '令牌地址为 /sandbox/issuer/token（client_id 为沙箱身份，client_secret 为 sandbox）。' +
              'An access token of the operator’s issuer, with the scope that x-oauth-scope names. The contract that a service ' +
              'serves says where to log in; the sandbox grants tokens at /sandbox/issuer/token.',
          },
        },
      },
    },
    transform,
    transformObject: (document) => {
      // Excludes the type's Swagger 2 variant.
      if (!('openapiObject' in document)) throw new Error('the contract is OpenAPI');
      return withExamples(withComponents({ ...withProblemResponses(document.openapiObject), webhooks }));
    },
  });
}

/** In the examples, the last month for which the registers are complete, and the day they reported it. */
export const exampleCoverage = { throughMonth: '2025-06', asOf: '2025-07-05T00:00:00Z' };

/**
 * The contract with examples that work today. A decision requires that the list of dishonest people (六.7) is
 * complete up to its own day, so a fixed month in the examples would be in the future or out of date.
 * openapi.yaml keeps fixed example dates.
 */
export function contractOf<Document extends object>(document: Document, today: Day): Document {
  const asOf = Temporal.PlainDate.from(today).toZonedDateTime('Asia/Shanghai').toInstant().toString();
  const now = { throughMonth: addMonths(monthOf(today), -1), asOf };
  return JSON.parse(JSON.stringify(document), (key, value: unknown) => {
    const isOfStory = (key === 'throughMonth' || key === 'asOf') && value === exampleCoverage[key];
    return isOfStory ? now[key] : value;
  });
}

/**
 * Adds to each operation its headers and problems, from the route's config, and its roles, from the permission
 * table.
 */
const transform: SwaggerTransform = ({ schema, url, route }) => {
  const operation = route.config?.operation;
  const deprecated = route.config?.deprecated;
  const takesKey = route.method === 'POST' || route.method === 'PATCH';
  const isKeyed = takesKey && operation !== undefined && route.config?.isQuestion !== true;
  const takesIfMatch = route.config?.ifMatch !== undefined;
  const { answers, canRefuse } = answersOf(schema?.response);
  const own = route.config?.problems ?? [];
  const codes = problemCodesOf({
    own,
    isProtected: operation !== undefined,
    readsBody: route.method !== 'GET',
    isKeyed,
    takesIfMatch,
  });
  const problemCodes = { 'x-problem-codes': canRefuse ? codes : own };
  if (operation === undefined)
    return { schema: { ...schema, ...problemCodes, response: answers, security: [] }, url };
  const headers = {
    ...(isKeyed ? { 'Idempotency-Key': idempotencyKey } : {}),
    ...(takesIfMatch ? { 'If-Match': ifMatch } : {}),
  };
  const names = Object.keys(headers);
  const told = [schema?.description, rolesOf(operation)].filter(Boolean).join('\n\n');
  return {
    schema: {
      ...schema,
      description: told,
      ...(deprecated === undefined ? {} : deprecationIn(deprecated, told)),
      security: [{ bearer: [] }, ...(signingRolesOf(operation).length > 0 ? [{ signature: [] }] : [])],
      response: withHeaders(answers, isKeyed, deprecated !== undefined),
      'x-oauth-scope': permissions[operation].oauthScope,
      'x-roles': Object.keys(permissions[operation].roles),
      ...(route.config?.shows === undefined ? {} : { 'x-leaves-trace-of': [...route.config.shows] }),
      ...problemCodes,
      ...(names.length > 0 ? { headers: { ...closed({}), properties: headers, required: names } } : {}),
    },
    url,
  };
};

const idempotencyKey = {
  type: 'string',
  minLength: 8,
  maxLength: 200,
  description:
    '幂等键，建议 UUID：新的请求换一个值，重试时不变 · a new one for a new request, the same on every retry',
  examples: ['7f6c3a52-2d1e-4b7a-9c58-1f0f6e0d4a11'],
};

const ifMatch = {
  type: 'string',
  pattern: '^"[1-9][0-9]*"$',
  description: '所见版本，取自此前回答的 ETag · the version you saw, from the ETag of an earlier answer',
  examples: ['"1"'],
};

const headerOfVersion = {
  ETag: {
    type: 'string',
    description: '版本，修改时放入 If-Match · its version, for If-Match',
    examples: ['"1"'],
  },
};
const headerOfLocation = {
  Location: {
    type: 'string',
    format: 'uri-reference',
    description: '新建内容的地址，可用 GET 查看 · where what was made can be read',
  },
};
const headerOfReplay = {
  'Idempotency-Replayed': {
    type: 'string',
    enum: ['true'],
    description: '本次为重试，回答为第一次的回答 · a retry; this is the first answer',
  },
};

/** Without the families `4xx` and `5xx`, which only the serialiser uses: the contract has each status. */
function answersOf(responses: unknown) {
  const declared = Object.entries(Object(responses) as Record<string, Schema>); // the routes' own schemas
  const answers = declared.filter(([status]) => !(status in problemResponses));
  return { answers: Object.fromEntries(answers), canRefuse: answers.length < declared.length };
}

/** Adds ETag to answers with a version, the replay header to answers under a key, and when a deprecated operation goes. */
function withHeaders(
  answers: Readonly<Record<string, Schema>>,
  isKeyed: boolean,
  isDeprecated: boolean,
): Record<string, object> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => {
      const isSuccess = status.startsWith('2');
      const headers = {
        ...(isSuccess && schema.properties?.['version'] !== undefined ? headerOfVersion : {}),
        ...(status === '201' ? headerOfLocation : {}),
        ...(isSuccess && isKeyed ? headerOfReplay : {}),
        ...(isSuccess && isDeprecated ? deprecationHeaders : {}),
      };
      return [status, Object.keys(headers).length === 0 ? schema : { ...schema, headers }];
    }),
  );
}

interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>;
}

function rolesOf(operation: OperationId): string {
  const entries = Object.entries(permissions[operation].roles);
  const roles = entries.map(([role, relation]) => `${role}（${relation}）`).join('、');
  const [role] = entries[0] ?? [];
  // The cast: Object.entries loses the key type.
  return `**可调用的角色（可见范围） · Roles (scope):** ${roles}\n\n**沙箱身份 · Sandbox persona:** \`${personaOf(operation, role as Role)}\``;
}

/** Operations for which a reviewer who took part in the case is rejected. */
const bySecondReviewer: ReadonlySet<OperationId> = new Set([
  'liftBar',
  'confirmDecision',
  'sendBackDecision',
  'undoDecision',
  'decideAppeal',
]);

/** The persona that calls the operation in the examples, all set in 珠山区珠山街道. */
function personaOf(operation: OperationId, role: Role): string {
  if (bySecondReviewer.has(operation)) return 'second-reviewer-360203';
  if (operation === 'adoptPolicy') return 'second-administrator';
  switch (role) {
    case 'platform':
      return 'platform-ganfutong';
    case 'street-officer':
      return 'street-360203007';
    case 'provincial-system':
    case 'auditor':
    case 'administrator':
      return role;
    default:
      return `${role}-360203`;
  }
}
