// Limits hold for two started replicas on one database together.

import t from 'tap';
import { revealsPerHour } from '../../src/registers/reveals/limits.ts';
import { testDatabase } from '../database.ts';
import type { CallOptions, Method } from '../helper.ts';
import { replicas, sharedBy, standing, takingTurns } from '../replicas.ts';
import { createSteps, questionAbout } from '../steps.ts';

t.setTimeout(120_000);

const database = await testDatabase(t);
const services = await replicas(t, 2, {
  ...sharedBy(t, database),
  SUBSIDY_REPLICAS: '2',
  SUBSIDY_RATE_LIMIT: '100',
  SUBSIDY_ADDRESS_LIMIT: '80',
  SUBSIDY_FAILURE_LIMIT: '20',
  SUBSIDY_PEOPLE_PER_OFFICER: '5',
  SUBSIDY_TRUSTED_PROXIES: '127.0.0.1',
});
const call = takingTurns(services);
const { resident, applied, nextResident } = createSteps(call, standing);

interface Requests {
  readonly by: string | null;
  readonly method?: Method;
  readonly path: string;
  /** By its place in the series. */
  readonly options?: (place: number) => CallOptions;
}

/** How many of a series of requests were answered with each status, sent to the replicas in turn, some at once. */
async function tally(count: number, { by, method = 'GET', path, options = () => ({}) }: Requests) {
  const statuses: number[] = [];
  for (let sent = 0; sent < count; sent += 12) {
    const places = Array.from({ length: Math.min(12, count - sent) }, (_, index) => sent + index);
    const answers = await Promise.all(places.map((place) => call(by, method, path, options(place))));
    statuses.push(...answers.map(({ status }) => status));
  }
  return Object.fromEntries(
    [...Map.groupBy(statuses, (status) => status)].map(([s, all]) => [s, all.length]),
  );
}

const from = (address: string) => () => ({ headers: { 'x-forwarded-for': address } });

t.test('the requests of one client in a minute', async (t) => {
  const options = (place: number) => from(`10.0.1.${place}`)();
  t.strictSame(await tally(120, { by: 'auditor', path: '/v1/policies', options }), { 200: 100, 429: 20 });
});

t.test('the requests of one address in a minute', async (t) => {
  const requests = { by: 'reviewer-360203', path: '/v1/policies', options: from('10.0.2.1') };
  t.strictSame(await tally(90, requests), { 200: 80, 429: 10 });
});

t.test('the bad tokens of one address in a minute', async (t) => {
  const requests = { by: 'no.such.token', path: '/v1/policies', options: from('10.0.3.1') };
  t.strictSame(await tally(30, requests), { 401: 20, 429: 10 });
});

t.test('the checks of papers from one address in a minute', async (t) => {
  const requests = { by: null, path: '/v1/notice-verifications/0000-0000-0000-0000' };
  t.strictSame(await tally(130, { ...requests, options: from('10.0.4.1') }), { 404: 120, 429: 10 });
});

t.test('the questions of one client about one person in a minute', async (t) => {
  const body = questionAbout(nextResident());
  const options = (place: number) => ({ body, key: null, ...from(`10.0.5.${place}`)() });
  const path = '/v1/people/look-ups';
  t.strictSame(await tally(70, { by: 'platform-ganfutong', method: 'POST', path, options }), {
    200: 60,
    429: 10,
  });
});

t.test('the people whom one officer asks about in a day', async (t) => {
  const options = () => ({ body: questionAbout(nextResident(), 'handler-360281'), key: null });
  const path = '/v1/people/look-ups';
  t.strictSame(await tally(12, { by: 'handler-360281', method: 'POST', path, options }), { 200: 5, 429: 7 });
});

t.test('the people whom one officer sees in full in an hour', async (t) => {
  const { personId } = await applied(await resident());
  const body = { fields: ['phone'], purpose: 'contact-applicant' };
  const path = `/v1/people/${personId}/reveals`;
  const options = (place: number) => ({ body, key: null, ...from(`10.0.6.${place}`)() });
  t.strictSame(await tally(36, { by: 'handler-360203', method: 'POST', path, options }), {
    200: revealsPerHour,
    429: 6,
  });
});
