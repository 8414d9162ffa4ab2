// How often the acts on a case wait for the database. A wait that is added, or an answer that is read again, fails here.

import t from 'tap';
import { flightsOf } from '../../flights.ts';
import { type CallOptions, setup } from '../../helper.ts';
import type { Application, ComparisonAnswer } from '../../steps.ts';

/** An act's own transaction, without what the service does beside it. */
const own = /idempotency_key/;

t.test(
  'an act on a case waits for the database at most six times, and answers what a reading answers',
  async (t) => {
    const { call, applicationOf, resident } = await setup(t);
    const counts: Record<string, number> = {};
    const post = async <T>(name: string, by: string, url: string, options: CallOptions): Promise<T> => {
      let answer: T | undefined;
      const flights = await flightsOf(async () => {
        answer = (await call<T>(by, 'POST', url, options)).body;
      }, own);
      counts[name] = flights.length;
      return answer as T; // call has answered it
    };
    const read = async (by: string, url: string) => (await call<Application>(by, 'GET', url)).body;

    const platform = 'platform-ganfutong';
    const body = applicationOf(await resident());
    const draft = await post<Application>('createApplication', platform, '/v1/applications', {
      body,
      status: 201,
    });
    const url = `/v1/applications/${draft.id}`;
    t.strictSame(draft, await read(platform, url));
    const submitted = await post<Application>('submitApplication', platform, `${url}/submission`, {
      ifMatch: 1,
      status: 200,
    });
    t.strictSame(submitted, await read(platform, url));
    const [handler, reviewer] = [`handler-${draft.agencyCode}`, `reviewer-${draft.agencyCode}`];
    const accepted = await post<Application>('acceptApplication', handler, `${url}/acceptance`, {
      body: {},
      ifMatch: 2,
      status: 200,
    });
    t.strictSame(accepted, await read(handler, url));
    const { id: comparisonId } = await post<ComparisonAnswer>(
      'compareApplication',
      reviewer,
      `${url}/comparisons`,
      { status: 201 },
    );
    await post('decideApplication', reviewer, `${url}/decision`, {
      body: { comparisonId, outcome: 'approved' },
      ifMatch: 3,
      status: 201,
    });
    t.strictSame(counts, {
      createApplication: 5, // the first: BEGIN and the Idempotency-Key; the last: the kept answer and COMMIT
      submitApplication: 4,
      acceptApplication: 5,
      compareApplication: 4,
      decideApplication: 6,
    });
  },
);
