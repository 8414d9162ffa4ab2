// Groups one person's facts for the checks: by kind, with what each register has reported about a month.
// Decides nothing.

import type { Day, Month, Span } from '../values/days.ts';
import { type Coverage, type Fact, type FactOf, holdsOn, type Kind } from './facts.ts';

export type FactsByKind = { readonly [K in Kind]: readonly FactOf<K>[] };

export type Evidence = {
  readonly facts: FactsByKind;
  /**
   * Attestations that nothing of a kind held; apart from the facts, so that no check mistakes them for
   * records.
   */
  readonly absences: readonly Fact[];
  /** Whether an officer attested any of it. */
  readonly isAttested: boolean;
  readonly coverage: Coverage;
};

/** Shared and never modified. Not frozen: V8 is slow in loops over frozen arrays. */
const NONE: never[] = [];
const noFacts: Readonly<Record<Kind, never[]>> = {
  household: NONE,
  'unemployment-registration': NONE,
  'hardship-recognition': NONE,
  'flexible-employment': NONE,
  contribution: NONE,
  'contribution-refund': NONE,
  'unemployment-benefit': NONE,
  'skills-training': NONE,
  'public-post': NONE,
  imprisonment: NONE,
  'public-payroll': NONE,
  'employer-insurance': NONE,
  pension: NONE,
  'retirement-category': NONE,
  dishonesty: NONE,
  death: NONE,
  'prior-benefit': NONE,
};

/** Groups the facts in the given order, in one pass, since a quarter's run does it a million times. */
export function evidenceOf(facts: readonly Fact[], coverage: Coverage): Evidence {
  const byKind: Record<Kind, Fact[]> = { ...noFacts };
  const absences: Fact[] = [];
  let isAttested = false;
  for (const fact of facts) {
    if (fact.attested === true) isAttested = true;
    const sameKind = byKind[fact.kind];
    if (fact.absent === true) absences.push(fact);
    else if (sameKind === NONE) byKind[fact.kind] = [fact];
    else sameKind.push(fact);
  }
  // Each fact was filed under its own kind, which the compiler cannot see.
  return { facts: byKind as FactsByKind, absences, isAttested, coverage };
}

/** Whether the register is complete through a month. */
export function covers(evidence: Evidence, kind: Kind, month: Month): boolean {
  const through = evidence.coverage[kind];
  return through !== undefined && through >= month;
}

/**
 * Evidence that nothing of a kind held in a month: null when unknown, no ids when the register is complete
 * through the month, otherwise the attestations that cover the whole month.
 */
export function absenceIn(evidence: Evidence, kind: Kind, span: Span): readonly string[] | null {
  if (covers(evidence, kind, span.month)) return NONE;
  if (evidence.absences.length === 0) return null;
  const reaches = (fact: Fact) => holdsOn(fact, span.firstDay) && holdsOn(fact, span.lastDay);
  return idsOrNull(evidence.absences.filter((fact) => fact.kind === kind && reaches(fact)));
}

/** The same for a day: the register must be complete through `monthBefore`, the last whole month by then. */
export function absenceOn(
  evidence: Evidence,
  kind: Kind,
  day: Day,
  monthBefore: Month,
): readonly string[] | null {
  if (covers(evidence, kind, monthBefore)) return NONE;
  if (evidence.absences.length === 0) return null;
  return idsOrNull(evidence.absences.filter((fact) => fact.kind === kind && holdsOn(fact, day)));
}

/**
 * Array.filter with fewer allocations: passes the predicate a second argument instead of needing a closure,
 * shares one empty result, and starts an array with its first element, because V8 reserves seventeen slots
 * for one that starts empty. Together this halved an assessment's garbage.
 */
export function filterBy<T, A>(
  facts: readonly T[],
  holds: (fact: T, argument: A) => boolean,
  argument: A,
): readonly T[] {
  if (facts.length === 0) return NONE;
  let found: T[] | undefined;
  for (const fact of facts) {
    if (!holds(fact, argument)) continue;
    if (found === undefined) found = [fact];
    else found.push(fact);
  }
  return found ?? NONE;
}

export function joined<T>(some: readonly T[], others: readonly T[]): readonly T[] {
  if (others.length === 0) return some;
  return some.length === 0 ? others : [...some, ...others];
}

/** The ids of facts, sorted, whatever order the facts came in. */
export function idsOf(facts: readonly Fact[]): readonly string[] {
  const [first] = facts;
  if (first === undefined) return NONE;
  return facts.length === 1 ? [first.id] : facts.map((fact) => fact.id).sort();
}

function idsOrNull(facts: readonly Fact[]): readonly string[] | null {
  return facts.length === 0 ? null : idsOf(facts);
}
