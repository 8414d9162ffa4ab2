// npm run drill:restore: backs up a scratch cluster while the service writes, restores it to a moment on another one, and
// looks at everything that must hold then; with --standby it promotes a standby that was behind instead. See drill/drill.ts
// and docs/operations.md. Everything is deleted afterwards.

import { runCommand } from '../src/commands/command.ts';
import { ConfigError } from '../src/platform/config/config.ts';
import { drill } from './drill/drill.ts';

const usualPeople = 50;

await runCommand({
  name: 'drill:restore',
  does:
    '在临时的集群上演练备份与恢复：边写入边备份，恢复到一个时刻，再对账、验证审计、重演，并列出各步用时 · ' +
    'rehearses backup and restore on scratch clusters: backs up during writes, restores to a moment, reconciles, verifies, replays, and tells the time of each step\n' +
    '使用本机安装的 PostgreSQL 程序（15 或更高版本），或 PG_BIN 所指的 · uses the programs of the installed PostgreSQL (15 or later), or those in PG_BIN',
  failsWhen: { zh: '有一步不成立', en: 'a step does not hold' },
  options: {
    people: {
      type: 'string',
      value: 'N',
      help: `先办结并发放多少件，默认 ${usualPeople} · how many cases are decided and paid first; the default is ${usualPeople}`,
    },
    standby: {
      type: 'boolean',
      help: '改为演练：落后的备库升为主库 · rehearses instead that a standby which was behind is promoted',
    },
  },
  async run({ people = String(usualPeople), standby: promotes = false }) {
    if (!/^[1-9]\d{0,4}$/.test(people))
      throw new ConfigError(['--people: 应为 1 到 99999 的整数 · a whole number from 1 to 99999']);
    const times = await drill({ people: Number(people), promotes, tell: (line) => console.log(line) });
    const ms = times.reduce((sum, time) => sum + time.ms, 0);
    console.log(
      `全部成立，共 ${(ms / 1_000).toFixed(1)} 秒 · all of it holds, in ${(ms / 1_000).toFixed(1)} s`,
    );
    return true;
  },
});
