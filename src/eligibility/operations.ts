// Collects everything the rules need about one person's months and calls them. Checks, comparisons and reassessments
// use the same snapshot, so that they see the same data.

import { describeToPerson } from '../applications/application/description.ts';
import { listMoney } from '../applications/application/months.ts';
import { flagsOfPeople, isVisibleFlag } from '../applications/flags/operations.ts';
import type { ReadContext, WriteContext } from '../platform/context.ts';
import { type FieldError, Problem } from '../platform/problem.ts';
import { findPerson, knownToRules, setCurrentPerson } from '../registers/people/operations.ts';
import { evidenceOf, type FactSource, readCoverage } from '../registers/records/operations.ts';
import { coverageOf } from '../registers/records/parts.ts';
import { readFact } from '../registers/records/reading.ts';
import { type Assessment, assess, type Claim } from '../rules/assess.ts';
import { entitlementOf } from '../rules/entitlement.ts';
import { type DescribedAssessment, describeAssessment } from '../rules/explain/explain.ts';
import { type Fact, type FactOf, holdsOn } from '../rules/facts.ts';
import { type Policy, policyOn } from '../rules/policy/policy.ts';
import { materialTitles, requiredMaterials } from '../rules/required-materials.ts';
import { type Person, toldRetirement } from '../rules/retirement.ts';
import { importTerm, type Term } from '../rules/term.ts';
import { fieldErrorsOfBirth, fieldErrorsOfMonths } from '../rules/validation/claims.ts';
import { fieldErrorsOfCaseNumber } from '../values/case-number.ts';
import { type Day, dayLikeOf, type Month, monthsOfQuarter } from '../values/days.ts';
import { assessForPlatforms, withoutConfidential } from './for-platforms.ts';
import {
  type Asked,
  type AskingRead,
  askAbout,
  forOthers,
  isPlatform,
  nobody,
  readAsking,
  refuseUnasked,
} from './questions/asking.ts';
import type { Asking } from './questions/schemas.ts';
import type { CheckEligibilityEnvelope, FollowApplication } from './schemas.ts';
import { findFirstApproval, findOnFile, type OnFile } from './store.ts';

export interface Question {
  readonly personId: string;
  /** Still being read, where it travels with the rest. */
  readonly person: Person | Promise<Person>;
  /** The agency of the case, for coverage stated for one agency only; null before there is a case. */
  readonly agencyCode: string | null;
  readonly months: readonly Month[];
  readonly submittedOn: Day;
  readonly decidedOn: Day;
}

export interface Snapshot {
  readonly claim: Claim;
  readonly policy: Policy;
  /** The source of each fact. */
  readonly records: readonly FactSource[];
  /** Months in open applications of any channel; without those of the claim itself, which would conflict with them. */
  readonly claimedMonths: readonly Month[];
}

/**
 * Everything the rules use, as plain data in a fixed order; decisions are replayed from it. A “what if” changes the
 * facts first, so that term, used months and agency follow from the suppositions too.
 */
export async function takeSnapshot(
  context: ReadContext,
  question: Question,
  suppose: (onFile: readonly Fact[]) => readonly Fact[] = (onFile) => onFile,
): Promise<Snapshot> {
  const { personId, agencyCode, months, submittedOn, decidedOn } = question;
  const policy = policyOn(decidedOn, context.policies);
  const [person, onFile] = await Promise.all([
    question.person,
    findOnFile(context.tx, personId, agencyCode, submittedOn),
  ]);
  const { owedMonths } = onFile;
  const evidence = evidenceOf(onFile.records);
  const facts = suppose(evidence.facts.sort(byId));
  const handledBy = agencyCode ?? agencyOfHousehold(context, facts, submittedOn);
  // Asked again where an officer or a supposition says another household than the registers.
  const coverage =
    onFile.agencyCode === handledBy
      ? coverageOf(onFile.covered)
      : await readCoverage(context, personId, handledBy);
  const monthsIn = (state: string) =>
    onFile.months.filter((row) => row.state === state).map((row) => row.month);
  const liveMonths = monthsIn('live');
  // A recovered month counts against the cap until it is repaid.
  const countedMonths = [...liveMonths, ...owedMonths.map(({ month }) => month)];
  const claim: Claim = {
    person,
    term: termOf(onFile.term, person, facts, policy),
    liveMonths,
    usedMonths: countedMonths.length + countImported(facts, countedMonths),
    recoveredMonths: monthsIn('recovered'),
    owedMonths,
    months: months.toSorted(),
    submittedOn,
    decidedOn,
    facts,
    coverage: Object.fromEntries(Object.entries(coverage).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return { claim, policy, records: evidence.sources.sort(byId), claimedMonths: monthsIn('claimed') };
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}

/** The agency for a case submitted on that day, by the household. */
function agencyOfHousehold({ reference }: ReadContext, facts: readonly Fact[], day: Day): string | null {
  const households = facts.flatMap((fact) =>
    fact.kind === 'household' && fact.absent !== true && holdsOn(fact, day) ? [fact] : [],
  );
  const newest = households.toSorted((a, b) => (a.from < b.from ? -1 : 1)).at(-1);
  if (newest === undefined) return null;
  return reference.findStreet(newest.street, day)?.agencyCode ?? null;
}

/** Assesses months of a person on file. */
export async function assessPerson(context: ReadContext, question: Question): Promise<Assessment> {
  const { claim, policy } = await takeSnapshot(context, question);
  return assess(claim, policy);
}

/** The number of months granted before this service or elsewhere, without those also counted here. */
export function countImported(facts: readonly Fact[], countedMonths: readonly Month[]): number {
  const imported = new Set(importsOf(facts).flatMap((fact) => fact.months));
  return imported.difference(new Set(countedMonths)).size;
}

/** Months granted before this service or elsewhere. */
export function importsOf(facts: readonly Fact[]): FactOf<'prior-benefit'>[] {
  return facts.filter((fact) => fact.kind === 'prior-benefit');
}

function termOf(row: OnFile['term'], person: Person, facts: readonly Fact[], policy: Policy): Term | null {
  if (row !== null) {
    const { firstApprovedOn, retirementMonth, near, cap, policyVersion } = row;
    const retirementOn = dayLikeOf(person.born, retirementMonth);
    return { firstApprovedOn, retirementOn, near, cap, policyVersion };
  }
  const [first] = importsOf(facts).sort((a, b) => (a.firstApprovedOn < b.firstApprovedOn ? -1 : 1));
  return first === undefined ? null : importTerm(first, person, facts, policy);
}

/**
 * Records a question about months and resolves its person: the first transaction of checkEligibility.
 *
 * @throws Problem invalid-fields, too-many-people
 */
export async function askAboutMonths(context: WriteContext, body: CheckEligibilityEnvelope): Promise<Asked> {
  return await askAbout(context, body, readQuestion(context, body));
}

/**
 * Assesses months of a quarter as if applied for and decided today, or as supposed. Creates no person; a person without
 * records is undetermined, never excluded for the lack of records. A platform gets less (for-platforms.ts).
 *
 * @param personId as resolved by `askAboutMonths`
 * @throws Problem too-many-people
 */
export async function checkEligibility(
  context: ReadContext,
  body: CheckEligibilityEnvelope,
  personId: string,
) {
  const { whatIf = {} } = body;
  const { identity, fieldErrors, months, day, supposed } = readQuestion(context, body);
  if (identity === null || fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  setCurrentPerson(context, personId);
  const born = whatIf.bornOn ?? identity.born;
  const { sex, residencePermit } = identity;
  context.shows(personId === nobody ? [] : [personId]);
  const isLeftOut = ({ id, kind }: Fact) =>
    whatIf.withoutKinds?.includes(kind) === true || whatIf.withoutRecords?.includes(id) === true;
  const question = {
    personId,
    person: { sex, born, residencePermit },
    agencyCode: null,
    months,
    submittedOn: day,
    decidedOn: day,
  };
  const suppose = (onFile: readonly Fact[]) => [...onFile.filter((fact) => !isLeftOut(fact)), ...supposed];
  const [snapshot, flagsOf, grantedMonths] = await Promise.all([
    takeSnapshot(context, question, suppose),
    flagsOfPeople(context, [personId]),
    listMoney(context, personId, months),
  ]);
  const { policy, claimedMonths } = snapshot;
  // Coverage concerns people whom registers know. For a person no register has named, missing records mean nothing.
  const isKnown = isPlatform(context)
    ? withoutConfidential(snapshot.claim.facts).length > 0
    : snapshot.records.length > 0;
  const known = isKnown ? snapshot.claim : { ...snapshot.claim, coverage: {} };
  const claim = { ...known, claimedMonths };
  const flags = flagsOf.get(personId) ?? [];
  const { lastPossibleMonth, endMonthIfUnbroken, claimable } = entitlementOf(claim, day, policy);
  const answer = {
    flags: flags.filter(({ code }) => isVisibleFlag(context, code)),
    claimedMonths,
    grantedMonths,
    claimable,
    materialsToSupply: requiredMaterials(claim.months, claim.facts, claim.coverage)
      .filter((material) => material.waivedBy === null)
      .map(({ kind }) => ({ kind, title: materialTitles[kind] })),
  };
  if (isPlatform(context)) return { assessment: assessForPlatforms(claim, policy), ...answer };
  const assessment = withoutFindings(describeAssessment(assess(claim, policy), claim, context.policies));
  return { assessment, lastPossibleMonth, endMonthIfUnbroken, ...answer };
}

/** Findings are for papers only; the response schema is a union, so the properties must match exactly. */
function withoutFindings({ months, ...whole }: DescribedAssessment) {
  return {
    ...whole,
    months: months.map(({ checks, ...month }) => ({
      ...month,
      checks: checks.map(({ finding: _, ...check }) => check),
    })),
  };
}

/**
 * The person with this identity number and name, if a register has them; creates no person.
 *
 * @throws Problem too-many-people
 */
export async function lookUpPerson(context: WriteContext, body: Asking) {
  const { personId, alarm } = await askAbout(context, body, readAsking(context, body));
  context.shows(personId === nobody ? [] : [personId]);
  return { found: { personId: personId === nobody ? null : personId }, alarm };
}

/**
 * Records a question about a case and resolves its person: the first transaction of followApplication.
 *
 * @throws Problem invalid-fields, too-many-people
 */
export async function askAboutCase(context: WriteContext, body: FollowApplication): Promise<Asked> {
  const { identity, fieldErrors } = readAsking(context, body);
  return await askAbout(context, body, {
    identity,
    fieldErrors: [...fieldErrors, ...fieldErrorsOfCaseNumber(body.caseNumber, '/body/caseNumber')],
  });
}

/**
 * A case for the person who made it in another channel, by its number and their whole identity number. A wrong case
 * number is answered like a wrong identity number or name.
 *
 * @param personId as resolved by `askAboutCase`
 * @throws Problem too-many-people
 */
export async function followApplication(
  context: ReadContext,
  { caseNumber }: FollowApplication,
  personId: string,
) {
  setCurrentPerson(context, personId);
  const application = await describeToPerson(context, personId, caseNumber);
  context.shows(application === null ? [] : [personId]);
  return { application };
}

/**
 * A person's term and its basis, the granted months, and the months that may still be claimed. A platform gets no days,
 * no case number and no basis of the term, which may come from another channel.
 *
 * @throws Problem not-found, also for a person whom the caller may not ask about
 */
export async function getEntitlement(context: ReadContext, personId: string) {
  await refuseUnasked(context, personId);
  const entitlement = await readEntitlement(context, personId);
  if (!isPlatform(context)) return entitlement;
  const { term, liveMonths, importedMonths, claimedMonths, claimable } = entitlement;
  const { cap, used, left } = term;
  return { personId, liveMonths, importedMonths, claimedMonths, claimable, term: { cap, used, left } };
}

/**
 * The entitlement as officers see it. Makes the person the current one; the caller has checked that the actor may ask
 * about them.
 *
 * @throws Problem not-found
 */
export async function readEntitlement(context: ReadContext, personId: string) {
  setCurrentPerson(context, personId);
  const { today } = context;
  const person = findPerson(context, personId).then((row) => {
    if (row === undefined) throw new Problem('not-found');
    return knownToRules(context, row);
  });
  const question = { personId, person, agencyCode: null, months: [], submittedOn: today, decidedOn: today };
  const [{ claim, policy, claimedMonths }, first] = await Promise.all([
    takeSnapshot(context, question),
    findFirstApproval(context.tx, personId),
  ]);
  context.shows([personId]);
  const { term, retirement, ...outlook } = entitlementOf({ ...claim, claimedMonths }, today, policy);
  const granted = {
    personId,
    liveMonths: [...claim.liveMonths],
    importedMonths: [...new Set(importsOf(claim.facts).flatMap((fact) => fact.months))].sort(),
    claimedMonths,
  };
  const evidenceOf = (fixed: Term) => ({
    source: first === undefined ? ('prior-benefit' as const) : ('decision' as const),
    decidedAt: first?.decidedAt ?? null,
    caseNumber: first?.caseNumber ?? null,
    policyVersion: fixed.policyVersion,
  });
  const evidence = claim.term === null ? null : evidenceOf(claim.term);
  return { ...granted, retirement: toldRetirement(retirement), term: { ...term, evidence }, ...outlook };
}

/** Parses a question and returns all its errors, including those of its suppositions. */
function readQuestion(
  context: ReadContext,
  body: CheckEligibilityEnvelope,
): AskingRead & { months: readonly Month[]; day: Day; supposed: readonly Fact[] } {
  const { today, policies } = context;
  const { quarter, months, whatIf = {} } = body;
  const day = whatIf.submittedOn ?? today;
  const { identity, fieldErrors: ofAsking } = readAsking(context, body);
  const asked = months === undefined ? { quarter } : { quarter, months };
  const fieldErrors: FieldError[] = [...ofAsking];
  // Supposing a record away would reveal whether it exists.
  if (isPlatform(context) && body.whatIf !== undefined)
    fieldErrors.push(forOthers('/body/whatIf', '工作人员'));
  if (day < today) {
    const detail = '假设的提交日期不能早于今天，请改为今天或以后的日期。';
    fieldErrors.push({ pointer: '/body/whatIf/submittedOn', code: 'in-past', detail });
  } else {
    fieldErrors.push(...fieldErrorsOfMonths(asked, day, policyOn(day, policies), '/body'));
  }
  if (whatIf.bornOn !== undefined)
    fieldErrors.push(...fieldErrorsOfBirth(whatIf.bornOn, today, '/body/whatIf/bornOn'));
  const supposed: Fact[] = [];
  for (const [index, written] of (whatIf.records ?? []).entries()) {
    const reading = readFact(written, `what-if-${index}`, `/body/whatIf/records/${index}`);
    if ('fieldErrors' in reading) fieldErrors.push(...reading.fieldErrors);
    else supposed.push(reading.fact);
  }
  return { identity, fieldErrors, months: months ?? monthsOfQuarter(quarter), day, supposed };
}
