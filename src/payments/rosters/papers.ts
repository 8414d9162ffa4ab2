// Hands rosters and fund requests out as papers. They pass through many hands, so that everything personal on them is
// masked; and each leaves a trace, because a whole street's people leave with it.

import type { WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { findAgencyNames } from '../../platform/reference/store.ts';
import { describe, found, refuseOtherStreet } from '../disbursement/lifecycle.ts';
import { describeRoster } from './rosters.ts';
import type { RosterFileQuery } from './schemas.ts';

/** A street's roster as it stands now, to be printed or opened as a workbook. */
export async function getRosterFile(
  context: WriteContext,
  disbursementId: string,
  streetCode: string,
  { format }: RosterFileQuery,
) {
  const disbursement = await found(context, disbursementId);
  refuseOtherStreet(context, streetCode);
  const roster = await describeRoster(context, disbursement, streetCode);
  const { agencyName } = await findAgencyNames(context.tx, roster.agencyCode);
  const asOf = context.at.toString();
  const { number } = roster;
  await context.audit({
    target: ['disbursement', disbursementId],
    change: { printed: number, format, lines: roster.lines.length },
  });
  return { number, printed: { roster: { ...roster, agencyName }, asOf } };
}

/** The form that goes to finance; `state-conflict` before the money was asked for. */
export async function getFundRequestDocument(context: WriteContext, disbursementId: string) {
  const { number: disbursementNumber, agencyCode, fundRequest } = await describe(context, disbursementId);
  if (fundRequest === null) throw new Problem('state-conflict', { detail: '尚未申请拨付资金，请先申请。' });
  const names = await findAgencyNames(context.tx, agencyCode);
  await context.audit({ target: ['disbursement', disbursementId], change: { printed: fundRequest.number } });
  return { ...fundRequest, ...names, disbursementNumber };
}
