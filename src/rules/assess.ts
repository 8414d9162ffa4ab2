// One application judged: every check of every month, what each month comes to and what the whole does. Pure and plain:
// the same claim and policy give the same bytes for ever, which is what a stored decision is replayed against.

import {
  addMonths,
  type Day,
  type Month,
  monthAt,
  monthIndex,
  monthOf,
  type Span,
  spanOf,
} from '../values/days.ts';
import { type CheckInput, type CheckResult, checkAll } from './checks.ts';
import { evidenceOf } from './evidence.ts';
import type { Coverage, Fact, FactOf } from './facts.ts';
import type { Answer } from './policy/catalogue.ts';
import { inForce, type Policy, type StatutoryAgeMode } from './policy/policy.ts';
import { type Person, type Retirement, retirementOf } from './retirement.ts';
import { fixTerm, type Term } from './term.ts';

/** What is asked, and all that is known on the day of deciding. Plain JSON, so that it can be stored as it is. */
export type Claim = {
  readonly person: Person;
  /** The term fixed at the first approval; null before any. */
  readonly term: Term | null;
  /** Months approved and not since recovered. */
  readonly liveMonths: readonly Month[];
  /** How many months count against the cap, imported ones included. */
  readonly usedMonths: number;
  /** Months recovered after payment, once for each recovery. */
  readonly recoveredMonths?: readonly Month[];
  /** Recovered months of which something is still to be given back, and how much. Snapshots of earlier decisions have none. */
  readonly owedMonths?: readonly OwedMonth[];
  /** Months claimed in an open application. Of a question only: in a decision they would be the case's own. */
  readonly claimedMonths?: readonly Month[];
  /** The months claimed: one to three of one quarter, each once (see validation/claims.ts). */
  readonly months: readonly Month[];
  readonly submittedOn: Day;
  /** The day of the decision; for a forecast, the day of asking. */
  readonly decidedOn: Day;
  readonly facts: readonly Fact[];
  readonly coverage: Coverage;
};

export type OwedMonth = { readonly month: Month; readonly owedFen: number };

/** Every outcome of a month; what each means is in docs/policy.md. */
export const monthOutcomes = [
  'payable',
  'excluded',
  'undetermined',
  'outside-policy',
  'already-granted',
  'still-owed',
  'claimed-elsewhere',
] as const;
export type MonthOutcome = (typeof monthOutcomes)[number];
export type ClaimOutcome = 'approvable' | 'refused' | 'undetermined';

export type { CheckResult } from './checks.ts';

export type AssessedMonth = {
  readonly month: Month;
  readonly outcome: MonthOutcome;
  /** Zero unless payable. */
  readonly amountFen: number;
  /** Older than the quarter before the submission's; a flag, not a refusal. */
  readonly lateClaim: boolean;
  readonly checks: readonly CheckResult[];
};

export type AssessedTerm = {
  readonly near: boolean;
  readonly firstApprovedOn: Day;
  /** No approval yet: what a first approval on the day of deciding would fix. */
  readonly forecast: boolean;
  readonly cap: number | null;
  /** Months used and left before this claim; `left` is null where there is no cap. */
  readonly used: number;
  readonly left: number | null;
};

export type Assessment = {
  readonly policyVersion: string;
  readonly statutoryAge: StatutoryAgeMode;
  /** As the law stands on the day of deciding. */
  readonly retirement: Retirement;
  readonly term: AssessedTerm;
  /** In calendar order. */
  readonly months: readonly AssessedMonth[];
  readonly outcome: ClaimOutcome;
  /** The payable months' amounts together. */
  readonly amountFen: number;
};

/** Judges a claim by a policy: that of the decision day, `policyOn(claim.decidedOn, …)`. */
export function assess(claim: Claim, policy: Policy): Assessment {
  const { decidedOn, submittedOn } = claim;
  const term = termOf(claim, policy);
  const input = checkInputOf(claim, policy, term);
  const { facts } = input.evidence;
  const granted = grantedMonths(claim, facts['prior-benefit']);
  const firstMonth = inForce(policy.parameters.firstMonth, decidedOn);
  const firstInTime = firstInTimeOf(submittedOn, policy, decidedOn);

  // Calendar order, because months use up the cap in calendar order (六.6), whatever order they were claimed in.
  let used = claim.usedMonths;
  let amountFen = 0;
  const months: AssessedMonth[] = [];
  for (const month of inCalendarOrder(claim.months)) {
    const span = spanOf(month);
    const results = judge(input, span, used);
    const outcome =
      month < firstMonth
        ? 'outside-policy'
        : granted.includes(month)
          ? 'already-granted'
          : isOwed(claim, month)
            ? 'still-owed'
            : isClaimed(claim, month)
              ? 'claimed-elsewhere'
              : outcomeOf(results);
    const monthFen = outcome === 'payable' ? inForce(policy.parameters.monthlyAmountFen, span.lastDay) : 0;
    if (outcome === 'payable') used += 1;
    amountFen += monthFen;
    months.push({
      month,
      outcome,
      amountFen: monthFen,
      lateClaim: month < firstInTime,
      checks: results,
    });
  }

  return {
    policyVersion: policy.version,
    statutoryAge: policy.statutoryAge,
    retirement: retirementOf(claim.person, facts['retirement-category'], policy, decidedOn),
    term: assessedTerm(term, claim.term === null, claim.usedMonths),
    months,
    outcome: claimOutcomeOf(months),
    amountFen,
  };
}

/** Months mostly come in order, and even a sort of three makes more than it is worth a million times. */
function inCalendarOrder(months: readonly Month[]): readonly Month[] {
  const isInOrder = months.every((month, at) => at === 0 || month >= (months[at - 1] ?? month));
  return isInOrder ? months : months.toSorted();
}

/** What the checks may look at, of a claim. */
export function checkInputOf(claim: Claim, policy: Policy, { cap } = termOf(claim, policy)): CheckInput {
  const { person, facts, coverage, submittedOn, decidedOn } = claim;
  const evidence = evidenceOf(facts, coverage);
  const ofRegisters = evidence.isAttested ? facts.filter(({ attested }) => attested !== true) : null;
  return {
    person,
    birthIndex: monthIndex(person.born),
    evidence,
    registersAlone: ofRegisters && evidenceOf(ofRegisters, coverage),
    submittedOn,
    decidedOn,
    monthBeforeDecision: addMonths(monthOf(decidedOn), -1),
    cap,
    policy,
  };
}

type TermBasis = Pick<Claim, 'term' | 'person' | 'facts' | 'decidedOn'>;

/** The term fixed at the first approval or, before any, the one that an approval on the day of deciding would fix. */
export function termOf({ term, decidedOn, person, facts }: TermBasis, policy: Policy): Term {
  return term ?? fixTerm(decidedOn, person, facts, policy);
}

/** A term with what of it is used and left. */
export function assessedTerm(
  { near, firstApprovedOn, cap }: Term,
  forecast: boolean,
  used: number,
): AssessedTerm {
  return { near, firstApprovedOn, forecast, cap, used, left: cap === null ? null : Math.max(0, cap - used) };
}

/**
 * Every check of a month, never only the first that fails. A hit of the registers stands whatever an officer attested: it
 * is corrected at its source. What an officer found against the person counts beside a register that knows nothing of it.
 */
export function judge(input: CheckInput, span: Span, usedBefore: number): readonly CheckResult[] {
  const together = checkAll(input, span, usedBefore);
  if (input.registersAlone === null) return together;
  const alone = checkAll({ ...input, evidence: input.registersAlone }, span, usedBefore);
  return together.map((result, at) => (alone[at]?.answer === 'hit' ? alone[at] : result));
}

/** Any hit excludes; else any unknown leaves the month open; else it is payable. */
export function outcomeOf(
  results: readonly { readonly answer: Answer }[],
): 'payable' | 'excluded' | 'undetermined' {
  let outcome: 'payable' | 'undetermined' = 'payable';
  for (const { answer } of results) {
    if (answer === 'hit') return 'excluded';
    if (answer === 'unknown') outcome = 'undetermined';
  }
  return outcome;
}

function claimOutcomeOf(months: readonly AssessedMonth[]): ClaimOutcome {
  if (months.some(({ outcome }) => outcome === 'undetermined')) return 'undetermined';
  return months.some(({ outcome }) => outcome === 'payable') ? 'approvable' : 'refused';
}

/**
 * Months that cannot be claimed: live ones, imported ones, and those recovered twice (a recovered month may be claimed
 * once more, and no more than once).
 */
export function grantedMonths(
  { liveMonths, recoveredMonths = [] }: Pick<Claim, 'liveMonths' | 'recoveredMonths'>,
  imported: readonly FactOf<'prior-benefit'>[],
): readonly Month[] {
  const recoveredTwice = recoveredMonths.filter((month, index) => recoveredMonths.indexOf(month) < index);
  return [...liveMonths, ...imported.flatMap(({ months }) => months), ...recoveredTwice];
}

/** Whether something of a recovered month is still to be given back: until then it cannot be claimed again. */
export function isOwed({ owedMonths = [] }: Pick<Claim, 'owedMonths'>, month: Month): boolean {
  return owedMonths.some((owed) => owed.month === month);
}

/** Whether a month is claimed in an open application, which has to end first. */
export function isClaimed({ claimedMonths = [] }: Pick<Claim, 'claimedMonths'>, month: Month): boolean {
  return claimedMonths.includes(month);
}

/**
 * The first month of the quarter before the submission's. Older ones are flagged as late and judged all the same, because
 * the text sets no limit.
 */
export function firstInTimeOf(submittedOn: Day, policy: Policy, decidedOn: Day): Month {
  const quarters = inForce(policy.parameters.lateClaimQuarters, decidedOn);
  const submitted = monthIndex(submittedOn);
  return monthAt(submitted - (submitted % 3) - 3 * quarters);
}
