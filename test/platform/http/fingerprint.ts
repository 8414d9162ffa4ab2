// A digest of each table, so that a test can check that nothing was stored. Contains no tests.

import type { Db } from '../../../src/platform/database/connect.ts';

/** Table name → digest of all its rows. Without the queue of entries to seal, which follows `audit_entry`. */
export async function fingerprint({ pool }: Db): Promise<Record<string, string>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'audit_unsealed'
     order by table_name`,
  );
  const digests: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await pool.query<{ digest: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') as digest from ${name} t`,
    );
    digests[name] = rows[0]?.digest ?? '';
  }
  return digests;
}
