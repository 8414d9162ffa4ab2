// Assesses one application: every check of every month, each month's outcome, and the total. Pure and
// deterministic: the same claim and policy always give the same bytes, which replay compares with stored
// decisions.

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
import type { Answer, MonthOutcome } from './policy/catalogue.ts';
import { inForce, type Policy, type StatutoryAgeMode } from './policy/policy.ts';
import { type Person, type Retirement, retirementOf } from './retirement.ts';
import { fixTerm, type Term } from './term.ts';

/** The claim and everything known on the decision day. Plain JSON, so that it is stored as it is. */
export type Claim = {
  readonly person: Person;
  /** Fixed at the first approval; null before. */
  readonly term: Term | null;
  /** Months approved and not recovered since. */
  readonly liveMonths: readonly Month[];
  /** Number of months that count against the cap, imported ones included. */
  readonly usedMonths: number;
  /** Months recovered after payment, listed once per recovery. */
  readonly recoveredMonths?: readonly Month[];
  /** Recovered months that are not fully repaid, with the remaining amount. Absent in older snapshots. */
  readonly owedMonths?: readonly OwedMonth[];
  /**
   * Months claimed in an open application. For eligibility checks only: in a decision they would be the
   * case's own.
   */
  readonly claimedMonths?: readonly Month[];
  /** One to three months of one quarter, without repetition (see validation/claims.ts). */
  readonly months: readonly Month[];
  readonly submittedOn: Day;
  /** The day of the decision; in a forecast, the day of the question. */
  readonly decidedOn: Day;
  readonly facts: readonly Fact[];
  readonly coverage: Coverage;
};

export type OwedMonth = { readonly month: Month; readonly owedFen: number };

export type { MonthOutcome } from './policy/catalogue.ts';
export type ClaimOutcome = 'approvable' | 'refused' | 'undetermined';

export type { CheckResult } from './checks.ts';

export type AssessedMonth = {
  readonly month: Month;
  readonly outcome: MonthOutcome;
  /** 0 unless payable. */
  readonly amountFen: number;
  /** Older than the quarter before the submission's; a flag, not a reason to refuse. */
  readonly lateClaim: boolean;
  readonly checks: readonly CheckResult[];
};

export type AssessedTerm = {
  readonly near: boolean;
  readonly firstApprovedOn: Day;
  /** True before any approval: the term that a first approval on the decision day would fix. */
  readonly forecast: boolean;
  readonly cap: number | null;
  /** Months used and left before this claim; `left` is null without a cap. */
  readonly used: number;
  readonly left: number | null;
};

export type Assessment = {
  readonly policyVersion: string;
  readonly statutoryAge: StatutoryAgeMode;
  /** By the law on the decision day. */
  readonly retirement: Retirement;
  readonly term: AssessedTerm;
  /** In calendar order. */
  readonly months: readonly AssessedMonth[];
  readonly outcome: ClaimOutcome;
  /** Total of the payable months. */
  readonly amountFen: number;
};

/** Assesses a claim by the policy of the decision day, `policyOn(claim.decidedOn, …)`. */
export function assess(claim: Claim, policy: Policy): Assessment {
  const { decidedOn, submittedOn } = claim;
  const term = termOf(claim, policy);
  const input = checkInputOf(claim, policy, term);
  const { facts } = input.evidence;
  const granted = grantedMonths(claim, facts['prior-benefit']);
  const firstMonth = inForce(policy.parameters.firstMonth, decidedOn);
  const firstInTime = firstInTimeOf(submittedOn, policy, decidedOn);

  // Months use up the cap in calendar order (六.6), whatever order they were claimed in.
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

/** Months usually arrive sorted, and sorting even three costs too much a million times. */
function inCalendarOrder(months: readonly Month[]): readonly Month[] {
  const isInOrder = months.every((month, at) => at === 0 || month >= (months[at - 1] ?? month));
  return isInOrder ? months : months.toSorted();
}

/** The part of a claim that the checks read. */
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

/** The fixed term or, before any approval, the one that an approval on the decision day would fix. */
export function termOf({ term, decidedOn, person, facts }: TermBasis, policy: Policy): Term {
  return term ?? fixTerm(decidedOn, person, facts, policy);
}

/** A term with its used and remaining months. */
export function assessedTerm(
  { near, firstApprovedOn, cap }: Term,
  forecast: boolean,
  used: number,
): AssessedTerm {
  return { near, firstApprovedOn, forecast, cap, used, left: cap === null ? null : Math.max(0, cap - used) };
}

/**
 * Every check of a month, not only the first that fails. An officer's attestation does not override a
 * register's hit, which must be corrected at its source. An officer's finding against the person counts even
 * if the registers have no such record.
 */
export function judge(input: CheckInput, span: Span, usedBefore: number): readonly CheckResult[] {
  const together = checkAll(input, span, usedBefore);
  if (input.registersAlone === null) return together;
  const alone = checkAll({ ...input, evidence: input.registersAlone }, span, usedBefore);
  return together.map((result, at) => (alone[at]?.answer === 'hit' ? alone[at] : result));
}

/** Any hit excludes; otherwise any unknown leaves the month undetermined; otherwise it is payable. */
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
 * Months that cannot be claimed: live ones, imported ones, and those recovered twice (a recovered month may
 * be claimed again only once).
 */
export function grantedMonths(
  { liveMonths, recoveredMonths = [] }: Pick<Claim, 'liveMonths' | 'recoveredMonths'>,
  imported: readonly FactOf<'prior-benefit'>[],
): readonly Month[] {
  const recoveredTwice = recoveredMonths.filter((month, index) => recoveredMonths.indexOf(month) < index);
  return [...liveMonths, ...imported.flatMap(({ months }) => months), ...recoveredTwice];
}

/** Whether a recovered month is not fully repaid; until then it cannot be claimed again. */
export function isOwed({ owedMonths = [] }: Pick<Claim, 'owedMonths'>, month: Month): boolean {
  return owedMonths.some((owed) => owed.month === month);
}

/** Whether a month is claimed in an open application, which must end first. */
export function isClaimed({ claimedMonths = [] }: Pick<Claim, 'claimedMonths'>, month: Month): boolean {
  return claimedMonths.includes(month);
}

/**
 * The first month of the quarter before the submission's. Older months are flagged as late and still
 * assessed, because the measure sets no limit.
 */
export function firstInTimeOf(submittedOn: Day, policy: Policy, decidedOn: Day): Month {
  const quarters = inForce(policy.parameters.lateClaimQuarters, decidedOn);
  const submitted = monthIndex(submittedOn);
  return monthAt(submitted - (submitted % 3) - 3 * quarters);
}
