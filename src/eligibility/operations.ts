// Puts together everything the rules need about one person's months, and asks them. The same assembly serves a forecast,
// a comparison and a second look at granted months, so that they can never differ in what they look at.

import type { View } from '../act.ts';
import { materialTitles, requiredMaterials } from '../applications/materials.ts';
import { monthFaults } from '../applications/months.ts';
import { Refusal } from '../http/problem.ts';
import { findPersonByIdentity, findTerm, listMonthStates } from '../people/operations.ts';
import { readCoverage, readFacts } from '../records/operations.ts';
import { type Assessment, assess, type Claim } from '../rules/assess.ts';
import { type Day, type Month, monthsOfQuarter } from '../rules/days.ts';
import type { Fact, FactOf } from '../rules/facts.ts';
import { readIdentityNumber } from '../rules/identity-number.ts';
import { type Policy, policyOn } from '../rules/policy.ts';
import type { Person } from '../rules/retirement.ts';
import { importTerm, type Term } from '../rules/term.ts';
import { describeAssessment } from './description.ts';
import type { CheckEligibility } from './schemas.ts';

export interface Question {
  readonly personId: string;
  readonly person: Person;
  /** Where the case is handled: registers may vouch for one agency only. */
  readonly agencyCode: string | null;
  readonly months: readonly Month[];
  readonly submittedOn: Day;
  readonly decidedOn: Day;
}

/** Everything the rules look at, as plain data in one fixed order: what a decision is replayed from. */
export async function takeSnapshot(
  view: View,
  question: Question,
): Promise<{ claim: Claim; policy: Policy }> {
  const { personId, person, agencyCode, months, submittedOn, decidedOn } = question;
  const policy = policyOn(decidedOn, { statutoryAge: view.settings.statutoryAge });
  const facts = (await readFacts(view, personId)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const coverage = await readCoverage(view, personId, agencyCode);
  const states = await listMonthStates(view.tx, personId);
  const monthsIn = (state: string) => states.filter((row) => row.state === state).map((row) => row.month);
  const liveMonths = monthsIn('live');
  const imported = new Set(importsOf(facts).flatMap((fact) => fact.months));
  const claim: Claim = {
    person,
    term: await termOf(view, personId, person, facts, policy),
    liveMonths,
    usedMonths: liveMonths.length + imported.size,
    recoveredMonths: monthsIn('recovered'),
    months: months.toSorted(),
    submittedOn,
    decidedOn,
    facts,
    coverage: Object.fromEntries(Object.entries(coverage).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return { claim, policy };
}

/** Asks the rules about months of a person who is on file. */
export async function assessPerson(view: View, question: Question): Promise<Assessment> {
  const { claim, policy } = await takeSnapshot(view, question);
  return assess(claim, policy);
}

/** Months granted before this service or elsewhere. */
export function importsOf(facts: readonly Fact[]): FactOf<'prior-benefit'>[] {
  return facts.filter((fact) => fact.kind === 'prior-benefit');
}

async function termOf(
  view: View,
  personId: string,
  person: Person,
  facts: readonly Fact[],
  policy: Policy,
): Promise<Term | null> {
  const row = await findTerm(view.tx, personId);
  if (row !== undefined) {
    const { firstApprovedOn, retirementOn, near, cap, policyVersion } = row;
    return { firstApprovedOn, retirementOn, near, cap, policyVersion };
  }
  const [first] = importsOf(facts).sort((a, b) => (a.firstApprovedOn < b.firstApprovedOn ? -1 : 1));
  return first === undefined ? null : importTerm(first, person, facts, policy);
}

/**
 * What months of a quarter would be worth if they were applied for and decided today. Nothing is stored, nobody is made;
 * a person without records is unknown, never refused for it.
 */
export async function checkEligibility(view: View, body: CheckEligibility) {
  const { today, settings } = view;
  const rules = { today, acceptTestPeople: settings.acceptTestPeople, acceptFifteenDigits: false };
  const identity = readIdentityNumber(body.identityNumber, '/body/identityNumber', rules);
  const months = body.months ?? monthsOfQuarter(body.quarter);
  const faults = [
    ...('faults' in identity ? identity.faults : []),
    ...monthFaults(months, body.quarter, today),
  ];
  if ('faults' in identity || faults.length > 0) throw new Refusal('invalid-fields', { faults });

  const { sex, born, residencePermit } = identity.value;
  const personId = (await findPersonByIdentity(view, identity.value)) ?? nobody;
  const question = {
    personId,
    person: { sex, born, residencePermit },
    agencyCode: null,
    months,
    submittedOn: today,
    decidedOn: today,
  };
  const { claim, policy } = await takeSnapshot(view, question);
  const required = requiredMaterials(claim.months, claim.facts, claim.coverage);
  return {
    assessment: describeAssessment(assess(claim, policy), claim),
    materialsToSupply: required
      .filter((material) => material.sparedBy === null)
      .map(({ kind }) => ({ kind, title: materialTitles[kind] })),
  };
}

/** Has no records, no months and no term: the registers' coverage of everybody still speaks of them. */
const nobody = '00000000-0000-0000-0000-000000000000';
