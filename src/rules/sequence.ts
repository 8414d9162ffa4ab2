// The order of the three steps before an application 依次: unemployment registration, recognition, flexible-employment
// registration (五.一). A person may have several of each, so the order is sought among all of them.

import type { Day, Span } from '../values/days.ts';
import { absenceIn, covers, type Evidence, filterBy } from './evidence.ts';
import { type Fact, holdsWithin } from './facts.ts';

/** The three kinds, in the order in which a person must go through them. */
export const steps = ['unemployment-registration', 'hardship-recognition', 'flexible-employment'] as const;
export type Step = (typeof steps)[number];

/**
 * Some unemployment registration starts no later than some recognition, which starts no later than a flexible-employment
 * registration, which starts no later than the submission. Start days only; days may be equal.
 *
 * The flexible registration must be one that holds in the month: registering again in the right order repairs the
 * months from then on and not those before. (Where none holds in the month, `flexibly-employed` says so and any
 * registration is looked at.) The recognition need not hold in the month: `hardship-recognised` sees to that, and if it
 * had to, each yearly renewal of a recognition would break an order that was kept.
 *
 * Returns the ids of the earliest such chain, step by step, or null.
 */
export function orderKept(evidence: Evidence, span: Span, submittedOn: Day): readonly string[] | null {
  const unemployed = earliest(evidence.facts[steps[0]], '');
  const recognised = unemployed && earliest(evidence.facts[steps[1]], unemployed.from);
  const registered = recognised && earliest(registrationsFor(evidence, span), recognised.from);
  if (!registered || registered.from > submittedOn) return null;
  return [unemployed.id, recognised.id, registered.id];
}

/**
 * Whether the order could still turn out to have been kept if the given steps had records not known to us. For a step
 * that may have one, any day serves; a registration would have to begin within the month at the latest.
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
  // The month's last day lies before the submission: a month is claimed once it has ended.
  if (open.has(steps[2])) return recognised <= span.lastDay;
  const registered = earliest(registrationsFor(evidence, span), recognised)?.from;
  return registered !== undefined && registered <= submittedOn;
}

/** The steps about which the registers have said nothing that settles this month. */
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
