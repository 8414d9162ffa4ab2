// HTTP routes for recoveries.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import {
  confirmRecovery,
  dismissRecovery,
  getRecovery,
  listRecoveries,
  openRecovery,
  recordRepayment,
  reverseRecovery,
} from './operations.ts';
import {
  ConfirmRecovery,
  DismissRecovery,
  OpenRecovery,
  RecordRepayment,
  Recovery,
  RecoveryQuery,
  ReverseRecovery,
} from './schemas.ts';

export function recoveryRoutes(app: App, handlers: Handlers): void {
  const { get, post } = operationsOf(app, handlers, 'recoveries');

  get('/v1/recoveries', {
    id: 'listRecoveries',
    summary: '查询追回 · List recoveries',
    description:
      '已享受的月份与后来的登记数据不符时自动列入。试用时先以 deliverRecords 的示例 later 报送后来的数据。' +
      'Opened by later records. To try it, deliver deliverRecords’ example later first.',
    config: { shows: ['recovery', 'whole-name'] },
    query: RecoveryQuery,
    answer: Page(Recovery),
    run: (context, { query }) => listRecoveries(context, query),
  });

  get('/v1/recoveries/:id', {
    id: 'getRecovery',
    summary: '查看追回 · Read a recovery',
    description:
      '内容与列表中的相同；办理前凭 ETag 取得最新版本。As the list shows it; its ETag is the version to act on.',
    config: { shows: ['recovery', 'whole-name'] },
    problems: ['not-found'],
    params: IdParams,
    answer: Recovery,
    run: (context, { params }) => getRecovery(context, params.id),
  });

  post('/v1/recoveries/:id/confirmation', {
    id: 'confirmRecovery',
    summary: '确认追回 · Confirm a recovery',
    description: '听取当事人说明后确认；该月份不再有效，并退出月数累计。After the person was heard.',
    problems: ['not-found', 'precondition-failed', 'state-conflict', 'same-officer'],
    ifMatch: true,
    params: IdParams,
    body: ConfirmRecovery,
    answer: Recovery,
    run: (context, { params, version, body }) => confirmRecovery(context, params.id, version, body),
  });

  post('/v1/recoveries/:id/repayments', {
    id: 'recordRepayment',
    summary: '登记退款 · Record a repayment',
    description: '可分次退回；退清后追回办结。In part or whole; with the last fen the recovery is closed.',
    problems: ['not-found', 'precondition-failed', 'state-conflict', 'repayment-exceeds-debt'],
    ifMatch: true,
    params: IdParams,
    body: RecordRepayment,
    answer: Recovery,
    run: (context, { params, version, body }) => recordRepayment(context, params.id, version, body),
  });

  post('/v1/recoveries/:id/reversal', {
    id: 'reverseRecovery',
    summary: '撤销追回 · Reverse a recovery',
    description:
      '追回有误：该月份恢复有效，已退回的资金须先如数退还本人。The month is live again; what was repaid is given back.',
    problems: [
      'not-found',
      'precondition-failed',
      'state-conflict',
      'refund-missing',
      'month-already-claimed',
      'cap-exceeded',
    ],
    ifMatch: true,
    params: IdParams,
    body: ReverseRecovery,
    answer: Recovery,
    run: (context, { params, version, body }) => reverseRecovery(context, params.id, version, body),
  });

  post('/v1/recoveries/:id/dismissal', {
    id: 'dismissRecovery',
    summary: '排除追回 · Dismiss a recovery',
    description:
      '说明理由后该月份继续有效。试用时再次查询，取另一条疑似的追回。' +
      'The month stays. To try it, list again and take the other suspected one.',
    problems: ['not-found', 'precondition-failed', 'state-conflict'],
    ifMatch: true,
    params: IdParams,
    body: DismissRecovery,
    answer: Recovery,
    run: (context, { params, version, body }) => dismissRecovery(context, params.id, version, body),
  });

  post('/v1/recoveries', {
    id: 'openRecovery',
    summary: '提出追回 · Open a recovery',
    description: '工作人员发现已批准的月份应当追回，写明事实和依据。An officer says which month, and why.',
    problems: ['not-found', 'state-conflict'],
    body: OpenRecovery,
    answer: Recovery,
    created: ({ id }) => `/v1/recoveries/${id}`,
    run: (context, { body }) => openRecovery(context, body),
  });
}
