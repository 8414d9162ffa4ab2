// Writes to shared resources name the version they are based on.

import t from 'tap';
import { type Problem, setup } from '../../helper.ts';
import { strictMatch } from '../../strict-match.ts';
import { operationsOfContract } from './contract.ts';
import { fingerprint } from './fingerprint.ts';
import { passingRequests } from './requests.ts';

const city = await setup(t);
const { call, applied, accepted, compared } = city;
const requests = await passingRequests(city);
const versioned = new Set(
  operationsOfContract().flatMap(({ wantsIfMatch, operationId }) => (wantsIfMatch ? [operationId] : [])),
);

t.test('a missing If-Match is 428, an outdated one 412, and neither changes anything', async (t) => {
  t.ok(versioned.size >= 10, `${versioned.size} operations want If-Match`);
  const before = await fingerprint(city.db);
  for (const { operation, caller, method, url, options } of requests.filter((one) =>
    versioned.has(one.operation),
  )) {
    const { ifMatch: seen, ...rest } = options;
    const missing = await call<Problem>(caller, method, url, rest);
    strictMatch(t, missing, { status: 428, body: { code: 'precondition-missing' } }, operation);
    const stale = await call<Problem>(caller, method, url, { ...rest, ifMatch: Number(seen) + 1 });
    strictMatch(t, stale, { status: 412, body: { code: 'precondition-failed' } }, operation);
  }
  t.strictSame(await fingerprint(city.db), before);
});

t.test('an If-Match that is no ETag of this service never matches', async (t) => {
  const one = await applied();
  const url = `/v1/applications/${one.id}/acceptance`;
  for (const ifMatch of [
    '*',
    'W/"2"',
    '2',
    '""',
    '"0"',
    '"02"',
    '"2", "3"',
    '"-2"',
    '"2.0"',
    '"99999999999999999999"',
    '"２"',
  ]) {
    const header = Buffer.from(ifMatch).toString('latin1');
    const { status } = await call('handler-360203', 'POST', url, { body: {}, ifMatch: header });
    t.equal(status, 412, ifMatch);
  }
  t.equal((await call('handler-360203', 'POST', url, { body: {}, ifMatch: '"2"' })).status, 200);
});

t.test('an answer’s ETag is its version', async (t) => {
  let shown = 0;
  for (const { operation, caller, method, url, options } of requests) {
    const { body, headers } = await call<{ version?: number }>(caller, method, url, options);
    if (typeof body.version !== 'number') continue;
    t.equal(headers['etag'], `"${body.version}"`, operation);
    shown += 1;
  }
  t.ok(shown >= 10, `${shown} answers have a version`);
});

t.test('of two reviewers who decide one case, the second gets 412', async (t) => {
  for (const _ of Array.from({ length: 10 })) {
    const one = await accepted();
    const { id: comparisonId } = await compared(one);
    const options = { ifMatch: one.version, body: { comparisonId, outcome: 'approved' } };
    const answers = await Promise.all(
      ['reviewer-360203', 'second-reviewer-360203'].map((reviewer) =>
        call(reviewer, 'POST', `/v1/applications/${one.id}/decision`, options),
      ),
    );
    t.strictSame(answers.map(({ status }) => status).sort(), [201, 412]);
  }
});
