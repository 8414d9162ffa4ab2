// Stops all PostgreSQL processes in the middle of applying a results file. The service then starts on the same data,
// the file is sent again with the same idempotency key, and the result equals that of an undisturbed run.

import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { prepareDatabase } from '../../src/commands/prepare-database.ts';
import type { Db } from '../../src/platform/database/connect.ts';
import { openServiceLogin } from '../../src/platform/database/service-account.ts';
import { type Embedded, startEmbedded } from '../../src/sandbox/embedded.ts';
import { openBoth } from '../database.ts';
import { type City, cityOn } from '../helper.ts';
import { administer, withDatabase } from '../server.ts';
import type { DisbursementAnswer } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';

const key = 'results-of-the-second-quarter';

/**
 * The point of the transaction at the crash: after the paid lines, before the file is recorded, before the answer is
 * stored.
 */
const moments: Readonly<Record<string, string>> = {
  'PostgreSQL crashes after the paid lines are written, before the failed ones': `select from payment_line where line_id = $1 for update`,
  'PostgreSQL crashes after all lines are written, before the results file is':
    'lock table result_file in exclusive mode',
  'PostgreSQL crashes before the answer is stored': 'lock table idempotency_key in exclusive mode',
};

/** What a results file changes, without columns that depend on the time or the request. */
const traces: Readonly<Record<string, string>> = {
  lines: 'select to_jsonb(l) as row from payment_line l order by line_id',
  months: 'select to_jsonb(m) as row from payment_line_month m order by person_id, line_id, month',
  disbursement: 'select to_jsonb(d) as row from disbursement d',
  files: 'select to_jsonb(f) as row from result_file f',
  ledger: `select to_jsonb(e) - 'entry_id' as row from ledger_entry e order by entry_id`,
  audit: `select to_jsonb(a) - 'entry_id' - 'request_id' as row from audit_entry a order by entry_id`,
};

async function digestsOf({ pool }: Db): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const [name, question] of Object.entries(traces)) {
    const { rows } = await pool.query(question);
    digests[name] = `${rows.length} ${createHash('sha256').update(JSON.stringify(rows)).digest('hex')}`;
  }
  return digests;
}

const dataDir = mkdtempSync(join(tmpdir(), 'subsidy-crash-'));
chmodSync(dataDir, 0o711); // PostgreSQL's own account needs to traverse it
const options = { dataDir, log: () => {}, durable: false };
let server: Embedded = await startEmbedded(options);
t.teardown(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Starts the service on one of the databases. */
async function startedOn(t: Test, name: string): Promise<City> {
  const url = withDatabase(server.url, name);
  const serviceUrl = await openServiceLogin(url, 'subsidy_crash');
  const database = openBoth(t, { url, ownerUrl: url, serviceUrl });
  return await cityOn(t, database, { SUBSIDY_DATA_DIR: dataDir });
}

/** Like `kill -9` of every PostgreSQL process: nothing more is written. */
async function crash(): Promise<void> {
  process.kill(server.pid, 'SIGQUIT');
  await server.ended;
  server = await startEmbedded(options);
}

t.test(
  'a results file that a crash of the database interrupts is applied once, as if there had been no crash',
  async (t) => {
    // The machine itself does not crash here, so data handed to the kernel survive; but a commit must hand them over.
    await administer(server.url, 'alter role postgres set synchronous_commit = on');
    await administer(server.url, 'create database calm');
    await prepareDatabase(withDatabase(server.url, 'calm'));
    let batch: DisbursementAnswer | undefined;
    let body: object | undefined;
    let lastFailed: string | undefined;
    await t.test('setup: a payment batch is with the bank', async (t) => {
      const city = await startedOn(t, 'calm');
      for (const _ of Array.from({ length: 6 })) await city.approved();
      batch = await city.inPayment();
      let count = 0;
      const results = await city.resultsOf(batch, () => {
        count += 1;
        return count % 2 === 0 ? { result: 'failed', failure: 'account-closed' } : { result: 'paid' };
      });
      body = results;
      lastFailed = results.lines.findLast(({ result }) => result === 'failed')?.lineId;
    });
    if (batch === undefined || body === undefined) throw new Error('the batch was made');
    const url = `/v1/disbursements/${batch.id}/payment-results`;
    const names = Object.keys(moments).map((_, index) => `disturbed_${index}`);
    for (const name of names) await administer(server.url, `create database ${name} template calm`);

    let undisturbed: Record<string, string> = {};
    await t.test('reference run: the results file is applied without a crash', async (t) => {
      const city = await startedOn(t, 'calm');
      await city.call('payer-360203', 'POST', url, { body, key, status: 200 });
      undisturbed = await digestsOf(city.db);
    });

    for (const [index, [moment, lock]] of Object.entries(moments).entries()) {
      await t.test(moment, async (t) => {
        const name = names[index] ?? '';
        const before = await startedOn(t, name);
        const untouched = await digestsOf(before.db);
        const holder = new pg.Client(withDatabase(server.url, name));
        holder.on('error', () => {});
        await holder.connect();
        await holder.query('begin');
        await holder.query(lock, lock.includes('$1') ? [lastFailed] : []);
        const interrupted = before.call('payer-360203', 'POST', url, { body, key });
        while (!(await isStuck(holder))) await delay(10);
        await crash();
        strictMatch(t, await interrupted, { status: 503, body: { code: 'unavailable' } });
        strictMatch(
          t,
          before.logs.find(({ level }) => level === 40),
          { msg: 'unavailable', err: { type: 'Unavailable', cause: { message: /./ } } },
          'whoever runs the service reads why',
        );

        const after = await startedOn(t, name);
        t.strictSame(await digestsOf(after.db), untouched, 'nothing was applied');
        await after.call('payer-360203', 'POST', url, { body, key, status: 200 });
        t.strictSame(await digestsOf(after.db), undisturbed, 'and then all of it, once');
        const again = await after.call('payer-360203', 'POST', url, { body, key, status: 200 });
        t.equal(again.headers['idempotency-replayed'], 'true');
        strictMatch(t, await after.reconciliation(), { balanced: true });
      });
    }
  },
);

/** Whether another session waits for the holder's locks. */
async function isStuck(holder: pg.Client): Promise<boolean> {
  await holder.query('select pg_stat_clear_snapshot()'); // the holder's transaction looks anew
  const { rows } = await holder.query(
    `select count(*)::int as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.waiting > 0;
}
