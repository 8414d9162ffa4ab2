// Goes over the decisions of a period, a bounded portion at a time, so that a year costs no more memory than a day.

import type { Db } from '../database/connect.ts';
import { sightOfService } from '../database/row-sight.ts';
import { transact } from '../database/transaction.ts';
import type { Day } from '../rules/days.ts';
import { type Replay, replay } from './replay.ts';
import { countDecisions, listStoredDecisions, type Period } from './store.ts';

const decisionsPerPortion = 500;

export interface ReplayTotals {
  readonly decisions: number;
  readonly different: number;
}

/**
 * Replays every decision taken from one day through another, in the order they were taken, undone ones too.
 *
 * @param onDifferent told of each decision that is not identical
 * @param onProgress told after each portion how many of how many are done
 */
export async function replayPeriod(
  db: Db,
  days: { readonly from: Day; readonly to: Day },
  onDifferent: (replay: Replay) => void,
  onProgress: (done: number, all: number) => void = () => {},
): Promise<ReplayTotals> {
  const period = periodOf(days);
  const all = await transact(db, sightOfService, (tx) => countDecisions(tx, period), { readOnly: true });
  let decisions = 0;
  let different = 0;
  for await (const portion of portionsOf(db, period)) {
    for (const stored of portion) {
      const result = replay(stored);
      decisions += 1;
      if (result.identical) continue;
      different += 1;
      onDifferent(result);
    }
    onProgress(decisions, all);
  }
  return { decisions, different };
}

async function* portionsOf(db: Db, period: Period) {
  let after: { decidedAt: string; decisionId: string } | null = null;
  for (;;) {
    const portion: Awaited<ReturnType<typeof listStoredDecisions>> = await transact(
      db,
      sightOfService,
      (tx) => listStoredDecisions(tx, period, after, decisionsPerPortion),
      { readOnly: true },
    );
    const last = portion.at(-1);
    if (last === undefined) return;
    yield portion;
    after = last;
  }
}

/** From the first instant of a day to the last of another, in Jingdezhen. */
export function periodOf({ from, to }: { readonly from: Day; readonly to: Day }): Period {
  const startOf = (day: Temporal.PlainDate) => day.toZonedDateTime('Asia/Shanghai').toInstant().toString();
  const end = Temporal.PlainDate.from(to).add({ days: 1 });
  return { from: startOf(Temporal.PlainDate.from(from)), before: startOf(end) };
}
