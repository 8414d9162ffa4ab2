// Rosters as officers see them: with the lines that belong to them, neither held back nor released.

import type { ReadContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import type { DisbursementRow } from '../disbursement/store.ts';
import { describeLines } from '../lines/lifecycle.ts';
import { listRosterLines } from '../lines/payee-store.ts';
import { listRosters, type StateSum, sumStreets } from './store.ts';

/** The rosters within scope, and what their lines come to. */
export async function rostersInScope(
  { tx, scope }: ReadContext,
  disbursementId: string,
  sums: readonly StateSum[],
) {
  return (await listRosters(tx, disbursementId))
    .filter(({ streetCode }) => scope.relation !== 'street' || streetCode === scope.code)
    .map((roster) => ({
      ...roster,
      ...sumOf(
        sums,
        ({ streetCode, state }) =>
          streetCode === roster.streetCode && state !== 'held' && state !== 'released',
      ),
    }));
}

export function sumOf(sums: readonly StateSum[], isMeant: (sum: StateSum) => boolean) {
  const meant = sums.filter(isMeant);
  return {
    lineCount: meant.reduce((total, { lineCount }) => total + lineCount, 0),
    amountFen: meant.reduce((total, { amountFen }) => total + amountFen, 0),
  };
}

/**
 * The roster as the street and its county see it, masked.
 *
 * @throws Problem not-found for a street that has none, or is another one than who asks
 */
export async function describeRoster(
  context: ReadContext,
  { disbursementId, version, agencyCode, disbursementNumber }: DisbursementRow,
  streetCode: string,
) {
  const sums = await sumStreets(context.tx, disbursementId);
  const rosters = await rostersInScope(context, disbursementId, sums);
  const roster = rosters.find((candidate) => candidate.streetCode === streetCode);
  if (roster === undefined) throw new Problem('not-found');
  const lines = await listRosterLines(context.tx, disbursementId, streetCode);
  return {
    disbursementId,
    version,
    number: `${disbursementNumber}-${streetCode}`,
    agencyCode,
    streetCode,
    streetName: roster.name,
    lineCount: roster.lineCount,
    amountFen: roster.amountFen,
    verifiedAt: roster.verifiedAt,
    lines: await describeLines(context, lines),
  };
}
