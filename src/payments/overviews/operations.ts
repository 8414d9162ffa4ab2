// A person on one page: cases, months, money, recoveries, notices and the term.

import { noticedCase } from '../../applications/application/description.ts';
import { findLatestCase } from '../../applications/application/lifecycle.ts';
import { listApplications } from '../../applications/application/operations.ts';
import { readEntitlement } from '../../eligibility/operations.ts';
import { refuseUnasked } from '../../eligibility/questions/asking.ts';
import { listNotices } from '../../notifications/notices/operations.ts';
import type { ReadContext } from '../../platform/context.ts';
import { maximumPageSize } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import { findPerson } from '../../registers/people/operations.ts';
import { listRecoveries } from '../recoveries/operations.ts';
import { moneyOf, sumMoney } from './money.ts';
import { listMonthsWithMoney } from './store.ts';

/**
 * Everything an officer needs to know of a person. Cases, money, recoveries and notices are those in scope; the term and
 * the claimable months follow from the whole city, as in `getEntitlement`.
 *
 * @throws Problem not-found, also for a person whom the caller may not ask about
 */
export async function getPersonOverview(context: ReadContext, personId: string) {
  await refuseUnasked(context, personId);
  // Each limits itself to the scope; the term comes last, because it is read from the whole city.
  const query = { personId, limit: maximumPageSize };
  const cases = await listApplications(context, query);
  const months = await listMonthsWithMoney(context.tx, context.scope, personId);
  const recoveries = await listRecoveries(context, query);
  const notices = await listNotices(context, query);
  const latest = await findLatestCase(context, personId);
  const named = latest === undefined ? null : (await noticedCase(context, latest)).name;
  const entitlement = await readEntitlement(context, personId);
  const person = await findPerson(context, personId);
  if (person === undefined) throw new Problem('not-found');
  context.shows([personId]);
  return {
    personId,
    name: named,
    identityNumber: person.identityMasked,
    entitlement,
    cases,
    months: months.map((month) => ({
      month: month.month,
      applicationId: month.applicationId,
      caseNumber: month.caseNumber,
      state: month.state,
      amountFen: month.amountFen,
      money: moneyOf(month),
      disbursementId: month.disbursementId,
      lineId: month.lineId,
      failure: month.failure,
      owedFen: month.owedFen ?? 0,
    })),
    money: sumMoney(months),
    recoveries,
    notices: { items: notices.items.map(summarise), next: notices.next },
  };
}

type Notice = Awaited<ReturnType<typeof listNotices>>['items'][number];

function summarise({
  id,
  number,
  kind,
  title,
  applicationId,
  caseNumber,
  issuedAt,
  tellBy,
  ...notice
}: Notice) {
  const { delivery, toldAt } = notice;
  return { id, number, kind, title, applicationId, caseNumber, issuedAt, tellBy, delivery, toldAt };
}
