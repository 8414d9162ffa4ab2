// What is done once after the database was restored to an earlier moment, or a standby was promoted that lacked
// transactions, before the service runs on it: docs/decisions/0046.

import { lastEventPosition } from '../../notifications/events/operations.ts';
import { doubtDownloads } from '../../payments/bank/operations.ts';
import type { Db, Tx } from '../../platform/database/connect.ts';
import { scopeOfAudit } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import * as store from './store.ts';

/** Nothing changes as often in what is lost. */
const versionsAhead = 1_000;

export interface AfterRestore {
  /** To which it was restored; null: to the last write that is left. */
  readonly moment: Temporal.Instant | null;
  readonly now: Temporal.Instant;
  /** How far each sequence moves. */
  readonly ahead: number;
  /** Name of a sequence → the last number of it that somebody has. */
  readonly lastNumbers: Readonly<Record<string, number>>;
}

/**
 * Begins a new epoch. Numbers and versions that others may have seen are not given again; cursors that have passed lost
 * events are refused; no payment file is handed out until the banks were asked.
 *
 * @returns the instant of the newest audit entry instead when that is after the moment: then these are other data
 */
export async function beginEpoch(db: Db, { moment: given, now, ahead, lastNumbers }: AfterRestore) {
  return await transact(db, scopeOfAudit, async (tx) => {
    const newestAt = await store.findNewestEntryAt(tx);
    const newest = newestAt === null ? now : Temporal.Instant.from(newestAt);
    const moment = given ?? newest;
    if (newestAt !== null && Temporal.Instant.compare(newest, moment) > 0) return { newestAt };
    const epoch = Math.floor(now.epochMilliseconds / 1_000);
    const lastPosition = await lastEventPosition(tx);
    await store.insertRestore(tx, { epoch, moment: moment.toString(), lastPosition, bankAskedAt: null });
    const sequences = await store.moveSequences(tx, ahead, lastNumbers);
    const versions = await store.moveVersions(tx, versionsAhead);
    const doubtedFiles = await doubtDownloads(tx, now, scopeOfAudit.actor);
    const done = { sequences, versions, doubtedFiles };
    store.leaveTrace(tx, now, epoch, { moment: moment.toString(), lastPosition, ...done });
    return { epoch, ...done };
  });
}

/** Payment files are handed out again. Returns the number of restores that waited for it. */
export async function noteBankAsked(db: Db, now: Temporal.Instant): Promise<number> {
  return await transact(db, scopeOfAudit, async (tx) => {
    const newest = await store.findNewestRestore(tx);
    if (newest === undefined) return 0;
    const waiting = await store.setBankAsked(tx, now.toString());
    if (waiting > 0) store.leaveTrace(tx, now, newest.epoch, { bankAsked: true });
    return waiting;
  });
}

/** The moment to which a restore went that lost what was written at an instant; null if none did. */
export async function momentBefore(db: Db, at: string): Promise<string | null> {
  return await transact(db, scopeOfAudit, (tx) => store.findMomentBefore(tx, at), { readOnly: true });
}

/** The epoch of this database; 0 before the first restore. */
export async function currentEpoch(tx: Tx): Promise<number> {
  return (await store.findNewestRestore(tx))?.epoch ?? 0;
}
