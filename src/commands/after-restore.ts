// Entry point of `npm run after-restore`; see oversight/restores/operations.ts.

import { sql } from 'kysely';
import { beginEpoch, noteBankAsked } from '../oversight/restores/operations.ts';
import { ConfigError } from '../platform/config/config.ts';
import type { Db } from '../platform/database/connect.ts';
import { sealAll } from '../runtime/jobs/sealing.ts';
import { isCaseNumber } from '../values/case-number.ts';
import { runCommand, withDatabase } from './command.ts';

const defaultAhead = 10_000;
// Every case gets another version, and every table is analysed.
const statementTimeoutMs = 3_600_000;

await runCommand({
  name: 'after-restore',
  does:
    '数据库恢复到较早的时刻之后、启动服务之前，用属主账号运行一次；备库升为主库而丢失了事务的，同样运行 · ' +
    'run once as the owner after the database was restored to an earlier moment, before the service starts, and after the promotion of a standby that lacked transactions\n' +
    '已发出的编号和版本不再使用，丢失部分的续读位置不再接受，向银行核实之前不交出发放文件 · ' +
    'numbers and versions that were given out are not given again, cursors of what is lost are refused, and no payment file is handed out until the banks were asked',
  failsWhen: { zh: '数据晚于该时刻', en: 'the data are of after that moment' },
  options: {
    moment: {
      type: 'string',
      value: 'INSTANT',
      help: '恢复到的时刻，如 2026-03-02T09:30:00+08:00；恢复到归档末尾的填 latest · the moment to which it was restored; latest where that is the end of the archive',
    },
    ahead: {
      type: 'string',
      value: 'N',
      help: `各编号跳过多少，默认 ${defaultAhead} · how many numbers to skip; the default is ${defaultAhead}`,
    },
    'case-number': {
      type: 'string',
      value: 'NUMBER',
      help: '已知发出的最后一个受理编号，跳到其后 · the last case number that is known to have been given out',
    },
    'disbursement-number': {
      type: 'string',
      value: 'NUMBER',
      help: '已知发出的最后一个发放批次号，跳到其后 · the last disbursement number that is known to have been given out',
    },
    'bank-asked': {
      type: 'boolean',
      help: '改为登记：已逐家向银行核实丢失时段的发放文件，可以交出发放文件 · notes instead that every bank was asked for the payment files of what is lost; files are handed out again',
    },
  },
  async run(values) {
    const now = Temporal.Now.instant();
    if (values['bank-asked'] === true)
      return await withDatabase(async ({ db }) => tellBankAsked(await noteBankAsked(db, now)));
    const wanted = readOptions(values, now);
    return await withDatabase(
      async ({ db, auditHash }) => {
        const begun = await beginEpoch(db, { ...wanted, now });
        if ('newestAt' in begun) return tellNewer(begun.newestAt);
        console.log(`新的纪元 · new epoch: ${begun.epoch}`);
        for (const { name, from, to } of begun.sequences) console.log(`  ${name}: ${from} → ${to}`);
        console.log(
          `版本已跳过 ${begun.versions} 项，可能已下载的发放文件 ${begun.doubtedFiles} 个 · ${begun.versions} versions moved on, ${begun.doubtedFiles} payment files may have been fetched`,
        );
        await sealAll(db, auditHash);
        await analyze(db);
        console.log(
          '审计已封存，统计信息已更新。接着运行 reconcile、verify-audit；向银行核实后运行 after-restore -- --bank-asked · ' +
            'the audit is sealed, the tables are analysed. Now run reconcile and verify-audit; once the banks were asked, after-restore -- --bank-asked',
        );
        return true;
      },
      { statementTimeoutMs },
    );
  },
});

interface Values {
  readonly moment?: string;
  readonly ahead?: string;
  readonly 'case-number'?: string;
  readonly 'disbursement-number'?: string;
}

function readOptions(values: Values, now: Temporal.Instant) {
  const { moment: momentText = '', ahead: aheadText = String(defaultAhead) } = values;
  const { 'case-number': caseNumber, 'disbursement-number': disbursementNumber } = values;
  const moment = momentText === 'latest' ? null : instantOf(momentText);
  const ahead = /^\d{1,6}$/.test(aheadText) ? Number(aheadText) : null;
  const disbursement = /^FF\d{2}-(\d{5,7})$/.exec(disbursementNumber ?? '')?.[1];
  const errors = [
    ...(moment === undefined || (moment !== null && Temporal.Instant.compare(moment, now) > 0)
      ? [
          '--moment: 请填写恢复到的时刻，带时区，不晚于现在，如 2026-03-02T09:30:00+08:00；或填 latest · name the moment to which it was restored, with its offset, or latest',
        ]
      : []),
    ...(ahead === null ? ['--ahead: 应为不超过 999999 的整数 · a whole number of at most 999999'] : []),
    ...(caseNumber !== undefined && !isCaseNumber(caseNumber)
      ? ['--case-number: 不是受理编号，应如 JDZ26-0000123-0 · not a case number']
      : []),
    ...(disbursementNumber !== undefined && disbursement === undefined
      ? ['--disbursement-number: 不是发放批次号，应如 FF26-00012 · not a disbursement number']
      : []),
  ];
  if (moment === undefined || ahead === null || errors.length > 0) throw new ConfigError(errors);
  const lastNumbers = {
    ...(caseNumber === undefined ? {} : { case_number_sequence: Number(caseNumber.split('-')[1]) }),
    ...(disbursement === undefined ? {} : { disbursement_number_sequence: Number(disbursement) }),
  };
  return { moment, ahead, lastNumbers };
}

function instantOf(text: string): Temporal.Instant | undefined {
  try {
    return Temporal.Instant.from(text);
  } catch {
    return undefined;
  }
}

/** These are not the data of the moment: another database, or another moment. */
function tellNewer(newestAt: string): boolean {
  console.log(
    `没有改动任何内容：数据库中有 ${newestAt} 的审计记录，晚于 --moment。请核对是否连对了数据库、时刻是否正确 · ` +
      `nothing was changed: the database has an audit entry of ${newestAt}, after --moment; is this the restored database, and the right moment?`,
  );
  return false;
}

function tellBankAsked(waiting: number): boolean {
  console.log(
    waiting === 0
      ? '没有等待核实的恢复 · no restore waits for it'
      : '已登记，可以下载发放文件 · noted; payment files are handed out again',
  );
  return true;
}

/** A new cluster's autovacuum knows nothing of what was written before; plans rest on this meanwhile. */
async function analyze({ kysely }: Db): Promise<void> {
  await sql`analyze`.execute(kysely);
}
