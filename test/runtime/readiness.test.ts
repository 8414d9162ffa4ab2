// Readiness reports the last check of the database and its age.

import t from 'tap';
import { openDatabase } from '../../src/platform/database/connect.ts';
import { testDatabase } from '../database.ts';
import { cityOn, type Problem } from '../helper.ts';
import { openNetwork } from '../network.ts';
import { comesTrue } from '../program.ts';

interface Readiness {
  readonly status: string;
  readonly ageSeconds: number | null;
}

t.test(
  'readiness reports an unresponsive database within seconds, with the age of its last answer',
  async (t) => {
    const database = await testDatabase(t);
    const network = await openNetwork(t, database.serviceUrl);
    const service = openDatabase({
      url: network.url,
      poolSize: 6,
      random: Math.random,
      onIdleError: () => {},
    });
    t.teardown(() => service.close());
    const { call } = await cityOn(t, { ...database, service, serviceUrl: network.url }, {});
    const ready = () => call<Readiness>(null, 'GET', '/health/ready');
    t.ok(await comesTrue(async () => (await ready()).status === 200, 7_000));
    t.equal((await ready()).body.status, 'up');
    network.swallow();
    t.ok(await comesTrue(async () => (await ready()).status === 503, 7_000));
    const silent = await ready();
    t.equal(silent.body.status, 'database-unavailable');
    t.ok((silent.body.ageSeconds ?? 0) >= 2, `${silent.body.ageSeconds} s`);
    network.heal();
    t.ok(await comesTrue(async () => (await ready()).status === 200, 10_000), 'and so is its return');
    t.ok(((await ready()).body.ageSeconds ?? 9) <= 2);
  },
);

t.test('health refuses a request with a body, as the contract says', async (t) => {
  const { call } = await cityOn(t, await testDatabase(t), {});
  for (const url of ['/health/live', '/health/ready']) {
    const { status, body } = await call<Problem>(null, 'GET', url, { body: { ask: 1 } });
    t.strictSame(
      [status, body.code, body.errors.map(({ code }) => code)],
      [400, 'invalid-fields', ['unknown-field']],
    );
  }
});
