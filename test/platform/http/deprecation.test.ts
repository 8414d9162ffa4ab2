// An operation that will go says so in the contract and on every answer.

import { randomUUID } from 'node:crypto';
import t from 'tap';
import { Type } from 'typebox';
import { registerContract } from '../../../src/platform/http/contract/contract.ts';
import type { Deprecation } from '../../../src/platform/http/deprecation.ts';
import type { Handlers } from '../../../src/platform/http/handlers.ts';
import { operationsOf } from '../../../src/platform/http/operations.ts';
import { createServer } from '../../../src/platform/http/server.ts';
import { strictMatch } from '../../strict-match.ts';

const nothing = () => {
  throw new Error('only reads are called');
};
const handlers: Handlers = {
  read: async () => ({}) as never, // whatever an operation answers
  write: nothing,
  writeEach: nothing,
  auditedRead: nothing,
  readPage: nothing,
  stream: nothing,
};

/** A service with one operation, which is deprecated, and one that is not. */
async function serviceWith(deprecated: Deprecation) {
  const app = createServer({ logLevel: 'silent', newId: randomUUID });
  await registerContract(app);
  const { get } = operationsOf(app, handlers, 'policies');
  const common = { summary: '旧 · old', description: '旧的操作。', answer: Type.Object({}), run: nothing };
  get('/v1/old', { id: 'listPolicies', ...common, deprecated });
  get('/v1/new', { id: 'getPolicy', ...common });
  await app.ready();
  return app;
}

t.test(
  'a deprecated operation names its days in the contract and on every answer, refusals too',
  async (t) => {
    const app = await serviceWith({ since: '2026-07-01', sunset: '2027-07-01' });
    t.teardown(() => app.close());
    // The casts: of the contract what is looked at.
    const { paths = {} } = app.swagger() as { paths?: Record<string, { get?: Record<string, unknown> }> };
    strictMatch(t, paths['/v1/old']?.get, { deprecated: true, 'x-sunset': '2027-07-01' });
    t.match(paths['/v1/old']?.get?.['description'], /^\*\*已弃用：2026-07-01 起.*2027-07-01 起可能停用/);
    t.match(JSON.stringify(paths['/v1/old']?.get?.['responses']), /"Deprecation":.*"Sunset":/);
    t.notOk(/eprecat|unset/.test(JSON.stringify(paths['/v1/new'])), 'the other one says nothing of it');

    // Midnight in Jingdezhen.
    const told = { deprecation: '@1782835200', sunset: 'Wed, 30 Jun 2027 16:00:00 GMT' };
    const answer = await app.inject('/v1/old');
    t.equal(answer.statusCode, 200);
    strictMatch(t, answer.headers, told);
    const refusal = await app.inject('/v1/old?unknown=1');
    t.equal(refusal.statusCode, 400);
    strictMatch(t, refusal.headers, told);
    const { headers } = await app.inject('/v1/new');
    t.strictSame([headers['deprecation'], headers['sunset']], [undefined, undefined]);
  },
);

t.test('an operation may not go within a year of its deprecation', async (t) => {
  await t.rejects(serviceWith({ since: '2026-07-01', sunset: '2027-06-30' }), /within a year/);
});
