// What may be recorded of an attempt to tell a notice, and whether a notice is told.

import type { WriteContext } from '../../platform/context.ts';
import type { FieldError } from '../../platform/problem.ts';
import type { RecordNoticeDelivery } from './schemas.ts';
import type { NoticeRow } from './store.ts';

/** Every fault of an attempt. */
export function deliveryErrors(
  context: WriteContext,
  notice: NoticeRow,
  body: RecordNoticeDelivery,
): FieldError[] {
  return [...timeErrors(context, notice, body), ...methodErrors(context, body)];
}

/** An attempt is made after the issue and before now. */
function timeErrors(
  context: WriteContext,
  notice: NoticeRow,
  { attemptedAt }: RecordNoticeDelivery,
): FieldError[] {
  if (attemptedAt === undefined) return [];
  const pointer = '/body/attemptedAt';
  const at = Temporal.Instant.from(attemptedAt);
  if (Temporal.Instant.compare(at, context.at) > 0)
    return [{ pointer, code: 'in-future', detail: '告知时间不能晚于现在。' }];
  if (Temporal.Instant.compare(at, Temporal.Instant.from(notice.issuedAt)) < 0)
    return [{ pointer, code: 'before-issue', detail: '告知时间不能早于告知书的签发时间。' }];
  return [];
}

/** A platform shows, a street telephones, meets and sends. */
function methodErrors({ scope }: WriteContext, { method, outcome }: RecordNoticeDelivery): FieldError[] {
  const isPlatform = scope.relation === 'own';
  const code = 'not-for-this-role';
  const fieldErrors: FieldError[] = [];
  if (isPlatform !== (method === 'shown-online')) {
    const detail = isPlatform
      ? '平台只登记本人登录后在申请渠道阅看。'
      : '“在申请渠道阅看”由提交申请的平台登记，请填写电话、当面或短信。';
    fieldErrors.push({ pointer: '/body/method', code, detail });
  }
  if (isPlatform && outcome !== 'told')
    fieldErrors.push({ pointer: '/body/outcome', code, detail: '平台只登记已经告知到本人的。' });
  return fieldErrors;
}

export function deliveryOf({ toldAt, toldWith }: NoticeRow, isLate: boolean) {
  if (toldAt !== null) return 'told' as const;
  if (toldWith !== null) return 'told-with-later' as const;
  return isLate ? ('overdue' as const) : ('waiting' as const);
}
