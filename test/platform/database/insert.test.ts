// Rows that are inserted by a text made once.

import t from 'tap';
import { insertLater } from '../../../src/platform/database/insert.ts';
import { ask, transact } from '../../../src/platform/database/transaction.ts';
import { testDatabase } from '../../database.ts';

const scopes = ['events:read', 'quotes " and \\ and, commas', '{braces}'];
const client = (apiClientId: string) => ({
  apiClientId,
  name: '一个平台',
  role: 'platform' as const,
  scopes,
  createdAt: '2025-07-05T02:00:00Z',
  createdBy: 'a|b',
});

t.test('one row is prepared although it has an array; several go by one statement', async (t) => {
  const { service } = await testDatabase(t);
  await transact(service, null, async (tx) => {
    insertLater(tx, 'apiClient', []);
    insertLater(tx, 'apiClient', [client('one')]);
    insertLater(tx, 'apiClient', [client('another')]);
    const prepared = await ask<{ plans: number }>(
      tx,
      `select (generic_plans + custom_plans)::int as plans from pg_prepared_statements
      where statement like 'insert into api_client (%' and $1`,
      [true],
    );
    t.strictSame(prepared, [{ plans: 2 }]);
    insertLater(tx, 'apiClient', [client('third'), client('fourth')]);
    const kept = await tx.selectFrom('apiClient').select(['apiClientId', 'scopes']).execute();
    t.strictSame(
      kept.map(({ apiClientId }) => apiClientId),
      ['one', 'another', 'third', 'fourth'],
    );
    for (const row of kept) t.strictSame(row.scopes, scopes);
  });
});
