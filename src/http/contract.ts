// The contract: openapi.yaml made of the routes' own schemas, with what the routes share written in one place.

import type { SwaggerTransform } from '@fastify/swagger';
import swagger from '@fastify/swagger';
import { type OperationId, permissions } from '../access/permissions.ts';
import { scopes } from '../access/scopes.ts';
import { closed } from './schemas.ts';
import type { App } from './server.ts';

const description = `景德镇市灵活就业困难人员社会保险补贴服务：资格预审、申请、受理、审核、发放、追回。
依据：景人社字〔2024〕139号。

Carries the social-insurance subsidy for residents in difficulty who work for themselves, from the question whether a
month qualifies to the money in an account, and back.

**约定 · Conventions**
- 日期 \`2025-04-30\`，月份 \`2025-04\`，季度 \`2025Q2\`，金额单位为分（整数）。Money is integer fen.
- 错误为 RFC 9457 问题说明：\`code\` 供程序判断，\`errors\` 一次列出全部错误。Every fault at once.
- 未知字段、查询参数和取值一律拒绝，不会忽略。What is not known is refused.
- 每个产生结果的 POST 须带 \`Idempotency-Key\`；重试使用同一个值，得到同一个回答。
- 修改他人也会修改的内容须带 \`If-Match\`（取自 ETag）。`;

/** Registers the generator. Routes registered after it are in the contract, except hidden ones. */
export async function registerContract(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: '灵活就业困难人员社保补贴 · Flexible-employment social-insurance subsidy',
        version: '0.1.0',
        description,
        license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
      },
      servers: [{ url: '/', description: '本服务 · this service' }],
      tags: [
        { name: 'eligibility', description: '资格预审 · questions that store nothing' },
        { name: 'records', description: '登记数据 · what the registers know' },
        { name: 'applications', description: '申请与受理 · from the draft to acceptance' },
        { name: 'decisions', description: '比对与审核 · compare and decide' },
        { name: 'disbursements', description: '发放 · rosters, funds, payments' },
        { name: 'recoveries', description: '追回 · money that comes back' },
        { name: 'running', description: '运行状态 · health' },
      ],
      components: {
        securitySchemes: {
          oauth2: {
            type: 'oauth2',
            description:
              '沙箱：client_id 为角色名（如 handler-360203），client_secret 为 sandbox。In the sandbox.',
            flows: { clientCredentials: { tokenUrl: '/sandbox/issuer/token', scopes: { ...scopes } } },
          },
        },
      },
    },
    transform,
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json['$id'] ?? `def-${index}`),
    },
  });
}

/** Writes into each operation what comes from elsewhere: headers from its config, roles from the table of permissions. */
const transform: SwaggerTransform = ({ schema, url, route }) => {
  const operation = route.config?.operation;
  if (operation === undefined) return { schema: { ...schema, security: [] }, url };
  const isKeyed = route.method === 'POST' && route.config?.isQuestion !== true;
  const headers = {
    ...(isKeyed
      ? {
          'idempotency-key': {
            type: 'string',
            minLength: 8,
            maxLength: 200,
            description: '幂等键，建议 UUID；重试时不变 · the same on every retry',
            examples: ['5f1c6a52-7a3e-4c55-9c36-0b6f2d9a4c11'],
          },
        }
      : {}),
    ...(route.config?.ifMatch === true
      ? {
          'if-match': {
            type: 'string',
            pattern: '^"[1-9][0-9]*"$',
            description: '所见版本，取自 ETag · the version you saw',
            examples: ['"1"'],
          },
        }
      : {}),
  };
  const names = Object.keys(headers);
  return {
    schema: {
      ...schema,
      description: [schema?.description, rolesOf(operation)].filter(Boolean).join('\n\n'),
      security: [{ oauth2: [permissions[operation].scope] }],
      ...(names.length > 0 ? { headers: { ...closed({}), properties: headers, required: names } } : {}),
    },
    url,
  };
};

function rolesOf(operation: OperationId): string {
  const roles = Object.entries(permissions[operation].roles).map(
    ([role, relation]) => `${role}（${relation}）`,
  );
  return `**可调用的角色（可见范围） · Roles (sight):** ${roles.join('、')}`;
}
