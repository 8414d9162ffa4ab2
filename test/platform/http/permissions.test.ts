// The permission table against the service: every operation by every role, with everything that belongs to
// another client, street or agency.

import t from 'tap';
import { type Role, roles } from '../../../src/platform/access/actor.ts';
import {
  type Guard,
  type OperationId,
  permissions,
  permit,
  type Relation,
} from '../../../src/platform/access/permissions.ts';
import { createServer } from '../../../src/platform/http/server.ts';
import { type Problem, patient, setup } from '../../helper.ts';
import type { Application, DisbursementAnswer } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';
import { fingerprint } from './fingerprint.ts';
import { type PassingRequest, passingRequests } from './requests.ts';

let isGuarded = true;

/** Disabled: everybody may call everything in their first role, and no store filters. */
const guard: Guard = (actor, operation) => {
  if (isGuarded) return permit(actor, operation);
  const [role] = actor.roles;
  return role === undefined ? null : { role, scope: { relation: 'city' } };
};

const city = await setup(t, {}, { guard });
const { tokenOf, db } = city;
/** A 503 on a busy machine would look like a rejection. */
const call = patient(city.call);
const requests = await passingRequests(city);

/** A place for this role that no request concerns. */
const elsewhere: Readonly<Record<Role, string | null>> = {
  platform: null,
  'provincial-system': null,
  'street-officer': '360203001',
  handler: '3602G2',
  reviewer: '3602G2',
  payer: '3602G2',
  finance: '3602G2',
  auditor: '3602G2',
  administrator: null,
};

const strangers = new Map<string, Promise<string>>();

function strangerAs(role: Role, scope?: string): Promise<string> {
  const key = `${role} ${scope}`;
  const token = strangers.get(key) ?? newStrangerAs(role, scope);
  strangers.set(key, token);
  return token;
}

const newStrangerAs = (role: Role, scope?: string) =>
  tokenOf({
    subject: `stranger-${role}`,
    role,
    agency: elsewhere[role],
    clientId: `client-of-${role}`,
    ...(scope === undefined ? {} : { scope }),
  });

function relationOf(operation: OperationId, role: Role): Relation | undefined {
  const table: Partial<Record<Role, Relation>> = permissions[operation].roles;
  return table[role];
}

/**
 * Rows about no person, which row security does not restrict: policy, calendar, job counts and API clients.
 */
const aboutNobody: ReadonlySet<OperationId> = new Set([
  'listPolicies',
  'getPolicy',
  'getRecordTemplateFile',
  'listCalendarYears',
  'getCalendarYear',
  'addCalendarYear',
  'proposePolicy',
  'listPolicyProposals',
  'getPolicyProposal',
  'rehearsePolicy',
  'adoptPolicy',
  'rejectPolicy',
  'getBackgroundWork',
  'listApiClients',
  'getApiClient',
  'createApiClient',
  'rotateApiClientKey',
]);
/** An eligibility check names its person and ground (test/eligibility/asking.test.ts). */
const asksOnGround: ReadonlySet<OperationId> = new Set([
  'checkEligibility',
  'lookUpPerson',
  'followApplication',
  'askAccessReport',
]);

/** Clients own what they create, and each agency imports its own grants. */
function isOwnDoing(operation: OperationId, relation: Relation | undefined): boolean {
  if (asksOnGround.has(operation)) return relation !== undefined;
  if (operation === 'createApplication' || operation === 'createWebhook') return relation === 'own';
  return (operation === 'checkRecordImport' || operation === 'importRecords') && relation === 'agency';
}

t.test('a role without permission is rejected, and nothing is stored', async (t) => {
  const before = await fingerprint(db);
  let refused = 0;
  for (const { operation, method, url, options } of requests) {
    for (const role of roles) {
      if (relationOf(operation, role) !== undefined) continue;
      const answer = await call<Problem>(await strangerAs(role), method, url, options);
      strictMatch(t, answer, { status: 403, body: { code: 'forbidden' } }, `${operation} as ${role}`);
      refused += 1;
    }
  }
  t.ok(refused > 150, `${refused} pairs`);
  t.strictSame(await fingerprint(db), before);
});

t.test('an administrator neither decides nor pays, and reads no person’s data', (t) => {
  const administered = Object.keys(permissions).filter(
    (operation) => relationOf(operation as OperationId, 'administrator') !== undefined,
  );
  const configuration = [
    'listCalendarYears',
    'getCalendarYear',
    'addCalendarYear',
    'proposePolicy',
    'listPolicyProposals',
    'getPolicyProposal',
    'rehearsePolicy',
    'adoptPolicy',
    'rejectPolicy',
    'getBackgroundWork',
    'listApiClients',
    'getApiClient',
    'createApiClient',
    'rotateApiClientKey',
  ];
  t.strictSame(administered, configuration);
  for (const operation of configuration) t.ok(aboutNobody.has(operation as OperationId), operation);
  t.end();
});

t.test('a token without the scope is rejected before any other error', async (t) => {
  for (const { operation, caller, method, url } of requests) {
    const role = roles.find((one) => relationOf(operation, one) !== undefined);
    if (role === undefined) throw new Error(`nobody may ${operation}`);
    const token = await strangerAs(role, 'openid profile');
    const { status, body } = await call<Problem>(token, method, url, { body: { unheardOf: 1 }, key: null });
    strictMatch(
      t,
      { status, body },
      { status: 403, body: { code: 'forbidden' } },
      `${operation} as ${role}, not as ${caller}`,
    );
  }
});

/** All that is stored, besides answers kept under their keys and the audit of searches, which are asked and find nobody. */
async function effects() {
  const { rows } = await db.pool.query<{ entries: number }>(
    `select count(*) as entries from audit_entry where operation <> 'findPeople'`,
  );
  return { ...(await fingerprint(db)), idempotency_key: '', audit_entry: rows[0]?.entries };
}

t.test('what is outside a role’s scope is not found, by reads, lists and writes', async (t) => {
  const before = await effects();
  for (const { operation, method, url, options } of requests) {
    for (const role of roles) {
      const relation = relationOf(operation, role);
      if (relation === undefined || relation === 'city') continue;
      if (isOwnDoing(operation, relation)) continue;
      const { status, body } = await call<Problem & { items?: { refusal?: Problem }[] }>(
        await strangerAs(role),
        method,
        url,
        options,
      );
      const what = `${operation} as a ${role} from elsewhere`;
      // A list is empty; a batch operation rejects each item.
      const seen = body.items?.filter(({ refusal }) => refusal?.code !== 'not-found');
      if (seen !== undefined) t.strictSame(seen, [], what);
      // Sent by a platform, since a street has other channels too.
      else if (operation === 'createApplication')
        strictMatch(t, body.errors, [{ code: 'other-street' }, { code: 'channel-not-yours' }], what);
      else if (operation === 'getWorkSummary') t.notMatch(JSON.stringify(body), /:[1-9]/, what);
      else if (operation === 'createDisbursement') strictMatch(t, body, { code: 'disbursement-empty' }, what);
      else strictMatch(t, { status, body }, { status: 404, body: { code: 'not-found' } }, what);
    }
  }
  t.strictSame(await effects(), before);
});

/** Operations that answer about unknown people without reading anybody's data. */
const asking: ReadonlySet<OperationId> = new Set([
  'checkEligibility',
  'lookUpPerson',
  'followApplication',
  'findPeople',
  'askAccessReport',
  'verifyAudit',
]);

/** Every id of anything about a person. */
async function namesOnFile(): Promise<ReadonlySet<string>> {
  const { rows } = await db.pool.query<{ name: string }>(`
    select unnest(array[application_id::text, person_id::text, case_number]) as name from application
    union select unnest(array[disbursement_id::text, disbursement_number]) from disbursement
    union select line_id::text from payment_line union select batch_number from payment_file
    union select unnest(array[notice_id::text, notice_number]) from notice union select event_id::text from event
    union select recovery_id::text from recovery union select delivery_id::text from record_delivery
    union select identity_masked from person union select decision_id::text from decision`);
  return new Set(rows.map(({ name }) => name));
}

/** Whether an answer reveals more than its request contained, or had an effect. */
function tells(
  names: ReadonlySet<string>,
  { operation, method, url, options }: PassingRequest,
  { status, body }: { readonly status: number; readonly body: unknown },
): boolean {
  if (status >= 400) return false;
  if (typeof body !== 'object') return true; // a file
  const text = JSON.stringify(body);
  const asked = `${url} ${JSON.stringify(options.body ?? null)}`;
  const isNamed = text.split(/[^\p{L}\d*-]+/u).some((word) => names.has(word) && !asked.includes(word));
  if (isNamed || /"amountFen":[1-9]/.test(text)) return true;
  // Many items are answered one by one; refusing each had no effect.
  if (typeof body === 'object' && body !== null && 'done' in body) return body.done !== 0;
  return method !== 'GET' && !asking.has(operation);
}

/** Who learns or does something without permission, among requests by actors of other places. */
async function trespasses(asked: readonly PassingRequest[]): Promise<string[]> {
  const names = await namesOnFile();
  const found: string[] = [];
  for (const request of asked) {
    const { operation, method, url, options } = request;
    // The file has the same counts as `getStatistics`, which is requested too.
    if (aboutNobody.has(operation) || operation === 'getStatisticsFile') continue;
    for (const role of roles) {
      const relation = relationOf(operation, role);
      if (relation === 'city' || isOwnDoing(operation, relation)) continue;
      const answer = await call(await strangerAs(role), method, url, options);
      if (tells(names, request, answer)) found.push(`${operation} as ${role}: ${answer.status}`);
    }
  }
  return found;
}

t.test('with the application’s permission check disabled, the database still rejects', async (t) => {
  isGuarded = false;
  t.teardown(() => {
    isGuarded = true;
  });
  const before = await effects();
  t.strictSame(await trespasses(requests), []);
  t.strictSame(await effects(), before);

  const { rows: secured } = await db.pool.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace`,
  );
  const switchAll = async (to: 'enable' | 'disable') => {
    for (const { name } of secured) await db.pool.query(`alter table ${name} ${to} row level security`);
  };
  await switchAll('disable');
  const seen = await trespasses(requests.filter(({ method }) => method === 'GET'));
  await switchAll('enable');
  t.ok(seen.length > 100, `without the policies the same looks are seen: ${seen.length}`);
  t.ok(seen.includes('getApplication as finance: 200'));
});

t.test('an unknown id is answered like one outside the scope', async (t) => {
  for (const { operation, caller, method, url, options } of requests) {
    const id = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(url)?.[0];
    if (id === undefined) continue;
    const random = '0198a000-0000-7000-8000-000000000000';
    const { body } = await call<Problem>(caller, method, url.replace(id, random), options);
    t.strictSame([body.code, body.errors], ['not-found', []], operation);
  }
});

t.test('a role with permission is accepted', async (t) => {
  for (const request of requests) {
    for (const role of roles) {
      if (relationOf(request.operation, role) === undefined) continue;
      // Deleted by the first role.
      if (request.method === 'DELETE' && role !== 'platform') continue;
      const { status, body } = await call<Problem>(
        await insider(request, role),
        request.method,
        request.url,
        request.options,
      );
      t.not(status, 401, request.operation);
      t.not(body.code, 'forbidden', `${request.operation} as ${role}`);
      t.not(body.code, 'not-found', `${request.operation} as ${role}`);
    }
  }
});

/** An actor of this role in the place that the request concerns. */
async function insider({ operation, caller, url }: PassingRequest, role: Role): Promise<string> {
  const relation = relationOf(operation, role);
  if (relation === 'own') return caller;
  const agency = {
    city: elsewhere[role],
    bound: await agencyOf(url, caller),
    agency: await agencyOf(url, caller),
    street: await streetOf(url),
    own: null,
  }[relation ?? 'city'];
  return await tokenOf({ subject: `insider-${role}`, role, agency });
}

/** The agency of the case or disbursement, otherwise the acting officer's. */
async function agencyOf(url: string, caller: string): Promise<string> {
  const thing = await thingAt(url);
  return thing?.agencyCode ?? /-(3602\w\w)$/.exec(caller)?.[1] ?? '360203';
}

async function streetOf(url: string): Promise<string> {
  const thing = await thingAt(url);
  return thing === null
    ? '360203007'
    : 'streetCode' in thing
      ? thing.streetCode
      : (thing.rosters[0]?.streetCode ?? '');
}

async function thingAt(url: string): Promise<Application | DisbursementAnswer | null> {
  const path = /^\/v1\/(applications|disbursements)\/[0-9a-f-]{36}/.exec(url)?.[0];
  if (path === undefined) return null;
  return (await call<Application | DisbursementAnswer>('auditor', 'GET', path, { status: 200 })).body;
}

t.test('a route that is neither public nor in the permission table stops the start', async (t) => {
  const build = () => createServer({ logLevel: 'silent', newId: () => 'x' });
  const undeclared = build();
  undeclared.get('/v1/backdoor', async () => 'open');
  await t.rejects(async () => await undeclared.ready(), {
    message: /GET.*\/v1\/backdoor is neither public nor in the table/,
  });

  const unheardOf = build();
  unheardOf.get('/v1/backdoor', { schema: { operationId: 'openBackdoor' } as object }, async () => 'open');
  await t.rejects(async () => await unheardOf.ready(), { message: /neither public nor in the table/ });

  const declared = build();
  declared.get('/v1/health', { config: { public: true } }, async () => 'up');
  await t.resolves(async () => await declared.ready());
});

t.test('every operation of the permission table has a route', (t) => {
  const served = new Set(requests.map(({ operation }) => operation));
  t.strictSame(
    Object.keys(permissions).filter((operation) => !served.has(operation as OperationId)),
    [],
  );
  t.end();
});
