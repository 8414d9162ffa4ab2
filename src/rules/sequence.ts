// The required order 依次 of the steps before an application: unemployment registration, recognition,
// flexible-employment registration (五.一). A person may have several of each; any combination in order
// suffices.

import type { Day, Span } from '../values/days.ts';
import { absenceIn, covers, type Evidence, filterBy } from './evidence.ts';
import { type Fact, holdsWithin } from './facts.ts';

/** In the required order. */
export const steps = ['unemployment-registration', 'hardship-recognition', 'flexible-employment'] as const;
export type Step = (typeof steps)[number];

/**
 * The order is kept when some unemployment registration starts no later than some recognition, which starts
 * no later than some flexible-employment registration, which starts no later than the submission. Only start
 * days count; they may be equal.
 *
 * The flexible-employment registration must hold in the month: registering again in the right order corrects
 * later months only. (When none holds in the month, `flexibly-employed` reports it and any registration
 * counts here.) The recognition need not hold in the month: `hardship-recognised` checks that, and otherwise
 * each yearly renewal would break a correct order.
 *
 * @returns the ids of the earliest such chain, in order; null when there is none
 */
export function orderKept(evidence: Evidence, span: Span, submittedOn: Day): readonly string[] | null {
  const unemployed = earliest(evidence.facts[steps[0]], '');
  const recognised = unemployed && earliest(evidence.facts[steps[1]], unemployed.from);
  const registered = recognised && earliest(registrationsFor(evidence, span), recognised.from);
  if (!registered || registered.from > submittedOn) return null;
  return [unemployed.id, recognised.id, registered.id];
}

/**
 * Whether the order could still be kept if the given steps had unknown records. Any start day is possible for
 * them, except that a registration must begin within the month at the latest.
 */
export function orderPossible(
  evidence: Evidence,
  span: Span,
  submittedOn: Day,
  open: ReadonlySet<Step>,
): boolean {
  const unemployed = open.has(steps[0]) ? '' : earliest(evidence.facts[steps[0]], '')?.from;
  if (unemployed === undefined) return false;
  const recognised = open.has(steps[1]) ? unemployed : earliest(evidence.facts[steps[1]], unemployed)?.from;
  if (recognised === undefined) return false;
  // A month is claimed after it ended, so its last day is before the submission.
  if (open.has(steps[2])) return recognised <= span.lastDay;
  const registered = earliest(registrationsFor(evidence, span), recognised)?.from;
  return registered !== undefined && registered <= submittedOn;
}

/** The steps whose registers do not settle this month. */
export function silentSteps(evidence: Evidence, span: Span): ReadonlySet<Step> {
  const silent = new Set<Step>();
  if (!covers(evidence, steps[0], span.month)) silent.add(steps[0]);
  for (const step of [steps[1], steps[2]]) {
    const holds = evidence.facts[step].some((fact) => holdsWithin(fact, span));
    if (!holds && absenceIn(evidence, step, span) === null) silent.add(step);
  }
  return silent;
}

/** The flexible-employment registrations that count for a month. */
export function registrationsFor(evidence: Evidence, span: Span): readonly Fact[] {
  const all = evidence.facts[steps[2]];
  const holding = filterBy(all, holdsWithin, span);
  return holding.length > 0 ? holding : all;
}

/** Every record of the three steps that counts for a month. */
export function stepsFor(evidence: Evidence, span: Span): readonly Fact[] {
  return [...evidence.facts[steps[0]], ...evidence.facts[steps[1]], ...registrationsFor(evidence, span)];
}

function earliest(facts: readonly Fact[], notBefore: Day): Fact | null {
  let found: Fact | null = null;
  for (const fact of facts) {
    if (fact.from < notBefore) continue;
    if (found === null || fact.from < found.from || (fact.from === found.from && fact.id < found.id))
      found = fact;
  }
  return found;
}
