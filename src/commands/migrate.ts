// Entry point of `npm run migrate`; see platform/database/migrate.ts.

import { readDatabaseUrl } from '../platform/config/config.ts';
import { listPending } from '../platform/database/migrate.ts';
import { runCommand } from './command.ts';
import { prepareDatabase } from './prepare-database.ts';

const upToDate = '数据库已是最新 · the schema is up to date';

await runCommand({
  name: 'migrate',
  does:
    '用属主账号把 DATABASE_URL 的数据库升级到本版本的结构和基础数据 · ' +
    'brings the database of DATABASE_URL, as its owner, to the schema and the reference data of this version',
  options: {
    plan: {
      type: 'boolean',
      help: '只列出将执行的迁移，以及是否须先停止服务 · only lists what would be applied, and whether the service must be stopped first',
    },
  },
  async run({ plan = false }) {
    if (plan) {
      const pending = await listPending(readDatabaseUrl(process.env));
      for (const { file, isAdditive } of pending)
        console.log(
          `${file}：${isAdditive ? '可不停机 · while the service runs' : '须停止服务 · needs a stop'}`,
        );
      if (pending.length === 0) console.log(upToDate);
      return true;
    }
    const applied = await prepareDatabase(readDatabaseUrl(process.env), (file) =>
      console.log(`已执行 · applied: ${file}`),
    );
    console.log(
      applied.length === 0
        ? upToDate
        : `已执行 ${applied.length} 个迁移 · ${applied.length} migrations applied`,
    );
    return true;
  },
});
