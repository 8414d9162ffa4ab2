// Officers' lists over many cases: every page comes from an index in the requested order. With a hundred thousand cases
// and timings: `WORK_LIST_CASES=100000 npm test -- test/applications/work-list/work-list.test.ts`.

import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import type { FlagCode } from '../../../src/applications/flags/kinds.ts';
import { type ApplicationFilter, selectApplications } from '../../../src/applications/work-list/store.ts';
import { selectCases, selectUntold, waitingSince } from '../../../src/decisions/work-summary/store.ts';
import { selectNotices } from '../../../src/notifications/notices/store.ts';
import { selectPeople } from '../../../src/payments/overviews/store.ts';
import { selectRecoveries } from '../../../src/payments/recoveries/store.ts';
import type { Scope } from '../../../src/platform/access/permissions.ts';
import { connectClient, type Tx } from '../../../src/platform/database/connect.ts';
import { scopeOfService } from '../../../src/platform/database/row-scope.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { testDatabase } from '../../database.ts';

const cases = Number(process.env['WORK_LIST_CASES'] ?? 8_000);
t.setTimeout(60_000 + cases * 2);

/** Half of the cases closed; all streets, channels and platforms; one notice in twenty undelivered. */
async function fill(url: string): Promise<void> {
  // Not from the pool, whose statement timeout is that of requests.
  const client = await connectClient(url, 'subsidy test');
  await client.query(
    `insert into person (person_id, identity_encrypted, identity_masked, sex, born_month, residence_permit, created_at)
     select ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, '', '3****************0', 'M', '1970-01', false, now()
     from generate_series(0, ${cases - 1}) i`,
  );
  await client.query(
    `insert into application (person_id, application_id, case_number, state, version, quarter, months, channel, client_id,
       street_code, agency_code, name_encrypted, phone_encrypted, bank, account_encrypted, account_masked, work_kind, work_since,
       work_place, undertaking_version, undertaking_digest, undertaking_signed_at, undertaking_signed_how, created_at,
       submitted_at, assigned_to, time_limit, time_limit_days_left, time_limit_from, time_limit_due_on)
     select person_id, ('0198' || right(person_id::text, 32))::uuid, 'JDZ25-' || i, state, 2, '2025Q2',
       case when i % 37 = 0 then '{2024-12}'::text[] else '{2025-04}' end,
       (array['ganfutong', 'provincial-online-hall', 'wujia2-home'])[1 + i % 3], 'platform-' || i % 4, street_code, agency_code,
       '', '', '', '', '****', 'platform', '2024-03-01', '', 'v', '', now(), 'handwritten', at, at,
       case when i % 3 > 0 then 'officer-' || i / 7 % 5 end,
       case when state = 'submitted' then 'acceptance' when state = 'accepted' then 'review' end,
       case when state in ('submitted', 'accepted') then 5 end, case when state in ('submitted', 'accepted') then at::date end,
       case when state in ('submitted', 'accepted') then at::date + 7 end
     from (select i, (array['submitted', 'accepted', 'approved', 'approved', 'refused'])[1 + i % 5] as state,
         '2025-07-01'::timestamptz + i * interval '20 days' / ${cases} as at,
         ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid as person_id
       from generate_series(0, ${cases - 1}) i) as one
     join (select *, row_number() over (order by street_code) - 1 as n, count(*) over () as streets from street_agency) s
       on s.n = i % s.streets`,
  );
  await client.query(
    `insert into notice (person_id, notice_id, notice_number, kind, application_id, agency_code, street_code, client_id,
       verification_code, content, name_encrypted, content_digest, issued_at, issued_by, tell_by, told_at, attempts)
     select person_id, application_id, case_number || '-01', 'acceptance', application_id, agency_code, street_code, client_id,
       case_number, '{}', '', '', created_at, 'o', created_at::date + 3, case when n % 20 > 0 then now() end, 1
     from (select *, row_number() over (order by case_number) as n from application) a`,
  );
  await client.query(
    `insert into person_name (person_id, source, name_hash, name_encrypted, learnt_at)
     select person_id, 'register', sha256((hashtext(person_id::text) % 60)::text::bytea), '', now() from person`,
  );
  await client.query(
    `insert into term (person_id, first_approved_on, retirement_month, near, cap, policy_version, imported_months)
     select person_id, '2025-07-01', '2033-05', false, 36, 'v', 0 from application where state = 'approved'`,
  );
  await client.query(
    `insert into subsidy_month (person_id, month, application_id, state, amount_fen)
     select person_id, months[1], application_id, 'live', 50000 from application where state = 'approved'`,
  );
  await client.query(
    `insert into recovery (person_id, recovery_id, application_id, month, agency_code, street_code, state, version, cause,
       findings, findings_digest, amount_fen, opened_at)
     select person_id, application_id, application_id, months[1], agency_code, street_code,
       (array['suspected', 'dismissed'])[1 + (hashtext(case_number) & 1)], 1, 'contradicting-record', '[]', '', 50000, now()
     from application where state = 'approved'`,
  );
  await client.query('vacuum analyze');
  await client.end();
}

const scopes: Readonly<Record<string, Scope>> = {
  agency: { relation: 'agency', code: '360203' },
  street: { relation: 'street', code: '360203007' },
  platform: { relation: 'own', client: 'platform-1' },
  city: { relation: 'city' },
};
const filters: readonly ApplicationFilter[] = [
  { order: 'waiting' },
  { order: 'waiting', timeLimit: 'overdue' },
  { order: 'waiting', channel: 'wujia2-home' },
  { order: 'waiting', flag: 'late-claim' },
  { order: 'waiting', state: 'submitted' },
  { order: 'waiting', waitingSince: '2025-07-05' },
  { order: 'waiting', dueBefore: '2025-07-15' },
  { order: 'waiting', assignee: 'officer-1' },
  { order: 'waiting', assignee: null },
];
const basis = { today: '2025-07-15', lateQuarters: 1 };
const page = { limit: 50, afterId: null };

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}

function stepsOf(plan: Plan): string[] {
  return [
    `${plan['Node Type']} ${plan['Relation Name'] ?? ''}`.trim(),
    ...(plan.Plans ?? []).flatMap(stepsOf),
  ];
}

interface Question {
  explain(format: 'json'): Promise<unknown[]>;
  execute(): Promise<unknown[]>;
}

async function planOf(question: Question): Promise<string[]> {
  const [explained] = await question.explain('json');
  const [{ Plan: plan }] = (explained as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN']; // PostgreSQL's own format
  return stepsOf(plan);
}

t.test(
  'waiting cases are listed from an index, longest first, without a scan of the whole table',
  async (t) => {
    // With the service's account, so that row security is part of every plan.
    const { service, url } = await testDatabase(t);
    await fill(url);
    const ask = (what: string, question: (tx: Tx) => Question) => look(what, question, true);
    const count = (what: string, question: (tx: Tx) => Question) => look(what, question, false);
    const look = async (what: string, question: (tx: Tx) => Question, isOrdered: boolean) => {
      await transact(service, scopeOfService, async (tx) => {
        const start = performance.now();
        const rows = await question(tx).execute();
        t.comment(`${what}: ${rows.length} rows in ${(performance.now() - start).toFixed(1)} ms`);
        t.ok(rows.length > 0, what);
        const isReadThrough = (step: string) =>
          /^Seq Scan (application|notice|recovery|person_name)\b/.test(step);
        t.notOk((await planOf(question(tx))).some(isReadThrough), `${what}: no table is read through`);
        if (!isOrdered) return;
        // Sorting a few rows would be faster; without sorting the plan shows whether an index has the order.
        await sql`set local enable_sort = off`.execute(tx);
        await sql`set local enable_seqscan = off`.execute(tx);
        t.notOk((await planOf(question(tx))).includes('Sort'), `${what}: an index has the order`);
      });
    };
    for (const [who, scope] of Object.entries(scopes)) {
      for (const filter of filters)
        await ask(`${who} ${JSON.stringify(filter)}`, (tx) =>
          selectApplications(tx, scope, filter, basis, page),
        );
      await ask(`${who} notices due`, (tx) =>
        selectNotices(tx, scope, { dueBefore: basis.today }, basis.today, page),
      );
      for (const delivery of ['waiting', 'overdue'] as const)
        await ask(`${who} notices ${delivery}`, (tx) =>
          selectNotices(tx, scope, { delivery }, basis.today, page),
        );
    }
    const counting = { today: basis.today, tomorrow: '2025-07-16', officer: 'officer-1' };
    for (const [who, scope] of Object.entries(scopes).filter(([name]) => name !== 'city')) {
      await count(`${who} counts cases`, (tx) => selectCases(tx, scope, counting));
      await count(`${who} counts notices`, (tx) => selectUntold(tx, scope, basis.today));
    }
    const nameHash = createHash('sha256').update('7').digest();
    for (const [who, scope] of Object.entries(scopes).filter(([name]) => ['agency', 'city'].includes(name)))
      await ask(`${who} people of a name`, (tx) => selectPeople(tx, scope, { nameHash }, page));
    const person = '00000000-0000-7000-8000-000000000002'; // whose case is approved
    const one = `0198${person.slice(4)}`;
    const asked = [{ personId: person }, { applicationId: one }, { streetCode: '360203007' }] as const;
    const { city } = scopes;
    if (city === undefined) throw new Error('the city is a scope');
    for (const filter of [...asked, { state: 'suspected' }] as const)
      await ask(`recoveries ${JSON.stringify(filter)}`, (tx) => selectRecoveries(tx, city, filter, page));
    for (const filter of asked)
      await ask(`notices ${JSON.stringify(filter)}`, (tx) =>
        selectNotices(tx, city, filter, basis.today, page),
      );
    await count('the metrics count what waits in each stage', (tx) => ({
      explain: async () => (await sql`explain (format json) ${waitingSince}`.execute(tx)).rows,
      execute: async () => (await waitingSince.execute(tx)).rows,
    }));
  },
);

t.test(
  'cases are listed by a flag without looking through the others, from the second spelling of a name on',
  async (t) => {
    const { service, db, url } = await testDatabase(t);
    await fill(url);
    const look = (flag: FlagCode) =>
      transact(service, scopeOfService, async (tx) => {
        const listed = selectApplications(tx, { relation: 'city' }, { flag }, basis, page);
        const explained = JSON.stringify(await listed.explain('json', sql`analyze`));
        const read = [
          ...explained.matchAll(/"(?:Actual Rows|Rows Removed by (?:Filter|Join Filter))":(\d+)/g),
        ];
        return { rows: await listed.execute(), read: read.reduce((sum, [, rows]) => sum + Number(rows), 0) };
      });
    const late = await look('late-claim');
    t.ok(late.rows.length > page.limit && late.read < 500, `${late.read} rows are read for a page`);
    const unconfirmed = await look('household-unconfirmed');
    t.ok(
      unconfirmed.rows.length > page.limit && unconfirmed.read < 500,
      `${unconfirmed.read} rows are read for a page of nearly all`,
    );
    for (const flag of ['names-differ', 'household-elsewhere', 'shared-account', 'shared-phone'] as const) {
      const before = await look(flag);
      t.equal(before.rows.length, 0);
      t.ok(before.read < 100, `${flag}: ${before.read} rows are read for nobody`);
    }
    const person = '00000000-0000-7000-8000-000000000001';
    const spell = (client: { query: typeof db.pool.query }, source: string, of: string, name: string) =>
      client.query(`insert into person_name values ($1, $2, sha256($3::bytea), '', now())`, [
        of,
        source,
        name,
      ]);
    await spell(db.pool, 'client:a', person, 'another');
    await spell(db.pool, 'client:b', person, 'another');
    t.strictSame(
      (await look('names-differ')).rows.map(({ personId }) => personId),
      [person],
    );

    // Two registers name somebody new at once, each in a transaction that does not see the other's.
    const someone = '00000000-0000-7000-8000-00000000ffff';
    await db.pool.query(
      `insert into person select $1, '', '3****************0', 'M', '1970-01', false, now()`,
      [someone],
    );
    const [first, second] = await Promise.all([db.pool.connect(), db.pool.connect()]);
    await first.query('begin');
    await second.query('begin');
    await spell(first, 'one', someone, 'name');
    const waiting = spell(second, 'two', someone, 'other name');
    await first.query('commit');
    await waiting;
    await second.query('commit');
    first.release();
    second.release();
    const { rows } = await db.pool.query(
      `select person_id from person_of_two_names except
         select person_id from person_name group by 1 having count(distinct name_hash) > 1
       union all (select person_id from person_name group by 1 having count(distinct name_hash) > 1
         except select person_id from person_of_two_names)`,
    );
    t.strictSame(rows, [], 'those marked are those with two spellings');
  },
);
