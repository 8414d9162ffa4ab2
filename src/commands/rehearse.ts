// Entry point of `npm run rehearse`; see decisions/rehearsal/operations.ts.

import { readFileSync } from 'node:fs';
import { rehearsePeriod } from '../decisions/rehearsal/operations.ts';
import { ConfigError } from '../platform/config/config.ts';
import { readEncryption } from '../platform/encryption/open-encryption.ts';
import { readChangedValues } from '../rules/changed-values.ts';
import { runCommand, withDatabase } from './command.ts';
import { periodOptions, readPeriod } from './period.ts';

await runCommand({
  name: 'rehearse',
  does:
    'Says what the cases of a period would have come to under changed values; stores nothing.\n' +
    'Prints a line of JSON for each case that changes, then one with the sums.',
  options: {
    policy: {
      type: 'string',
      value: 'FILE',
      help: 'JSON with the changed values by their names, such as {"ordinaryCapMonths": 48}',
    },
    ...periodOptions,
  },
  async run(values) {
    const period = readPeriod(values);
    const changed = readFile(values.policy);
    const totals = await withDatabase(async ({ db, readMasterKeys }) =>
      rehearsePeriod(
        { db, encryption: await readEncryption(db, readMasterKeys(), Temporal.Now.instant) },
        period,
        changed,
        (one) => console.log(JSON.stringify(one)),
        (done, all) => console.error(`${done} of ${all}`),
      ),
    );
    console.log(JSON.stringify(totals));
    return true;
  },
});

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
