// Entry point of `npm run reconcile`; see payments/reconciliation/whole-city.ts.

import { reconcile } from '../payments/reconciliation/whole-city.ts';
import { scopeOfService } from '../platform/database/row-scope.ts';
import { transact } from '../platform/database/transaction.ts';
import { runCommand, withDatabase } from './command.ts';

// One statement covers the whole history of the city, and no client waits.
const statementTimeoutMs = 600_000;

await runCommand({
  name: 'reconcile',
  does:
    '逐分核对每个经办机构、每个季度的资金，并列出不符之处 · ' +
    'proves the money of every agency and quarter to the fen, and names what does not tie',
  failsWhen: { zh: '有一分不符', en: 'one fen does not tie' },
  options: {},
  async run() {
    const { scopes, equations, broken, looseEnds } = await withDatabase(
      ({ db }) => transact(db, scopeOfService, (tx) => reconcile(tx, printScope), { readOnly: true }),
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
    return ties;
  },
});

function printScope(...[agencyCode, quarter, failing]: Parameters<Parameters<typeof reconcile>[1]>): void {
  const result = failing.length === 0 ? '相符 · ties' : '不符 · broken';
  console.log(`${result}: ${agencyCode}${quarter === null ? '' : ` ${quarter}`}`);
  for (const { name, left, right } of failing) console.log(`  ${name}: ${left} ≠ ${right}`);
}
