// A comparison's snapshot: all input of the rules except the date of birth, as text that is identified by its digest.
// The date of birth is stored only within the person's encrypted identity number; readers pass it in. Pure.

import { createHash } from 'node:crypto';
import type { FactSource } from '../../registers/records/operations.ts';
import { type Assessment, assess, type Claim } from '../../rules/assess.ts';
import type { KeptAssessment } from '../../rules/explain/explain.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { type Person, toldRetirement } from '../../rules/retirement.ts';
import type { Term } from '../../rules/term.ts';
import { type Day, dayLikeOf, type Month, monthOf } from '../../values/days.ts';

/** The records used with their versions, coverage, term, months and days (in the claim), and the policy version. */
export interface Snapshot {
  readonly policyVersion: string;
  readonly claim: Claim;
  /** The source of each fact of the claim, in the same order. */
  readonly records: readonly FactSource[];
}

/** Deterministic one-line JSON: a decision signs its digest. */
export function snapshotText(policy: Policy, claim: Claim, records: readonly FactSource[]): string {
  const { person, term, ...rest } = claim;
  const { sex, born, ...others } = person;
  const kept: KeptSnapshot = {
    policyVersion: policy.version,
    claim: {
      person: { sex, bornMonth: monthOf(born), ...others },
      term: term && keptTerm(term),
      ...rest,
    },
    records,
  };
  return JSON.stringify(kept);
}

/** @param born the person's date of birth; only its day of the month is used, since the snapshot has the month */
export function readSnapshot(text: string, born: Day): Snapshot {
  const kept = JSON.parse(text) as KeptSnapshot; // only snapshotText writes it, and the row never changes
  const { person, term, ...rest } = kept.claim;
  const { sex, bornMonth, ...others } = person;
  const claim: Claim = {
    person: { sex, born: dayLikeOf(born, bornMonth), ...others },
    term: term && readTerm(term, born),
    ...rest,
  };
  return { ...kept, claim };
}

interface KeptSnapshot extends Omit<Snapshot, 'claim'> {
  readonly claim: Omit<Claim, 'person' | 'term'> & {
    readonly person: Omit<Person, 'born'> & { readonly bornMonth: Month };
    readonly term: KeptTerm | null;
  };
}
type KeptTerm = Omit<Term, 'retirementOn'> & { readonly retirementMonth: Month };

function keptTerm({ firstApprovedOn, retirementOn, ...others }: Term): KeptTerm {
  return { firstApprovedOn, retirementMonth: monthOf(retirementOn), ...others };
}

function readTerm({ firstApprovedOn, retirementMonth, ...others }: KeptTerm, born: Day): Term {
  return { firstApprovedOn, retirementOn: dayLikeOf(born, retirementMonth), ...others };
}

export function assessmentText(assessment: Assessment): string {
  const kept: KeptAssessment = { ...assessment, retirement: toldRetirement(assessment.retirement) };
  return JSON.stringify(kept);
}

export function readAssessment(text: string): KeptAssessment {
  return JSON.parse(text) as KeptAssessment; // only assessmentText writes it, and the row never changes
}

/** Assesses a claim, and returns everything that a comparison stores. */
export function judgedOver(claim: Claim, policy: Policy, records: readonly FactSource[]) {
  const assessment = assess(claim, policy);
  const snapshot = snapshotText(policy, claim, records);
  const assessed = assessmentText(assessment);
  return {
    assessment,
    snapshot,
    snapshotDigest: digestOf(snapshot),
    assessed,
    assessedDigest: digestOf(assessed),
  };
}

export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
