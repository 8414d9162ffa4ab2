// Many items in one request: each on its own, with its own result, under one Idempotency-Key.

import { randomUUID } from 'node:crypto';
import t from 'tap';
import { mostSeconds } from '../../../src/platform/http/many.ts';
import { testDatabase } from '../../database.ts';
import { type City, cityOn, type Problem, setup } from '../../helper.ts';
import { dataFolder, serve, tokenOf } from '../../program.ts';
import { held } from '../../registers/residents.ts';
import type { Application, DisbursementAnswer } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

t.setTimeout(300_000);

interface Results {
  readonly done: number;
  readonly refused: number;
  readonly waiting: number;
  readonly items: readonly (Readonly<Record<string, unknown>> & {
    readonly result: Readonly<Record<string, unknown>> | null;
    readonly refusal: Problem | null;
  })[];
}

const handler = 'handler-360203';
const reviewer = 'reviewer-360203';
const street = 'street-360203007';

async function send(
  city: City,
  by: string,
  url: string,
  items: readonly object[],
  key: string = randomUUID(),
): Promise<Results> {
  return (await city.call<Results>(by, 'POST', url, { body: { items }, key, status: 200 })).body;
}

async function applied(city: City, count: number): Promise<Application[]> {
  const made: Application[] = [];
  while (made.length < count) made.push(await city.applied());
  return made;
}

function toAccept(cases: readonly Application[]) {
  return cases.map(({ id: applicationId, version }) => ({ applicationId, version }));
}

const codesOf = ({ items }: Results) => items.map(({ refusal }) => refusal?.code ?? null);

/** How often cases were accepted, their applicants told, and both written into the audit. */
async function effectsOf({ db }: Pick<City, 'db'>): Promise<unknown> {
  const { rows } = await db.pool.query(
    `select (select count(*)::int from application where state = 'accepted') as accepted,
       (select count(*)::int from notice where kind = 'acceptance') as notices,
       (select count(*)::int from audit_entry where operation = 'acceptApplications') as audited`,
  );
  return rows[0];
}

t.test(
  'a day of many: accepted, attested, compared, decided, told and verified, each on its own',
  async (t) => {
    const city = await setup(t);
    const cases = await applied(city, 3);
    const listed = await city.resident();
    const hopeless = await city.applied(listed);
    await city.deliver([held('employer-insurance', listed, '2025-03-01')]);
    const elsewhere = await city.applied(await city.resident({ street: '360202001', agency: '360202' }));
    const [first, second, third] = toAccept(cases);
    const reason = '申请人称参保登记有误，已提交更正';
    const accepted = await send(city, handler, '/v1/acceptances', [
      first ?? {},
      { ...toAccept([hopeless])[0] },
      second ?? {},
      { ...toAccept([elsewhere])[0] },
      { ...third, version: 1 },
      { ...toAccept([hopeless])[0], reason },
      third ?? {},
    ]);
    strictMatch(t, accepted, { done: 4, refused: 3, waiting: 0 });
    const late = 'precondition-failed';
    t.strictSame(codesOf(accepted), [null, 'acceptance-needs-reason', null, 'not-found', late, null, null]);
    t.equal(accepted.items[5]?.['applicationId'], hopeless.id);
    t.equal((await city.read(hopeless)).acceptanceReason, reason);

    const ids = cases.map(({ id }) => ({ applicationId: id }));
    const lookUp = { system: '技能培训系统', at: '2025-07-05T01:40:00Z', reference: 'CX-12' };
    const absence = { kind: 'skills-training', from: '2025-04-01', to: '2025-06-30' };
    const attested = await send(city, handler, '/v1/attestations', [
      { ...ids[0], absence, evidence: { lookUp } },
      { ...ids[0], absence: { ...absence, kind: 'public-post' }, evidence: { lookUp } },
      { ...ids[1], absence, coverage: { kind: 'public-post', throughMonth: '2025-06' }, evidence: {} },
    ]);
    t.strictSame(codesOf(attested), [null, null, 'invalid-fields'], 'two findings of one case');
    t.strictSame(
      attested.items[2]?.refusal?.errors.map(({ pointer }) => pointer),
      ['/body/items/2', '/body/items/2/evidence'],
    );
    const body = { items: [{ ...ids[0], record: { kind: 'no-such-kind' }, evidence: { lookUp } }] };
    const unknown = await send(city, handler, '/v1/attestations', body.items);
    t.equal(unknown.items[0]?.refusal?.errors[0]?.pointer, '/body/items/0/record/kind');

    const compared = await send(city, reviewer, '/v1/comparisons', [...ids, { applicationId: hopeless.id }]);
    t.strictSame(
      compared.items.map(({ result }) => [result?.['outcome'], result?.['amountFen'], result?.['isClear']]),
      [...cases.map(() => ['approvable', 150_000, true]), ['refused', 0, false]],
    );
    const decided = await send(
      city,
      reviewer,
      '/v1/decisions',
      compared.items.map(({ applicationId, result }) => ({
        applicationId,
        version: result?.['applicationVersion'],
        comparisonId: result?.['comparisonId'],
      })),
    );
    t.strictSame(codesOf(decided), [null, null, null, 'decision-not-supported']);

    const { body: inbox } = await city.call<{ items: { id: string; version: number }[] }>(
      street,
      'GET',
      '/v1/notices',
      { query: { delivery: 'waiting' }, status: 200 },
    );
    const told = await send(
      city,
      street,
      '/v1/notice-deliveries',
      inbox.items.map(({ id, version }) => ({ noticeId: id, version, method: 'phone', outcome: 'told' })),
    );
    strictMatch(t, told, { done: inbox.items.length, refused: 0 });
    t.equal(inbox.items.length, 4, 'an acceptance, and three decisions that tell of theirs too');

    const gathered = await city.call<DisbursementAnswer>('payer-360203', 'POST', '/v1/disbursements', {
      status: 201,
    });
    const { id: disbursementId, version } = gathered.body;
    const rosters = [
      { disbursementId, streetCode: '360203007', version },
      { disbursementId, streetCode: '360203001', version },
    ];
    const verified = await send(city, street, '/v1/roster-verifications', rosters);
    t.strictSame(codesOf(verified), [null, 'not-found'], 'another street’s roster is not seen');
    strictMatch(t, verified.items[0]?.result, { lineCount: 3, amountFen: 450_000 });
  },
);

t.test('after twenty seconds the rest waits, and the same request with its key does it', async (t) => {
  const city = await setup(t);
  const items = toAccept(await applied(city, 12));
  const key = randomUUID();
  const started = send(city, handler, '/v1/acceptances', items, key);
  const isUnderway = async () =>
    JSON.stringify(await effectsOf(city)) !== '{"accepted":0,"notices":0,"audited":0}';
  while (!(await isUnderway()));
  city.clock.set(
    city.clock
      .now()
      .add({ seconds: mostSeconds + 1 })
      .toString(),
  );
  const first = await started;
  t.ok(first.done > 0 && first.waiting > 0, `${first.done} done, ${first.waiting} wait`);
  t.equal(first.done + first.waiting, 12);
  t.ok(first.items.slice(first.done).every(({ result, refusal }) => result === null && refusal === null));

  const rest = await send(city, handler, '/v1/acceptances', items, key);
  strictMatch(t, rest, { done: 12, refused: 0, waiting: 0 });
  t.strictSame(rest.items.slice(0, first.done), first.items.slice(0, first.done), 'as answered before');
  t.strictSame(await effectsOf(city), { accepted: 12, notices: 12, audited: 12 });
});

t.test('twenty of the same request at once, and one with other items, do each item once', async (t) => {
  const city = await setup(t);
  const items = toAccept(await applied(city, 5));
  const key = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      city.call<Results & Problem>(handler, 'POST', '/v1/acceptances', { body: { items }, key }),
    ),
  );
  for (const { status, body } of answers)
    if (status !== 200) t.match(body.code, /^(idempotency-key-in-flight|unavailable)$/);
  strictMatch(t, await send(city, handler, '/v1/acceptances', items, key), { done: 5 });
  t.strictSame(await effectsOf(city), { accepted: 5, notices: 5, audited: 5 });

  // As if the process had ended before the whole answer was stored.
  await city.db.pool.query('delete from idempotency_key where key = $1', [key]);
  const options = { body: { items: items.toReversed() }, key, status: 422 };
  const { body } = await city.call<Problem>(handler, 'POST', '/v1/acceptances', options);
  t.equal(body.code, 'idempotency-key-reused');
});

t.test('a process killed in the middle has done some items, and the next one does the others', async (t) => {
  const database = await testDatabase(t);
  const dataDir = dataFolder(t);
  const city = await cityOn(t, database, { SUBSIDY_DATA_DIR: dataDir });
  const items = toAccept(await applied(city, 30));
  const environment = { DATABASE_URL: database.serviceUrl, SUBSIDY_SANDBOX: 'on', SUBSIDY_DATA_DIR: dataDir };
  const key = randomUUID();
  const post = async (url: string) =>
    await fetch(`${url}/v1/acceptances`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await tokenOf(url, handler)}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify({ items }),
    });

  const first = await serve(t, environment);
  const cut = t.rejects(post(first.url));
  const accepted = async () => {
    const { rows } = await city.db.pool.query(`select from application where state = 'accepted'`);
    return rows.length;
  };
  while ((await accepted()) < 3);
  first.process.kill('SIGKILL');
  await cut;
  await first.exit;
  t.ok((await accepted()) < 30, `${await accepted()} of thirty`);

  const second = await serve(t, environment);
  const answer = await post(second.url);
  const results = (await answer.json()) as Results;
  strictMatch(t, results, { done: 30, refused: 0, waiting: 0 });
  t.strictSame(await effectsOf(city), { accepted: 30, notices: 30, audited: 30 });
});
