// Describes rosters for officers; counts exclude held and released lines.

import type { ReadContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import type { DisbursementRow } from '../disbursement/store.ts';
import { describeLines } from '../lines/lifecycle.ts';
import { listRosterLines } from '../lines/payee-store.ts';
import { type StateSum, sumStreets } from './store.ts';

/** The rosters within scope with the totals of their lines. */
export function rostersInScope({ scope }: ReadContext, sums: readonly StateSum[]) {
  const own = sums.filter(({ streetCode }) => scope.relation !== 'street' || streetCode === scope.code);
  return [...Map.groupBy(own, ({ streetCode }) => streetCode)].flatMap(([streetCode, states]) =>
    states.slice(0, 1).map(({ streetName, verifiedAt, verifiedBy }) => ({
      streetCode,
      streetName,
      ...sumOf(states, ({ state }) => state !== 'held' && state !== 'released'),
      verifiedAt,
      verifiedBy,
    })),
  );
}

export function sumOf(sums: readonly StateSum[], isMeant: (sum: StateSum) => boolean) {
  const meant = sums.filter(isMeant);
  return {
    lineCount: meant.reduce((total, { lineCount }) => total + lineCount, 0),
    amountFen: meant.reduce((total, { amountFen }) => total + amountFen, 0),
  };
}

/** One street's lines and their totals. */
export async function readRoster({ tx }: ReadContext, disbursementId: string, streetCode: string) {
  const [sums, lines] = await Promise.all([
    sumStreets(tx, disbursementId, streetCode),
    listRosterLines(tx, disbursementId, streetCode),
  ]);
  return { streetCode, sums, lines };
}

/**
 * The roster, numbers masked, for the street and its county.
 *
 * @throws Problem not-found for a street that has none, or is another one than who asks
 */
export async function describeRoster(
  context: ReadContext,
  { disbursementId, version, agencyCode, disbursementNumber }: DisbursementRow,
  { streetCode, sums, lines }: Awaited<ReturnType<typeof readRoster>>,
) {
  const [roster] = rostersInScope(context, sums);
  if (roster === undefined) throw new Problem('not-found');
  return {
    disbursementId,
    version,
    number: `${disbursementNumber}-${streetCode}`,
    agencyCode,
    ...roster,
    lines: await describeLines(context, lines),
  };
}
