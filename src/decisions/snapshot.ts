// What a comparison keeps: everything the rules looked at, as text whose bytes are its identity. Pure.

import { createHash } from 'node:crypto';
import type { FactSource } from '../records/operations.ts';
import { type Assessment, assess, type Claim } from '../rules/assess.ts';
import type { Policy } from '../rules/policy.ts';

/** The records used with their versions, coverage, term, months and days (in the claim), and the policy version. */
export interface Snapshot {
  readonly policyVersion: string;
  readonly claim: Claim;
  /** Where each fact of the claim comes from, in the same order. */
  readonly records: readonly FactSource[];
}

/** One line, and always the same for the same things: a decision is signed on its digest. */
export function snapshotText(policy: Policy, claim: Claim, records: readonly FactSource[]): string {
  return JSON.stringify({ policyVersion: policy.version, claim, records } satisfies Snapshot);
}

export function readSnapshot(text: string): Snapshot {
  return JSON.parse(text) as Snapshot; // only snapshotText writes it, and the row never changes
}

export function assessmentText(assessment: Assessment): string {
  return JSON.stringify(assessment);
}

export function readAssessment(text: string): Assessment {
  return JSON.parse(text) as Assessment; // only assessmentText writes it, and the row never changes
}

/** Judges a claim, and makes all that a comparison keeps of it. */
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

/** SHA-256. */
export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
