// Which of the three steps 依次 lack a record for a month, and when each must begin. The other remedies are in
// remedies.ts.

import type { Day, Span } from '../../values/days.ts';
import type { Evidence } from '../evidence.ts';
import { type Fact, holdsWithin } from '../facts.ts';
import { orderPossible, registrationsFor, type Step, steps } from '../sequence.ts';

/** A step to record, open-ended, beginning within these days; null: no earliest day. */
export type StepToSupply = { readonly kind: Step; readonly notBefore: Day | null; readonly notAfter: Day };

const [unemployment, recognition, registration] = steps;

/** Fewest first; among equals the later step first, since it is the one that began too early. */
const choices: readonly (readonly Step[])[] = [
  [],
  [registration],
  [recognition],
  [unemployment],
  [recognition, registration],
  [unemployment, registration],
  [unemployment, recognition],
];

/**
 * The fewest steps whose records would give the month a recognition and a registration, with all three in
 * order. Several supplied steps must themselves be in order.
 */
export function stepsToSupply(evidence: Evidence, span: Span, submittedOn: Day): readonly StepToSupply[] {
  const needed = [recognition, registration].filter(
    (step) => !evidence.facts[step].some((fact) => holdsWithin(fact, span)),
  );
  const serves = (choice: readonly Step[]) =>
    needed.every((step) => choice.includes(step)) &&
    orderPossible(evidence, span, submittedOn, new Set(choice));
  const chosen = choices.find(serves) ?? steps;
  // If an older recognition satisfies the order, the month's own is a renewal and may begin on any day.
  const others = chosen.filter((step) => step !== recognition);
  const isRenewal =
    chosen.includes(recognition) && orderPossible(evidence, span, submittedOn, new Set(others));
  const inOrder = isRenewal ? others : chosen;
  return chosen.map((kind) =>
    inOrder.includes(kind)
      ? { kind, ...windowOf(kind, inOrder, evidence, span) }
      : { kind, notBefore: null, notAfter: span.lastDay },
  );
}

/** A step begins no earlier than the recorded steps before it, and no later than those after it. */
function windowOf(step: Step, chosen: readonly Step[], evidence: Evidence, span: Span) {
  const recorded = {
    [unemployment]: evidence.facts[unemployment],
    [recognition]: evidence.facts[recognition],
    [registration]: registrationsFor(evidence, span),
  };
  const at = steps.indexOf(step);
  const onRecord = (other: Step) => !chosen.includes(other);
  const notBefore = steps
    .slice(0, at)
    .filter(onRecord)
    .reduce<Day | null>((from, before) => earliestFrom(recorded[before], from), null);
  const notAfter = steps
    .slice(at + 1)
    .filter(onRecord)
    .reduceRight<Day>((by, after) => latestFrom(recorded[after], by), span.lastDay);
  return { notBefore, notAfter };
}

function earliestFrom(facts: readonly Fact[], notBefore: Day | null): Day | null {
  const [first = null] = startsOf(facts).filter((from) => notBefore === null || from >= notBefore);
  return first;
}

function latestFrom(facts: readonly Fact[], notAfter: Day): Day {
  const [last = notAfter] = startsOf(facts)
    .filter((from) => from <= notAfter)
    .reverse();
  return last;
}

function startsOf(facts: readonly Fact[]): Day[] {
  return facts.map(({ from }) => from).sort();
}
