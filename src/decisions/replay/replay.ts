// Replays a decision from its stored input and the person's birth date, and names the differences. Pure: uses no clock,
// current records or current policy values.

import { type Assessment, assess } from '../../rules/assess.ts';
import { readPolicy } from '../../rules/policy/policy.ts';
import type { Day } from '../../values/days.ts';
import { assessmentText, digestOf, readSnapshot } from '../comparison/snapshot.ts';

/** Everything stored for one decision, and its policy version as published. */
export interface StoredDecision {
  readonly decisionId: string;
  /** The person's birth date, which snapshots do not contain. */
  readonly born: Day;
  readonly snapshot: string;
  readonly snapshotDigest: Buffer;
  readonly assessment: string;
  readonly assessmentDigest: Buffer;
  readonly policyContent: string;
  readonly policyDigest: Buffer;
  readonly outcome: 'approved' | 'refused' | 'not-accepted';
  readonly approvedMonths: readonly string[];
  readonly amountFen: number;
}

/** How a replay can differ: a stored text does not match its digest, or the same input gives another result. */
export const replayDifferences = {
  'policy-altered': '政策版本的内容与其摘要不符。',
  'snapshot-altered': '快照与其摘要不符。',
  'assessment-altered': '评估结果与其摘要不符。',
  'snapshot-unreadable': '快照不能重新评估。',
  'assessment-differs': '按同一快照和政策版本重新评估，结果不同。',
  'decision-differs': '决定的结果、月份或金额与评估不符。',
} as const;
export type ReplayDifference = keyof typeof replayDifferences;

export interface Replay {
  readonly decisionId: string;
  /** Byte for byte. */
  readonly identical: boolean;
  readonly differences: readonly ReplayDifference[];
  /** Digest of the new assessment; null if the snapshot could not be assessed. */
  readonly replayedDigest: Buffer | null;
}

/** Replays a decision under its own policy version. */
export function replay(stored: StoredDecision): Replay {
  const differences: ReplayDifference[] = [];
  if (!digestOf(stored.policyContent).equals(stored.policyDigest)) differences.push('policy-altered');
  if (!digestOf(stored.snapshot).equals(stored.snapshotDigest)) differences.push('snapshot-altered');
  if (!digestOf(stored.assessment).equals(stored.assessmentDigest)) differences.push('assessment-altered');
  const assessment = assessedAgain(stored);
  if (assessment === null) {
    differences.push('snapshot-unreadable');
    return { decisionId: stored.decisionId, identical: false, differences, replayedDigest: null };
  }
  const text = assessmentText(assessment);
  if (text !== stored.assessment) differences.push('assessment-differs');
  if (!isDecisionOf(assessment, stored)) differences.push('decision-differs');
  const identical = differences.length === 0;
  return { decisionId: stored.decisionId, identical, differences, replayedDigest: digestOf(text) };
}

/** Null if it cannot be assessed: a tampered text may not even be JSON, and must not stop the replay of a period. */
function assessedAgain({ snapshot, born, policyContent }: StoredDecision): Assessment | null {
  try {
    const { claim, policyVersion } = readSnapshot(snapshot, born);
    const policy = readPolicy(policyContent);
    return policy.version === policyVersion ? assess(claim, policy) : null;
  } catch {
    return null;
  }
}

function isDecisionOf(
  assessment: Assessment,
  { outcome, approvedMonths, amountFen }: StoredDecision,
): boolean {
  if (outcome !== 'approved') return assessment.outcome === 'refused' && amountFen === 0;
  const payable = assessment.months.filter((month) => month.outcome === 'payable').map(({ month }) => month);
  return amountFen === assessment.amountFen && approvedMonths.join() === payable.join();
}
