// Sends known identity numbers, accounts, phone numbers and names to every input, in failing requests too. They must
// not appear in any log line, in any answer but those that are there to give them, or in any unencrypted column.

import { createHash } from 'node:crypto';
import t from 'tap';
import { contractOfRoutes } from '../../../scripts/openapi.ts';
import type { Reveal } from '../../../src/oversight/reveals/schemas.ts';
import { seesNames } from '../../../src/platform/access/names.ts';
import { textPattern } from '../../../src/platform/http/contract/schemas.ts';
import { impersonal } from '../../../src/values/personal-numbers.ts';
import { materialForm } from '../../applications/material-form.ts';
import { type Answer, type CallOptions, type Method, setup } from '../../helper.ts';
import { operationsOfContract, type Schema } from '../../platform/http/contract.ts';
import { passingRequests } from '../../platform/http/requests.ts';
import { cleanRecords, contribution, identityNumberOf, type Resident } from '../../registers/residents.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Path = readonly (string | number)[];

// Two thousand requests.
t.setTimeout(180_000);

const canary = {
  identityNumber: identityNumberOf('F', '1979-03-17', 321),
  account: '6217998877665544332',
  phone: '13987654321',
  name: '金丝雀鸢',
};
const numbers = [canary.identityNumber, canary.account, canary.phone];
const values = [...numbers, canary.name];
/** What an operation may return in full. */
const mayShow = new Map([
  ['revealPerson', values],
  ['getPaymentFile', values],
  ['listDecisions', [canary.identityNumber, canary.name]],
  ['listPaymentOutcomes', [canary.identityNumber, canary.name]],
]);
/** What may have the name, for the officers of the case and its platform; test/platform/access/names.test.ts has the matrix. */
const mayName = new Set([
  'createApplication',
  'updateDraft',
  'submitApplication',
  'withdrawApplication',
  'requestCorrection',
  'acceptApplication',
  'declineApplication',
  'getApplication',
  'listApplications',
  'listNotices',
  'getNotice',
  'recordNoticeDelivery',
  'changeAccount',
  'correctApplicantName',
  'proposeHeir',
  'listPayeeChanges',
  'confirmPayeeChange',
  'rejectPayeeChange',
  'getRoster',
  'verifyRoster',
  'listDisbursementLines',
  'getDisbursementLine',
  'listRecoveries',
  'getRecovery',
  'findPeople',
  'getPersonOverview',
  'openRecovery',
  'confirmRecovery',
  'dismissRecovery',
  'recordRepayment',
  'reverseRecovery',
  'setOffRecovery',
  'reverseSetOff',
  'reportFalseMaterial',
]);
const roleOf: Readonly<Record<string, string>> = { street: 'street-officer' };

const city = await setup(t);
const { db, logs } = city;
const operations = new Map(operationsOfContract().map((operation) => [operation.operationId, operation]));
// The cast: the linter validates the contract.
const { components } = (await contractOfRoutes()) as {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};
const shown: string[] = [];

/** Sends a request and records the answer, whatever its status. */
async function send(
  operation: string,
  caller: string | null,
  method: Method,
  url: string,
  options: CallOptions,
): Promise<Answer<unknown>> {
  const answer = await city.call(caller, method, url, options);
  const text = JSON.stringify([answer.headers, answer.body]);
  const [place = ''] = caller?.split('-') ?? [];
  const isNamed = mayName.has(operation) && seesNames(roleOf[place] ?? place);
  const may = [...(mayShow.get(operation) ?? []), ...(isNamed ? [canary.name] : [])];
  const hidden = values.filter((value) => !may.includes(value));
  shown.push(...hidden.filter((value) => text.includes(value)).map((value) => `${value} in ${operation}`));
  return answer;
}

/** Every place in the database where one of the values is readable, as text or bytes. */
async function placesInDump(): Promise<string[]> {
  const { rows: tables } = await db.pool.query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
     where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    for (const value of values) {
      const hex = Buffer.from(value).toString('hex');
      // An unkeyed hash can be reversed by trying all numbers.
      const hashes = ['md5', 'sha1', 'sha256', 'sha512'].map((name) =>
        createHash(name).update(value).digest('hex'),
      );
      const { rows } = await db.pool.query(
        `select 1 from ${name} t where exists (select from unnest($1::text[]) as s (part)
          where strpos(t::text, part) > 0) limit 1`,
        [[value, hex, ...hashes]],
      );
      if (rows.length > 0) found.push(`${value} in ${name}`);
    }
  }
  return found;
}

t.test('the search finds unencrypted values in text, JSON, bytes and the log (self-test)', async (t) => {
  const leaks = [
    [`create table leak as select $1::text as column`, canary.phone],
    [`create table leak as select json_build_object('a', $1::text)::jsonb as column`, canary.name],
    [`create table leak as select convert_to($1, 'UTF8') as column`, canary.identityNumber],
    [`create table leak as select sha256($1::bytea) as column`, canary.account],
  ] as const;
  t.strictSame(await placesInDump(), []);
  for (const [statement, value] of leaks) {
    // A statement that creates a table takes no parameters.
    await db.pool.query(statement.replace('$1', `'${value}'`));
    t.strictSame(await placesInDump(), [`${value} in public.leak`]);
    await db.pool.query('drop table leak');
  }
});

t.test('the canary values go through a whole case, and are shown in full where they must be', async (t) => {
  const somebody: Resident = { ...city.nextResident(), ...canary };
  await city.deliver(cleanRecords(somebody, ['2025-04', '2025-05', '2025-06']), '2025-06');
  const application = await city.approved(somebody);
  const { personId } = application;
  const form = materialForm('contribution-proof', Buffer.from(`%PDF-1.4\n${values.join(' ')}\n%%EOF`));
  const draft = await city.drafted(await city.resident());
  await send('addMaterial', 'platform-ganfutong', 'POST', `/v1/applications/${draft.id}/materials`, form);
  const body = { fields: ['identityNumber', 'account', 'phone', 'name'], purpose: 'verify-identity' };
  const url = `/v1/people/${personId}/reveals`;
  const revealed = await send('revealPerson', 'handler-360203', 'POST', url, { body });
  // The cast: validated against the contract.
  t.match(revealed.body as Reveal, canary);
  const batch = await city.inPayment();
  const fileUrl = `/v1/disbursements/${batch.id}/payment/file`;
  const file = await send('getPaymentFile', 'payer-360203', 'GET', fileUrl, { status: 200 });
  t.match(file.body, new RegExp(`${canary.name},${canary.account}`));
  await city.settled(batch);
  await city.deliver([contribution(somebody, '2025-04', { version: 2, refunded: true })]);
  await city.work();
  const reads = [
    ['getApplication', 'reviewer-360203', `/v1/applications/${application.id}`],
    ['listApplications', 'reviewer-360203', '/v1/applications'],
    ['getDisbursement', 'payer-360203', `/v1/disbursements/${batch.id}`],
    ['getRoster', 'payer-360203', `/v1/disbursements/${batch.id}/rosters/${somebody.street}`],
    ['listRecoveries', 'auditor', '/v1/recoveries'],
    ['getAccessReport', 'auditor', `/v1/people/${personId}/access-report`],
    ['getEntitlement', 'platform-ganfutong', `/v1/people/${personId}/entitlement`],
  ] as const;
  for (const [operation, caller, path] of reads) await send(operation, caller, 'GET', path, { status: 200 });
});

t.test('every free text of a request refuses personal numbers, unless it is encrypted', async (t) => {
  const open = new Set<string>();
  for (const { operationId, body, parameters } of operations.values()) {
    const ofQuery = parameters.filter((one) => one.in === 'query');
    const properties = Object.fromEntries(ofQuery.map(({ name, schema }) => [name, schema]));
    for (const schema of [body?.schema ?? {}, { properties }]) {
      for (const name of openTexts(resolved(schema))) open.add(`${operationId} ${name}`);
    }
  }
  // A cursor, which is read and not stored, and encrypted values.
  const known = /^\w+ (after|identityNumber|name|phone|number|holder)$/;
  t.strictSame(
    [...open].filter((place) => !known.test(place)),
    [],
    'give it Text, or seal it and say so here',
  );
  t.ok(open.size >= 5, 'and the search finds those that are encrypted');
});

t.test('canary values are sent in every field, parameter, header and path of every operation', async (t) => {
  const requests = await passingRequests(city);
  let sent = 0;
  for (const { operation, caller, method, url, options } of requests) {
    const { body } = options;
    const isJson = body !== undefined && !Buffer.isBuffer(body);
    const bodies: unknown[] = [];
    if (isJson) {
      // The cast: a request body is JSON.
      const whole = body as Json;
      const texts = pathsOf(whole).filter(({ value }) => typeof value === 'string');
      for (const { at } of texts) {
        for (const number of numbers)
          bodies.push(replaced(whole, at, number), replaced(whole, at, `请核对${number}号`));
      }
      for (const number of numbers) bodies.push({ ...(whole as object), [number]: number }, number, [number]);
      for (const number of numbers)
        bodies.push(`{"a": ${number} "b"}`, JSON.stringify({ a: number }).slice(0, -2));
      // Not for names of things, such as an API client or a holiday.
      const schema = operations.get(operation)?.body?.schema ?? {};
      const named = texts.filter(
        ({ at }) =>
          ['name', 'holder'].includes(String(at.at(-1))) && schemaAt(schema, at).format !== impersonal,
      );
      for (const { at } of named) bodies.push(replaced(whole, at, canary.name));
    }
    for (const changed of bodies) {
      await send(operation, caller, method, url, { ...options, body: changed });
      sent += 1;
    }
    const content = isJson || body === undefined ? {} : { body };
    const id = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(url)?.[0];
    for (const value of values) {
      const escaped = encodeURIComponent(value);
      // A field error names an unknown field to the caller who invented it, unless the name is a personal number.
      const field = value === canary.name ? 'unheardOf' : value;
      const ascii = value === canary.name ? escaped : value;
      await send(operation, caller, method, url, {
        ...options,
        query: { [field]: value, after: value, state: value },
      });
      if (id !== undefined) await send(operation, caller, method, url.replace(id, escaped), options);
      await send(operation, `Bearer.${ascii}`, method, url, options);
      const headers = {
        ...options.headers,
        'user-agent': ascii,
        'x-request-id': ascii,
        'if-match': `"${ascii}"`,
      };
      await send(operation, caller, method, url, {
        ...options,
        ...content,
        key: ascii.padEnd(12, '-'),
        headers,
      });
      sent += 4;
    }
  }
  for (const value of values) {
    const form = materialForm(value, Buffer.from(value));
    const draft = await city.drafted(await city.resident());
    await send('addMaterial', 'platform-ganfutong', 'POST', `/v1/applications/${draft.id}/materials`, form);
    await send('none', null, 'GET', `/v1/${encodeURIComponent(value)}`, {});
  }
  await city.work();
  t.ok(sent > 500, `${sent} requests`);
});

t.test('no canary value was shown, logged or stored unencrypted', async (t) => {
  t.strictSame([...new Set(shown)], [], 'no answer but those that are there to give them');
  const lines = logs.map((line) => JSON.stringify(line));
  t.ok(lines.length > 500);
  t.strictSame(
    lines.filter((line) => values.some((value) => line.includes(value))).slice(0, 5),
    [],
    'no line of the log',
  );
  t.strictSame(await placesInDump(), [], 'no column');
  t.strictSame(logs.filter(({ level }) => Number(level) >= 50).slice(0, 5), [], 'and no fault of ours');
});

t.test('a database error is logged without the values it names', async (t) => {
  const before = logs.length;
  const error = await db.pool
    .query('select $1::int', [canary.phone + canary.identityNumber])
    .catch((caught: unknown) => caught);
  city.app.log.error({ err: new Error('not stored', { cause: error }) }, 'broken assumption');
  const line = JSON.stringify(logs.slice(before));
  t.match(line, /22P02|22003/);
  t.match(line, /not stored/);
  t.notOk(values.some((value) => line.includes(value)));
});

function resolved(schema: Schema): Schema {
  return components.schemas[schema.$ref?.replace('#/components/schemas/', '') ?? ''] ?? schema;
}

/** The schema at a path of a body; of several alternatives the first that has the path. */
function schemaAt(schema: Schema, [first, ...rest]: Path): Schema {
  const whole = resolved(schema);
  if (first === undefined) return whole;
  for (const one of [whole, ...membersOf(whole)]) {
    const inner = typeof first === 'number' ? one.items : one.properties?.[first];
    if (inner !== undefined) return schemaAt(inner, rest);
  }
  return {};
}

/** The members of a union, of unions within it too. */
function membersOf({ anyOf, oneOf }: Schema): readonly Schema[] {
  const members = (anyOf ?? oneOf ?? []).map(resolved);
  return [...members, ...members.flatMap(membersOf)];
}

/** Names of the fields below a schema in which any text is allowed, and personal numbers too. */
function openTexts(schema: Schema, name = ''): string[] {
  const { properties = {}, items, type, format, pattern, enum: list } = schema;
  const isOpen =
    type === 'string' &&
    format === undefined &&
    list === undefined &&
    (pattern ?? textPattern) === textPattern;
  return [
    ...(isOpen && !('const' in schema) ? [name] : []),
    ...Object.entries(properties).flatMap(([field, inner]) => openTexts(resolved(inner), field)),
    ...(items === undefined ? [] : openTexts(resolved(items), name)),
    ...membersOf(schema).flatMap((inner) => openTexts(inner, name)),
  ];
}

/** Every value of a body with its path. */
function pathsOf(value: Json, at: Path = []): { at: Path; value: Json }[] {
  const below =
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([name, inner]) =>
          pathsOf(inner, [...at, Array.isArray(value) ? Number(name) : name]),
        );
  return [{ at, value }, ...below];
}

function replaced(value: Json, at: Path, by: Json): Json {
  const [first, ...rest] = at;
  if (first === undefined) return by;
  if (Array.isArray(value))
    return value.map((item, index) => (index === first ? replaced(item, rest, by) : item));
  const fields: Readonly<Record<string, Json>> =
    typeof value === 'object' && value !== null ? (value as Record<string, Json>) : {};
  return { ...fields, [first]: replaced(fields[first] ?? null, rest, by) };
}
