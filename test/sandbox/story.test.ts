// What the sandbox prepares for operations that end or turn a case. That each operation then succeeds on it is shown in
// test/documentation/remember.test.ts, which uses every preparation.

import Fastify from 'fastify';
import t from 'tap';
import { sandboxStory, sandboxStoryPath } from '../../src/sandbox/story/story.ts';
import { type City, type Problem, setup } from '../helper.ts';

interface Prepared {
  readonly values: Readonly<Record<string, string>>;
  readonly version: number;
}

async function prepared({ app }: City, operation: string): Promise<Prepared> {
  const answer = await app.inject({ method: 'POST', url: `${sandboxStoryPath}/${operation}` });
  t.equal(answer.statusCode, 200, answer.body);
  return answer.json<Prepared>();
}

t.test('an operation is prepared again and again, each time with another case', async (t) => {
  const city = await setup(t);
  const first = await prepared(city, 'withdrawApplication');
  const second = await prepared(city, 'withdrawApplication');
  t.not(first.values['applicationId'], second.values['applicationId']);
  for (const { values, version } of [first, second]) {
    const url = `/v1/applications/${values['applicationId']}/withdrawal`;
    await city.call('platform-ganfutong', 'POST', url, { ifMatch: version, status: 200 });
  }
});

t.test('what is prepared is of another agency, and not in a disbursement of the examples', async (t) => {
  const city = await setup(t);
  await prepared(city, 'undoDecision');
  const { body } = await city.call<Problem>('payer-360203', 'POST', '/v1/disbursements', { status: 409 });
  t.equal(body.code, 'disbursement-empty');
});

t.test('an operation that needs no preparation has none', async (t) => {
  const { app } = await setup(t);
  for (const operation of ['createApplication', 'constructor']) {
    const answer = await app.inject({ method: 'POST', url: `${sandboxStoryPath}/${operation}` });
    t.equal(answer.statusCode, 404, operation);
  }
});

t.test('nothing is prepared in production', async (t) => {
  const app = Fastify();
  const options = { clock: () => Temporal.Now.instant(), environment: 'production' };
  await t.rejects(Promise.resolve(app.register(sandboxStory, options)), { message: /refused in production/ });
});

t.test('a prepared item of many is done, not only answered', async (t) => {
  const city = await setup(t);
  const asked: readonly (readonly [operation: string, by: string, url: string, more: object])[] = [
    ['acceptApplications', 'handler-360202', '/v1/acceptances', {}],
    ['compareApplications', 'reviewer-360202', '/v1/comparisons', {}],
    ['decideApplications', 'reviewer-360202', '/v1/decisions', {}],
    [
      'recordNoticeDeliveries',
      'street-360202001',
      '/v1/notice-deliveries',
      { method: 'phone', outcome: 'told' },
    ],
    ['verifyRosters', 'street-360202001', '/v1/roster-verifications', {}],
  ];
  for (const [operation, by, url, more] of asked) {
    const { version, ...values } = (await prepared(city, operation)).values;
    const item = { ...values, ...(operation === 'compareApplications' ? {} : { version }), ...more };
    const options = { body: { items: [item] }, status: 200 };
    t.equal((await city.call<{ done: number }>(by, 'POST', url, options)).body.done, 1, operation);
  }
});
