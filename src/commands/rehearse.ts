// The program behind `npm run rehearse -- --policy changed.json --from 2024-12-06 --to 2025-03-31`: what the cases of a
// period would have come to under changed values. Stores nothing. A line of JSON for each case that changes, then the sums.
// The file holds the changed values by their names, such as {"ordinaryCapMonths": 48}.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { rehearsePeriod } from '../decisions/replay/rehearsals.ts';
import { ConfigError, readKeyConfig } from '../platform/config/config.ts';
import { openDatabase } from '../platform/database/connect.ts';
import { readSealer } from '../platform/encryption/open-sealer.ts';
import { readChangedValues } from '../rules/changed-values.ts';
import { readPeriod } from './replay.ts';

const statementTimeoutMs = 60_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { policy: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' } },
  });
  const days = readPeriod(values);
  const changed = readFile(values.policy);
  const { url, readMasterKeys } = readKeyConfig(process.env);
  const db = openDatabase({
    url,
    poolSize: 1,
    random: Math.random,
    onIdleError: () => {},
    statementTimeoutMs,
  });
  try {
    const totals = await rehearsePeriod(
      { db, sealer: await readSealer(db, readMasterKeys(), Temporal.Now.instant) },
      days,
      changed,
      (one) => console.log(JSON.stringify(one)),
      (done, all) => console.error(`${done} of ${all}`),
    );
    console.log(JSON.stringify(totals));
  } finally {
    await db.close();
  }
}

function readFile(path: string | undefined) {
  if (path === undefined) throw new ConfigError(['--policy: a file with the changed values']);
  let written: unknown;
  try {
    written = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError([`--policy: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const reading = readChangedValues(written);
  if ('fieldErrors' in reading) throw new ConfigError(reading.fieldErrors);
  return reading.values;
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof ConfigError || error instanceof TypeError ? 2 : 1;
  }
}
