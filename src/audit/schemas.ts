// What travels about the audit. No personal value is in it: people are named by their ids.

import { type Static, Type } from 'typebox';
import { pageQuery } from '../http/paging.ts';
import { closed, Instant, nullable, Uuid } from '../http/schemas.ts';

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: '哈希值（十六进制） · hash, hex' });
const Sequence = Type.Integer({ minimum: 0, description: '链上序号 · place in the chain' });

export const AuditQuery = closed({
  ...pageQuery,
  operation: Type.Optional(Type.String({ maxLength: 60, description: '操作 · operationId' })),
  actor: Type.Optional(Type.String({ maxLength: 300, description: '操作人 · who' })),
  targetKind: Type.Optional(Type.String({ maxLength: 40 })),
  targetId: Type.Optional(Type.String({ maxLength: 100 })),
  personId: Type.Optional(Type.Unsafe<string>({ ...Uuid, description: '涉及的人 · whom it was about' })),
});
export type AuditQuery = Static<typeof AuditQuery>;

export const AuditEntry = closed({
  entryId: Type.Integer(),
  at: Instant,
  operation: Type.String(),
  actor: Type.String(),
  clientId: Type.String(),
  role: Type.String(),
  agencyCode: nullable(Type.String()),
  targetKind: Type.String(),
  targetId: Type.String(),
  personId: nullable(Uuid),
  change: Type.Unknown({ description: '状态、数量和摘要 · states, counts and digests' }),
  requestId: Type.String(),
  sourceAddress: Type.String(),
});

export const Checkpoint = closed(
  {
    sequence: Sequence,
    hash: Sha256,
    at: Instant,
    keyId: Type.Integer(),
    publicKey: Type.String({ maxLength: 200, description: 'Ed25519 公钥（SPKI，base64）' }),
    signature: Type.String({ maxLength: 200, description: '签名（base64） · signature' }),
  },
  { description: '检查点，请保存在数据库之外 · keep it outside of the database' },
);

export const VerifyAudit = closed({ checkpoint: Type.Optional(Checkpoint) }, { examples: [{}] });
export type VerifyAudit = Static<typeof VerifyAudit>;

export const AuditVerification = closed({
  entries: Type.Integer({ description: '已核对的条数 · entries followed' }),
  intact: Type.Boolean({ description: '是否完好 · whether nothing was changed, removed or cut' }),
  firstBad: nullable(
    closed({
      sequence: Sequence,
      entryId: nullable(Type.Integer()),
      flaw: Type.Enum(['seal-missing', 'entry-missing', 'entry-changed', 'checkpoint-differs', 'tail-cut']),
      explanation: Type.String(),
    }),
  ),
});
