// Reconciles the whole city at one moment: checks every equation of every agency and quarter, and lists the lines
// behind a difference. Writes nothing.

import type { Tx } from '../../platform/database/connect.ts';
import { sumCells } from '../../platform/figures.ts';
import { chainOfAgency } from './chain.ts';
import type { Equation } from './equations.ts';
import { cellsOfChain } from './facts-store.ts';
import { type LooseEnd, listAgencies, listLooseEnds } from './ties-store.ts';

export interface Reconciliation {
  /** Number of agencies, and quarters of agencies, that were checked. */
  readonly scopes: number;
  readonly equations: number;
  readonly broken: readonly { agencyCode: string; quarter: string | null; equation: Equation }[];
  readonly looseEnds: readonly LooseEnd[];
}

/** @param onScope called with each agency and quarter and the equations that do not hold in it */
export async function reconcile(
  tx: Tx,
  onScope: (agencyCode: string, quarter: string | null, broken: readonly Equation[]) => void,
): Promise<Reconciliation> {
  const ofAgencies = { agencyCode: 'each', quarter: 'each' } as const;
  const [quarters = new Map(), sums = new Map(), funds = new Map()] = await sumCells(
    tx,
    await cellsOfChain(tx, {}),
    [
      { where: ofAgencies, by: ['agencyCode', 'quarter'] },
      { where: ofAgencies, by: ['agencyCode'] },
      { where: { agencyCode: 'each' }, by: ['agencyCode'] },
    ],
  );
  const scopes = [
    ...(await listAgencies(tx)).map((agencyCode) => ({
      agencyCode,
      quarter: null,
      chain: chainOfAgency(sums.get(agencyCode) ?? {}, funds.get(agencyCode) ?? {}),
    })),
    ...[...quarters].map(([key, ofQuarter]) => {
      const [agencyCode = '', quarter = ''] = key.split(' ');
      return { agencyCode, quarter, chain: chainOfAgency(ofQuarter, null) };
    }),
  ].sort((a, b) => (`${a.agencyCode} ${a.quarter ?? ''}` < `${b.agencyCode} ${b.quarter ?? ''}` ? -1 : 1));
  const broken: Reconciliation['broken'][number][] = [];
  let count = 0;
  for (const { agencyCode, quarter, chain } of scopes) {
    const failing = chain.equations.filter(({ holds }) => !holds);
    onScope(agencyCode, quarter, failing);
    count += chain.equations.length;
    broken.push(...failing.map((equation) => ({ agencyCode, quarter, equation })));
  }
  return { scopes: scopes.length, equations: count, broken, looseEnds: await listLooseEnds(tx) };
}
