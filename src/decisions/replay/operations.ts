// Replays decisions: a single one on request, or all of a period in batches.

import { found } from '../../applications/application/lifecycle.ts';
import type { WriteContext } from '../../platform/context.ts';
import { batchesOf } from '../../platform/database/batches.ts';
import type { Db } from '../../platform/database/connect.ts';
import type { Encryption } from '../../platform/encryption/encryption.ts';
import { Problem } from '../../platform/problem.ts';
import { birthDateOf } from '../../registers/people/operations.ts';
import type { Day } from '../../values/days.ts';
import { decisionsPerBatch, readerOf } from './reader.ts';
import { type Replay, replay, replayDifferences } from './replay.ts';
import {
  countDecisions,
  findStoredDecision,
  listPolicies,
  listStoredDecisions,
  type Period,
} from './store.ts';

/**
 * Replays the newest decision on a case from its stored snapshot, under its own policy version. Each call is audited.
 *
 * @throws Problem not-found, also for a case that was never decided
 */
export async function replayDecision(context: WriteContext, applicationId: string) {
  const { personId, caseNumber } = await found(context, applicationId);
  const stored = await findStoredDecision(context.tx, personId, applicationId);
  if (stored === undefined) throw new Problem('not-found', { detail: '本案尚无决定，不能重演。' });
  const { decisionId, policyVersion, decidedAt } = stored;
  const { identical, differences, replayedDigest } = replay({
    ...stored,
    born: birthDateOf(context.encryption, stored),
  });
  await context.audit({
    target: ['decision', decisionId],
    personId,
    change: { identical, differences, policyVersion },
  });
  return {
    decisionId,
    applicationId,
    caseNumber,
    policyVersion,
    decidedAt,
    identical,
    differences: differences.map((code) => ({ code, detail: replayDifferences[code] })),
    snapshotSha256: stored.snapshotDigest.toString('hex'),
    assessmentSha256: stored.assessmentDigest.toString('hex'),
    replayedSha256: replayedDigest?.toString('hex') ?? null,
  };
}

/** The database of decisions, and the encryption that opens identity numbers. */
export interface Stored {
  readonly db: Db;
  readonly encryption: Encryption;
}

export interface ReplayTotals {
  readonly decisions: number;
  readonly different: number;
}

/**
 * Replays every decision of a period (both days inclusive) in the order they were taken, including undone ones.
 *
 * @param onDifferent called with each decision that is not identical
 * @param onProgress called after each batch with the number done and the total
 */
export async function replayPeriod(
  { db, encryption }: Stored,
  days: { readonly from: Day; readonly to: Day },
  onDifferent: (replay: Replay) => void,
  onProgress: (done: number, all: number) => void = () => {},
): Promise<ReplayTotals> {
  const read = readerOf(db);
  const period = periodOf(days);
  const all = await read((tx) => countDecisions(tx, period));
  const policies = await read(listPolicies);
  let decisions = 0;
  let different = 0;
  type Row = Awaited<ReturnType<typeof listStoredDecisions>>[number];
  const list = (after: Row | null, limit: number) =>
    read((tx) => listStoredDecisions(tx, period, after, limit));
  for await (const batch of batchesOf(list, decisionsPerBatch)) {
    for (const stored of batch) {
      const result = replay({
        ...stored,
        ...published(policies, stored.policyVersion),
        born: birthDateOf(encryption, stored),
      });
      decisions += 1;
      if (result.identical) continue;
      different += 1;
      onDifferent(result);
    }
    onProgress(decisions, all);
  }
  return { decisions, different };
}

function published(policies: Awaited<ReturnType<typeof listPolicies>>, version: string) {
  const policy = policies.get(version);
  if (policy === undefined) throw new Error(`${version} was published`);
  return { policyContent: policy.content, policyDigest: policy.contentDigest };
}

/** From the first instant of one day to the last of another, in Asia/Shanghai. */
export function periodOf({ from, to }: { readonly from: Day; readonly to: Day }): Period {
  const startOf = (day: Temporal.PlainDate) => day.toZonedDateTime('Asia/Shanghai').toInstant().toString();
  const end = Temporal.PlainDate.from(to).add({ days: 1 });
  return { from: startOf(Temporal.PlainDate.from(from)), before: startOf(end) };
}
