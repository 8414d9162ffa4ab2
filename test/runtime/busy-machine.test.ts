// A file that is late only because the machine is busy is not the file's fault.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { type Call, type Problem, patient, setup } from '../helper.ts';
import { strictMatch } from '../strict-match.ts';

t.setTimeout(120_000);

t.test('a table that a busy machine cannot read in time is to be sent again, and is then read', async (t) => {
  const { call, token } = await setup(t);
  const handler = await token('handler-360203');
  const cells = 'x'.repeat(40);
  const body = Buffer.from(`公民身份号码,开始日\r\n${`${cells},${cells}\r\n`.repeat(9_000)}`);
  const check = async (by: Call) =>
    await by<Problem>(handler, 'POST', '/v1/record-imports/checks', {
      body,
      headers: { 'content-type': 'text/csv' },
      query: { kind: 'pension' },
      key: null,
    });
  const busy = Array.from(
    { length: 60 * availableParallelism() },
    () => new Worker('for (;;);', { eval: true }),
  );
  const late = await check(call);
  await Promise.all(busy.map((worker) => worker.terminate()));
  strictMatch(t, late, { status: 503, headers: { 'retry-after': '5' }, body: { code: 'unavailable' } });
  strictMatch(t, await check(patient(call)), { status: 200 });
});
