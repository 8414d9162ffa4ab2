// HTTP routes for quality reviews and undone decisions.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import {
  confirmDecision,
  getQualityReview,
  listQualityReviews,
  sendBackDecision,
  undoDecision,
} from './operations.ts';
import {
  DecisionReview,
  QualityReview,
  QualityReviewParams,
  QualityReviewQuery,
  UndoDecision,
} from './schemas.ts';

const problems = [
  'not-found',
  'precondition-missing',
  'precondition-failed',
  'state-conflict',
  'officer-already-on-case',
] as const;
const problemsOfUndoing = [...problems, 'decision-in-payment', 'month-already-claimed'] as const;

export function reviewRoutes(app: App, handlers: Handlers): void {
  const { get, post } = operationsOf(app, handlers, 'decisions');

  get('/v1/quality-reviews', {
    id: 'listQualityReviews',
    summary: '复核清单 · Decisions drawn for a quality review',
    description:
      '按设定比例抽中的决定，通过和不通过分别抽取；通过的在复核确认前不进入发放。Approvals wait for it before the money step.',
    config: { shows: ['decision'] },
    query: QualityReviewQuery,
    answer: Page(QualityReview),
    run: (context, { query }) => listQualityReviews(context, query),
  });

  get('/v1/quality-reviews/:decisionId', {
    id: 'getQualityReview',
    summary: '查看复核 · Read a quality review',
    description:
      '内容与复核清单中的相同；ETag 为申请的版本，复核确认、退回以此为准。须设定抽取比例后试用，办结后接着执行。' +
      'As the list shows it; its ETag is the application’s version. To try it, set a share to be drawn, and do it right after decideApplication.',
    config: { shows: ['decision'] },
    problems: ['not-found'],
    params: QualityReviewParams,
    answer: QualityReview,
    run: (context, { params }) => getQualityReview(context, params.decisionId),
  });

  post('/v1/applications/:id/decision/quality-review/confirmation', {
    id: 'confirmDecision',
    summary: '复核确认 · Confirm a decision',
    description:
      '复核人不得是本案的经办人或决定人。须设定抽取比例后试用，办结后接着执行。Neither who handled the case nor who decided it. ' +
      'To try it, set a share to be drawn, and do it right after decideApplication.',
    problems,
    ifMatch: true,
    params: IdParams,
    answer: DecisionReview,
    run: (context, { params, version }) => confirmDecision(context, params.id, version),
  });

  post('/v1/applications/:id/decision/quality-review/return', {
    id: 'sendBackDecision',
    summary: '复核退回 · Send a decision back',
    description:
      '决定撤销，本案回到待审核，重新比对后再作决定。须设定抽取比例后试用，代替复核确认。The case waits for another decision. ' +
      'To try it, set a share to be drawn, and do it instead of confirmDecision.',
    problems: problemsOfUndoing,
    ifMatch: true,
    params: IdParams,
    body: UndoDecision,
    answer: DecisionReview,
    run: (context, { params, version, body }) => sendBackDecision(context, params.id, version, body),
  });

  post('/v1/applications/:id/decision/undo', {
    id: 'undoDecision',
    summary: '撤销决定 · Undo a decision before payment',
    description:
      '由决定人以外的审核人员在列入发放前撤销，须写明理由；已发放的只能追回。试用后须重新比对、办结。After payment only a recovery. ' +
      'Tried after decideApplication; the case then has to be compared and decided again.',
    problems: problemsOfUndoing,
    ifMatch: true,
    params: IdParams,
    body: UndoDecision,
    answer: DecisionReview,
    run: (context, { params, version, body }) => undoDecision(context, params.id, version, body),
  });
}
