// A dump of the owner, read row by row like pg_dump does, is complete: restored into another database, payments reconcile
// and the audit verifies. Backups of a whole cluster are rehearsed by npm run drill:restore (docs/operations.md).

import { spawnSync } from 'node:child_process';
import type pg from 'pg';
import t from 'tap';
import { connectClient } from '../../../src/platform/database/connect.ts';
import { sealAll } from '../../../src/runtime/jobs/sealing.ts';
import { testDatabase } from '../../database.ts';
import { setup } from '../../helper.ts';
import { start } from '../../program.ts';

interface Table {
  readonly name: string;
  readonly columns: string;
}

/** Every table of ours and of the job runner, with its writable columns. */
const listTables = `
  select format('%I.%I', c.relnamespace::regnamespace, c.relname) as name, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'graphile_worker'::regnamespace)
  group by c.oid order by 1`;

async function countRows(client: pg.Client, tables: readonly Table[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const { rows } = await client.query<{ n: number }>(`select count(*)::int as n from ${name}`);
    if (rows[0] !== undefined && rows[0].n > 0) counts[name] = rows[0].n;
  }
  return counts;
}

function run(command: string, url: string) {
  return spawnSync(process.execPath, [start, command], { env: { DATABASE_URL: url }, encoding: 'utf8' });
}

t.test('the owner’s dump has every row; restored, it reconciles and its audit verifies', async (t) => {
  const city = await setup(t);
  const paid = await city.approved();
  await city.approved();
  const batch = await city.inPayment();
  await city.settled(batch, () => ({ result: 'paid' }));
  await city.call('handler-360203', 'POST', '/v1/recoveries', {
    body: { applicationId: paid.id, month: '2025-04', grounds: '与用人单位核实' },
    status: 201,
  });
  await sealAll(city.db, 'sha256');

  const [owner, superuser] = [
    await connectClient(city.ownerUrl, 'backup'),
    await connectClient(city.url, 'test'),
  ];
  const { rows: tables } = await owner.query<Table>(listTables);
  // Like pg_dump: a row hidden by a policy is an error, not a gap.
  await owner.query('set row_security = off');
  const whole = await countRows(superuser, tables);
  t.strictSame(await countRows(owner, tables), whole);
  for (const table of [
    'person',
    'application',
    'decision',
    'payment_line',
    'ledger_entry',
    'audit_entry',
    'look',
  ])
    t.ok(whole[`public.${table}`], `${table} has rows`);

  const another = await testDatabase(t);
  const restored = await connectClient(another.url, 'restore');
  // Like a restore, which creates constraints and triggers last.
  await restored.query('set session_replication_role = replica');
  await restored.query(`truncate ${tables.map(({ name }) => name).join(', ')}`);
  for (const { name, columns } of tables) {
    const { rows } = await owner.query<{ copy: string }>(
      `select coalesce(json_agg(t), '[]')::text as copy from ${name} t`,
    );
    await restored.query(
      `insert into ${name} (${columns}) overriding system value
       select ${columns} from json_populate_recordset(null::${name}, $1)`,
      [rows[0]?.copy],
    );
  }
  t.strictSame(await countRows(restored, tables), whole);
  for (const client of [owner, superuser, restored]) await client.end();

  const reconciled = run('reconcile', another.serviceUrl);
  t.equal(reconciled.status, 0, reconciled.stdout);
  t.match(reconciled.stdout, /every fen ties: [1-9]/);
  const verified = run('verify-audit', another.serviceUrl);
  t.equal(verified.status, 0, verified.stdout);
  t.match(verified.stdout, new RegExp(`intact: ${whole['public.audit_seal']} entries`));
});
