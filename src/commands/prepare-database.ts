// Brings a database to the schema and the reference data of this version: what `npm run migrate` does, and every start on
// the embedded PostgreSQL.

import { migrate } from '../platform/database/migrate.ts';
import { forbidTemporaryTables } from '../platform/database/service-account.ts';
import { seedReference } from '../platform/reference/seed.ts';

/** Answers the files applied. See `migrate` for what it throws. */
export async function prepareDatabase(
  url: string,
  onApplied: (file: string) => void = () => {},
): Promise<string[]> {
  const applied = await migrate(url, { onApplied, seed: seedReference });
  await forbidTemporaryTables(url);
  return applied;
}
