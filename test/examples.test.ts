// The examples of openapi.yaml, run from top to bottom like a newcomer would in Swagger UI: each operation as
// its persona, replacing only ids. Before each succeeds, it is rejected for a role without permission and for
// an invalid request. The city's `call` validates every answer.

import { readFileSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { contractFile } from '../scripts/openapi.ts';
import { isOperationId, permissions } from '../src/platform/access/permissions.ts';
import { answersFile } from '../src/platform/http/contract/answers.ts';
import { contractOf } from '../src/platform/http/contract/contract.ts';
import { sealAll } from '../src/runtime/jobs/sealing.ts';
import { readPersonas } from '../src/sandbox/personas.ts';
import { materialForm } from './applications/material-form.ts';
import { type CallOptions, type City, type Method, type Problem, patient, setup } from './helper.ts';
import { withoutReferences } from './references.ts';
import { contribution, deathOf, held, type Row } from './registers/residents.ts';
import { asShown, shapeOf } from './shown-answers.ts';
import type { RecoveryAnswer } from './steps.ts';

// A quarter, played several times.
t.setTimeout(600_000);

interface Operation {
  readonly operationId: string;
  readonly description: string;
  readonly method: Method;
  readonly path: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Body>> };
  readonly responses: Readonly<
    Record<string, { readonly headers?: object; readonly content?: Readonly<Record<string, object>> }>
  >;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly example?: string | number;
}

interface Body {
  readonly schema: {
    readonly properties?: Readonly<Record<string, { readonly examples?: readonly unknown[] }>>;
  };
  readonly example?: object | string;
  readonly examples?: Readonly<Record<string, { readonly value: object }>>;
}

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const written: Contract = parse(readFileSync(contractFile, 'utf8'));
const contract = withoutReferences(written, written);

const reported = [
  ['reportFalseMaterial', null],
  ['listBars', null],
] as const;

/**
 * What descriptions tell the reader to do first: an example of another operation, or a quality review. Its
 * ids are for this operation only.
 */
const before: Readonly<Record<string, readonly (readonly [operation: string, example: string | null])[]>> = {
  withdrawApplication: [['createApplication', 'toWithdraw']],
  listRecoveries: [['deliverRecords', 'later']],
  dismissRecovery: [['listRecoveries', null]],
  confirmBar: reported,
  dismissBar: reported,
  liftBar: [...reported, ['confirmBar', null]],
};
/**
 * What descriptions tell the reader to repeat before going on; its ids stay. The first run was held and
 * cancelled.
 */
const gatherAnew = [
  ['createDisbursement', null],
  ['getRoster', null],
  ['verifyRoster', 'sign'],
] as const;
const anew: Readonly<Record<string, readonly (readonly [operation: string, example: string | null])[]>> = {
  requestFunds: gatherAnew,
  confirmReissue: [['reissuePayment', null]],
  confirmPayeeChange: [['changeAccount', null]],
  adoptPolicy: [['proposePolicy', null]],
  getReconciliation: [
    ...gatherAnew,
    ['requestFunds', null],
    ['recordFundsReceipt', null],
    ['startPayment', null],
    ['applyPaymentResults', null],
  ],
};
const elsewhere = new Set(
  [...Object.values(before), ...Object.values(anew)].flatMap((turns) =>
    turns.flatMap(([operation, example]) => (example === null ? [] : [turnOf(operation, example)])),
  ),
);

/**
 * Alternatives to the next operation, each in a city that has come as far as the one before. Decisions are
 * sampled for review only where configured.
 */
interface Instead {
  readonly after: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What registers deliver between the two. */
  readonly given?: readonly Row[];
  /** Other prerequisites, which the description states; returns their ids. */
  readonly prepared?: (
    city: City,
    known: ReadonlyMap<string, string>,
  ) => Promise<ReadonlyMap<string, string>>;
}
const everyDecisionDrawn = { SUBSIDY_QUALITY_REVIEW_APPROVALS: '100' };
const deathOfApplicant = [deathOf({ identityNumber: '360299197205111035' }, '2025-07-02')];
const instead: Readonly<Record<string, Instead>> = {
  updateDraft: { after: 'createApplication' },
  followApplication: { after: 'submitApplication' },
  listClaimable: { after: 'createApplication', prepared: firstQuarter },
  continueApplication: { after: 'createApplication', prepared: firstQuarter },
  requestCorrection: { after: 'submitApplication' },
  // A person whom the registers then exclude.
  declineApplication: {
    after: 'submitApplication',
    given: [held('dishonesty', { identityNumber: '360299197205111035' }, '2025-06-01')],
  },
  // A person whose household is in another street.
  transferApplication: {
    after: 'submitApplication',
    given: [
      {
        ...held('household', { identityNumber: '360299197205111035' }, '2025-05-01'),
        street: '360203003',
      },
    ],
  },
  acceptApplications: { after: 'submitApplication' },
  attestRecords: { after: 'acceptApplication' },
  recordNoticeDeliveries: { after: 'getNoticeFile' },
  compareApplications: { after: 'acceptApplication' },
  decideApplications: { after: 'compareApplication' },
  verifyRosters: { after: 'getRoster' },
  holdLine: { after: 'getRoster' },
  getQualityReview: { after: 'decideApplication', environment: everyDecisionDrawn },
  confirmDecision: { after: 'decideApplication', environment: everyDecisionDrawn },
  sendBackDecision: { after: 'decideApplication', environment: everyDecisionDrawn },
  undoDecision: { after: 'decideApplication' },
  confirmBar: { after: 'acceptApplication' },
  dismissBar: { after: 'acceptApplication' },
  liftBar: { after: 'acceptApplication' },
  decideAppeal: { after: 'getAppeal', prepared: paperOfAppeal },
  proposeHeir: { after: 'decideApplication', given: deathOfApplicant, prepared: papersOfHeir },
  closeAfterDeath: { after: 'decideApplication', given: deathOfApplicant },
  correctApplicantName: { after: 'decideApplication', prepared: identityCard },
  setOffRecovery: { after: 'confirmRecovery', prepared: waitingMonth },
  reverseSetOff: { after: 'confirmRecovery', prepared: monthSetOff },
};

async function paperOf(city: City, known: ReadonlyMap<string, string>, kind: string): Promise<string> {
  const { body: paper } = await patient(city.call)<{ id: string }>(
    'platform-ganfutong',
    'POST',
    `/v1/applications/${known.get('applicationId')}/materials`,
    { ...materialForm(kind), status: 201 },
  );
  return paper.id;
}

/** The identity card that shows the right name. */
async function identityCard(city: City, known: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  return new Map([['materialId', await paperOf(city, known, 'identity-card')]]);
}

async function paperOfAppeal(city: City, known: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  return new Map([['paperId', await paperOf(city, known, 'appeal-paper')]]);
}

async function papersOfHeir(city: City, known: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  return new Map([
    ['deathCertificateId', await paperOf(city, known, 'death-certificate')],
    ['relationProofId', await paperOf(city, known, 'kinship-proof')],
  ]);
}

/** A decided case of the quarter before, of somebody who may claim the second. */
async function firstQuarter(city: City): Promise<Map<string, string>> {
  const somebody = await city.resident();
  await city.deliver([contribution(somebody, '2025-03')]);
  const { id } = await city.approved(somebody, { quarter: '2025Q1', months: ['2025-03'] });
  return new Map([['applicationId', id]]);
}

/** Another granted month of the same person, not gathered, with consent to use it for the debt. */
async function waitingMonth(city: City): Promise<Map<string, string>> {
  const person = {
    ...city.nextResident(),
    identityNumber: '360299197205111035',
    name: '王建国',
    street: '360203007',
    agency: '360203',
  };
  await city.deliver([contribution(person, '2025-03')]);
  const { id } = await city.approved(person, { quarter: '2025Q1', months: ['2025-03'] });
  const { body: consent } = await patient(city.call)<{ id: string }>(
    'platform-ganfutong',
    'POST',
    `/v1/applications/${id}/materials`,
    { ...materialForm('set-off-consent'), status: 201 },
  );
  return new Map([
    ['applicationId', id],
    ['consentMaterialId', consent.id],
  ]);
}

async function monthSetOff(city: City, known: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const ids = await waitingMonth(city);
  const url = `/v1/recoveries/${known.get('recoveryId')}/set-offs`;
  const body = { month: '2025-03', ...Object.fromEntries(ids) };
  const { body: recovery } = await patient(city.call)<RecoveryAnswer>('payer-360203', 'POST', url, {
    body,
    ifMatch: 2,
    status: 200,
  });
  return ids.set('setOffId', recovery.setOffs[0]?.id ?? '');
}

const personas = [...readPersonas().values()];

/** operation → its answer, as the contract shows it. */
const told = new Map<string, unknown>();

t.test('the contract’s examples play a quarter from the registers to a recovery', async (t) => {
  const played = await play(t, await setup(t), contract);
  const written = operationsOf(contract).flatMap((operation) =>
    examplesOf(operation).map((example) => turnOf(operation.operationId, example)),
  );
  t.strictSame([...played, ...Object.keys(instead)].sort(), written.sort(), 'every example has its turn');
});

t.test('each alternative to the next step has an example that works', async (t) => {
  for (const [operation, { after, environment, ...between }] of Object.entries(instead)) {
    await play(t, await setup(t, environment), contract, [after, operation], between);
  }
});

t.test('the contract shows the answers of this story; if not, run npm run examples', async (t) => {
  const names = operationsOf(contract).map(({ operationId }) => operationId);
  const answers = names.flatMap((name) => (told.has(name) ? [[name, told.get(name)] as const] : []));
  const shown = asShown(Object.fromEntries(answers));
  if (process.env['WRITE_EXAMPLES'] === '1')
    writeFileSync(answersFile, `${JSON.stringify(shown, null, 2)}\n`);
  const kept: object = JSON.parse(readFileSync(answersFile, 'utf8'));
  t.strictSame(shapeOf(kept), shapeOf(shown));
});

t.test('the contract’s examples still work years later, as the sandbox then shows them', async (t) => {
  const city = await setup(t);
  city.clock.set('2028-02-29');
  await play(t, city, contractOf(contract, '2028-02-29'));
});

t.test(
  'years later, the examples as committed fail, because the list of dishonest people is out of date',
  async (t) => {
    const city = await setup(t);
    city.clock.set('2028-02-29');
    await t.rejects(play(t, city, contract), { message: /decision: 409 instead of 201/ });
  },
);

/**
 * Plays the contract, each operation once without permission and once rejected before it succeeds; returns
 * every step.
 *
 * @param turn plays the main line through its first operation and then the second; all of it when absent
 */
async function play(
  t: Test,
  city: City,
  contract: Contract,
  turn?: readonly [after: string, other: string],
  { given = [], prepared }: Pick<Instead, 'given' | 'prepared'> = {},
): Promise<ReadonlySet<string>> {
  const operations = operationsOf(contract);
  const mainLine = operations.filter(({ operationId }) => !Object.hasOwn(instead, operationId));
  const last = turn === undefined ? -1 : mainLine.findIndex(({ operationId }) => operationId === turn[0]);
  const others = operations.filter(({ operationId }) => operationId === turn?.[1]);
  const line = turn === undefined ? mainLine : [...mainLine.slice(0, last + 1), ...others];
  const played = new Set<string>();
  let turns = 0;

  async function take(operation: Operation, example: string | null, known: ReadonlyMap<string, string>) {
    const taken = turnOf(operation.operationId, example);
    const { url, options: first } = await requestTo(city, contract, operation, example, known);
    // A new request has a new key.
    const options = played.has(taken) ? { ...first, key: `${first.key}-${turns}` } : first;
    turns += 1;
    const status = Number(Object.keys(operation.responses).find((code) => code.startsWith('2')));
    const answer = await patient(city.call)(personaOf(operation), operation.method, url, {
      ...options,
      status,
    });
    // Rejected rows do not fail a delivery, and many items are counted.
    const { refused = 0 } = answer.body as { refused?: unknown[] | number };
    t.equal(Array.isArray(refused) ? refused.length : refused, 0, `${operation.operationId} keeps every row`);
    const { location } = answer.headers;
    // Whoever made something can read it at once where Location says.
    if (location !== undefined)
      await patient(city.call)(personaOf(operation), 'GET', location, { status: 200 });
    // The service's background work.
    await city.work();
    await sealAll(city.db, 'sha256');
    played.add(taken);
    const isPlain = operation.responses[status]?.content?.['application/json'] !== undefined;
    // The first answer is the contract's example; of an alternative, the one in its own city.
    if (isPlain && (turn === undefined || others.includes(operation)) && !told.has(operation.operationId))
      told.set(operation.operationId, answer.body);
    return idsIn(operation.path, answer.body);
  }

  function operationNamed(name: string): Operation {
    const operation = operations.find(({ operationId }) => operationId === name);
    if (operation === undefined) throw new Error(`${name} is not in the contract`);
    return operation;
  }

  const known = new Map<string, string>();
  for (const operation of line) {
    for (const [name, example] of anew[operation.operationId] ?? []) {
      for (const [id, value] of await take(operationNamed(name), example, known)) known.set(id, value);
    }
    if (others.includes(operation) && given.length > 0) await city.deliver(given);
    const ids = new Map(known);
    if (others.includes(operation) && prepared !== undefined)
      for (const [id, value] of await prepared(city, known)) ids.set(id, value);
    for (const [name, example] of before[operation.operationId] ?? []) {
      for (const [id, value] of await take(operationNamed(name), example, ids)) ids.set(id, value);
    }
    const examples = examplesOf(operation).filter(
      (example) => !elsewhere.has(turnOf(operation.operationId, example)),
    );
    const [first = null] = examples;
    if (turn === undefined || others.includes(operation))
      await refuse(t, city, operation, await requestTo(city, contract, operation, first, ids));
    for (const example of examples) {
      for (const [id, value] of await take(operation, example, ids)) known.set(id, value);
    }
  }
  return played;
}

/** The same request by an actor without permission, and with an unknown field. */
async function refuse(t: Test, city: City, operation: Operation, { url, options }: Request): Promise<void> {
  const { operationId, method } = operation;
  if (!isOperationId(operationId)) return;
  const allowed: object = permissions[operationId].roles;
  const stranger = personas.find(({ role }) => !Object.hasOwn(allowed, role));
  if (stranger === undefined) throw new Error(`everybody may ${operationId}`);
  const forbidden = await patient(city.call)<Problem>(stranger.id, method, url, { ...options, status: 403 });
  t.equal(forbidden.body.code, 'forbidden', `${operationId} is forbidden to ${stranger.role}`);

  const { body } = options;
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
  const more = isJson ? { body: { ...body, unasked: 1 } } : { query: { ...options.query, unasked: '1' } };
  const refused = await patient(city.call)<Problem>(personaOf(operation), method, url, {
    ...options,
    ...more,
    status: 400,
  });
  const pointers = refused.body.errors.map(({ pointer }) => pointer);
  t.strictSame(
    pointers,
    [isJson ? '/body/unasked' : '/query/unasked'],
    `${operationId} says what is unasked`,
  );
}

interface Request {
  readonly url: string;
  readonly options: CallOptions;
}

/** The example as written, except ids, with a key of its own and the version that its persona sees. */
async function requestTo(
  city: City,
  contract: Contract,
  operation: Operation,
  example: string | null,
  known: ReadonlyMap<string, string>,
): Promise<Request> {
  const { url, options } = requestOf(operation, example, known);
  const asks = (name: string) => operation.parameters?.some((one) => one.name === name) === true;
  return {
    url,
    options: {
      ...options,
      key: asks('Idempotency-Key') ? `${operation.operationId}-0001${example ?? ''}` : null,
      ...(asks('If-Match') ? { ifMatch: await etagAbove(city, contract, operation, url) } : {}),
    },
  };
}

/** The ETag of the thing that the operation acts on: the nearest one above its address. */
async function etagAbove(
  city: City,
  { paths }: Contract,
  operation: Operation,
  url: string,
): Promise<string> {
  const path = operation.path.split('/');
  const things = path
    .map((_, index) => index + 1)
    .filter((length) => path[length - 1]?.startsWith('{') === true)
    .filter((length) => {
      const reads = paths[path.slice(0, length).join('/')]?.['get'];
      return reads !== undefined && 'ETag' in Object(reads.responses['200']?.headers);
    });
  const [nearest] = things.toReversed();
  if (nearest === undefined) throw new Error(`nothing with an ETag is above ${operation.path}`);
  const thing = url.split('/').slice(0, nearest).join('/');
  const { headers } = await patient(city.call)(personaOf(operation), 'GET', thing, { status: 200 });
  return headers['etag'] ?? '';
}

/** The example as written, except ids. A parameter or body without an example fails. */
function requestOf(
  { operationId, path, parameters = [], requestBody }: Operation,
  example: string | null,
  known: ReadonlyMap<string, string>,
): Request {
  const exampleOf = ({ name, example }: Parameter): string => {
    if (example === undefined) throw new Error(`${operationId}: ${name} has no example`);
    return String(example);
  };
  const url = path.replaceAll(/([\w-]+)\/\{(\w+)\}/g, (_, collection: string, name: string) => {
    const id = known.get(name === 'id' ? idOf(collection) : name);
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    if (parameter === undefined) throw new Error(`${operationId}: ${name} is not described`);
    return `${collection}/${encodeURIComponent(id ?? exampleOf(parameter))}`;
  });
  const allIn = (place: Parameter['in']) => parameters.filter((one) => one.in === place);
  const query = Object.fromEntries(
    allIn('query').map((one) => [one.name, known.get(one.name) ?? exampleOf(one)]),
  );
  const options = { query, headers: {} };
  const [mediaType, written] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (written === undefined) return { url, options };
  if (mediaType === 'multipart/form-data') {
    const kind = written.schema.properties?.['kind']?.examples?.[0];
    if (typeof kind !== 'string') throw new Error(`${operationId}: kind has no example`);
    const form = materialForm(kind);
    return {
      url,
      options: { ...options, body: form.body, headers: { ...options.headers, ...form.headers } },
    };
  }
  if (mediaType === 'text/csv') {
    const file = withIdsOfFile(String(written.example), known);
    return {
      url,
      options: { ...options, body: file, headers: { ...options.headers, 'content-type': mediaType } },
    };
  }
  const body = example === null ? written.example : written.examples?.[example]?.value;
  if (body === undefined) throw new Error(`${operationId} has no example of its body`);
  return { url, options: { ...options, body: withIds(Object(body), known) } };
}

/** The bank's file with this batch's ids: the row below each header begins with them. */
function withIdsOfFile(text: string, known: ReadonlyMap<string, string>): Buffer {
  const [head, batch = '', titles, line = ''] = text.split('\r\n');
  const row = batch.replace(/^[^,]*/, known.get('batchNumber') ?? '');
  return Buffer.from([head, row, titles, line.replace(/^[^,]*/, known.get('lineId') ?? ''), ''].join('\r\n'));
}

/** Ids that a reader replaces: fields with such names, and the batch number. */
function withIds(body: object, known: ReadonlyMap<string, string>): object {
  return JSON.parse(JSON.stringify(body), (name, value: unknown) => {
    const isId = typeof value === 'string' && (/Id$/.test(name) || name === 'batchNumber');
    return isId ? (known.get(name) ?? value) : value;
  });
}

/** Ids in an answer, by the names that requests use; of a list, the first item's. */
function idsIn(path: string, answer: unknown): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const collection = path.split('/').findLast((part) => !part.startsWith('{')) ?? '';
  function look(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null) return;
    const entries = Array.isArray(value) ? value.slice(0, 1).entries() : Object.entries(value);
    for (const [name, inner] of entries) {
      if (name === 'id' && depth === 0) found.set(idOf(collection), String(inner));
      else if (/Id$|^(batchNumber|verificationCode)$/.test(String(name)) && typeof inner === 'string')
        found.set(String(name), inner);
      else look(inner, name === 'items' || Array.isArray(value) ? depth : depth + 1);
    }
  }
  look(answer, 0);
  return found;
}

/** `recoveryId` for the collection `recoveries`. */
function idOf(collection: string): string {
  return `${collection.replace(/ies$/, 'y').replace(/s$/, '')}Id`;
}

function operationsOf({ paths }: Contract): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method: method.toUpperCase() as Operation['method'], // the contract has no other
    })),
  );
}

/** An operation's example names; null where it has only one, or no body. */
function examplesOf({ requestBody }: Operation): (string | null)[] {
  const [body] = Object.values(requestBody?.content ?? {});
  return body?.examples === undefined ? [null] : Object.keys(body.examples);
}

function turnOf(operation: string, example: string | null): string {
  return example === null ? operation : `${operation}, ${example}`;
}

/** The persona that the operation names; none where no token is required. */
function personaOf({ description }: Operation): string | null {
  return /Sandbox persona:\*\* `([^`]+)`/.exec(description)?.[1] ?? null;
}
