// The checks of one month, each a function of the known facts: the prerequisites (一, 五.一) and the exclusions
// (六). A check returns clear, hit or unknown, with the facts it rests on. Missing records of an incomplete
// register are never a pass. assess.ts combines the checks; titles and articles are in catalogue.ts.

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

/** A check's answer for a month, and the ids of the facts it rests on. */
export type CheckResult = {
  readonly code: CheckCode;
  readonly answer: Answer;
  readonly facts: readonly string[];
};

/** Everything that the checks read. */
export type CheckInput = {
  readonly person: Person;
  /** Index (see `monthIndex`) of the month of birth: ages are counted in whole months. */
  readonly birthIndex: number;
  readonly evidence: Evidence;
  /** The evidence without officers' attestations; null when there are none. */
  readonly registersAlone: Evidence | null;
  readonly submittedOn: Day;
  readonly decidedOn: Day;
  /** The last whole month before the decision: the dishonesty list must be complete through it. */
  readonly monthBeforeDecision: Month;
  /** Most live months of the term; null: no limit. */
  readonly cap: number | null;
  readonly policy: Policy;
};

/**
 * Every check of one month, in the catalogue's order; `usedBefore` is the number of months already counted
 * against the cap. Written out instead of looped, so that it reads like the measure and each call is direct.
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
 * Whether a hit found after the decision contradicts a granted month: a prerequisite was not met, or an
 * exclusion applied (六.1 to 六.5). Not `term-exhausted`, since the granted month is itself counted, and not
 * `dishonest`, which applies on the decision day and revokes nothing.
 */
export function contradictsGrant(code: CheckCode): boolean {
  return code !== 'term-exhausted' && code !== 'dishonest';
}

/** 一（二）本市户籍: on the submission day and on the month's last day. */
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

/** Whether a household registration is in the city, by its street; never derived from the identity number. */
export function isInCity({ street }: FactOf<'household'>, cityCode: string): boolean {
  return street.startsWith(cityCode);
}

/** The digits with which every street code of the city begins. */
export function cityCodeOf({ policy, decidedOn }: CheckInput): string {
  return inForce(policy.parameters.cityCode, decidedOn);
}

/**
 * Deaths before the submission. A death ends the household registration even if that register is not yet
 * updated.
 */
export function deathsBefore({ facts }: Evidence, submittedOn: Day): readonly FactOf<'death'>[] {
  return filterBy(facts.death, beganBefore, submittedOn);
}

function isNotAmong(fact: Fact, others: readonly Fact[]): boolean {
  return !others.includes(fact);
}

/** 一（二）法定劳动年龄: sixteen by the month's last day, so in this month or earlier. Needs no register. */
function workingAge({ birthIndex, policy }: CheckInput, span: Span): CheckResult {
  const years = inForce(policy.parameters.workingAgeYears, span.lastDay);
  const isOfAge = birthIndex + 12 * years <= span.index;
  return isOfAge ? clear('working-age', NONE) : hit('working-age', NONE);
}

/** 一, 五（一）: a record must hold on some day of the month. */
function required(code: CheckCode, kind: Kind, { evidence }: CheckInput, span: Span): CheckResult {
  const facts: readonly Fact[] = evidence.facts[kind];
  const holding = filterBy(facts, holdsWithin, span);
  return holding.length > 0 ? clear(code, idsOf(holding)) : unmet(code, evidence, kind, span, facts);
}

/** 五（一）依次; see sequence.ts. A wrong order is a hit once no missing record could correct it. */
function sequence({ evidence, submittedOn }: CheckInput, span: Span): CheckResult {
  const code = 'sequence';
  const chain = orderKept(evidence, span, submittedOn);
  if (chain !== null) return clear(code, chain);
  const looked = idsOf(stepsFor(evidence, span));
  const open = silentSteps(evidence, span);
  return orderPossible(evidence, span, submittedOn, open) ? unknown(code, looked) : hit(code, looked);
}

/**
 * 一（二）以个人身份参加社会保险: the required insurances are paid for the month, in the employees' scheme and as an
 * individual. A refund of any insurance that was not paid again is a hit, whatever else was paid (undertaking
 * 3: 社保退费).
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

/** 六.1 to 六.3: no record may hold on any day of the month; the check is named after its kind of record. */
function excludedBy(kind: Kind & CheckCode, { evidence }: CheckInput, span: Span): CheckResult {
  const facts: readonly Fact[] = evidence.facts[kind];
  return excluded(kind, evidence, kind, span, filterBy(facts, holdsWithin, span));
}

/**
 * 六.4, 三 “延长至退休”: past the retirement age, or drawing a pension, even one that later stopped. A woman of
 * unknown category is past the age once she is past both ages; between them the answer is unknown.
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
 * 六.5 用人单位参保记录: insured by an employer, whether or not it has paid. A contribution that an employer paid for
 * the month, unless refunded, is such a record too.
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
 * 六.6 累计: the cap is used up. Decided by this service's ledger including imports, so no register is needed.
 */
function termExhausted({ evidence, cap }: CheckInput, usedBefore: number): CheckResult {
  const imported = idsOf(evidence.facts['prior-benefit']);
  const isUsed = cap !== null && usedBefore >= cap;
  return isUsed ? hit('term-exhausted', imported) : clear('term-exhausted', imported);
}

/** 六.7: on the list on the decision day, whatever the month (六.7 has no 同期). */
function dishonest({ evidence, decidedOn, monthBeforeDecision }: CheckInput): CheckResult {
  const listed = filterBy(evidence.facts.dishonesty, holdsOn, decidedOn);
  return settled('dishonest', listed, absenceOn(evidence, 'dishonesty', decidedOn, monthBeforeDecision));
}

/**
 * A prerequisite without a matching record: not met once the register is complete, with the records
 * considered.
 */
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

/** An exclusion, with the records that hit in the month. */
function excluded(
  code: CheckCode,
  evidence: Evidence,
  kind: Kind,
  span: Span,
  hits: readonly Fact[],
): CheckResult {
  return settled(code, hits, absenceIn(evidence, kind, span));
}

/** Hit by any record; clear only where a register or an officer has confirmed that there is none. */
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
