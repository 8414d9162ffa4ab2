// Figures that are kept: counted in the background, answered with the time of the count, and compared with the rows.

import t from 'tap';
import type { Static } from 'typebox';
import { casesCounted, forecastCounted } from '../../../src/oversight/statistics/operations.ts';
import type { Statistics } from '../../../src/oversight/statistics/schemas.ts';
import { chainCounted } from '../../../src/payments/reconciliation/operations.ts';
import type { Reconciliation } from '../../../src/payments/reconciliation/schemas.ts';
import { scopeOfAudit, scopeOfService } from '../../../src/platform/database/row-scope.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { type Counting, keepFigures, listDifferences, type Subject } from '../../../src/platform/figures.ts';
import { writeAsService } from '../../../src/platform/write-context.ts';
import { dayInShanghai } from '../../../src/values/days.ts';
import { patient, setup } from '../../helper.ts';

type StatisticsAnswer = Static<typeof Statistics>;
type ReconciliationAnswer = Static<typeof Reconciliation>;

const city = await setup(t);
const { clock, db, services } = city;
/** Other files' load must not change what is asked. */
const call = patient(city.call);
/** More than 500 cases. */
const people = 300;
const subjects: readonly Subject[] = [casesCounted, forecastCounted, chainCounted];

/** People with one to three cases in two years, of every street, channel, category and outcome. */
async function fill(): Promise<void> {
  const client = await db.pool.connect();
  await client.query(`set session_replication_role = replica; select setseed(0.19);
    insert into person select ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, '', '3****************0',
      (array['M', 'F'])[1 + i % 2], to_char('1964-01-01'::date + i * 7 % 5000, 'YYYY-MM'), false, now()
      from generate_series(1, ${people}) i;
    insert into record (person_id, record_id, kind, source, source_key, version, from_day, details, removed, content_digest, learnt_at)
      select person_id, gen_random_uuid(), 'hardship-recognition', 's', person_id::text, 1, '2024-10-01',
        jsonb_build_object('category', (array['disabled', 'zero-employment-family'])[1 + (random() * 1.4)::int]), false, '', now()
      from person where random() < 0.8;
    insert into application (person_id, application_id, case_number, state, version, quarter, months, channel, client_id,
        street_code, agency_code, name_encrypted, phone_encrypted, bank, account_encrypted, account_masked, work_kind, work_since,
        work_place, undertaking_version, undertaking_digest, undertaking_signed_at, undertaking_signed_how, created_at, submitted_at, accepted_at, closed_at, time_limit, time_limit_days_left, time_limit_from, time_limit_due_on,
        household_standing)
      select person_id, gen_random_uuid(), 'JDZ25-' || row_number() over (), state, 2, quarter, '{2025-04}', 
        (array['ganfutong', 'provincial-online-hall', 'wujia2-home'])[1 + (random() * 2)::int], 'ganfutong', street_code, agency_code,
        '', '', '', '', '****', 'platform', '2024-03-01', '', 'v', '', at, 'handwritten', at, at,
        case when state <> 'submitted' then at + random() * interval '9 days' end,
        case when state in ('approved', 'refused', 'withdrawn') then at + interval '9 days' + random() * interval '20 days' end,
        case when state = 'submitted' then 'acceptance' end, case when state = 'submitted' then 5 end,
        case when state = 'submitted' then '2025-06-20'::date end,
        case when state = 'submitted' then '2025-07-01'::date + (random() * 9)::int end,
        case when state = 'submitted' then 'confirmed' end
      from (select *, (array['submitted', 'approved', 'approved', 'refused', 'withdrawn'])[1 + (random() * 4)::int] as state,
          '2025-06-01'::timestamptz + random() * interval '20 days' as at, (random() * 4)::int as place
        from person, (values ('2024Q3'), ('2024Q4'), ('2025Q1'), ('2025Q2')) as of (quarter) where random() < 0.5) as one
      join (select street_code, agency_code, row_number() over (order by street_code) - 1 as place from street_agency
        where street_code in ('360202001', '360202102', '360203001', '360203007', '360281001')) s using (place);
    insert into refusal_reason select person_id, application_id, '2025-04', check_code
      from application, (values ('dishonest'), ('employer-insured')) as of (check_code) where state = 'refused' and random() < 0.7;
    insert into term (person_id, first_approved_on, retirement_month, near, cap, policy_version, imported_months)
      select person_id, '2025-07-01', '2033-05', false, 36, 'v', (random() * 30)::int from application where state = 'approved'
      on conflict do nothing;
    insert into subsidy_month (person_id, month, application_id, state, amount_fen)
      select person_id, right(quarter, 1)::int + 2000 || '-04', application_id, 'live', 50000 from application where state = 'approved';
    set session_replication_role = origin`);
  client.release();
}

/** Keeps every subject as if counting it had taken so long. */
async function keep(tookMs: number): Promise<void> {
  for (const subject of subjects) {
    const times = [0, tookMs];
    await writeAsService(services, 'countFigures', (context) =>
      keepFigures(context, subject, () => times.shift() ?? 0),
    );
  }
}

const today = () => dayInShanghai(clock.now());

async function differences(subject: Subject): Promise<string[] | null> {
  const policies = await services.policiesOn(today());
  return await transact(city.service, scopeOfAudit, (tx) => {
    const counting: Counting = { tx, at: clock.now(), today: today(), policies };
    return listDifferences(counting, subject);
  });
}

async function ask(by: string, path: string): Promise<StatisticsAnswer> {
  return (await call<StatisticsAnswer>(by, 'GET', path, { status: 200 })).body;
}

const range = 'fromQuarter=2024Q4&toQuarter=2025Q2';
const selections = [
  '',
  '&channel=ganfutong',
  '&category=disabled',
  '&streetCode=360202001',
  '&agencyCode=360202&channel=wujia2-home',
];
const dimensions = ['quarter', 'agency', 'street', 'category', 'channel', 'outcome'];

await fill();

t.test(
  'statistics are what a plain query over the cases says, for every grouping and selection',
  async (t) => {
    const hardship = `(select r.details ->> 'category' from record r where r.person_id = a.person_id)`;
    const columns: Record<string, string> = {
      quarter: 'quarter',
      agency: 'agency_code',
      street: 'street_code',
      outcome: 'state',
      category: `coalesce(${hardship}, 'none')`,
      channel: 'channel',
    };
    const day = (column: string) => `(${column} at time zone 'Asia/Shanghai')::date`;
    for (const selection of selections)
      for (const by of dimensions) {
        const asked = new URLSearchParams(selection);
        const conditions = [
          ['channel', 'channel'],
          ['category', 'category'],
          ['street', 'streetCode'],
          ['agency', 'agencyCode'],
        ].flatMap(([column = '', name = '']) =>
          asked.has(name) ? [`${columns[column]} = '${asked.get(name)}'`] : [],
        );
        const { rows } = await db.pool.query(
          `select ${columns[by]} as key, count(*)::int as cases, count(distinct person_id)::int as people,
           count(*) filter (where state = 'refused')::int as refused,
           count(*) filter (where time_limit_due_on < '${today()}')::int as overdue,
           percentile_disc(0.5) within group (order by ${day('accepted_at')} - ${day('submitted_at')}) as median,
           percentile_disc(0.9) within group (order by case when state in ('approved', 'refused') then
             ${day('closed_at')} - ${day('submitted_at')} end) as ninth
         from application a where ${["quarter between '2024Q4' and '2025Q2'", ...conditions].join(' and ')}
         group by grouping sets ((${columns[by]}), ()) order by key nulls last`,
        );
        const { groups, total } = await ask('auditor', `/v1/statistics?by=${by}&${range}${selection}`);
        const counted = [...groups, { key: null, figures: total }].map(({ key, figures }) => ({
          key,
          cases: figures.cases,
          people: figures.people,
          refused: figures.refused,
          overdue: figures.overdue,
          median: figures.acceptance.medianDays,
          ninth: figures.decision.ninthDecileDays,
        }));
        t.strictSame(counted, rows, `${by}${selection}`);
      }
  },
);

t.test(
  'open cases by stage and age, and closed ones by how long they took, are what the rows say',
  async (t) => {
    const day = (column: string) => `(${column} at time zone 'Asia/Shanghai')::date`;
    const since = `'${today()}'::date - ${day('submitted_at')}`;
    for (const [by, condition] of [
      ['auditor', 'true'],
      ['handler-360202', `agency_code = '360202'`],
    ]) {
      const { days } = await ask(by ?? '', `/v1/statistics?by=outcome&${range}`);
      const bands = days.map(({ fromDays, throughDays }) => `(${fromDays}, ${throughDays ?? 'null'}::int)`);
      const { rows } = await db.pool.query(
        `select from_days as "fromDays", through_days as "throughDays",
         count(*) filter (where state = 'submitted' and is_within(age))::int as submitted,
         count(*) filter (where state = 'correction-requested' and is_within(age))::int as "correctionRequested",
         count(*) filter (where state = 'accepted' and is_within(age))::int as accepted,
         count(*) filter (where is_within(acceptance))::int as acceptance,
         count(*) filter (where state in ('approved', 'refused') and is_within(decision))::int as decision
       from (values ${bands.join(', ')}) as band (from_days, through_days), (
         select state, ${since} as age, ${day('accepted_at')} - ${day('submitted_at')} as acceptance,
           ${day('closed_at')} - ${day('submitted_at')} as decision
         from application where quarter between '2024Q4' and '2025Q2' and ${condition}) as one
       group by 1, 2 order by 1`.replaceAll(
          /is_within\((\w+)\)/g,
          '($1 >= from_days and (through_days is null or $1 <= through_days))',
        ),
      );
      t.strictSame(days, rows, condition ?? '');
      t.ok(days.filter(({ submitted }) => submitted > 0).length > 1, 'of several ages');
      t.ok(days.filter(({ decision }) => decision > 0).length > 1);
    }
  },
);

t.test('beyond a quick count figures are kept, say when they were counted, and are the same', async (t) => {
  const asked = [
    ...dimensions.flatMap((by) =>
      selections.slice(0, 2).map((selection) => ['auditor', `/v1/statistics?by=${by}&${range}${selection}`]),
    ),
    ...['handler-360202', 'street-360203001'].map((by) => [by, `/v1/statistics?by=street&${range}`]),
    ...['auditor', 'payer-360203', 'street-360203001'].map((by) => [by, '/v1/forecast']),
  ] as const;
  const all = async () => {
    const answers = [];
    for (const [by = '', path = ''] of asked) answers.push(await ask(by, path));
    return answers;
  };
  const live = await all();
  await keep(1_000);
  const at = clock.now();
  await city.applied();
  clock.set(at.add({ seconds: 19 }).toString());
  await keep(1_000);
  t.strictSame(await all(), live, 'as of the count');
  clock.set(at.add({ seconds: 20 }).toString());
  await keep(1_000);
  const { total, asOf } = await ask('auditor', `/v1/statistics?by=street&${range}`);
  t.equal(
    total.cases,
    (live[0]?.total.cases ?? 0) + 1,
    'counted again once it has rested twenty times as long',
  );
  t.equal(Temporal.Instant.from(asOf).epochMilliseconds, clock.now().epochMilliseconds);
});

t.test(
  'the chain is as of the last count, with the figures that were counted for each question',
  async (t) => {
    const askChain = async ([by = '', agency = '', more = '']: readonly string[]) => {
      const path = `/v1/reconciliation?agencyCode=${agency}${more}`;
      return (await call<ReconciliationAnswer>(by, 'GET', path, { status: 200 })).body;
    };
    const questions = ['', '&quarter=2024Q2', '&quarter=2025Q2', '&quarter=2030Q1'].flatMap((more) => [
      ['auditor', '360203', more],
      ['payer-360203', '360203', more],
      ['auditor', '360202', more],
    ]);
    clock.set(clock.now().add({ minutes: 2 }).toString());
    await db.pool.query('delete from figure_count');
    const live = new Map<string, ReconciliationAnswer>();
    for (const question of questions) live.set(question.join(), await askChain(question));
    await keep(1_000);
    const countedAt = clock.now();
    for (const question of questions)
      t.strictSame(await askChain(question), live.get(question.join()), question.join());
    const before = await askChain(['auditor', '360203']);
    await city.approved();
    clock.set(clock.now().add({ seconds: 1 }).toString());
    t.strictSame(await askChain(['auditor', '360203']), before, 'as of the count');
    t.ok(Temporal.Instant.from(before.asOf).equals(countedAt));
    clock.set(clock.now().add({ seconds: 20 }).toString());
    await keep(1_000);
    const after = await askChain(['auditor', '360203']);
    t.equal(after.figures.approved?.count, (before.figures.approved?.count ?? 0) + 3);
    t.ok(Temporal.Instant.from(after.asOf).equals(clock.now()));
  },
);

t.test(
  'while nothing happens, kept figures are as of the last look, and a look does not put off the next count',
  async (t) => {
    await db.pool.query('delete from figure_count');
    clock.set(clock.now().add({ minutes: 2 }).toString());
    await keep(1_000);
    const asOf = async () =>
      Temporal.Instant.from((await ask('auditor', `/v1/statistics?by=street&${range}`)).asOf);
    const countedAt = clock.now();
    clock.set(countedAt.add({ seconds: 10 }).toString());
    t.ok((await asOf()).equals(countedAt));
    await keep(1_000);
    t.ok((await asOf()).equals(clock.now()), 'looked at while counting rests');
    await city.applied();
    const looked = clock.now();
    clock.set(countedAt.add({ seconds: 19 }).toString());
    await keep(1_000);
    t.ok((await asOf()).equals(looked), 'not as of a look that found a change');
    clock.set(countedAt.add({ seconds: 20 }).toString());
    await keep(1_000);
    t.ok((await asOf()).equals(clock.now()), 'counted again, twenty times as long after the count');
  },
);

t.test(
  'a small city is counted for each question, however long a count took on a busy machine',
  async (t) => {
    const village = await setup(t);
    await writeAsService(village.services, 'countFigures', (context) => {
      const times = [0, 1_000];
      return keepFigures(context, chainCounted, () => times.shift() ?? 0);
    });
    village.clock.set(village.clock.now().add({ seconds: 1 }).toString());
    const { body } = await village.call<ReconciliationAnswer>('auditor', 'GET', '/v1/reconciliation', {
      status: 200,
    });
    t.ok(Temporal.Instant.from(body.asOf).equals(village.clock.now()));
  },
);

t.test('what is kept is compared with the rows, and a cell that differs is named', async (t) => {
  t.equal(await differences(casesCounted), null, 'not while something may have happened since');
  clock.set(clock.now().add({ minutes: 2 }).toString());
  await keep(1_000);
  for (const subject of subjects) t.strictSame(await differences(subject), [], subject.name);
  const tampered = `update figure set figures = jsonb_set(figures, '{cases}', '1') where subject = 'cases'
    and quarter = '2025Q2' and (agency_code, street_code, channel, category, outcome) = ('360202', '*', '*', '*', '*')`;
  await db.pool.query(tampered);
  t.strictSame(await differences(casesCounted), ['2025Q2 360202 * * * *']);
  await db.pool.query(`update application set channel = 'street-social-affairs'
    where case_number = (select min(case_number) from application where state = 'refused')`);
  t.ok(((await differences(casesCounted)) ?? []).length > 1);
  await db.pool.query('delete from figure_count');
  await keep(1_000);
  t.strictSame(await differences(casesCounted), [], 'counting anew mends it');
});

t.test(
  'an agency and a street see the kept figures of their own alone, and only the service writes them',
  async (t) => {
    const seen = (relation: 'agency' | 'street', code: string) =>
      transact(city.service, { ...scopeOfService, relation, code }, (tx) =>
        tx.selectFrom('figure').select(['agencyCode', 'streetCode']).execute(),
      );
    const ofAgency = await seen('agency', '360202');
    t.ok(ofAgency.length > 0 && ofAgency.every(({ agencyCode }) => agencyCode === '360202'));
    const ofStreet = await seen('street', '360203001');
    t.ok(ofStreet.length > 0 && ofStreet.every(({ streetCode }) => streetCode === '360203001'));
    await t.rejects(
      transact(city.service, { ...scopeOfService, relation: 'agency', code: '360202' }, (tx) =>
        tx
          .insertInto('figure')
          .values({
            subject: 'cases',
            quarter: '2025Q2',
            agencyCode: '360202',
            streetCode: '*',
            channel: '*',
            category: '*',
            outcome: '*',
            figures: '{}',
          })
          .execute(),
      ),
      { message: /row-level security/ },
    );
  },
);
