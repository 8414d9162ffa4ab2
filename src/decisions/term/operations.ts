// Fixes a person's term with their first approval (article 三), and ends it when that approval is undone.

import { countImported } from '../../eligibility/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { Decision } from '../../platform/database/tables.ts';
import { findTerm } from '../../registers/people/operations.ts';
import type { Claim } from '../../rules/assess.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { fixTerm as termFrom } from '../../rules/term.ts';
import { dayInShanghai, monthOf } from '../../values/days.ts';
import * as store from './store.ts';

/** The first approval fixes the term for good; a later one only counts imports that arrived since. */
export async function fixTerm(
  context: WriteContext,
  personId: string,
  claim: Claim,
  policy: Policy,
): Promise<void> {
  const owedMonths = (claim.owedMonths ?? []).map(({ month }) => month);
  const importedMonths = countImported(claim.facts, [...claim.liveMonths, ...owedMonths]);
  const term = claim.term ?? termFrom(claim.decidedOn, claim.person, claim.facts, policy);
  const { retirementOn, ...kept } = term;
  const retirementMonth = monthOf(retirementOn);
  await store.insertTerm(context.tx, { personId, ...kept, retirementMonth, importedMonths });
}

/**
 * Ends the term together with the decision that fixed it, unless another approval rests on it. Returns the ended term.
 */
export async function endTerm(
  context: WriteContext,
  { personId, applicationId, outcome, decidedAt }: Decision,
) {
  const term = await findTerm(context, personId);
  const decidedOn = dayInShanghai(Temporal.Instant.from(decidedAt));
  const isFixedByThis = outcome === 'approved' && term?.firstApprovedOn === decidedOn;
  if (term === undefined || !isFixedByThis) return null;
  if (await store.hasOtherApproval(context.tx, personId, applicationId)) return null;
  await store.deleteTerm(context.tx, personId);
  const { firstApprovedOn, retirementMonth, near, cap, policyVersion, importedMonths } = term;
  return { firstApprovedOn, retirementMonth, near, cap, policyVersion, importedMonths };
}
