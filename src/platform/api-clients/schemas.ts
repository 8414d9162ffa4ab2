// Schemas for API clients.

import { type Static, Type } from 'typebox';
import { closed, Instant, named, nullable, Text, worded, words } from '../http/contract/schemas.ts';
import { pageQuery } from '../http/paging.ts';

export const ApiClientId = named(
  'ApiClientId',
  Type.String({
    pattern: '^[a-z][a-z0-9-]{2,39}$',
    description: '接入方标识 · id of the API client',
    examples: ['ganfutong-batch'],
  }),
);

const ApiClientKey = named(
  'ApiClientKey',
  closed(
    {
      number: Type.Integer({ minimum: 1, description: '密钥序号 · number of the key' }),
      createdAt: worded(Instant, '生成时间 · when it was made'),
      expiresAt: nullable(worded(Instant, '失效时间；null 表示长期有效 · when it ends; null for the newest')),
    },
    { description: '密钥（不含密钥内容） · a key, without its secret' },
  ),
);

const Role = words(
  'ApiClientRole',
  { platform: '平台', 'provincial-system': '省级系统' },
  '以何角色接入 · the role in which it acts',
);

const about = {
  apiClientId: ApiClientId,
  name: Type.String({ description: '接入方名称 · name of the platform or system' }),
  role: Role,
  scopes: Type.Array(Type.String(), { description: '授权范围 · scopes' }),
  keys: Type.Array(ApiClientKey, { description: '全部密钥 · every key' }),
};

export const ApiClient = named(
  'ApiClient',
  closed(about, { description: '签名接入方 · an API client that signs its requests' }),
);

export const ApiClientWithSecret = named(
  'ApiClientWithSecret',
  closed(
    {
      ...about,
      keyNumber: Type.Integer({ minimum: 1, description: '新密钥的序号 · number of the new key' }),
      secret: Type.String({
        description: '新密钥，仅显示这一次 · the new secret, 32 bytes in base64url, shown this once',
      }),
    },
    { description: '接入方及其新密钥 · an API client with its new key' },
  ),
);

export const CreateApiClient = named(
  'CreateApiClient',
  closed(
    {
      apiClientId: ApiClientId,
      name: Text({
        minLength: 1,
        maxLength: 100,
        description: '接入方名称 · name of the platform or system',
      }),
      role: Type.Optional(
        worded(
          Role,
          '以何角色接入：platform 平台（默认），provincial-system 省级系统 · the role in which it acts; a platform unless told',
          'platform',
        ),
      ),
      scopes: Type.Array(Text({ maxLength: 40 }), {
        minItems: 1,
        maxItems: 20,
        uniqueItems: true,
        description: '授权范围，只给必需的 · no more than it needs',
      }),
    },
    {
      description: '登记一个签名接入方 · register an API client',
      examples: [{ apiClientId: 'ganfutong-batch', name: '赣服通批量接口', scopes: ['applications:read'] }],
    },
  ),
);
export type CreateApiClient = Static<typeof CreateApiClient>;

export const RotateApiClientKey = named(
  'RotateApiClientKey',
  closed(
    {
      overlapHours: Type.Integer({
        minimum: 0,
        maximum: 720,
        description:
          '旧密钥继续有效的小时数；0 立即失效 · how long the old key still works; 0 ends it at once',
      }),
    },
    { description: '更换密钥 · make a new key', examples: [{ overlapHours: 168 }] },
  ),
);
export type RotateApiClientKey = Static<typeof RotateApiClientKey>;

export const ApiClientQuery = closed({
  ...pageQuery,
  // Pages are ordered by client id; this cursor sorts before all of them.
  after: Type.Optional(worded(pageQuery.after, '上一页给出的 next · the previous page’s next', 'YS0w')),
});
export type ApiClientQuery = Static<typeof ApiClientQuery>;
