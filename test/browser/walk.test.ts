// An operator goes through the documentation page of the sandbox as `npm start` serves it, and presses only. In the suite
// the first steps of a case; `npm run browser` takes every operation of the contract, in the order shown.

import t, { type Test } from 'tap';
import { type Contract, type Operation, operationsShown } from '../documentation/operations-shown.ts';
import { dataFolder, serve } from '../program.ts';
import { openChromium, withoutChromium } from './chromium.ts';
import { type Outcome, operatorAt } from './operator.ts';

const isWhole = process.env['BROWSER_WALK'] === 'all';
/** A form with a file, an id and a version from answers, a case that the sandbox prepares, and another role. */
const firstSteps = new Set([
  'deliverRecords',
  'createApplication',
  'addMaterial',
  'getMaterialFile',
  'submitApplication',
  'withdrawApplication',
  'acceptApplication',
]);

t.setTimeout(isWhole ? 3_600_000 : 300_000);

t.test(
  isWhole
    ? 'every operation succeeds in the order shown, pressing 授权, Try it out and 执行 only'
    : 'a case is submitted, withdrawn and accepted, pressing 授权, Try it out and 执行 only',
  { skip: withoutChromium },
  async (t) => {
    const { url } = await serve(t, { SUBSIDY_DATA_DIR: dataFolder(t) });
    const contract = (await (await fetch(`${url}/openapi.json`)).json()) as Contract;
    const all = operationsShown(contract);
    const operations = isWhole ? all : all.filter(({ operationId }) => firstSteps.has(operationId));
    const operator = await operatorAt(await openChromium(t), `${url}/docs`);
    const failed: string[] = [];
    for (const [index, operation] of operations.entries()) {
      const outcome = await operator.press(operation);
      tell(t, index, operation, outcome);
      if (outcome.status === null || outcome.status >= 300) failed.push(operation.operationId);
    }
    t.comment(`${operations.length - failed.length} of ${operations.length} succeed`);
    t.strictSame(failed, []);
    t.strictSame(operator.faults, [], 'no fault in the console');
    t.strictSame(operator.origins, [url], 'no other host is asked');
  },
);

/** A line of the table: operation, persona, status, note. */
function tell(t: Test, index: number, { operationId }: Operation, { persona, status, note }: Outcome): void {
  const number = String(index + 1).padStart(3);
  const columns = [operationId.padEnd(31), (persona ?? '').padEnd(23), String(status ?? 'not sent'), note];
  t.comment(`${number} ${columns.join(' ')}`);
}
