// Schemas of replays of decisions.

import { Type } from 'typebox';
import {
  CaseNumber,
  closed,
  Instant,
  named,
  nullable,
  Sha256,
  Uuid,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { replayDifferences } from './replay.ts';

export const DecisionReplay = named(
  'DecisionReplay',
  closed(
    {
      decisionId: worded(Uuid, '决定编号 · id of the decision'),
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      caseNumber: CaseNumber,
      policyVersion: Type.String({ description: '决定当时的政策版本 · the version it was taken under' }),
      decidedAt: worded(Instant, '办结时间 · when it was decided'),
      identical: Type.Boolean({ description: '逐字节相同 · byte for byte' }),
      differences: Type.Array(
        named(
          'ReplayDifference',
          closed({
            code: words('ReplayDifferenceCode', replayDifferences, '不同之处 · what is different'),
            detail: Type.String({ description: '说明 · in words' }),
          }),
        ),
        { description: '不同之处，相同时为空 · empty when identical' },
      ),
      snapshotSha256: worded(Sha256, '快照的摘要 · digest of the snapshot'),
      assessmentSha256: worded(Sha256, '当时评估结果的摘要 · digest of the assessment then'),
      replayedSha256: nullable(worded(Sha256, '重新评估结果的摘要 · digest of the assessment now')),
    },
    { description: '决定的重演 · a decision made again' },
  ),
);
