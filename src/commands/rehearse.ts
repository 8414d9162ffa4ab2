// Entry point of `npm run rehearse`; see decisions/rehearsal/operations.ts.

import { readFileSync } from 'node:fs';
import { rehearsePeriod } from '../decisions/rehearsal/operations.ts';
import { ConfigError } from '../platform/config/config.ts';
import { readEncryption } from '../platform/encryption/open-encryption.ts';
import { ProposePolicy } from '../platform/http/contract/policy-values.ts';
import { faultsOf } from '../platform/reference/policy-files.ts';
import type { PolicyChange } from '../rules/policy/policy.ts';
import { printProgress, runCommand, withDatabase } from './command.ts';
import { periodOptions, readPeriod } from './period.ts';

await runCommand({
  name: 'rehearse',
  does:
    '列出一段时间内的案件按改动后的值会有什么不同，不保存 · ' +
    'says what the cases of a period would have come to under changed values; stores nothing\n' +
    '每个有变化的案件输出一行 JSON，最后一行是合计 · ' +
    'prints a line of JSON for each case that changes, then one with the sums',
  options: {
    policy: {
      type: 'string',
      value: 'FILE',
      help: '政策变动（JSON），与 proposePolicy 的内容相同 · a change of the policy, as proposed with proposePolicy',
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
        printProgress,
      ),
    );
    console.log(JSON.stringify(totals));
    return true;
  },
});

function readFile(path: string | undefined): PolicyChange['values'] {
  if (path === undefined)
    throw new ConfigError(['--policy: 请填写改动值的文件 · a file with the changed values']);
  let written: unknown;
  try {
    written = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError([
      `--policy: 不能读取，或不是 JSON · cannot be read, or is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  const faults = faultsOf(written, ProposePolicy);
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `--policy${fault}`));
  // The cast: validated above.
  return (written as PolicyChange).values;
}
