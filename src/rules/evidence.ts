// The facts of one person laid out for the checks: by kind, and with what each register has said about a month.
// Nothing is judged here.

import { addMonths, type Day, type Month, monthOf, type Span } from './days.ts';
import { type Coverage, type Fact, type FactOf, holdsOn, holdsWithin, type Kind } from './facts.ts';

export type Evidence = {
  readonly byKind: ReadonlyMap<Kind, readonly Fact[]>;
  /** Attestations that nothing of a kind held; kept apart so that no check can take one for the thing itself. */
  readonly absences: readonly Fact[];
  readonly coverage: Coverage;
};

const NONE: readonly never[] = Object.freeze([]);

/** Lays out the facts; one pass, because a quarter's run does it a million times. */
export function evidenceOf(facts: readonly Fact[], coverage: Coverage): Evidence {
  const byKind = new Map<Kind, Fact[]>();
  let absences: Fact[] | undefined;
  for (const fact of facts) {
    if (fact.absent === true) {
      absences ??= [];
      absences.push(fact);
      continue;
    }
    const sameKind = byKind.get(fact.kind);
    if (sameKind === undefined) byKind.set(fact.kind, [fact]);
    else sameKind.push(fact);
  }
  return { byKind, absences: absences ?? NONE, coverage };
}

/** Every fact of a kind, in the order given. */
export function factsOf<K extends Kind>(evidence: Evidence, kind: K): readonly FactOf<K>[] {
  // The map is keyed by each fact's own kind, which the compiler cannot carry through it.
  return (evidence.byKind.get(kind) ?? NONE) as readonly FactOf<K>[];
}

/** Whether the register has promised to be complete through a month. */
export function covers(evidence: Evidence, kind: Kind, month: Month): boolean {
  const through = evidence.coverage[kind];
  return through !== undefined && through >= month;
}

/**
 * What is known to be absent in a month: null when nobody has said, no ids when the register is complete through the
 * month, else the attestations that reach over the whole of it.
 */
export function absenceIn(evidence: Evidence, kind: Kind, span: Span): readonly string[] | null {
  if (covers(evidence, kind, span.month)) return NONE;
  if (evidence.absences.length === 0) return null;
  const reaches = (fact: Fact) => holdsOn(fact, span.firstDay) && holdsOn(fact, span.lastDay);
  return idsOrNull(evidence.absences.filter((fact) => fact.kind === kind && reaches(fact)));
}

/** The same for a single day: a register must have spoken through the month before the day's, which is the last whole one. */
export function absenceOn(evidence: Evidence, kind: Kind, day: Day): readonly string[] | null {
  if (covers(evidence, kind, addMonths(monthOf(day), -1))) return NONE;
  return idsOrNull(evidence.absences.filter((fact) => fact.kind === kind && holdsOn(fact, day)));
}

/** The ids of the facts that hold in a month. */
export function idsHoldingIn(facts: readonly Fact[], span: Span): readonly string[] {
  let ids: string[] | undefined;
  for (const fact of facts) {
    if (!holdsWithin(fact, span)) continue;
    ids ??= [];
    ids.push(fact.id);
  }
  return ids === undefined ? NONE : sorted(ids);
}

/** The ids of facts, in one order whatever order the facts came in. */
export function idsOf(facts: readonly Fact[]): readonly string[] {
  return facts.length === 0 ? NONE : sorted(facts.map((fact) => fact.id));
}

function idsOrNull(facts: readonly Fact[]): readonly string[] | null {
  return facts.length === 0 ? null : idsOf(facts);
}

function sorted(ids: string[]): readonly string[] {
  return ids.length === 1 ? ids : ids.sort();
}
