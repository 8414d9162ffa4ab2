// Entry point of `npm run replay`; see decisions/replay/operations.ts.

import { replayPeriod } from '../decisions/replay/operations.ts';
import { readEncryption } from '../platform/encryption/open-encryption.ts';
import { runCommand, withDatabase } from './command.ts';
import { periodOptions, readPeriod } from './period.ts';

await runCommand({
  name: 'replay',
  does: 'Makes every decision of a period again from what it was decided on, and names those that come out otherwise.',
  failsWhen: 'a decision comes out otherwise',
  options: periodOptions,
  async run(values) {
    const period = readPeriod(values);
    const { decisions, different } = await withDatabase(async ({ db, readMasterKeys }) =>
      replayPeriod(
        { db, encryption: await readEncryption(db, readMasterKeys(), Temporal.Now.instant) },
        period,
        ({ decisionId, differences }) => console.log(`different ${decisionId} ${differences.join(' ')}`),
        (done, all) => console.error(`${done} of ${all}`),
      ),
    );
    console.log(`${decisions} decisions replayed, ${different} different`);
    return different === 0;
  },
});
