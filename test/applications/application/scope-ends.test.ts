// A withdrawn case gives no scope, and an auditor bound to an agency sees only that agency.

import t from 'tap';
import type { RowScope } from '../../../src/platform/database/row-scope.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { type City, setup } from '../../helper.ts';
import { householdIn } from '../../registers/residents.ts';
import type { Application } from '../../steps.ts';

const about = ['person_name', 'record', 'term', 'subsidy_month', 'person'] as const;

/** How many rows about a person an actor sees, by table. */
async function rowsSeen(
  { service }: City,
  scope: RowScope,
  personId: string,
): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (const table of about) {
    const rows = await transact(service, scope, (tx) =>
      tx.selectFrom(camel(table)).select('personId').where('personId', '=', personId).execute(),
    );
    seen[table] = rows.length;
  }
  return seen;
}

const camel = (table: (typeof about)[number]) =>
  ({
    person_name: 'personName',
    record: 'record',
    term: 'term',
    subsidy_month: 'subsidyMonth',
    person: 'person',
  })[table] as 'record';

async function scopesOf({ db }: City, { id }: Application): Promise<Record<'platform' | 'street', RowScope>> {
  const { rows } = await db.pool.query<{ client: string; street: string }>(
    'select client_id as client, street_code as street from application where application_id = $1',
    [id],
  );
  const [found] = rows;
  if (found === undefined) throw new Error('the case is there');
  const base = { actor: 'urn:test|somebody', caller: 'urn:test|somebody', readsAudit: false };
  return {
    platform: { ...base, relation: 'own', code: found.client },
    street: { ...base, relation: 'street', code: found.street },
  };
}

t.test(
  'after the only case is withdrawn, platform and street see nothing of the person but that case',
  async (t) => {
    const city = await setup(t);
    const first = await city.resident();
    const granted = await city.approved(first);
    const submitted = await city.applied();
    const { personId } = submitted;
    const scopes = await scopesOf(city, submitted);
    for (const scope of Object.values(scopes)) {
      const before = await rowsSeen(city, scope, personId);
      t.ok((before['record'] ?? 0) > 0, `${scope.relation} sees records while the case is open`);
    }
    await city.act('platform-ganfutong', submitted, 'withdrawal');
    for (const scope of Object.values(scopes)) {
      t.strictSame(
        await rowsSeen(city, scope, personId),
        { person_name: 0, record: 0, term: 0, subsidy_month: 3, person: 1 },
        `${scope.relation}: the months of that case, and no records, names and term`,
      );
      const decided = await rowsSeen(city, scope, granted.personId);
      t.ok((decided['record'] ?? 0) > 0, 'a decided case keeps its scope');
    }
    for (const by of ['platform-ganfutong', 'street-360203007'])
      await city.call(by, 'GET', `/v1/applications/${submitted.id}`, { status: 200 });
    const body = { fields: ['phone'], purpose: 'contact-applicant' };
    for (const [{ personId: asked }, status] of [
      [submitted, 404],
      [granted, 200],
    ] as const)
      await city.call('street-360203007', 'POST', `/v1/people/${asked}/reveals`, { body, key: null, status });
  },
);

t.test(
  'a withdrawn case gives a street no access to records of a person whose household is elsewhere',
  async (t) => {
    const city = await setup(t);
    const somebody = await city.resident();
    const submitted = await city.applied(somebody);
    const url = `/v1/people/${submitted.personId}/records`;
    // The household has moved since.
    await city.deliver([householdIn(somebody, '360202001', 2)]);
    await city.call('street-360203007', 'GET', url, { status: 200 });
    await city.act('platform-ganfutong', await city.read(submitted), 'withdrawal');
    await city.call('street-360203007', 'GET', url, { status: 404 });
  },
);

t.test('an auditor of one agency sees only its cases, audit entries and reveals', async (t) => {
  const city = await setup(t);
  const { call, tokenOf } = city;
  const here = await city.applied();
  const elsewhere = await city.applied(await city.resident({ street: '360202001', agency: '360202' }));
  await call('handler-360203', 'GET', `/v1/applications/${here.id}`, { status: 200 });
  const bound = await tokenOf({ subject: 'bound-auditor', role: 'auditor', agency: '360203' });
  const { body: cases } = await call<{ items: Application[] }>(bound, 'GET', '/v1/applications', {
    status: 200,
  });
  t.strictSame(
    cases.items.map(({ id }) => id),
    [here.id],
  );
  await call(bound, 'GET', `/v1/applications/${elsewhere.id}`, { status: 404 });
  const { body: entries } = await call<{ items: { personId: string | null }[] }>(
    bound,
    'GET',
    '/v1/audit-entries',
    {
      status: 200,
    },
  );
  t.ok(entries.items.length > 0);
  t.notOk(entries.items.some(({ personId }) => personId === elsewhere.personId));
  const report = (personId: string, status: number) =>
    call<{ items: { operation: string }[] }>(bound, 'GET', `/v1/people/${personId}/access-report`, {
      status,
    });
  const { body: told } = await report(here.personId, 200);
  t.ok(told.items.some(({ operation }) => operation === 'getApplication'));
  await report(elsewhere.personId, 404);
  await call(bound, 'POST', '/v1/audit-verifications', { body: {}, key: null, status: 200 });
});
