// The program behind `npm run migrate`: brings the database of DATABASE_URL to the schema and the reference data of this
// version, prints what it did, and fails with one line and a non-zero exit. How is in platform/database/migrate.ts.

import { ConfigError, readDatabaseUrl } from '../platform/config/config.ts';
import { migrate } from '../platform/database/migrate.ts';
import { forbidTemporaryTables } from '../platform/database/service-account.ts';
import { seedReference } from '../platform/reference/seed.ts';

/** Schema and reference data; returns the files applied. See `migrate` for what it throws. */
export async function prepareDatabase(
  url: string,
  onApplied: (file: string) => void = () => {},
): Promise<string[]> {
  const applied = await migrate(url, { onApplied, seed: seedReference });
  await forbidTemporaryTables(url);
  return applied;
}

if (import.meta.main) {
  try {
    const applied = await prepareDatabase(readDatabaseUrl(process.env), (file) =>
      console.log(`applied ${file}`),
    );
    console.log(applied.length === 0 ? 'the schema is up to date' : `${applied.length} migrations applied`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}
