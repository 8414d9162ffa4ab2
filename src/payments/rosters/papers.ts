// Hands rosters and fund requests out as papers. They pass through many hands, so that everything personal on them is
// masked; and each leaves a trace, because a whole street's people leave with it.

import type { Act } from '../../platform/context.ts';
import { Refusal } from '../../platform/problem.ts';
import { findAgencyNames } from '../../platform/reference/store.ts';
import { describe, found, refuseOtherStreet } from '../disbursement/lifecycle.ts';
import { describeRoster } from './rosters.ts';
import type { RosterFileQuery } from './schemas.ts';

/** A street's roster as it stands now, to be printed or opened as a workbook. */
export async function getRosterFile(
  act: Act,
  disbursementId: string,
  streetCode: string,
  { format }: RosterFileQuery,
) {
  const disbursement = await found(act, disbursementId);
  refuseOtherStreet(act, streetCode);
  const roster = await describeRoster(act, disbursement, streetCode);
  const { agencyName } = await findAgencyNames(act.tx, roster.agencyCode);
  const asOf = act.at.toString();
  const { number } = roster;
  await act.audit({
    target: ['disbursement', disbursementId],
    change: { printed: number, format, lines: roster.lines.length },
  });
  return { number, printed: { roster: { ...roster, agencyName }, asOf } };
}

/** The form that goes to finance; `state-conflict` before the money was asked for. */
export async function getFundRequestDocument(act: Act, disbursementId: string) {
  const { number: disbursementNumber, agencyCode, fundRequest } = await describe(act, disbursementId);
  if (fundRequest === null) throw new Refusal('state-conflict', { detail: '尚未申请拨付资金，请先申请。' });
  const names = await findAgencyNames(act.tx, agencyCode);
  await act.audit({ target: ['disbursement', disbursementId], change: { printed: fundRequest.number } });
  return { ...fundRequest, ...names, disbursementNumber };
}
