// Makes decisions again: one that somebody asks about, and all of a period, batch by batch.

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
 * Makes the newest decision on a case again from its stored snapshot, under its own policy version. That it was asked
 * for is in the audit.
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

/** Where decisions are, and what opens the identity numbers of their people. */
export interface Stored {
  readonly db: Db;
  readonly encryption: Encryption;
}

export interface ReplayTotals {
  readonly decisions: number;
  readonly different: number;
}

/**
 * Replays every decision taken from one day through another, in the order they were taken, undone ones too.
 *
 * @param onDifferent called with each decision that is not identical
 * @param onProgress called after each batch with the number done and the number of all
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

/** From the first instant of a day to the last of another, in Jingdezhen. */
export function periodOf({ from, to }: { readonly from: Day; readonly to: Day }): Period {
  const startOf = (day: Temporal.PlainDate) => day.toZonedDateTime('Asia/Shanghai').toInstant().toString();
  const end = Temporal.PlainDate.from(to).add({ days: 1 });
  return { from: startOf(Temporal.PlainDate.from(from)), before: startOf(end) };
}
