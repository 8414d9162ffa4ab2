// The checks of one month, each a function of what is known: the prerequisites (一, 五.一) and the exclusions (六).
// A check answers clear, hit or unknown, with the facts it rests on. Silence of a register that has not spoken is never
// a pass. What a month's answers together mean is in assess.ts; titles and articles are in catalogue.ts.

import { catalogue } from './catalogue.ts';
import { addYears, type Day, type Span } from './days.ts';
import { absenceIn, absenceOn, type Evidence, idsHoldingIn, idsOf } from './evidence.ts';
import { type Fact, type FactOf, holdsOn, holdsWithin, type Kind } from './facts.ts';
import { inForce, type Policy } from './policy.ts';
import { isPastRetirementAge, type Person, pensionsEnding, retirementCategoryOf } from './retirement.ts';
import { orderKept, orderPossible, registrationsFor, silentSteps, steps } from './sequence.ts';

export type Answer = 'clear' | 'hit' | 'unknown';
/** An answer and the ids of the facts it rests on, sorted. */
export type Finding = { readonly answer: Answer; readonly facts: readonly string[] };

/** All that the checks may look at. */
export type Matter = {
  readonly person: Person;
  readonly evidence: Evidence;
  /** The same without what officers attested; null when nothing was. */
  readonly registersAlone: Evidence | null;
  readonly submittedOn: Day;
  readonly decidedOn: Day;
  /** Most live months of the person's term; null is without limit. */
  readonly cap: number | null;
  readonly policy: Policy;
};

/** One check of one month; `usedBefore` is the number of months that already count against the cap. */
export type Check = (matter: Matter, span: Span, usedBefore: number) => Finding;

/** Every check, in the one order in which they are always reported: the prerequisites, then 六.1 to 六.7. */
export const checks = {
  'local-household': localHousehold,
  'working-age': workingAge,
  'hardship-recognised': required('hardship-recognition'),
  'flexibly-employed': required('flexible-employment'),
  sequence,
  contributed,
  'unemployment-benefit': excludedBy('unemployment-benefit'),
  'skills-training': excludedBy('skills-training'),
  'public-post': excludedBy('public-post'),
  imprisonment: excludedBy('imprisonment'),
  'public-payroll': excludedBy('public-payroll'),
  'past-retirement': pastRetirement,
  'employer-insured': employerInsured,
  'term-exhausted': termExhausted,
  dishonest,
} as const satisfies Record<string, Check>;
export type CheckCode = keyof typeof checks;

/**
 * Whether a hit learnt after the decision reclaims the month (undertaking 3): the contribution was refunded, or an
 * exclusion held after all. Not `term-exhausted`: the granted month itself is among those counted.
 */
export function contradictsGrant(code: CheckCode): boolean {
  return code === 'contributed' || (catalogue[code].group === 'exclusion' && code !== 'term-exhausted');
}

/** 一（二）本市户籍: on the day of submission and on the last day of the month. */
function localHousehold(matter: Matter, span: Span): Finding {
  const { person, evidence, submittedOn } = matter;
  const households = evidence.facts.household;
  if (person.residencePermit === true) return hit(idsOf(households));
  const deaths = deathsBefore(matter, span);
  if (deaths.length > 0) return hit(idsOf([...households, ...deaths]));
  const local = households.filter(
    (one) => isLocalOn(matter, one, span.lastDay) || isLocalOn(matter, one, submittedOn),
  );
  const isHeldOn = (day: Day) => local.some((household) => holdsOn(household, day));
  return isHeldOn(span.lastDay) && isHeldOn(submittedOn)
    ? clear(idsOf(local))
    : unmet(evidence, 'household', span, households);
}

/** Whether a household registration is in the city and holds on a day. */
export function isLocalOn(matter: Matter, household: FactOf<'household'>, day: Day): boolean {
  return isInCity(matter, household) && holdsOn(household, day);
}

/** Whether a household registration is in the city, by its street; it is never read off the identity number. */
export function isInCity({ policy, decidedOn }: Matter, { street }: FactOf<'household'>): boolean {
  return street.startsWith(inForce(policy.parameters.cityCode, decidedOn));
}

/**
 * Deaths before the last day of the month or the submission. A death ends the household registration whether or not
 * that register has caught up; nothing is paid on a register that lags behind a death.
 */
export function deathsBefore({ evidence, submittedOn }: Matter, span: Span): readonly FactOf<'death'>[] {
  return evidence.facts.death.filter(({ from }) => from < span.lastDay || from < submittedOn);
}

/** 一（二）法定劳动年龄: sixteen by the last day of the month. Age alone decides; no register is needed. */
function workingAge({ person, policy }: Matter, span: Span): Finding {
  const monthEnd = span.lastDay;
  const ofAgeOn = addYears(person.born, inForce(policy.parameters.workingAgeYears, monthEnd));
  return ofAgeOn <= monthEnd ? clear(NONE) : hit(NONE);
}

/** 一, 五（一）: something that must hold on some day of the month. */
function required(kind: Kind): Check {
  return ({ evidence }, span) => {
    const holding = idsHoldingIn(evidence.facts[kind], span);
    return holding.length > 0 ? clear(holding) : unmet(evidence, kind, span, evidence.facts[kind]);
  };
}

/** 五（一）依次; see sequence.ts. A broken order is hit once nothing a silent register may add could mend it. */
function sequence({ evidence, submittedOn }: Matter, span: Span): Finding {
  const chain = orderKept(evidence, span, submittedOn);
  if (chain !== null) return clear(chain.map((fact) => fact.id));
  const looked = idsOf([
    ...evidence.facts[steps[0]],
    ...evidence.facts[steps[1]],
    ...registrationsFor(evidence, span),
  ]);
  const open = silentSteps(evidence, span);
  return orderPossible(evidence, span, submittedOn, open) ? unknown(looked) : hit(looked);
}

/**
 * 一（二）以个人身份参加社会保险: a contribution for the month to the employees' scheme as an individual, not refunded;
 * where it was paid plays no part. A refund is the register speaking of this very month, so it needs no coverage.
 */
function contributed({ evidence }: Matter, span: Span): Finding {
  const forMonth = evidence.facts.contribution.filter(({ month }) => month === span.month);
  const asIndividual = forMonth.filter(
    ({ scheme, payer }) => scheme === 'employees' && payer === 'individual',
  );
  const kept = asIndividual.filter(({ refunded }) => !refunded);
  if (kept.length > 0) return clear(idsOf(kept));
  if (asIndividual.length > 0) return hit(idsOf(asIndividual));
  return unmet(evidence, 'contribution', span, forMonth);
}

/** 六.1 to 六.3: something that must hold on no day of the month. */
function excludedBy(kind: Kind): Check {
  return ({ evidence }, span) => excluded(evidence, kind, span, idsHoldingIn(evidence.facts[kind], span));
}

/** 六.4, 三 “延长至退休”: past the age, or drawing a pension. That a pension later stopped gives nothing back. */
function pastRetirement({ person, evidence, policy, decidedOn }: Matter, span: Span): Finding {
  const ending = pensionsEnding(evidence.facts.pension, policy, span, decidedOn);
  const recorded = evidence.facts['retirement-category'];
  const category = retirementCategoryOf(person, recorded, policy, span.lastDay);
  return isPastRetirementAge(person.born, category, policy, span, decidedOn)
    ? hit(idsOf([...ending, ...recorded.filter((fact) => holdsOn(fact, span.lastDay))]))
    : excluded(evidence, 'pension', span, idsOf(ending));
}

/**
 * 六.5 用人单位参保记录: an employer insures the person, whether or not it has paid. A contribution that an employer paid
 * for the month, and that was not returned, is such a record too.
 */
function employerInsured({ evidence }: Matter, span: Span): Finding {
  const insured = evidence.facts['employer-insurance'].filter((fact) => holdsWithin(fact, span));
  const paid = evidence.facts.contribution.filter(
    (fact) => fact.month === span.month && fact.payer === 'employer' && !fact.refunded,
  );
  return excluded(evidence, 'employer-insurance', span, idsOf([...insured, ...paid]));
}

/**
 * 六.6 累计: the months of the cap are used. Decided by the service's own ledger with what was imported into it, so no
 * register is waited for.
 */
function termExhausted({ evidence, cap }: Matter, _span: Span, usedBefore: number): Finding {
  const imported = idsOf(evidence.facts['prior-benefit']);
  return cap !== null && usedBefore >= cap ? hit(imported) : clear(imported);
}

/** 六.7: on the list on the day of the decision, whatever the month (六.7 has no 同期). */
function dishonest({ evidence, decidedOn }: Matter): Finding {
  const listed = evidence.facts.dishonesty.filter((fact) => holdsOn(fact, decidedOn));
  if (listed.length > 0) return hit(idsOf(listed));
  const absence = absenceOn(evidence, 'dishonesty', decidedOn);
  return absence === null ? unknown(NONE) : clear(absence);
}

function unmet(evidence: Evidence, kind: Kind, span: Span, looked: readonly Fact[]): Finding {
  const absence = absenceIn(evidence, kind, span);
  return absence === null ? unknown(idsOf(looked)) : hit([...absence, ...idsOf(looked)].sort());
}

function excluded(evidence: Evidence, kind: Kind, span: Span, hits: readonly string[]): Finding {
  if (hits.length > 0) return hit(hits);
  const absence = absenceIn(evidence, kind, span);
  return absence === null ? unknown(NONE) : clear(absence);
}

const NONE: readonly string[] = [];

function clear(facts: readonly string[]): Finding {
  return { answer: 'clear', facts };
}

function hit(facts: readonly string[]): Finding {
  return { answer: 'hit', facts };
}

function unknown(facts: readonly string[]): Finding {
  return { answer: 'unknown', facts };
}
