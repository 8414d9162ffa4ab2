// The program behind `npm run replay -- --from 2024-12-06 --to 2025-03-31`: makes every decision of a period again and
// exits with 1 when any comes out otherwise, with 2 when it was asked wrongly. How is in decisions/replay/replays.ts.

import { parseArgs } from 'node:util';
import { replayPeriod } from '../decisions/replay/replays.ts';
import { ConfigError, readKeyConfig } from '../platform/config/config.ts';
import { openDatabase } from '../platform/database/connect.ts';
import { readSealer } from '../platform/encryption/open-sealer.ts';
import { isDay } from '../values/days.ts';

const statementTimeoutMs = 60_000;

/** The days asked for; throws ConfigError with a line for each fault. */
export function readPeriod(values: { from?: string | undefined; to?: string | undefined }) {
  const { from = '', to = '' } = values;
  const fieldErrors: string[] = [];
  if (!isDay(from)) fieldErrors.push('--from: the first day, such as 2024-12-06');
  if (!isDay(to)) fieldErrors.push('--to: the last day, such as 2025-03-31');
  if (fieldErrors.length === 0 && from > to) fieldErrors.push('--to: not before --from');
  if (fieldErrors.length > 0) throw new ConfigError(fieldErrors);
  return { from, to };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } });
  const days = readPeriod(values);
  const { url, readMasterKeys } = readKeyConfig(process.env);
  const db = openDatabase({
    url,
    poolSize: 1,
    random: Math.random,
    onIdleError: () => {},
    statementTimeoutMs,
  });
  try {
    const { decisions, different } = await replayPeriod(
      { db, sealer: await readSealer(db, readMasterKeys(), Temporal.Now.instant) },
      days,
      ({ decisionId, differences }) => console.log(`different ${decisionId} ${differences.join(' ')}`),
      (done, all) => console.error(`${done} of ${all}`),
    );
    console.log(`${decisions} decisions replayed, ${different} different`);
    if (different > 0) process.exitCode = 1;
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
