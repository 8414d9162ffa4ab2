// Applies a bank's results portion by portion, so that a file of 300,000 lines is never in memory as lines. The caller's
// transaction makes it all or nothing: each portion is written, and the last error refuses them all.

import type { WriteContext } from '../../platform/context.ts';
import { mostFieldErrors, Problem } from '../../platform/problem.ts';
import { Tally } from '../ledger/tally.ts';
import { tellPayments } from '../lines/notify.ts';
import { atTheBank } from '../lines/states.ts';
import { type Batch, type LineResult, setLineResults } from '../lines/store.ts';
import type { Matching, Owed, ToldLine, ToldResults } from './matching.ts';
import { countBatchLines, listTold, listUntold } from './store.ts';

/**
 * Writes the results and their events.
 *
 * @throws Problem results-refused with every reason
 */
export async function writeResults(
  context: WriteContext,
  batch: Batch,
  matching: Matching,
  { totals, portions }: ToldResults,
) {
  const { tx } = context;
  const paid = new Tally();
  const failed = new Tally();
  const outstanding = await countBatchLines(tx, batch, atTheBank);
  let matched = 0;
  const write = async (lines: readonly ToldLine[]) => {
    const results = lines.flatMap(({ lineId, ...line }): LineResult[] =>
      lineId === null ? [] : [{ ...line, lineId }],
    );
    const cases = await setLineResults(tx, batch, results, context.at.toString());
    const owed = new Map(cases.map(({ lineId, lineFen }) => [lineId, lineFen]));
    matched += owed.size;
    await match(context, batch, matching, lines, owed);
    if (!matching.refusal.isEmpty) return;
    paid.addCases(cases.filter(({ state }) => state === 'paid'));
    failed.addCases(cases.filter(({ state }) => state === 'failed'));
    await tellPayments(context, cases);
  };
  for (const portion of portions) await write(matching.read(portion));
  const isMissing = matched < outstanding;
  const lineIds = isMissing ? await listUntold(tx, batch, atTheBank, mostFieldErrors) : [];
  matching.end(totals, { lineIds, count: outstanding - matched });
  const { refusal } = matching;
  if (!refusal.isEmpty) throw new Problem('results-refused', { ...refusal });
  return { paid, failed, counts: matching.counts };
}

/** @param written the lines of the portion that were with the bank, and now have their result: line id → amount */
async function match(
  { tx }: WriteContext,
  batch: Batch,
  matching: Matching,
  lines: readonly ToldLine[],
  written: ReadonlyMap<string, number>,
): Promise<void> {
  const named = new Set<string>();
  const isRepeated = lines.map(({ lineId }) => lineId !== null && named.size === named.add(lineId).size);
  const others = [...named].filter((lineId) => !written.has(lineId));
  const before = others.length === 0 ? new Map<string, number>() : await listTold(tx, batch, others);
  matching.match(lines, (lineId, index): Owed | undefined => {
    const amountFen = written.get(lineId) ?? before.get(lineId);
    if (amountFen === undefined) return undefined;
    return { amountFen, isRepeated: isRepeated[index] === true || before.has(lineId) };
  });
}
