// The started program gathers on a newly filled database of which the planner has no statistics, those of empty tables, or
// those of so large a city that a page of people lies between two of their bounds.

import { randomUUID } from 'node:crypto';
import t from 'tap';
import { connectClient } from '../../src/platform/database/connect.ts';
import { testDatabase } from '../database.ts';
import { comesTrue, dataFolder, type Service, serve, tokenOf } from '../program.ts';

t.setTimeout(150_000);

/** Five pages of a gathering. */
const people = 10_000;

/** Approved cases of one agency with their months, without statistics, as after a crash. */
const fill = `
  alter table application set (autovacuum_enabled = off);
  alter table subsidy_month set (autovacuum_enabled = off);
  alter table payment_line set (autovacuum_enabled = off);
  alter table payment_line_month set (autovacuum_enabled = off);
  set session_replication_role = replica;
  create temporary table someone as
    select gen_random_uuid() as person_id, gen_random_uuid() as application_id, number
    from generate_series(1, ${people}) as number;
  insert into person (person_id, identity_encrypted, identity_masked, sex, born_month, residence_permit, created_at)
    select person_id, decode(lpad(to_hex(number), 8, '0'), 'hex'), '3****************X', 'M', '1972-05', false, now() from someone;
  insert into term (person_id, first_approved_on, retirement_month, near, cap, policy_version, imported_months, live_months)
    select person_id, '2025-07-05', '2033-05', false, 36, 'jdz-2024-139/2025-01-01', 0, 3 from someone;
  insert into application (person_id, application_id, case_number, state, version, quarter, months, channel, client_id,
      street_code, agency_code, name_encrypted, phone_encrypted, bank, account_encrypted, account_masked, work_kind, work_since,
      work_place, undertaking_version, undertaking_digest, undertaking_signed_at, undertaking_signed_how, created_at,
      submitted_at, accepted_at, closed_at)
    select person_id, application_id, 'JDZ25-' || number, 'approved', 4, '2025Q2', '{2025-04,2025-05,2025-06}', 'ganfutong',
      'test', '360203007', '360203', '', '', '', '', '6*****************5', 'platform', '2024-03-01',
      '珠山区', 'jdz-2024-139', sha256(''), now(), 'online-confirmation', now(), now(), now(), now()
    from someone;
  insert into subsidy_month (person_id, month, application_id, state, amount_fen)
    select person_id, month, application_id, 'live', 50000
    from someone, unnest('{2025-04,2025-05,2025-06}'::text[]) as month`;

/** What an aborted gathering leaves: uncommitted rows without statistics. */
const brokenOff = `
  begin;
  insert into payment_line (person_id, line_id, disbursement_id, street_code, application_id, state, amount_fen)
    select person_id, gen_random_uuid(), '00000000-0000-0000-0000-000000000000', '360203007', application_id, 'waiting', 150000
    from application;
  insert into payment_line_month (person_id, line_id, month, application_id, amount_fen)
    select person_id, gen_random_uuid(), month, application_id, amount_fen from subsidy_month;
  rollback`;

/** Statistics with no bound but the first and the last person. */
const coarsely = `
  alter table application alter person_id set statistics 1;
  alter table subsidy_month alter person_id set statistics 1;
  analyze application, subsidy_month`;

/** How many cases and lines the planner knows of, and what was done before and after the tables were filled. */
const young = [
  { title: 'without planner statistics', known: [-1, -1], before: '', after: '' },
  { title: 'that was analysed while empty', known: [0, 0], before: 'analyze;', after: '' },
  { title: 'whose statistics are coarse', known: [people, -1], before: '', after: coarsely },
] as const;

for (const { title, known, before, after } of young)
  t.test(`a disbursement is created at the first attempt on a database ${title}`, async (t) => {
    const { url, serviceUrl } = await testDatabase(t);
    const owner = await connectClient(url, 'subsidy test');
    await owner.query(before + fill);
    for (let crash = 0; crash < 2; crash += 1) await owner.query(brokenOff);
    await owner.query(after);
    const { rows } = await owner.query<{ count: number }>(
      `select reltuples::int as count from pg_class where relname in ('application', 'payment_line') order by relname`,
    );
    t.strictSame(
      rows.map(({ count }) => count),
      known,
    );
    await owner.end();
    const service = await serve(t, {
      DATABASE_URL: serviceUrl,
      SUBSIDY_SANDBOX: 'on',
      SUBSIDY_DATA_DIR: dataFolder(t),
    });
    const begun = performance.now();
    const answer = await createDisbursement(service);
    t.comment(`${Math.round(performance.now() - begun)} ms`);
    const { lineCount } = (await answer.json()) as { lineCount: number };
    t.strictSame({ status: answer.status, lineCount }, { status: 201, lineCount: people });
  });

async function createDisbursement({ url }: Service): Promise<Response> {
  return await fetch(`${url}/v1/disbursements`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await tokenOf(url, 'payer-360203')}`,
      'idempotency-key': randomUUID(),
    },
  });
}

t.test('a statement timeout is reported as such, in answer and log, with its operation', async (t) => {
  const { url, serviceUrl } = await testDatabase(t);
  const service = await serve(t, {
    DATABASE_URL: serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: dataFolder(t),
  });
  const owner = await connectClient(url, 'subsidy test');
  t.teardown(() => owner.end());
  await owner.query('begin; lock table application in access exclusive mode');
  const answer = await createDisbursement(service);
  const { code, detail, requestId } = (await answer.json()) as Record<string, string>;
  t.strictSame([answer.status, code, answer.headers.get('retry-after')], [503, 'took-too-long', '1']);
  t.match(detail, /^“建立发放批次”（createDisbursement）/);
  const told = () =>
    service.lines.filter((line) => line.includes(`${requestId}`)).map((line) => JSON.parse(line));
  // The log line may come after the answer.
  await comesTrue(async () => told().length > 0);
  t.strictSame(
    told().map(({ msg, operation, err }) => [msg, operation, err.type, err.message]),
    [['took too long', 'createDisbursement', 'TookTooLong', 'a statement was cut off after 3 s']],
  );
});
