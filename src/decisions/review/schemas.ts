// Schemas of quality reviews and undone decisions.

import { type Static, Type } from 'typebox';
import {
  AgencyCode,
  CaseNumber,
  closed,
  Instant,
  named,
  nullable,
  Officer,
  Text,
  Uuid,
  Version,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { pageQuery } from '../../platform/http/paging.ts';
import { DecisionOutcome } from '../decision/schemas.ts';

const ReviewState = words(
  'QualityReviewState',
  { waiting: '待复核', confirmed: '已确认', 'sent-back': '已退回', lapsed: '决定已另行撤销' },
  '复核状态 · state of the review',
);

export const QualityReviewQuery = closed({
  ...pageQuery,
  state: Type.Optional(worded(ReviewState, '状态 · state', 'waiting')),
});
export type QualityReviewQuery = Static<typeof QualityReviewQuery>;

export const QualityReview = named(
  'QualityReview',
  closed(
    {
      decisionId: worded(Uuid, '决定编号 · id of the decision'),
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      version: worded(Version, '申请的版本，复核时放入 If-Match · version of the application, for If-Match'),
      caseNumber: CaseNumber,
      agencyCode: AgencyCode,
      outcome: DecisionOutcome,
      state: ReviewState,
      seed: Type.String({ description: '抽取种子：决定编号和所签摘要 · what the draw was made of' }),
      draw: Type.Integer({ description: '抽取值（0–9999），为种子 SHA-256 前 32 位按比例所得 · the draw' }),
      share: Type.Integer({ description: '抽取比例（万分之），抽取值小于它即复核 · drawn below this' }),
      reviewedAt: nullable(worded(Instant, '复核时间 · when it was reviewed')),
      reviewedBy: nullable(worded(Officer, '复核人 · who reviewed it')),
    },
    { description: '被抽中复核的决定 · a decision drawn for a quality review' },
  ),
);

export const QualityReviewParams = closed({
  decisionId: worded(Uuid, '决定编号，取自复核清单 · id of the decision, from the list'),
});

export const UndoDecision = named(
  'UndoDecision',
  closed(
    {
      reason: Text({
        minLength: 2,
        maxLength: 500,
        description: '理由，存入案卷 · why, kept with the case',
      }),
    },
    {
      description: '为何撤销 · why it is undone',
      examples: [{ reason: '户籍记录有误，来源单位已更正' }],
    },
  ),
);
export type UndoDecision = Static<typeof UndoDecision>;

export const DecisionReview = named(
  'DecisionReview',
  closed(
    {
      decisionId: worded(Uuid, '决定编号 · id of the decision'),
      applicationId: worded(Uuid, '申请编号 · id of the application'),
      version: worded(Version, '申请的新版本 · new version of the application'),
      caseNumber: CaseNumber,
      outcome: DecisionOutcome,
      result: words(
        'DecisionReviewResult',
        { confirmed: '决定有效', undone: '决定已撤销，本案重新审核' },
        '复核或撤销的结果 · what became of it',
      ),
      state: Type.String({ description: '申请现在的状态 · state of the application now' }),
    },
    { description: '复核或撤销的结果 · what became of a decision' },
  ),
);
