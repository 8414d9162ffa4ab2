// Entry point of `npm run reconcile`; see payments/reconciliation/whole-city.ts and platform/figures.ts.

import { reconcile } from '../payments/reconciliation/whole-city.ts';
import type { Db } from '../platform/database/connect.ts';
import { scopeOfAudit, scopeOfService } from '../platform/database/row-scope.ts';
import { transact } from '../platform/database/transaction.ts';
import { countFigures, listDifferences } from '../platform/figures.ts';
import { openPolicies } from '../platform/reference/policies.ts';
import { counted } from '../runtime/jobs/tasks.ts';
import { dayInShanghai } from '../values/days.ts';
import { runCommand, withDatabase } from './command.ts';

// One statement covers the whole history of the city, and no client waits.
const statementTimeoutMs = 600_000;

await runCommand({
  name: 'reconcile',
  does:
    '逐分核对每个经办机构、每个季度的资金，并列出不符之处 · ' +
    'proves the money of every agency and quarter to the fen, and names what does not tie',
  failsWhen: { zh: '有一分不符', en: 'one fen does not tie' },
  options: {
    'count-figures': {
      type: 'boolean',
      help: '先重新统计保存的统计数 · first counts the kept figures anew',
    },
  },
  async run({ 'count-figures': isCounting = false }) {
    const { scopes, equations, broken, looseEnds, isKept } = await withDatabase(
      async ({ db, statutoryAge }) => ({
        ...(await transact(db, scopeOfService, (tx) => reconcile(tx, printScope), { readOnly: true })),
        isKept: await compareFigures(db, await openPolicies(db, statutoryAge), isCounting),
      }),
      { statementTimeoutMs },
    );
    for (const { tie, where, left, right } of looseEnds)
      console.log(`不符明细 · does not tie: ${where}: ${tie}: ${left} ≠ ${right}`);
    const ties = broken.length === 0 && looseEnds.length === 0;
    console.log(
      ties
        ? `分文不差（机构和季度 ${scopes} 项，等式 ${equations} 个） · every fen ties: ${scopes} agencies and quarters, ${equations} equations`
        : `不符（等式 ${broken.length} 个，明细 ${looseEnds.length} 项） · ${broken.length} equations broken, ${looseEnds.length} things that do not tie`,
    );
    return ties && isKept;
  },
});

function printScope(...[agencyCode, quarter, failing]: Parameters<Parameters<typeof reconcile>[1]>): void {
  const result = failing.length === 0 ? '相符 · ties' : '不符 · broken';
  console.log(`${result}: ${agencyCode}${quarter === null ? '' : ` ${quarter}`}`);
  for (const { name, left, right } of failing) console.log(`  ${name}: ${left} ≠ ${right}`);
}

/** Whether the kept figures are what the rows say; prints those that are not. */
async function compareFigures(
  db: Db,
  policiesOn: Awaited<ReturnType<typeof openPolicies>>,
  isCounting: boolean,
): Promise<boolean> {
  const at = Temporal.Now.instant();
  const today = dayInShanghai(at);
  const policies = await policiesOn(today);
  let isKept = true;
  for (const subject of counted) {
    const differing = await transact(db, scopeOfAudit, async (tx) => {
      const counting = { tx, at, today, policies };
      if (isCounting) await countFigures(counting, subject, () => performance.now());
      return await listDifferences(counting, subject);
    });
    if (differing === null)
      console.log(`统计数未核对，统计之后有改动 · figures not compared, changed since: ${subject.name}`);
    for (const cell of differing ?? []) console.log(`统计数不符 · figure differs: ${subject.name} ${cell}`);
    isKept &&= differing === null || differing.length === 0;
  }
  return isKept;
}
