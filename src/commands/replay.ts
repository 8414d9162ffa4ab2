// Entry point of `npm run replay`; see decisions/replay/operations.ts.

import { replayPeriod } from '../decisions/replay/operations.ts';
import { readEncryption } from '../platform/encryption/open-encryption.ts';
import { printProgress, runCommand, withDatabase } from './command.ts';
import { periodOptions, readPeriod } from './period.ts';

await runCommand({
  name: 'replay',
  does:
    '按当时所依据的内容重新作出一段时间内的每个决定，并列出结果不同的 · ' +
    'makes every decision of a period again from what it was decided on, and names those that come out otherwise',
  failsWhen: { zh: '有决定的结果不同', en: 'a decision comes out otherwise' },
  options: periodOptions,
  async run(values) {
    const period = readPeriod(values);
    const { decisions, different } = await withDatabase(async ({ db, readMasterKeys }) =>
      replayPeriod(
        { db, encryption: await readEncryption(db, readMasterKeys(), Temporal.Now.instant) },
        period,
        ({ decisionId, differences }) =>
          console.log(`不一致 · different: ${decisionId} ${differences.join(' ')}`),
        printProgress,
      ),
    );
    console.log(
      `已重演 ${decisions} 个决定，不一致 ${different} 个 · ${decisions} decisions replayed, ${different} different`,
    );
    return different === 0;
  },
});
