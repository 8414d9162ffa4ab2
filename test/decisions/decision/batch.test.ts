// Deciding many clear cases at once: each on its own, changed cases left out and reported, retries without effect.

import { randomUUID } from 'node:crypto';
import t from 'tap';
import { type City, type Problem, setup } from '../../helper.ts';
import { held } from '../../registers/residents.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

interface Signed {
  readonly done: number;
  readonly refused: number;
  readonly waiting: number;
  readonly items: readonly {
    readonly applicationId: string;
    readonly result: { readonly id: string; readonly amountFen: number } | null;
    readonly refusal: Problem | null;
  }[];
}

async function clearCase(city: City, application?: Application) {
  const one = application ?? (await city.accepted());
  const { id: comparisonId } = await city.compared(one);
  return { applicationId: one.id, version: one.version, comparisonId };
}

function signAll({ call }: City, items: readonly object[], key: string = randomUUID()) {
  return call<Signed>('reviewer-360203', 'POST', '/v1/decisions', { body: { items }, key });
}

t.test(
  'clear cases are approved together; cases that changed, are not clear or belong to another agency are left out and reported',
  async (t) => {
    const city = await setup(t);
    const { resident, accepted, deliver, db, read, reconciliation } = city;
    const clear = [await clearCase(city), await clearCase(city)];
    const changedPerson = await resident();
    const changed = await clearCase(city, await accepted(changedPerson));
    await deliver([held('public-post', changedPerson, '2025-06-01')]);
    const last = await clearCase(city);
    const unclearPerson = await resident();
    await deliver([held('skills-training', unclearPerson, '2025-06-01', '2025-06-30')]);
    const unclear = await clearCase(city, await accepted(unclearPerson));
    const stale = { ...(await clearCase(city)), version: 1 };
    const unknown = { ...last, applicationId: randomUUID() };
    const key = randomUUID();
    const cases = [...clear, changed, unclear, stale, unknown, last];
    const { status, body } = await signAll(city, cases, key);
    t.equal(status, 200);
    t.strictSame(
      body.items.map(({ applicationId }) => applicationId),
      cases.map(({ applicationId }) => applicationId),
    );
    t.strictSame(
      body.items.map(({ refusal }) => refusal?.code ?? null),
      [null, null, 'comparison-stale', 'decision-not-supported', 'precondition-failed', 'not-found', null],
    );
    strictMatch(t, body, { done: 3, refused: 4, waiting: 0 });
    t.strictSame(
      body.items.flatMap(({ result }) => result?.amountFen ?? []),
      [150_000, 150_000, 150_000],
    );
    const oneByOne = body.items[3]?.refusal?.errors ?? [];
    t.ok(oneByOne.some(({ pointer }) => pointer === '/months/2025-06/checks/skills-training'));
    for (const { applicationId } of clear) {
      strictMatch(t, await read({ id: applicationId, agencyCode: '360203' }), { state: 'approved' });
    }
    const { rows: signatures } = await db.pool.query(
      `select count(*) from case_part where part = 'reviewer'`,
    );
    t.strictSame(signatures, [{ count: 3 }], 'each is signed, what was left out is not');
    strictMatch(t, await reconciliation(), { balanced: true, figures: { approved: 450_000 } });

    t.test(
      'a batch sent again with its key gets the same answer, and no case is decided twice',
      async (t) => {
        const again = await signAll(city, cases, key);
        t.equal(again.headers['idempotency-replayed'], 'true');
        t.strictSame(again.body, body);
        const other = await city.call<Problem>('reviewer-360203', 'POST', '/v1/decisions', {
          body: { items: clear },
          key,
          status: 422,
        });
        t.equal(other.body.code, 'idempotency-key-reused');
        const { rows } = await db.pool.query('select count(*) from decision');
        t.strictSame(rows, [{ count: 3 }]);
      },
    );
  },
);

t.test('the retry of an interrupted batch completes it, with the decisions already taken', async (t) => {
  const city = await setup(t);
  const { db } = city;
  const cases = [await clearCase(city), await clearCase(city), await clearCase(city)];
  const key = randomUUID();
  const first = await signAll(city, cases, key);
  strictMatch(t, first.body, { done: 3 });
  // The tables as they are if the process ended before the answer to the whole batch was stored.
  const { rowCount } = await db.pool.query('delete from idempotency_key where key = $1', [key]);
  t.equal(rowCount, 1);
  const again = await signAll(city, cases, key);
  t.strictSame(again.body, first.body);
  const { rows } = await db.pool.query('select count(*) from decision');
  t.strictSame(rows, [{ count: 3 }]);
});

t.test('two officers sign the same batch of decisions: each case is decided once', async (t) => {
  const city = await setup(t);
  const { call, db } = city;
  const cases: Awaited<ReturnType<typeof clearCase>>[] = [];
  for (let index = 0; index < 8; index += 1) cases.push(await clearCase(city));
  const sign = (by: string, ordered: typeof cases) =>
    call<Signed>(by, 'POST', '/v1/decisions', { body: { items: ordered }, status: 200 });
  const [one, other] = await Promise.all([
    sign('reviewer-360203', cases),
    sign('second-reviewer-360203', cases.toReversed()),
  ]);
  t.equal(one.body.done + other.body.done, 8);
  const { rows } = await db.pool.query(
    'select count(*), count(distinct application_id) as cases from decision',
  );
  t.strictSame(rows, [{ count: 8, cases: 8 }]);
  for (const { items } of [one.body, other.body]) {
    for (const { refusal } of items) if (refusal !== null) t.equal(refusal.code, 'precondition-failed');
  }
});

t.test('a batch that lists a case twice, no case, or more than 500 cases is refused whole', async (t) => {
  const city = await setup(t);
  const { call } = city;
  const one = { applicationId: randomUUID(), version: 3, comparisonId: randomUUID() };
  const refused = (items: readonly object[]) =>
    call<Problem>('reviewer-360203', 'POST', '/v1/decisions', { body: { items }, status: 400 });
  await refused([one, one]);
  await refused([]);
  await refused(Array.from({ length: 501 }, () => ({ ...one, applicationId: randomUUID() })));
  await call('handler-360203', 'POST', '/v1/decisions', { body: { items: [one] }, status: 403 });
});
