// What would make a failing month payable: the fewest facts, and what each must be. Varies records only,
// never the person, the days or the law.

import { type Day, type Month, type Span, spanOf } from '../../values/days.ts';
import { type AssessedMonth, judge } from '../assess.ts';
import {
  type Answer,
  type CheckInput,
  type CheckResult,
  cityCodeOf,
  deathsBefore,
  isInCity,
} from '../checks.ts';
import { absenceIn, absenceOn, type Evidence, filterBy } from '../evidence.ts';
import { holdsOn, type Kind } from '../facts.ts';
import { inForce } from '../policy/policy.ts';
import { isPastRetirementAge, pensionsEnding, retirementCategoryOf } from '../retirement.ts';
import { type ContributionToSupply, contributionsMissing } from './contributions.ts';
import { stepsToSupply } from './steps.ts';

/** One fact to change. */
export type Remedy =
  /** An open-ended record to supply, beginning within these days; null: no earliest day. */
  | ({
      readonly action: 'supply';
      readonly kind: Kind;
      readonly notBefore: Day | null;
      readonly notAfter: Day;
    } & Partial<ContributionToSupply>)
  /** A record to correct at its source. */
  | { readonly action: 'withdraw'; readonly factId: string }
  /** A register to report through a month without such a record; an attestation suffices as well. */
  | { readonly action: 'confirm'; readonly kind: Kind; readonly through: Month };

/**
 * The smallest set of remedies for a month; empty for a payable one, null where no record could make it
 * payable. Hits in the registers must be corrected there, whatever officers attested; the remaining checks
 * use all evidence.
 */
export function remediesFor(input: CheckInput, month: AssessedMonth): readonly Remedy[] | null {
  if (month.outcome === 'payable') return [];
  if (month.outcome !== 'excluded' && month.outcome !== 'undetermined') return null;
  if (month.checks.some(({ code, answer }) => code === 'term-exhausted' && answer === 'hit')) return null;
  const span = spanOf(month.month);
  const { registersAlone } = input;
  const excluding = registersAlone === null ? [] : remediesBy(input, registersAlone, span, ['hit']);
  const others = remediesBy(input, input.evidence, span, ['hit', 'unknown']);
  return excluding === null || others === null ? null : withoutRepetition([...excluding, ...others]);
}

/** The remedies for the checks with one of these answers, by this evidence alone. */
function remediesBy(
  input: CheckInput,
  evidence: Evidence,
  span: Span,
  answers: readonly Answer[],
): readonly Remedy[] | null {
  const alone = { ...input, evidence, registersAlone: null };
  const failing = judge(alone, span, 0).filter(({ answer }) => answers.includes(answer));
  const steps = failing.some(isStep) ? stepsToSupply(evidence, span, input.submittedOn).map(supply) : [];
  const remedies: Remedy[] = [...steps];
  for (const check of failing) {
    const found = remedy(alone, span, check);
    if (found === null) return null;
    remedies.push(...found);
  }
  return remedies;
}

/** One supplied record of a kind serves every check that needs it. */
function withoutRepetition(remedies: readonly Remedy[]): readonly Remedy[] {
  const whatOf = (one: Remedy) => {
    if (one.action === 'withdraw') return one.factId;
    const { insurance, paidAfter } = { insurance: null, paidAfter: null, ...one };
    return `${one.action} ${one.kind} ${insurance} ${paidAfter}`;
  };
  const whats = remedies.map(whatOf);
  return remedies.filter((one, at) => whats.indexOf(whatOf(one)) === at);
}

/** The three related prerequisites: one recognition can satisfy its own check and the order. */
function isStep({ code }: CheckResult): boolean {
  return code === 'hardship-recognised' || code === 'flexibly-employed' || code === 'sequence';
}

function remedy(input: CheckInput, span: Span, { code, facts }: CheckResult): readonly Remedy[] | null {
  switch (code) {
    case 'local-household':
      return localHousehold(input, span);
    case 'working-age':
    case 'term-exhausted':
      return null;
    case 'hardship-recognised':
    case 'flexibly-employed':
    case 'sequence':
      return []; // stepsToSupply covers all three
    case 'contributed':
      return contributed(input, span);
    case 'past-retirement':
      return pastRetirement(input, span);
    case 'employer-insured':
      return without(input, span, 'employer-insurance', facts);
    case 'dishonest':
      return offTheList(input, facts);
    default:
      return without(input, span, code, facts);
  }
}

function localHousehold(input: CheckInput, span: Span): readonly Remedy[] | null {
  const { person, evidence, submittedOn } = input;
  if (person.residencePermit === true) return null;
  const local = filterBy(evidence.facts.household, isInCity, cityCodeOf(input));
  const isMissingOn = (day: Day) => !local.some((household) => holdsOn(household, day));
  // The month ended before the submission, so a household from the first missing day on serves both days.
  const [notAfter] = [span.lastDay, submittedOn].filter(isMissingOn);
  const household = notAfter === undefined ? [] : [supply({ kind: 'household', notBefore: null, notAfter })];
  return [...deathsBefore(evidence, submittedOn).map(({ id }) => withdraw(id)), ...household];
}

function contributed({ evidence, policy }: CheckInput, span: Span): readonly Remedy[] {
  const required = inForce(policy.parameters.requiredInsurances, span.lastDay);
  const missing = contributionsMissing(evidence, span, required);
  const days = { kind: 'contribution', notBefore: span.firstDay, notAfter: span.firstDay } as const;
  return [
    ...missing.withdraw.map(withdraw),
    ...missing.supply.map((contribution) => supply({ ...days, ...contribution })),
  ];
}

/**
 * A woman past fifty may be payable up to fifty-five with a record of that category; nothing else changes the
 * age.
 */
function pastRetirement(
  { person, birthIndex, evidence, policy, decidedOn }: CheckInput,
  span: Span,
): readonly Remedy[] | null {
  const pensions = pensionsEnding(evidence.facts.pension, policy, span, decidedOn).map(({ id }) => id);
  const noPension = without({ evidence }, span, 'pension', pensions);
  const categories = evidence.facts['retirement-category'];
  const category = retirementCategoryOf(person, categories, policy, span.lastDay);
  if (!isPastRetirementAge(birthIndex, category, policy, span, decidedOn)) return noPension;
  if (person.sex === 'M' || isPastRetirementAge(birthIndex, 'F55', policy, span, decidedOn)) return null;

  const recorded = filterBy(categories, holdsOn, span.lastDay);
  const contradicting = recorded.filter((fact) => fact.category === 'F50').map(({ id }) => withdraw(id));
  const fiftyFive = supply({ kind: 'retirement-category', notBefore: null, notAfter: span.lastDay });
  const isRecorded = recorded.some((fact) => fact.category === 'F55');
  return [...contradicting, ...(isRecorded ? [] : [fiftyFive]), ...noPension];
}

function without(
  { evidence }: Pick<CheckInput, 'evidence'>,
  span: Span,
  kind: Kind,
  hits: readonly string[],
): Remedy[] {
  const isSilent = absenceIn(evidence, kind, span) === null;
  return [...hits.map(withdraw), ...(isSilent ? [confirm(kind, span.month)] : [])];
}

function offTheList(input: CheckInput, hits: readonly string[]): Remedy[] {
  const { evidence, decidedOn, monthBeforeDecision } = input;
  const isSilent = absenceOn(evidence, 'dishonesty', decidedOn, monthBeforeDecision) === null;
  return [...hits.map(withdraw), ...(isSilent ? [confirm('dishonesty', monthBeforeDecision)] : [])];
}

function supply(needed: Omit<Extract<Remedy, { action: 'supply' }>, 'action'>): Remedy {
  return { action: 'supply', ...needed };
}

function withdraw(factId: string): Remedy {
  return { action: 'withdraw', factId };
}

function confirm(kind: Kind, through: Month): Remedy {
  return { action: 'confirm', kind, through };
}
