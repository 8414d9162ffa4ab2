// Every look is recorded: a read that returns facts of a person is recorded before the answer is sent, and appears in
// the access report.

import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Static } from 'typebox';
import { parse } from 'yaml';
import { contractFile } from '../../../scripts/openapi.ts';
import type { Access } from '../../../src/oversight/reveals/schemas.ts';
import { writeAsService } from '../../../src/platform/write-context.ts';
import { enterAllLooks, sealAll } from '../../../src/runtime/jobs/sealing.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import { passingRequests } from '../../platform/http/requests.ts';
import { withoutReferences } from '../../references.ts';
import { questionAbout } from '../../steps.ts';

type Trace = Static<typeof Access>;

async function reportOf({ call }: City, personId: string, query: Record<string, string> = {}) {
  const url = `/v1/people/${personId}/access-report`;
  const { body } = await call<{ items: Trace[]; next: string | null }>('auditor', 'GET', url, {
    query,
    status: 200,
  });
  return body;
}

t.test(
  'an officer who reads a case is in the access report of its person, with role, facts and purpose',
  async (t) => {
    const city = await setup(t);
    const { call, applied } = city;
    const seen = await applied();
    const other = await applied();
    await call('handler-360203', 'GET', `/v1/applications/${seen.id}`, { status: 200 });
    await call('street-360203007', 'GET', '/v1/applications', { status: 200 });
    await call('platform-ganfutong', 'GET', `/v1/people/${seen.personId}/records`, { status: 403 });
    await call('handler-3602G2', 'GET', `/v1/applications/${seen.id}`, { status: 404 });
    const looks = async (personId: string) =>
      (await reportOf(city, personId)).items
        .filter(({ entryId }) => entryId === null)
        .map(({ operation, role, agencyCode, facts, purpose }) => ({
          operation,
          role,
          agencyCode,
          facts,
          purpose,
        }));
    const ofList = {
      operation: 'listApplications',
      role: 'street-officer',
      agencyCode: '360203007',
      facts: ['case', 'whole-name'],
      purpose: 'handle-case',
    };
    t.strictSame(await looks(seen.personId), [
      {
        operation: 'getApplication',
        role: 'handler',
        agencyCode: '360203',
        facts: ['case', 'identity', 'payment', 'recovery', 'whole-name'],
        purpose: 'handle-case',
      },
      ofList,
    ]);
    t.strictSame(await looks(other.personId), [ofList], 'of whom only the list was read');
    const again = await looks(seen.personId);
    t.strictSame(
      again.slice(2),
      [
        {
          operation: 'getAccessReport',
          role: 'auditor',
          agencyCode: null,
          facts: ['trace'],
          purpose: 'oversee',
        },
      ],
      'the report itself is a look',
    );
  },
);

t.test('the access report comes in pages, with actions and looks in order of time', async (t) => {
  const city = await setup(t);
  const { call, applied, clock } = city;
  const application = await applied();
  for (const hour of ['03', '04', '05']) {
    clock.set(`2025-07-05T${hour}:00:00Z`);
    await call('handler-360203', 'GET', `/v1/applications/${application.id}`, { status: 200 });
  }
  const { items: all } = await reportOf(city, application.personId);
  t.strictSame(
    all.map(({ operation }) => operation),
    ['createApplication', 'submitApplication', 'getApplication', 'getApplication', 'getApplication'],
  );
  const paged: Trace[] = [];
  let after: string | null = null;
  do {
    const page: { items: Trace[]; next: string | null } = await reportOf(city, application.personId, {
      limit: '2',
      ...(after === null ? {} : { after }),
    });
    paged.push(...page.items);
    after = page.next;
  } while (after !== null && paged.length < 20);
  t.strictSame(paged.slice(0, all.length), all);
});

t.test('a person asks for their access report through the platform they are logged in to', async (t) => {
  const { call, resident, applied } = await setup(t);
  const somebody = await resident();
  const application = await applied(somebody);
  await call('handler-360203', 'GET', `/v1/applications/${application.id}`, { status: 200 });
  const ask = async (name: string) =>
    (
      await call<{ items: { operation: string; role: string; place: string | null }[] }>(
        'platform-hall',
        'POST',
        '/v1/people/access-reports',
        { body: questionAbout({ ...somebody, name }), key: null, status: 200 },
      )
    ).body;
  const { items } = await ask(somebody.name);
  t.strictSame(
    items.map(({ operation, role }) => [operation, role]),
    [
      ['createApplication', 'platform'],
      ['submitApplication', 'platform'],
      ['askAccessReport', 'platform'],
      ['getApplication', 'handler'],
    ],
  );
  t.ok(items.find(({ role }) => role === 'handler')?.place, 'the agency by its name');
  t.strictSame(await ask('别人'), { items: [], next: null }, 'a wrong name is answered like nobody');
});

t.test('an answer is not sent if its look cannot be recorded', async (t) => {
  const { call, db, applied } = await setup(t);
  const application = await applied();
  await db.pool.query('alter table look add constraint nothing_is_written check (false) not valid');
  const { status, body } = await call<Problem>('handler-360203', 'GET', `/v1/applications/${application.id}`);
  t.strictSame([status, body.code], [500, 'internal']);
  await db.pool.query('alter table look drop constraint nothing_is_written');
  await call('handler-360203', 'GET', `/v1/applications/${application.id}`, { status: 200 });
});

t.test('concurrent looks are all recorded', async (t) => {
  const { call, db, applied } = await setup(t);
  const application = await applied();
  const read = () => call('handler-360203', 'GET', `/v1/applications/${application.id}`, { status: 200 });
  await Promise.all(Array.from({ length: 50 }, read));
  const { rows } = await db.pool.query('select from look');
  t.equal(rows.length, 50);
});

t.test('looks are append-only and in the audit chain, and a change to one is named', async (t) => {
  const city = await setup(t);
  const { call, db, service, applied, services } = city;
  const application = await applied();
  for (const _ of [1, 2]) await call('handler-360203', 'GET', `/v1/applications/${application.id}`);
  await enterAllLooks(services);
  await enterAllLooks(services);
  await sealAll(db, 'sha256');
  const { rows: entries } = await db.pool.query<{ change: { looks: number } }>(
    `select change from audit_entry where operation = 'enterLooks'`,
  );
  t.strictSame(
    entries.map(({ change }) => change.looks),
    [2],
    'entered once',
  );
  const verify = async () =>
    (
      await call<{ intact: boolean; firstBad: { flaw: string } | null }>(
        'auditor',
        'POST',
        '/v1/audit-verifications',
        {
          body: {},
          key: null,
          status: 200,
        },
      )
    ).body;
  t.equal((await verify()).intact, true);
  await t.rejects(service.pool.query(`update look set role = 'auditor'`), /permission denied/);
  await t.rejects(service.pool.query('delete from look'), /permission denied/);
  await t.rejects(db.pool.query('delete from look'), /append-only/);
  await db.pool.query('alter table look disable trigger append_only');
  await db.pool.query(`update look set actor = 'urn:somebody|else' where look_id = 1`);
  t.equal((await verify()).firstBad?.flaw, 'looks-changed');
});

t.test('looks are deleted when they expire, and not before', async (t) => {
  const { call, db, applied, services } = await setup(t);
  const application = await applied();
  await call('handler-360203', 'GET', `/v1/applications/${application.id}`);
  const expire = async () =>
    await writeAsService(services, 'deleteExpired', async ({ tx }) => {
      const { rows } = await db.pool.query<{ gone: number }>(
        `select delete_expired('looks', now(), 100) as gone`,
      );
      t.ok(tx);
      return rows[0]?.gone;
    });
  t.equal(await expire(), 0);
  await db.pool.query('alter table look disable trigger append_only');
  await db.pool.query(`update look set at = now() - interval '4 years'`);
  await db.pool.query('alter table look enable trigger append_only');
  t.equal(await expire(), 1);
});

t.test('every operation that declares which facts it shows records a look at a person', async (t) => {
  const city = await setup(t);
  const requests = await passingRequests(city);
  const { db } = city;
  const showing = showingOperations(readContract());
  const untraced: string[] = [];
  for (const { operation, caller, method, url, options } of requests) {
    if (!showing.includes(operation)) continue;
    const traces = async () =>
      (
        await db.pool.query<{ count: number }>(
          `select (select count(*) from look where operation = $1)::int
            + (select count(*) from audit_entry where operation = $1)::int as count`,
          [operation],
        )
      ).rows[0]?.count ?? 0;
    const before = await traces();
    await city.call(caller, method, url, options);
    if ((await traces()) === before) untraced.push(operation);
  }
  // Figures of an agency and of a disbursement, and the lists requested here, could name a person but name nobody.
  t.strictSame(untraced.sort(), [
    'getDisbursementReconciliation',
    'getReconciliation',
    'listClaimable',
    'listReconciliationEntries',
    'listWebhookDeliveries',
  ]);
});

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema?: Schema }>> }>
  >;
  readonly 'x-leaves-trace-of'?: readonly string[];
}

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Fields whose presence shows that an answer contains facts of a person. */
const factsOfPeople = [
  'personId',
  'applicationId',
  'caseNumber',
  'identityNumber',
  'phone',
  'account',
  'assessment',
  'particulars',
  'lineId',
  'recoveryId',
  'supersededBy',
  'shown',
];

/** Files that name nobody: figures, sums by street, a register's report on its own rows, and an empty form. */
const filesOfNobody = [
  'getStatisticsFile',
  'getFundRequestFile',
  'getRecordDeliveryRefusalsFile',
  'getRecordTemplateFile',
];

function readContract(): Contract {
  const contract: Contract = parse(readFileSync(contractFile, 'utf8'));
  // Whoever acts on a case is named by an account too, which is no fact of the case's person.
  Object.assign(contract.components.schemas, { Officer: {} });
  return withoutReferences(contract, contract);
}

function operationsIn({ paths }: Contract): Operation[] {
  return Object.values(paths).flatMap((methods) => Object.values(methods));
}

function showingOperations(contract: Contract): string[] {
  return operationsIn(contract)
    .filter((operation) => operation['x-leaves-trace-of'] !== undefined)
    .map(({ operationId }) => operationId);
}

/** Operations that return facts of a person without recording a look. Writes have an audit entry. */
function silentOperations(contract: Contract): string[] {
  const { schemas } = contract.components;
  const holdsFacts = (schema: Schema | undefined, seen: ReadonlySet<string> = new Set()): boolean => {
    if (schema === undefined) return false;
    const name = schema.$ref?.split('/').at(-1);
    if (name !== undefined) return !seen.has(name) && holdsFacts(schemas[name], new Set([...seen, name]));
    const { properties = {}, items, additionalProperties, anyOf = [], oneOf = [] } = schema;
    if (Object.keys(properties).some((property) => factsOfPeople.includes(property))) return true;
    const more = typeof additionalProperties === 'object' ? [additionalProperties] : [];
    const inner = [
      ...Object.values(properties),
      ...(items === undefined ? [] : [items]),
      ...more,
      ...anyOf,
      ...oneOf,
    ];
    return inner.some((one) => holdsFacts(one, seen));
  };
  return operationsIn(contract)
    .filter(({ operationId, parameters = [], responses, 'x-leaves-trace-of': traced }) => {
      const isEffect = parameters.some(({ name }) => name === 'Idempotency-Key');
      if (isEffect || traced !== undefined) return false;
      const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
      return Object.entries(success?.content ?? {}).some(([type, { schema }]) =>
        type === 'application/json' ? holdsFacts(schema) : !filesOfNobody.includes(operationId),
      );
    })
    .map(({ operationId }) => operationId);
}

t.test('every operation that by contract returns facts of a person records a look', (t) => {
  const contract = readContract();
  t.strictSame(silentOperations(contract), []);
  t.end();
});

t.test('an operation that does not record its look is detected', (t) => {
  const contract: Contract = JSON.parse(
    JSON.stringify(readContract(), (key, value) => (key === 'x-leaves-trace-of' ? undefined : value)),
  );
  t.strictSame(silentOperations(contract).sort(), showingOperations(readContract()).sort());
  t.end();
});
