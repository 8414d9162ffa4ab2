// The checks of one month, each a function of what is known: the prerequisites (一, 五.一) and the exclusions (六).
// A check answers clear, hit or unknown, with the facts it rests on. Silence of a register that has not spoken is never
// a pass. What a month's answers together mean is in assess.ts; titles and articles are in catalogue.ts.

import type { Day, Month, Span } from '../values/days.ts';
import { areEnough, isRefunded, paidAsIndividual, refundsStanding } from './contributions.ts';
import { absenceIn, absenceOn, type Evidence, filterBy, idsOf, joined } from './evidence.ts';
import {
  beganBefore,
  type Contribution,
  type Fact,
  type FactOf,
  holdsOn,
  holdsWithin,
  type Kind,
} from './facts.ts';
import type { Answer, CheckCode } from './policy/catalogue.ts';
import { inForce, type Policy } from './policy/policy.ts';
import {
  isCategoryTold,
  isPastRetirementAge,
  type Person,
  pensionsEnding,
  retirementCategoryOf,
} from './retirement.ts';
import { orderKept, orderPossible, silentSteps, stepsFor } from './sequence.ts';

export type { Answer, CheckCode } from './policy/catalogue.ts';

/** What a check answers of a month, and the ids of the facts it rests on. */
export type CheckResult = {
  readonly code: CheckCode;
  readonly answer: Answer;
  readonly facts: readonly string[];
};

/** All that the checks may look at. */
export type CheckInput = {
  readonly person: Person;
  /** Index (see `monthIndex`) of the month of birth: ages are counted in months, whatever the day. */
  readonly birthIndex: number;
  readonly evidence: Evidence;
  /** The same without what officers attested; null when nothing was. */
  readonly registersAlone: Evidence | null;
  readonly submittedOn: Day;
  readonly decidedOn: Day;
  /** The last whole month before the decision: through it the dishonesty list must have been reported. */
  readonly monthBeforeDecision: Month;
  /** Most live months of the person's term; null is without limit. */
  readonly cap: number | null;
  readonly policy: Policy;
};

/**
 * Every check of one month, in the order of the catalogue; `usedBefore` is the number of months that already count
 * against the cap. Written out, not looped over, so that it reads like the measure and each call is a direct one.
 */
export function checkAll(input: CheckInput, span: Span, usedBefore: number): readonly CheckResult[] {
  return [
    localHousehold(input, span),
    workingAge(input, span),
    required('hardship-recognised', 'hardship-recognition', input, span),
    required('flexibly-employed', 'flexible-employment', input, span),
    sequence(input, span),
    contributed(input, span),
    excludedBy('unemployment-benefit', input, span),
    excludedBy('skills-training', input, span),
    excludedBy('public-post', input, span),
    excludedBy('imprisonment', input, span),
    excludedBy('public-payroll', input, span),
    pastRetirement(input, span),
    employerInsured(input, span),
    termExhausted(input, usedBefore),
    dishonest(input),
  ];
}

/**
 * Whether a hit learnt after the decision puts a granted month in doubt: a prerequisite that was not met after all, or an
 * exclusion that held (六.1 to 六.5). Not `term-exhausted`, because the granted month is itself among those counted, and not
 * `dishonest`, which is asked on the day of a decision and takes back nothing that was decided.
 */
export function contradictsGrant(code: CheckCode): boolean {
  return code !== 'term-exhausted' && code !== 'dishonest';
}

/** 一（二）本市户籍: on the day of submission and on the last day of the month. */
function localHousehold(input: CheckInput, span: Span): CheckResult {
  const code = 'local-household';
  const { person, evidence, submittedOn } = input;
  const { household } = evidence.facts;
  if (person.residencePermit === true) return hit(code, idsOf(household));
  const deaths = deathsBefore(evidence, submittedOn);
  if (deaths.length > 0) return hit(code, idsOf([...household, ...deaths]));
  const local = filterBy(household, isInCity, cityCodeOf(input));
  const atMonthEnd = filterBy(local, holdsOn, span.lastDay);
  const atSubmission = filterBy(local, holdsOn, submittedOn);
  if (atMonthEnd.length === 0 || atSubmission.length === 0)
    return unmet(code, evidence, 'household', span, household);
  return clear(code, idsOf(joined(atMonthEnd, filterBy(atSubmission, isNotAmong, atMonthEnd))));
}

/** Whether a household registration is in the city, by its street; it is never read off the identity number. */
export function isInCity({ street }: FactOf<'household'>, cityCode: string): boolean {
  return street.startsWith(cityCode);
}

/** The digits with which the code of every street of the city begins. */
export function cityCodeOf({ policy, decidedOn }: CheckInput): string {
  return inForce(policy.parameters.cityCode, decidedOn);
}

/**
 * Deaths before the submission. A death ends the household registration whether or not that register has caught up;
 * nothing is paid on a register that lags behind a death.
 */
export function deathsBefore({ facts }: Evidence, submittedOn: Day): readonly FactOf<'death'>[] {
  return filterBy(facts.death, beganBefore, submittedOn);
}

function isNotAmong(fact: Fact, others: readonly Fact[]): boolean {
  return !others.includes(fact);
}

/**
 * 一（二）法定劳动年龄: sixteen by the last day of the month, which is sixteen in that month or before. Age alone decides;
 * no register is needed.
 */
function workingAge({ birthIndex, policy }: CheckInput, span: Span): CheckResult {
  const years = inForce(policy.parameters.workingAgeYears, span.lastDay);
  const isOfAge = birthIndex + 12 * years <= span.index;
  return isOfAge ? clear('working-age', NONE) : hit('working-age', NONE);
}

/** 一, 五（一）: something that must hold on some day of the month. */
function required(code: CheckCode, kind: Kind, { evidence }: CheckInput, span: Span): CheckResult {
  const facts: readonly Fact[] = evidence.facts[kind];
  const holding = filterBy(facts, holdsWithin, span);
  return holding.length > 0 ? clear(code, idsOf(holding)) : unmet(code, evidence, kind, span, facts);
}

/** 五（一）依次; see sequence.ts. A broken order is hit once nothing that a silent register may add could mend it. */
function sequence({ evidence, submittedOn }: CheckInput, span: Span): CheckResult {
  const code = 'sequence';
  const chain = orderKept(evidence, span, submittedOn);
  if (chain !== null) return clear(code, chain);
  const looked = idsOf(stepsFor(evidence, span));
  const open = silentSteps(evidence, span);
  return orderPossible(evidence, span, submittedOn, open) ? unknown(code, looked) : hit(code, looked);
}

/**
 * 一（二）以个人身份参加社会保险: the required insurances paid for the month, in the employees' scheme and as an individual. A
 * refund of any insurance that was not paid again takes the month, whatever else was paid (undertaking 3: 社保退费).
 */
function contributed({ evidence, policy }: CheckInput, span: Span): CheckResult {
  const code = 'contributed';
  const payments = paidAsIndividual(evidence, span.month);
  const refunds = refundsStanding(evidence, span.month, payments);
  if (refunds.length > 0) return hit(code, idsOf(refunds));
  const kept = filterBy(payments, isRefunded, false);
  const required = inForce(policy.parameters.requiredInsurances, span.lastDay);
  if (areEnough(kept, required)) return clear(code, idsOf(kept));
  return unmet(
    code,
    evidence,
    'contribution',
    span,
    filterBy(evidence.facts.contribution, isFor, span.month),
  );
}

function isFor(contribution: Contribution, month: Month): boolean {
  return contribution.month === month;
}

function isByEmployerFor(contribution: Contribution, month: Month): boolean {
  return contribution.payer === 'employer' && isFor(contribution, month);
}

/** 六.1 to 六.3: something that must hold on no day of the month; the check is named after its kind of record. */
function excludedBy(kind: Kind & CheckCode, { evidence }: CheckInput, span: Span): CheckResult {
  const facts: readonly Fact[] = evidence.facts[kind];
  return excluded(kind, evidence, kind, span, filterBy(facts, holdsWithin, span));
}

/**
 * 六.4, 三 “延长至退休”: past the age, or drawing a pension. That a pension later stopped gives nothing back. A woman whose
 * category nobody has told is past the age once she is past both; between the two it is not known, and silence retires
 * nobody.
 */
function pastRetirement(
  { person, birthIndex, evidence, policy, decidedOn }: CheckInput,
  span: Span,
): CheckResult {
  const code = 'past-retirement';
  const ending = pensionsEnding(evidence.facts.pension, policy, span, decidedOn);
  const recorded = evidence.facts['retirement-category'];
  const category = retirementCategoryOf(person, recorded, policy, span.lastDay);
  if (!isPastRetirementAge(birthIndex, category, policy, span, decidedOn))
    return excluded(code, evidence, 'pension', span, ending);
  const isSettled =
    ending.length > 0 ||
    isCategoryTold(person, evidence, span) ||
    isPastRetirementAge(birthIndex, 'F55', policy, span, decidedOn);
  if (!isSettled) return unknown(code, NONE);
  return hit(code, idsOf(joined<Fact>(ending, filterBy(recorded, holdsOn, span.lastDay))));
}

/**
 * 六.5 用人单位参保记录: an employer insures the person, whether or not it has paid. A contribution that an employer paid
 * for the month, and that was not returned, is such a record too.
 */
function employerInsured({ evidence }: CheckInput, span: Span): CheckResult {
  const insured = filterBy(evidence.facts['employer-insurance'], holdsWithin, span);
  const paid = filterBy(
    filterBy(evidence.facts.contribution, isByEmployerFor, span.month),
    isRefunded,
    false,
  );
  return excluded('employer-insured', evidence, 'employer-insurance', span, joined<Fact>(insured, paid));
}

/**
 * 六.6 累计: the months of the cap are used. Decided by the service's own ledger with what was imported into it, so no
 * register is waited for.
 */
function termExhausted({ evidence, cap }: CheckInput, usedBefore: number): CheckResult {
  const imported = idsOf(evidence.facts['prior-benefit']);
  const isUsed = cap !== null && usedBefore >= cap;
  return isUsed ? hit('term-exhausted', imported) : clear('term-exhausted', imported);
}

/** 六.7: on the list on the day of the decision, whatever the month (六.7 has no 同期). */
function dishonest({ evidence, decidedOn, monthBeforeDecision }: CheckInput): CheckResult {
  const listed = filterBy(evidence.facts.dishonesty, holdsOn, decidedOn);
  return settled('dishonest', listed, absenceOn(evidence, 'dishonesty', decidedOn, monthBeforeDecision));
}

/** A prerequisite that no record meets: not met once the register has spoken, with the records that were looked at. */
function unmet(
  code: CheckCode,
  evidence: Evidence,
  kind: Kind,
  span: Span,
  looked: readonly Fact[],
): CheckResult {
  const absence = absenceIn(evidence, kind, span);
  return absence === null ? unknown(code, idsOf(looked)) : hit(code, [...absence, ...idsOf(looked)].sort());
}

/** An exclusion, by the records that hit it in the month. */
function excluded(
  code: CheckCode,
  evidence: Evidence,
  kind: Kind,
  span: Span,
  hits: readonly Fact[],
): CheckResult {
  return settled(code, hits, absenceIn(evidence, kind, span));
}

/** Hit by any record; clear only where somebody has said that there is none. */
function settled(code: CheckCode, hits: readonly Fact[], absence: readonly string[] | null): CheckResult {
  if (hits.length > 0) return hit(code, idsOf(hits));
  return absence === null ? unknown(code, NONE) : clear(code, absence);
}

const NONE: readonly string[] = [];

function clear(code: CheckCode, facts: readonly string[]): CheckResult {
  return { code, answer: 'clear', facts };
}

function hit(code: CheckCode, facts: readonly string[]): CheckResult {
  return { code, answer: 'hit', facts };
}

function unknown(code: CheckCode, facts: readonly string[]): CheckResult {
  return { code, answer: 'unknown', facts };
}
