// Migrates a database and inserts this version's reference data, for `npm run migrate` and each start on the
// embedded PostgreSQL.

import { migrate } from '../platform/database/migrate.ts';
import { forbidTemporaryTables } from '../platform/database/service-account.ts';
import { seedReference } from '../platform/reference/seed.ts';

/** Returns the names of the applied files. @throws as migrate */
export async function prepareDatabase(
  url: string,
  onApplied: (file: string) => void = () => {},
): Promise<string[]> {
  const applied = await migrate(url, { onApplied, seed: seedReference });
  await forbidTemporaryTables(url);
  return applied;
}
