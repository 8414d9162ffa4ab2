// Paged lists: every item once, in one order, even if some are added meanwhile; only issued cursors are
// accepted.

import t from 'tap';
import { type Problem, setup } from '../../helper.ts';
import { strictMatch } from '../../strict-match.ts';
import { operationsOfContract } from './contract.ts';

interface Page {
  readonly items: readonly { readonly id: string }[];
  readonly next: string | null;
}

const city = await setup(t);
const { call, drafted, resident, applicationOf } = city;
const platform = 'platform-ganfutong';
const url = '/v1/applications';

t.test('pages contain every item once and in order, including those added meanwhile', async (t) => {
  const made: string[] = [];
  for (const _ of [1, 2, 3, 4, 5]) made.push((await drafted(await resident())).id);
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const query: Record<string, string> = { limit: '2', ...(after === null ? {} : { after }) };
    const { body } = await call<Page>(platform, 'GET', url, { query, status: 200 });
    t.ok(body.items.length <= 2);
    seen.push(...body.items.map(({ id }) => id));
    after = body.next;
    if (seen.length === 2) made.push((await drafted(await resident())).id);
  } while (after !== null);
  t.strictSame(seen, made);
  t.strictSame(seen, seen.toSorted());
});

t.test('the same cursor gives the same page', async (t) => {
  const first = await call<Page>(platform, 'GET', url, { query: { limit: '2' } });
  const query = { limit: '2', after: first.body.next ?? '' };
  const page = await call<Page>(platform, 'GET', url, { query });
  t.strictSame((await call<Page>(platform, 'GET', url, { query })).body, page.body);
});

t.test('a cursor that this service did not issue is rejected', async (t) => {
  const { body } = await call<Page>(platform, 'GET', url, { query: { limit: '2' } });
  const next = body.next ?? '';
  const id = body.items[1]?.id ?? '';
  const others = [
    '',
    'x',
    id,
    `${next}=`,
    `${next}A`,
    next.slice(0, -1),
    next.toUpperCase(),
    Buffer.from(`${id}'`).toString('base64url'),
    '\u0000',
    'x'.repeat(101),
  ];
  for (const after of others) {
    const answer = await call<Problem>(platform, 'GET', url, { query: { after } });
    strictMatch(
      t,
      answer,
      { status: 400, body: { errors: [{ pointer: '/query/after' }] } },
      JSON.stringify(after.slice(0, 50)),
    );
  }
});

t.test('a page has one to 200 items', async (t) => {
  for (const [limit, status] of Object.entries({
    1: 200,
    200: 200,
    201: 400,
    0: 400,
    '-1': 400,
    '1.5': 400,
    ten: 400,
  })) {
    t.equal((await call(platform, 'GET', url, { query: { limit } })).status, status, limit);
  }
});

t.test('a page has fifty items by default', async (t) => {
  const applicant = await resident();
  for (const _ of Array.from({ length: 50 })) {
    await call(platform, 'POST', url, { body: applicationOf(applicant), status: 201 });
  }
  const { body } = await call<Page>(platform, 'GET', url);
  t.equal(body.items.length, 50);
  t.type(body.next, 'string');
});

t.test('another caller’s cursor reveals none of their items', async (t) => {
  const { body } = await call<Page>(platform, 'GET', url, { query: { limit: '1' } });
  const foreign = await call<Page>('platform-hall', 'GET', url, { query: { after: body.next ?? '' } });
  t.strictSame(foreign.body, { items: [], next: null });
});

t.test('every paged list has the same two parameters', (t) => {
  const parametersOf = (operation: ReturnType<typeof operationsOfContract>[number]) =>
    operation.parameters.filter((one) => one.in === 'query').map(({ name }) => name);
  const lists = operationsOfContract().filter((operation) => parametersOf(operation).includes('after'));
  t.ok(lists.length >= 3);
  for (const list of lists) t.ok(parametersOf(list).includes('limit'), list.operationId);
  t.end();
});

t.test('a known filter selects, and none is ignored', async (t) => {
  const submitted = await city.applied();
  const bySubmitted = await call<Page>(platform, 'GET', url, { query: { state: 'submitted' } });
  t.strictSame(
    bySubmitted.body.items.map(({ id }) => id),
    [submitted.id],
  );
  for (const query of [{ quarter: '2025Q1' }, { channel: 'wujia2-platform' }, { streetCode: '360202001' }]) {
    t.strictSame((await call<Page>(platform, 'GET', url, { query })).body.items, [], JSON.stringify(query));
  }
});
