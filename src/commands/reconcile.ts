// The program behind `npm run reconcile`: proves the money of every agency and quarter in DATABASE_URL, and names what does
// not tie. Exits with 1 on one fen, with 2 when it was asked wrongly. How is in payments/reconciliation/whole-city.ts.

import { reconcile } from '../payments/reconciliation/whole-city.ts';
import { ConfigError, readDatabaseUrl } from '../platform/config/config.ts';
import { openDatabase } from '../platform/database/connect.ts';
import { scopeOfService } from '../platform/database/row-scope.ts';
import { transact } from '../platform/database/transaction.ts';

// A city's whole history in one statement, with nobody waiting for an answer.
const statementTimeoutMs = 600_000;

async function main(): Promise<void> {
  const db = openDatabase({
    url: readDatabaseUrl(process.env),
    poolSize: 1,
    random: Math.random,
    onIdleError: () => {},
    statementTimeoutMs,
  });
  try {
    const { scopes, equations, broken, looseEnds } = await transact(
      db,
      scopeOfService,
      (tx) =>
        reconcile(tx, (agencyCode, quarter, failing) => {
          console.log(
            `${agencyCode} ${quarter ?? '全部 · all'}: ${failing.length === 0 ? '相符 · ties' : '不符 · broken'}`,
          );
          for (const { name, left, right } of failing) console.log(`  ${name}: ${left} ≠ ${right}`);
        }),
      { readOnly: true },
    );
    for (const { tie, where, left, right } of looseEnds)
      console.log(`不符明细 · does not tie: ${where}: ${tie}: ${left} ≠ ${right}`);
    if (broken.length === 0 && looseEnds.length === 0) {
      console.log(`分文不差 · every fen ties: ${scopes} agencies and quarters, ${equations} equations`);
    } else {
      console.log(`不符 · ${broken.length} equations broken, ${looseEnds.length} things that do not tie`);
      process.exitCode = 1;
    }
  } finally {
    await db.close();
  }
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof ConfigError || error instanceof TypeError ? 2 : 1;
  }
}
