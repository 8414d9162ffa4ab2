// PostgreSQL is stopped at once in the middle of a month's gathering, of a delivery and of a results file. The same request
// is then sent again to a service on the same data, and the tables are those of an undisturbed run.

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { prepareDatabase } from '../../src/commands/prepare-database.ts';
import type { Db } from '../../src/platform/database/connect.ts';
import { openServiceLogin } from '../../src/platform/database/service-account.ts';
import { openBoth } from '../database.ts';
import { type CallOptions, type City, cityOn, firstMorning } from '../helper.ts';
import { cleanRecords, contribution, createResidents, fullCoverage } from '../registers/residents.ts';
import { administer, withDatabase } from '../server.ts';
import { strictMatch } from '../strict-match.ts';
import { openPostgres } from './postgres.ts';
import { isLong, randomOf, tell } from './run.ts';

t.setTimeout(300_000);

const rowsBefore = 5_500;
const inPayment = 6;
const waiting = 4;

interface Work {
  readonly what: string;
  readonly caller: string;
  readonly url: string;
  readonly options: CallOptions & { key: string };
  /** Where it is when PostgreSQL ends: what it then waits for. */
  readonly moments: Readonly<Record<string, string>>;
  /** Parts that are kept when it is interrupted; without them nothing of it is. */
  readonly isInParts?: true;
}

/** Without what depends on the time, the request or the run. */
const traces: Readonly<Record<string, string>> = {
  lines: `select to_jsonb(l) - '{line_id,disbursement_id}'::text[] as row from payment_line l
    order by application_id`,
  months: `select to_jsonb(m) - '{line_id,paying_line_id}'::text[] as row from payment_line_month m
    order by application_id, month`,
  disbursements: `select to_jsonb(d) - '{disbursement_id,disbursement_number}'::text[] as row from disbursement d
    order by state`,
  rosters: `select to_jsonb(r) - 'disbursement_id' as row from roster r order by verified_at, street_code`,
  files: 'select to_jsonb(f) as row from result_file f',
  ledger: `select to_jsonb(e) - 'entry_id' as row from ledger_entry e order by entry_id`,
  records: `select to_jsonb(r) - '{person_id,record_id,delivery_id,content_digest}'::text[] as row from record r
    order by source_key, version`,
  deliveries: `select to_jsonb(d) - 'delivery_id' as row from record_delivery d
    order by stream_key, rows_received`,
  coverage: `select to_jsonb(c) - 'delivery_id' as row from coverage c order by kind, source`,
  jobs: 'select key as row from graphile_worker.jobs order by key',
};
/** A delivery that goes on says so in the audit. */
const traceOfAct = `select to_jsonb(a) - '{entry_id,request_id,target_id}'::text[] as row from audit_entry a
  order by entry_id`;

async function digestsOf({ pool }: Db, { isInParts }: Work): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  const questions = { ...traces, ...(isInParts ? {} : { audit: traceOfAct }) };
  for (const [name, question] of Object.entries(questions)) {
    const { rows } = await pool.query(question);
    digests[name] = `${rows.length} ${createHash('sha256').update(JSON.stringify(rows)).digest('hex')}`;
  }
  return digests;
}

const random = randomOf(t);
const postgres = await openPostgres(t);

/** Starts the service on one of the databases. */
async function startedOn(test: Test, name: string): Promise<City> {
  const url = withDatabase(postgres.url(), name);
  const serviceUrl = await openServiceLogin(url, 'subsidy_interrupted');
  const database = openBoth(test, { url, ownerUrl: url, serviceUrl });
  return await cityOn(test, database, { SUBSIDY_DATA_DIR: postgres.dataDir });
}

/** A batch with the bank, people who wait to be paid, and what is to be done with them. */
async function worksOn(city: City): Promise<Work[]> {
  for (const _ of Array.from({ length: inPayment })) await city.approved();
  const batch = await city.inPayment();
  let count = 0;
  const results = await city.resultsOf(batch, () => {
    count += 1;
    return count % 2 === 0 ? { result: 'failed', failure: 'account-closed' } : { result: 'paid' };
  });
  const lastFailed = results.lines.findLast(({ result }) => result === 'failed')?.lineId;
  for (const _ of Array.from({ length: waiting - 1 })) await city.approved();
  const known = await city.resident();
  const { personId } = await city.approved(known);
  await city.work();
  const nextStranger = createResidents();
  const strangers = Array.from({ length: rowsBefore }, () => {
    const stranger = nextStranger({ sex: 'F', born: '1980-01-01' });
    return { ...cleanRecords(stranger, [])[3], name: stranger.name };
  });
  const refund = contribution(known, '2025-04', { version: 2, refunded: true });
  const coverage = fullCoverage('2025-06', firstMorning);
  const lines = [{ source: 'jx-human-resources', coverage }, ...strangers, refund];
  const beforeTheAnswer = { 'before the answer is kept': 'lock table idempotency_key in exclusive mode' };
  return [
    {
      what: 'a month’s gathering',
      caller: 'payer-360203',
      url: '/v1/disbursements',
      options: { key: 'gathering-of-the-month' },
      moments: {
        'before its lines are written': 'lock table payment_line in exclusive mode',
        ...beforeTheAnswer,
      },
    },
    {
      what: 'a delivery',
      caller: 'provincial-system',
      url: '/v1/record-deliveries',
      options: {
        key: 'delivery-of-the-month',
        body: Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')),
        headers: { 'content-type': 'application/x-ndjson' },
      },
      moments: {
        'before it is complete': 'lock table coverage in exclusive mode',
        'in its second portion': `select from person where person_id = '${personId}' for update`,
      },
      isInParts: true,
    },
    {
      what: 'a results file',
      caller: 'payer-360203',
      url: `/v1/disbursements/${batch.id}/payment-results`,
      options: { key: 'results-of-the-second-quarter', body: results },
      moments: {
        'between its paid and its failed lines': `select from payment_line where line_id = '${lastFailed}' for update`,
        'before the file is written': 'lock table result_file in exclusive mode',
        ...beforeTheAnswer,
      },
    },
  ];
}

await administer(postgres.url(), 'create database calm');
await prepareDatabase(withDatabase(postgres.url(), 'calm'));
let works: Work[] = [];
await t.test('people have been approved, and a batch is with the bank', async (t) => {
  works = await worksOn(await startedOn(t, 'calm'));
});

for (const [index, work] of works.entries()) {
  const { what, caller, url, options } = work;
  const all = Object.entries(work.moments);
  const moments = isLong ? all : all.slice(-1);
  t.test(`${what} that PostgreSQL’s end interrupts is done once, as in an undisturbed run`, async (t) => {
    const calm = `calm_${index}`;
    const disturbed = moments.map((_, at) => `disturbed_${index}_${at}`);
    for (const name of [calm, ...disturbed])
      await administer(postgres.url(), `create database ${name} template calm`);
    let undisturbed: Record<string, string> = {};
    await t.test('undisturbed', async (t) => {
      const city = await startedOn(t, calm);
      const { status } = await city.call(caller, 'POST', url, options);
      t.match(status, /^20[01]$/);
      undisturbed = await digestsOf(city.db, work);
    });

    for (const [at, [moment, lock]] of moments.entries()) {
      await t.test(moment, async (t) => {
        const name = disturbed[at] ?? '';
        const before = await startedOn(t, name);
        const untouched = await digestsOf(before.db, work);
        const holder = new pg.Client(withDatabase(postgres.url(), name));
        holder.on('error', () => {});
        await holder.connect();
        await holder.query('begin');
        await holder.query(lock);
        const interrupted = before.call(caller, 'POST', url, options);
        while (!(await isStuck(holder))) await delay(10);
        await postgres.stopAtOnce(random() < 0.5 ? 'kill -9' : 'immediate shutdown');
        strictMatch(t, await interrupted, { status: 503, body: { code: 'unavailable' } });
        strictMatch(
          t,
          before.logs.find(({ level }) => level === 40),
          { msg: 'unavailable', err: { type: 'Unavailable', cause: { message: /./ } } },
          'whoever runs the service reads why',
        );
        await postgres.start();

        const after = await startedOn(t, name);
        if (!work.isInParts) t.strictSame(await digestsOf(after.db, work), untouched, 'nothing was done');
        const { status } = await after.call(caller, 'POST', url, options);
        t.match(status, /^20[01]$/);
        t.strictSame(await digestsOf(after.db, work), undisturbed, 'and then all of it, once');
        const again = await after.call(caller, 'POST', url, options);
        t.equal(again.headers['idempotency-replayed'], 'true');
        t.strictSame(await digestsOf(after.db, work), undisturbed);
        strictMatch(t, await after.reconciliation(), { balanced: true });
      });
    }
    tell(t, {
      fault: `PostgreSQL is stopped at once in the middle of ${what}`,
      processes: 1,
      often: moments.map(([moment]) => moment).join(', '),
      held: 'sent again under its key, it ends as undisturbed: digests of ten tables are equal',
      worstMs: null,
    });
  });
}

/** Whether another session waits for the holder's locks. */
async function isStuck(holder: pg.Client): Promise<boolean> {
  await holder.query('select pg_stat_clear_snapshot()'); // the holder's transaction looks anew
  const { rows } = await holder.query(
    `select count(*)::int as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.waiting > 0;
}
