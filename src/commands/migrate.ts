// Entry point of `npm run migrate`; see platform/database/migrate.ts.

import { readDatabaseUrl } from '../platform/config/config.ts';
import { runCommand } from './command.ts';
import { prepareDatabase } from './prepare-database.ts';

await runCommand({
  name: 'migrate',
  does:
    '用属主账号把 DATABASE_URL 的数据库升级到本版本的结构和基础数据 · ' +
    'brings the database of DATABASE_URL, as its owner, to the schema and the reference data of this version',
  options: {},
  async run() {
    const applied = await prepareDatabase(readDatabaseUrl(process.env), (file) =>
      console.log(`已执行 · applied: ${file}`),
    );
    console.log(
      applied.length === 0
        ? '数据库已是最新 · the schema is up to date'
        : `已执行 ${applied.length} 个迁移 · ${applied.length} migrations applied`,
    );
    return true;
  },
});
