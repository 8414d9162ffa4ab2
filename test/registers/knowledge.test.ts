// What was known about a person at a moment, and who may read it.

import t from 'tap';
import type { Static } from 'typebox';
import type { KnownRecord } from '../../src/registers/records/schemas.ts';
import { setup } from '../helper.ts';
import { contribution, held, keyOf, type Resident } from './residents.ts';

const city = await setup(t);
const { call, clock, deliver, lookedUp, resident, nextResident, applied } = city;

type Known = Static<typeof KnownRecord>;

async function known(
  caller: string,
  personId: string,
  query: Record<string, string> = {},
): Promise<readonly Known[]> {
  const { body } = await call<{ items: Known[] }>(caller, 'GET', `/v1/people/${personId}/records`, {
    query,
    status: 200,
  });
  return body.items;
}

async function personOf(somebody: Resident): Promise<string> {
  return (await lookedUp(somebody, 'handler-360203')) ?? '';
}

t.test('what was known of a person at a moment stays readable after corrections and deletions', async (t) => {
  const somebody = await resident();
  const personId = await personOf(somebody);
  const training = held('skills-training', somebody, '2025-04-01', '2025-04-30');
  clock.set('2025-07-06');
  await deliver([training]);
  clock.set('2025-07-08');
  await deliver([{ ...training, version: 2, to: '2025-05-31' }]);
  clock.set('2025-07-10');
  const { kind, sourceKey, identityNumber } = training;
  await deliver([{ kind, sourceKey, identityNumber, version: 3, removed: true }]);

  const endsAt = async (knownAt: string) =>
    (await known('handler-360203', personId, { kind: 'skills-training', knownAt })).map(({ to }) => to);
  t.strictSame(await endsAt('2025-07-05T12:00:00Z'), []);
  t.strictSame(await endsAt('2025-07-07T12:00:00Z'), ['2025-04-30']);
  t.strictSame(await endsAt('2025-07-09T12:00:00Z'), ['2025-05-31']);
  t.strictSame(await endsAt('2025-07-11T12:00:00Z'), []);
  const [first] = await known('auditor', personId, {
    kind: 'skills-training',
    knownAt: '2025-07-07T12:00:00Z',
  });
  t.equal(first?.supersededAt, '2025-07-08T02:00:00.000000Z');
});

t.test(
  'the agency and street of the case or household, and the auditor, can read a person’s records',
  async (t) => {
    const somebody = await resident();
    const personId = await personOf(somebody);
    const url = `/v1/people/${personId}/records`;
    for (const caller of [
      'handler-360203',
      'reviewer-360203',
      'payer-360203',
      'street-360203007',
      'auditor',
    ]) {
      t.ok((await known(caller, personId)).length > 0, caller);
    }
    for (const caller of ['handler-360202', 'street-360202001']) {
      await call(caller, 'GET', url, { status: 404 });
    }
    await call('platform-ganfutong', 'GET', url, { status: 403 });
    await call('provincial-system', 'GET', url, { status: 403 });

    t.test('a person who has moved away stays in scope of the agency that has their case', async () => {
      await applied(somebody);
      const household = (version: number, more: object) => ({
        kind: 'household',
        sourceKey: `household-${keyOf(somebody)}`,
        version,
        identityNumber: somebody.identityNumber,
        from: '1990-01-01',
        ...more,
      });
      await deliver([household(2, { street: '360202001' })]);
      t.ok((await known('handler-360203', personId)).length > 0, 'by its case');
      t.ok((await known('handler-360202', personId)).length > 0, 'by its household');
    });
  },
);

t.test('a list of records contains no names and is paged', async (t) => {
  const somebody = await resident();
  const personId = await personOf(somebody);
  const { body } = await call<{ items: Known[]; next: string }>(
    'auditor',
    'GET',
    `/v1/people/${personId}/records`,
    {
      query: { limit: '2' },
      status: 200,
    },
  );
  t.equal(body.items.length, 2);
  const rest = await known('auditor', personId, { after: body.next });
  const ids = [...body.items, ...rest].map(({ id }) => id);
  t.strictSame(ids, [...new Set(ids)].sort());
  t.notMatch(JSON.stringify([body, rest]), new RegExp(`${somebody.identityNumber}|${somebody.name}`));
});

t.test(
  'officers see a different spelling of a name in a register with its source, and platforms do not',
  async (t) => {
    const somebody = await resident();
    const application = await applied(somebody);
    const renamed = { ...contribution(somebody, '2025-03'), name: '王健国' };
    await call('provincial-system', 'POST', '/v1/record-deliveries', {
      body: { source: 'jx-public-security', rows: [renamed] },
      status: 201,
    });
    const warningsFor = async (caller: string) => {
      const { body } = await call<{ warnings: { code: string; detail: string }[] }>(
        caller,
        'GET',
        `/v1/applications/${application.id}`,
        { status: 200 },
      );
      return body.warnings.filter(({ code }) => code === 'names-differ');
    };
    const [warning, ...others] = await warningsFor('handler-360203');
    t.strictSame(others, []);
    t.match(warning?.detail, /省公安户籍系统.*王\*\*/);
    t.strictSame(await warningsFor('platform-ganfutong'), []);
  },
);

t.test('one identity number written in two ways is one person', async (t) => {
  const somebody = nextResident({ sex: 'F' });
  const spelled = ` ${somebody.identityNumber.toLowerCase().replace('3', '３')} `;
  await deliver([contribution({ ...somebody, identityNumber: spelled }, '2025-01')]);
  await deliver([contribution(somebody, '2025-02')]);
  const personId = await personOf(somebody);
  t.equal((await known('auditor', personId)).length, 2);
});
