// Entry point of `npm run migrate`; see platform/database/migrate.ts.

import { readDatabaseUrl } from '../platform/config/config.ts';
import { runCommand } from './command.ts';
import { prepareDatabase } from './prepare-database.ts';

await runCommand({
  name: 'migrate',
  does: 'Brings the database of DATABASE_URL, as its owner, to the schema and the reference data of this version.',
  options: {},
  async run() {
    const applied = await prepareDatabase(readDatabaseUrl(process.env), (file) =>
      console.log(`applied ${file}`),
    );
    console.log(applied.length === 0 ? 'the schema is up to date' : `${applied.length} migrations applied`);
    return true;
  },
});
