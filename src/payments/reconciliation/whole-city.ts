// Reconciles the whole city at one moment: checks every equation of every agency and quarter, and lists the lines
// behind a difference. Writes nothing.

import type { Tx } from '../../platform/database/connect.ts';
import { type Cells, type Sums, sumCells, sumKept } from '../../platform/figures.ts';
import { accountsOf, chainOfAgency } from './chain.ts';
import type { Equation } from './equations.ts';
import { cellsOfChain } from './facts-store.ts';
import { chainCounted } from './operations.ts';
import { type LooseEnd, listAgencies, listLooseEnds } from './ties-store.ts';

export interface Reconciliation {
  /** Number of agencies, and quarters of agencies, that were checked. */
  readonly scopes: number;
  readonly equations: number;
  readonly broken: readonly { agencyCode: string; quarter: string | null; equation: Equation }[];
  readonly looseEnds: readonly LooseEnd[];
}

const ofAgencies = { agencyCode: 'each', quarter: 'each' } as const;
const ofEachScope: readonly Cells[] = [
  { where: ofAgencies, by: ['agencyCode', 'quarter'] },
  { where: ofAgencies, by: ['agencyCode'] },
  { where: { agencyCode: 'each' }, by: ['agencyCode'] },
];

/** The chain of each agency and of each of its quarters, in their order. */
async function chainsOf(
  tx: Tx,
  [quarters = new Map(), sums = new Map(), funds = new Map()]: readonly Map<string, Sums>[],
) {
  return [
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
}

/**
 * The balance of each account of the ledger in fen, and how many equations do not hold, by the figures that were counted
 * last in the background.
 */
export async function readKeptMoney(tx: Tx) {
  const [all, ...sums] = await sumKept(tx, chainCounted, [{ where: ofAgencies }, ...ofEachScope]);
  const chains = await chainsOf(tx, sums);
  return {
    accounts: accountsOf(all?.get('') ?? {}),
    differences: chains.flatMap(({ chain }) => chain.equations.filter(({ holds }) => !holds)).length,
  };
}

/** @param onScope called with each agency and quarter and the equations that do not hold in it */
export async function reconcile(
  tx: Tx,
  onScope: (agencyCode: string, quarter: string | null, broken: readonly Equation[]) => void,
): Promise<Reconciliation> {
  const scopes = await chainsOf(tx, await sumCells(tx, await cellsOfChain(tx), ofEachScope));
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
