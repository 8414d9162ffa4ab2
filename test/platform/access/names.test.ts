// Who sees an applicant's name whole: every role over everything that has a name, and what the access report says of it.

import { readFileSync } from 'node:fs';
import { readSheet } from 'read-excel-file/node';
import t from 'tap';
import type { Static } from 'typebox';
import { extractText, getDocumentProxy } from 'unpdf';
import { parse } from 'yaml';
import { contractFile } from '../../../scripts/openapi.ts';
import { naming } from '../../../src/oversight/reveals/operations.ts';
import type { Access } from '../../../src/oversight/reveals/schemas.ts';
import { nameFor } from '../../../src/platform/access/names.ts';
import { ApplicantName } from '../../../src/platform/http/contract/schemas.ts';
import { setup } from '../../helper.ts';
import { withoutReferences } from '../../references.ts';
import { cleanRecords, contribution } from '../../registers/residents.ts';

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
  readonly 'x-leaves-trace-of'?: readonly string[];
}

/** Signed by a street that has read the roster, which is told. */
const ofManyPeople = ['verifyRoster'];

const name = '金丝雀鸢';
const masked = '金***';

const city = await setup(t);
const somebody = { ...city.nextResident(), name };
await city.deliver(cleanRecords(somebody, ['2025-04', '2025-05', '2025-06']), '2025-06');
const { id, personId } = await city.approved(somebody);
const batch = await city.inPayment();
await city.settled(batch);
await city.deliver([contribution(somebody, '2025-04', { version: 2, refunded: true })]);
await city.work();
const [{ id: noticeId }] = (
  await city.call<{ items: [{ id: string }] }>('handler-360203', 'GET', '/v1/notices', { status: 200 })
).body.items;
const [line] = await city.linesOf(batch);
const [recovery] = (
  await city.call<{ items: { id: string }[] }>('handler-360203', 'GET', '/v1/recoveries', { status: 200 })
).body.items;

const roster = `/v1/disbursements/${batch.id}/rosters/360203007`;
const explanation = `/v1/people/${personId}/months/2025-04/explanation`;
const places = {
  getApplication: `/v1/applications/${id}`,
  listApplications: '/v1/applications',
  getUndertakingFile: `/v1/applications/${id}/undertaking/file`,
  listNotices: '/v1/notices',
  getNotice: `/v1/notices/${noticeId}`,
  getNoticeFile: `/v1/notices/${noticeId}/file`,
  getRoster: roster,
  'getRosterFile, on paper': `${roster}/file?format=pdf`,
  'getRosterFile, as a workbook': `${roster}/file?format=xlsx`,
  listDisbursementLines: `/v1/disbursements/${batch.id}/lines`,
  getDisbursementLine: `/v1/disbursements/${batch.id}/lines/${line?.lineId}`,
  listRecoveries: '/v1/recoveries',
  getRecovery: `/v1/recoveries/${recovery?.id}`,
  getPersonOverview: `/v1/people/${personId}/overview`,
  getMonthExplanation: explanation,
  getMonthExplanationFile: `${explanation}/file`,
} as const;
type Place = keyof typeof places;

async function textOf(content: Buffer, mediaType: string): Promise<string> {
  if (mediaType === 'application/pdf') {
    const { text } = await extractText(await getDocumentProxy(new Uint8Array(content)));
    return text.join('').replaceAll(/\s/g, '');
  }
  return mediaType.startsWith('application/json')
    ? content.toString()
    : JSON.stringify(await readSheet(content));
}

async function seen(caller: string, place: Place): Promise<string> {
  const authorization = `Bearer ${await city.token(caller)}`;
  const answer = await city.app.inject({ url: places[place], headers: { authorization } });
  if (answer.statusCode !== 200) return String(answer.statusCode);
  const text = await textOf(answer.rawPayload, String(answer.headers['content-type']));
  return text.includes(name) ? 'whole' : text.includes(masked) ? 'masked' : 'nobody';
}

const all = (what: string) => Object.fromEntries(Object.keys(places).map((place) => [place, what]));
const ofCases: readonly Place[] = ['getApplication', 'listApplications', 'getUndertakingFile'];
const ofNotices: readonly Place[] = ['listNotices', 'getNotice', 'getNoticeFile'];
const ofRosters: readonly Place[] = [
  'getRoster',
  'getRosterFile, on paper',
  'getRosterFile, as a workbook',
  'listDisbursementLines',
  'getDisbursementLine',
];
const ofExplanations: readonly Place[] = ['getMonthExplanation', 'getMonthExplanationFile'];
const set = (shown: readonly Place[], what: string) =>
  Object.fromEntries(shown.map((place) => [place, what]));

const matrix: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'street-360203007': { ...all('whole'), ...set(ofExplanations, '403') },
  'handler-360203': { ...all('whole'), ...set(ofRosters, '403') },
  'reviewer-360203': { ...all('whole'), ...set(ofRosters, '403') },
  'payer-360203': { ...all('whole'), getUndertakingFile: '403' },
  auditor: { ...all('whole'), getUndertakingFile: '403' },
  'platform-ganfutong': { ...all('403'), ...set([...ofCases, ...ofNotices], 'whole') },
  // The clerk of the money signs for sums, not for people.
  'finance-360203': { ...all('403'), ...set(ofRosters, 'masked') },
  // Nothing of a case beyond the scope.
  'street-360203001': {
    ...all('404'),
    ...set(ofExplanations, '403'),
    listApplications: 'nobody',
    listNotices: 'nobody',
    listRecoveries: 'nobody',
  },
  'handler-360222': {
    ...all('404'),
    ...set(ofRosters, '403'),
    listApplications: 'nobody',
    listNotices: 'nobody',
    listRecoveries: 'nobody',
  },
  'platform-hall': {
    ...all('403'),
    ...set([...ofCases, ...ofNotices], '404'),
    listApplications: 'nobody',
    listNotices: 'nobody',
  },
  'provincial-system': all('403'),
  administrator: all('403'),
};

for (const [caller, expected] of Object.entries(matrix)) {
  t.test(`what ${caller} sees of an applicant's name`, async (t) => {
    const actual: Record<string, string> = {};
    for (const place of Object.keys(places) as Place[]) actual[place] = await seen(caller, place);
    t.strictSame(actual, expected);
  });
}

t.test('the access report says who was given the name whole, and who was not', async (t) => {
  const { body } = await city.call<{ items: Static<typeof Access>[] }>(
    'auditor',
    'GET',
    `/v1/people/${personId}/access-report`,
    { query: { limit: '200' }, status: 200 },
  );
  const told = (role: string, operation: string) =>
    body.items
      .filter((trace) => trace.role === role && trace.operation === operation)
      .map(({ shown }) => shown.includes('name'));
  for (const operation of ['getApplication', 'listApplications', 'listNotices', 'getNotice', 'getNoticeFile'])
    t.ok(told('reviewer', operation).length > 0 && told('reviewer', operation).every(Boolean), operation);
  for (const operation of ['getUndertakingFile', 'acceptApplication'])
    t.ok(told('handler', operation).length > 0 && told('handler', operation).every(Boolean), operation);
  for (const operation of ['getRoster', 'getRosterFile', 'listDisbursementLines', 'getDisbursementLine']) {
    t.ok(told('street-officer', operation).every(Boolean), operation);
    t.ok(told('finance', operation).length > 0, operation);
    t.notOk(told('finance', operation).some(Boolean), `${operation} is masked for the clerk`);
  }
  t.strictSame(told('reviewer', 'decideApplication'), [false], 'whose answer has no name');
});

t.test('every operation that answers with a name tells so in the access report', (t) => {
  const contract: Contract = parse(readFileSync(contractFile, 'utf8'));
  const { description: described } = ApplicantName as { readonly description?: string };
  const silent: string[] = [];
  for (const operation of Object.values(contract.paths).flatMap((methods) => Object.values(methods))) {
    const { operationId, responses, 'x-leaves-trace-of': facts = [] } = operation;
    const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
    const isTold =
      facts.includes('whole-name') || naming.has(operationId) || ofManyPeople.includes(operationId);
    const schemas = withoutReferences(
      contract,
      answers.map(([, { content = {} }]) => Object.values(content)),
    );
    if (JSON.stringify(schemas).includes(JSON.stringify(described)) && !isTold) silent.push(operationId);
  }
  t.strictSame(silent, []);
  t.end();
});

t.test('the service itself and a role without a case get the first character', (t) => {
  for (const role of ['service', 'finance', 'provincial-system', 'administrator'])
    t.equal(nameFor({ role }, name), masked, role);
  t.end();
});
