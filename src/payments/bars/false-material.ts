// False material puts every month granted on it in doubt, in all cases of the person that used it.

import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { open } from '../recoveries/opening.ts';
import { listGrantedMonths } from '../recoveries/store.ts';
import { findOpenBar, insertCaseOfficers, listCoveredCases } from './store.ts';

/**
 * Opens a suspected recovery for every live month within scope that was granted on false material and has none yet:
 * when the material is reported, and at each later reassessment of the person. Returns the new ones.
 */
export async function openOnFalseMaterial(context: WriteContext, personId: string): Promise<string[]> {
  const bar = await findOpenBar(context.tx, personId);
  if (bar === undefined) return [];
  const { barId, proposedBy } = bar;
  await insertCaseOfficers(context.tx, personId, barId);
  const covered = await listCoveredCases(context.tx, personId, barId);
  const opened: string[] = [];
  for (const month of await listGrantedMonths(context.tx, personId)) {
    const grounds = covered.get(month.applicationId);
    const isInScope = context.scope.relation === 'city' || isOfAgency(context, month.agencyCode);
    if (grounds === undefined || !isInScope) continue;
    const openedBy = context.role === 'service' ? proposedBy : officerOf(context.actor);
    const recoveryId = await open(context, personId, month, 'false-material', { grounds, barId, openedBy });
    if (recoveryId !== null) opened.push(recoveryId);
  }
  return opened;
}

function isOfAgency({ scope }: WriteContext, agencyCode: string): boolean {
  return scope.relation === 'agency' && scope.code === agencyCode;
}
