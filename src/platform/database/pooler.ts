// Checks at the start that the service can work through a connection pooler such as PgBouncer in its transaction mode
// (docs/decisions/0043).

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { OperatorError } from '../operator-error.ts';
import { connectClient, type DatabaseOptions } from './connect.ts';

type Urls = Required<Pick<DatabaseOptions, 'url' | 'preparesStatements'>> & { readonly directUrl: string };

/** @throws OperatorError in one line that says what to do */
export async function checkPooler({ url, directUrl, preparesStatements }: Urls): Promise<void> {
  const direct = await connectClient(directUrl, 'subsidy start', { variable: 'DATABASE_DIRECT_URL' });
  try {
    const pooled = await connectClient(url, 'subsidy start', { mayBePooler: true });
    try {
      if ((await placeOf(direct)) !== (await placeOf(pooled)))
        throw new OperatorError(
          'DATABASE_DIRECT_URL: 与 DATABASE_URL 不是同一数据库和账号，请改为一致 · ' +
            'leads to another database or account than DATABASE_URL; both must be the same',
        );
      if (preparesStatements && !(await keepsNames(pooled)))
        throw new OperatorError(
          'SUBSIDY_PREPARED_STATEMENTS: 连接池不支持预备语句，请设为 off，或使用 PgBouncer 1.21 以上并设置 max_prepared_statements · ' +
            'the pooler does not know prepared statements; set it to off, or use PgBouncer 1.21 or later with max_prepared_statements',
        );
    } finally {
      await pooled.end();
    }
  } finally {
    await direct.end();
  }
}

async function placeOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ place: string }>(
    `select concat_ws(' ', system_identifier, current_database(), current_user) as place from pg_control_system()`,
  );
  return rows[0]?.place ?? '';
}

/** A pooler that knows prepared statements gives them names of its own, which it has on each of its connections. */
async function keepsNames(client: pg.Client): Promise<boolean> {
  const name = `subsidy start ${randomUUID()}`;
  await client.query('begin');
  const { rowCount } = await client.query({
    name,
    text: 'select from pg_prepared_statements where name = $1',
    values: [name],
  });
  if (rowCount !== 0) await client.query(`deallocate ${pg.escapeIdentifier(name)}`);
  await client.query('commit');
  return rowCount === 0;
}
