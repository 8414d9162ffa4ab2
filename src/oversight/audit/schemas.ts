// Schemas of the audit. They contain no personal data: people are identified by their ids.

import { type Static, Type } from 'typebox';
import {
  ActingRole,
  closed,
  Instant,
  named,
  nullable,
  Officer,
  Sha256,
  Text,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { entryPageQuery } from '../../platform/http/paging.ts';
import { flawExplanations } from './chain.ts';

const Hash = worded(Sha256, '哈希值（十六进制） · hash, hex');
const Sequence = Type.Integer({ minimum: 0, description: '链上序号 · place in the chain' });
const EntryId = Type.Integer({ minimum: 1, description: '审计记录编号 · id of the entry' });
const text = (description: string, maxLength = 300) => Text({ maxLength, description });
const PersonId = Type.Unsafe<string>({ ...Uuid, description: '涉及的人 · whom it was about' });

const Operation = text('操作 · operationId', 60);
const ActingOfficer = text('操作人（签发者|主体） · who: issuer and subject');
const TargetKind = text('对象种类，如 application · kind of thing it was done to', 40);
const TargetId = text('对象编号 · id of the thing', 100);

export const AuditQuery = closed({
  ...entryPageQuery,
  operation: Type.Optional(worded(Operation, '操作 · operationId', 'decideApplication')),
  actor: Type.Optional(
    worded(
      ActingOfficer,
      '操作人（签发者|主体） · who: issuer and subject',
      'http://127.0.0.1:3000/sandbox/issuer|reviewer-360203',
    ),
  ),
  targetKind: Type.Optional(worded(TargetKind, '对象种类 · kind of thing it was done to', 'application')),
  targetId: Type.Optional(
    worded(TargetId, '对象编号 · id of the thing', '0197d8a1-4b00-7000-8000-000000000001'),
  ),
  personId: Type.Optional(PersonId),
});
export type AuditQuery = Static<typeof AuditQuery>;

export const AuditEntry = named(
  'AuditEntry',
  closed(
    {
      entryId: EntryId,
      at: Instant,
      operation: Operation,
      actor: worded(Officer, '操作人；平台、系统没有姓名 · who; platforms and systems have no name'),
      clientId: text('所用系统 · the software that acted'),
      role: ActingRole,
      agencyCode: nullable(text('所属机构 · agency or street', 9)),
      targetKind: TargetKind,
      targetId: TargetId,
      personId: nullable(PersonId),
      change: Type.Unknown({ description: '状态、数量和摘要，不含个人信息 · states, counts and digests' }),
      requestId: text('请求编号 · request id', 60),
      sourceAddress: text('来源地址 · source address', 60),
    },
    { description: '一条审计记录 · one entry' },
  ),
);

export const Checkpoint = named(
  'AuditCheckpoint',
  closed(
    {
      sequence: Sequence,
      hash: Hash,
      at: Instant,
      keyId: Type.Integer({ minimum: 1, description: '签名密钥编号 · id of the signing key' }),
      publicKey: text('Ed25519 公钥（SPKI，base64） · public key'),
      signature: text('签名（base64） · signature'),
    },
    { description: '校验点，请保存在数据库之外 · keep it outside of the database' },
  ),
);

export const VerifyAudit = named(
  'VerifyAudit',
  closed(
    { checkpoint: Type.Optional(Checkpoint) },
    {
      description: '可附保存的校验点 · with a checkpoint that was kept, if any',
      examples: [{}],
    },
  ),
);
export type VerifyAudit = Static<typeof VerifyAudit>;

export const AuditVerification = named(
  'AuditVerification',
  closed(
    {
      entries: Type.Integer({ minimum: 0, description: '已核对的条数 · entries followed' }),
      deletedThrough: Type.Integer({
        minimum: 0,
        description:
          '保存期满已删除到的链上序号，0 表示未删除 · deleted up to this place when its time was over; 0: nothing',
      }),
      intact: Type.Boolean({ description: '是否完好 · whether nothing was changed, removed or cut' }),
      firstBad: nullable(
        named(
          'AuditFlaw',
          closed(
            {
              sequence: Sequence,
              entryId: nullable(EntryId),
              flaw: words('AuditFlawCode', flawExplanations, '问题种类 · what is wrong'),
              explanation: text('说明 · in words'),
            },
            { description: '第一条有误的记录 · the first entry that is not as it was sealed' },
          ),
        ),
      ),
    },
    { description: '校验结果 · what the verification found' },
  ),
);
