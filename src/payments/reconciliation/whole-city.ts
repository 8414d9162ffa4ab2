// Reconciles the whole city at one moment: checks every equation of every agency and quarter, and lists the lines
// behind a difference. Writes nothing.

import type { Tx } from '../../platform/database/connect.ts';
import type { Equation } from './equations.ts';
import { figuresOfAgency } from './operations.ts';
import { type LooseEnd, listLooseEnds, listScopes } from './ties-store.ts';

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
  const scopes = await listScopes(tx);
  const broken: Reconciliation['broken'][number][] = [];
  let count = 0;
  for (const { agencyCode, quarter } of scopes) {
    const { equations } = await figuresOfAgency(tx, { agencyCode, ...(quarter === null ? {} : { quarter }) });
    const failing = equations.filter(({ holds }) => !holds);
    onScope(agencyCode, quarter, failing);
    count += equations.length;
    broken.push(...failing.map((equation) => ({ agencyCode, quarter, equation })));
  }
  return { scopes: scopes.length, equations: count, broken, looseEnds: await listLooseEnds(tx) };
}
