// The drill: a cluster with an archive is backed up while the service writes, and is restored to a moment on another cluster;
// or it has a standby, which falls behind and is promoted. Everything that must hold after it is looked at. Throws at the
// first thing that does not.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectClient } from '../../src/platform/database/connect.ts';
import { OperatorError } from '../../src/platform/operator-error.ts';
import { dayInShanghai } from '../../src/values/days.ts';
import { createClient } from '../demo/client.ts';
import { type Service, startService } from '../demo/service.ts';
import {
  broken,
  eachOf,
  fundNext,
  keepCheckpoint,
  lookAround,
  readToEnd,
  same,
  stepsOf,
  whileWriting,
  writeWhatIsLost,
} from './business.ts';
import {
  type Cluster,
  databaseName,
  findPrograms,
  makeCluster,
  makeFolder,
  type Programs,
  runProgram,
  startCluster,
  superuser,
} from './cluster.ts';

const root = join(import.meta.dirname, '../..');
const archivedWithinMs = 60_000;
const followsWithinMs = 60_000;

export interface Drill {
  /** Cases that are decided and paid before the moment. */
  readonly people: number;
  /** A standby that was behind is promoted, instead of a backup restored. */
  readonly promotes?: boolean;
  readonly tell: (line: string) => void;
  /** Damages what was restored, to show that the drill finds it. */
  readonly spoil?: (superuserUrl: string) => Promise<void>;
}

export interface Timed {
  readonly title: string;
  readonly ms: number;
}

/** @throws OperatorError naming the first thing that does not hold */
export async function drill({
  people,
  promotes = false,
  tell,
  spoil = async () => {},
}: Drill): Promise<readonly Timed[]> {
  const programs = findPrograms();
  if (programs === undefined)
    throw new OperatorError(
      'PG_BIN: 没有找到 PostgreSQL 的 initdb 和 pg_basebackup，请安装服务器程序包 · initdb and pg_basebackup were not found; install the package of the server',
    );
  const folder = mkdtempSync(join(tmpdir(), 'subsidy-drill-'));
  chmodSync(folder, 0o711); // PostgreSQL's account goes through it
  const times: Timed[] = [];
  const opened: { stop(): Promise<void> }[] = [];
  const step = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    const result = await work();
    const ms = performance.now() - begun;
    times.push({ title, ms });
    tell(`${(ms / 1_000).toFixed(1).padStart(6)} s  ${title}`);
    return result;
  };
  const opens = async <T extends { stop(): Promise<void> }>(work: () => Promise<T>): Promise<T> => {
    const one = await work();
    opened.push(one);
    return one;
  };
  try {
    await play({ place: placeIn(folder, programs), people, promotes, step, opens, spoil });
    return times;
  } finally {
    for (const one of opened.reverse()) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Stage {
  readonly place: Place;
  readonly people: number;
  readonly promotes: boolean;
  readonly step: <T>(title: string, work: () => Promise<T>) => Promise<T>;
  /** Closed at the end of the drill, if not before. */
  readonly opens: <T extends { stop(): Promise<void> }>(work: () => Promise<T>) => Promise<T>;
  readonly spoil: (superuserUrl: string) => Promise<void>;
}

async function play({ place, people, promotes, step, opens, spoil }: Stage): Promise<void> {
  const [oldPassword, newPassword] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')];
  const old = await step(
    '建立开启归档的集群、库和账号 · a cluster with an archive, its database and accounts',
    () => opens(() => makeOld(place, oldPassword)),
  );
  const service = await opens(() => serve(place, old.url('subsidy_app', oldPassword)));
  const client = createClient(service.url);
  const steps = stepsOf(client);
  await step(`办理 ${people} 件并发放 · ${people} cases, decided and paid`, async () => {
    await eachOf(people, async () => steps.approved(await steps.resident()));
    await steps.settled('paid');
  });

  const copyFolder = join(place.folder, 'copy');
  const submitted = await step(
    promotes
      ? '业务进行中建立备库 · a standby is made while the service writes'
      : '业务进行中做基础备份 · a base backup while the service writes',
    () => whileWriting(steps, () => (promotes ? makeStandby(place, old, copyFolder) : backUp(place, old))),
  );
  if (submitted === 0) throw broken('其间没有写入 · nothing was written meanwhile');
  await eachOf(2, async () => steps.approved(await steps.resident()));
  const funded = await fundNext(steps);
  const counts = await countRows(old.url());
  const before = {
    checkpoint: await keepCheckpoint(client, place.folder, 'before'),
    cursor: await readToEnd(client),
  };
  if (promotes)
    await step('备库跟上后停止，从此落后 · the standby follows, stops, and falls behind', () =>
      followUntilNow(place, old, copyFolder),
    );
  await delay(1_100); // the moment is told in whole seconds
  const moment = Temporal.Now.instant();
  await delay(100);

  const lost = await step('该时刻之后的写入，将会丢失 · writes after the moment, which will be lost', () =>
    writeWhatIsLost(place.folder, client, funded),
  );
  await step(
    '停止服务，等归档完成，停止旧集群 · the service stops, the archive is whole, the old cluster stops',
    async () => {
      await service.stop();
      await archiveAll(old);
      await old.stop();
    },
  );

  const copy = promotes
    ? await step('备库升为主库 · the standby is promoted', async () => {
        const standby = await opens(() => startCluster(place.programs, copyFolder, { isStandby: true }));
        await ask(standby.url(), 'select pg_promote()');
        return standby;
      })
    : await restore({ place, step, opens }, moment, copyFolder);
  same('恢复的行数 · rows of the moment', await countRows(copy.url()), counts);

  const owner = copy.url('subsidy_owner', place.ownerPassword);
  await step('恢复后的处理 · after-restore', () =>
    run(
      place,
      [
        'after-restore',
        '--moment',
        promotes ? 'latest' : moment.toString(),
        '--case-number',
        lost.caseNumber,
      ],
      owner,
    ),
  );
  await spoil(copy.url());
  await step('对账 · reconcile', () => run(place, ['reconcile'], owner));
  await step('验证审计，用该时刻之前的校验点 · verify-audit with the checkpoint of before', () =>
    run(place, ['verify-audit', '--checkpoint', before.checkpoint], owner),
  );
  await step('用丢失时段的校验点验证，须指出 · verify-audit says that the other is of the lost time', () =>
    run(place, ['verify-audit', '--checkpoint', lost.checkpoint], owner, { code: 1, says: /was lost/ }),
  );
  const today = dayInShanghai(moment);
  const replay = [
    'replay',
    '--from',
    Temporal.PlainDate.from(today).subtract({ days: 1 }).toString(),
    '--to',
    today,
  ];
  await step(
    '重演全部决定，用主密钥打开 · replay of every decision, opened with the master key',
    async () => {
      const said = await run(place, replay, owner);
      const decisions = Number(/· (\d+) decisions replayed/.exec(said)?.[1]);
      if (decisions < people)
        throw broken(`只重演了 ${decisions} 个决定 · only ${decisions} decisions were replayed`);
    },
  );
  await step('没有主密钥或用错，须说明 · without the master key, or with another, it says so', async () => {
    await run(place, replay, owner, { code: 2, says: /SUBSIDY_MASTER_KEY_FILE/, keyFile: null });
    await run(place, replay, owner, { code: 1, says: /another master key/, keyFile: place.otherKey });
  });

  await ask(copy.url(), `alter role subsidy_app password '${newPassword}'`);
  const again = await step('新密码下启动服务 · the service starts with a new password', () =>
    opens(() => serve(place, copy.url('subsidy_app', newPassword))),
  );
  await step('编号、续读位置、幂等键、发放文件 · numbers, cursors, keys and the payment file', () =>
    lookAround(createClient(again.url), { funded, lost, before }, () =>
      run(place, ['after-restore', '--bank-asked'], owner),
    ),
  );
  await step(
    '旧集群重新启动，旧服务被拒 · the old cluster comes back and its service is refused',
    async () => {
      await again.stop(); // which writes a checkpoint of the new epoch
      const back = await opens(() => startCluster(place.programs, join(place.folder, 'old')));
      await refused(place, copy.url('subsidy_app', oldPassword), /password authentication failed/);
      await refused(place, back.url('subsidy_app', newPassword), /password authentication failed/);
      await refused(
        place,
        back.url('subsidy_app', oldPassword),
        /lacks the audit entries of this checkpoint/,
      );
    },
  );
}

interface Place {
  readonly folder: string;
  readonly programs: Programs;
  readonly backup: string;
  /** Of deploy/backup, where PostgreSQL's account can read them. */
  readonly scripts: string;
  readonly checkpoints: string;
  readonly keyFile: string;
  readonly otherKey: string;
  readonly ownerPassword: string;
}

function placeIn(folder: string, programs: Programs): Place {
  const [scripts, checkpoints] = [join(folder, 'scripts'), join(folder, 'checkpoints')];
  cpSync(join(root, 'deploy/backup'), scripts, { recursive: true });
  chmodSync(scripts, 0o755);
  mkdirSync(checkpoints);
  const keys = ['master_key', 'other_key'].map((name) => {
    writeFileSync(join(folder, name), `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    return join(folder, name);
  });
  const [keyFile = '', otherKey = ''] = keys;
  const backup = makeFolder(programs, join(folder, 'backup'));
  for (const name of ['old', 'copy']) makeFolder(programs, join(folder, name));
  return {
    folder,
    programs,
    backup,
    scripts,
    checkpoints,
    keyFile,
    otherKey,
    ownerPassword: randomBytes(12).toString('hex'),
  };
}

/** As docs/operations.md says: an owner, a login of the service, an archive. */
async function makeOld(place: Place, password: string): Promise<Cluster> {
  const folder = join(place.folder, 'old');
  await makeCluster(place.programs, folder, [
    'archive_mode = on',
    `archive_command = '${place.scripts}/archive-wal.sh ${place.backup} "%p" "%f"'`,
    'archive_timeout = 60',
  ]);
  const cluster = await startCluster(place.programs, folder);
  await ask(cluster.url(), `create role subsidy_owner login createrole password '${place.ownerPassword}'`);
  await ask(cluster.url(), `create database ${databaseName} owner subsidy_owner`);
  await run(place, ['migrate'], cluster.url('subsidy_owner', place.ownerPassword));
  await ask(cluster.url(), `create role subsidy_app login password '${password}' in role subsidy_service`);
  return cluster;
}

function serve(place: Place, url: string): Promise<Service> {
  return startService({
    DATABASE_URL: url,
    LOG_LEVEL: 'error',
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_MASTER_KEY_FILE: place.keyFile,
    SUBSIDY_AUDIT_CHECKPOINT_DIR: place.checkpoints,
    SUBSIDY_QUALITY_REVIEW_APPROVALS: '0',
  });
}

async function refused(place: Place, url: string, says: RegExp): Promise<void> {
  const started = await serve(place, url).catch((error: Error) => error);
  if (started instanceof Error && says.test(started.message)) return;
  if (!(started instanceof Error)) await started.stop();
  throw broken(
    `服务没有按预期拒绝启动 · the start was not refused with ${says}: ${started instanceof Error ? started.message : ''}`,
  );
}

/** Runs a command of the operator; anything but the expected exit code and words is an error. */
async function run(
  place: Place,
  [command = '', ...options]: readonly string[],
  url: string,
  expected: { readonly code?: number; readonly says?: RegExp; readonly keyFile?: string | null } = {},
): Promise<string> {
  const { code = 0, says = /(?:)/, keyFile = place.keyFile } = expected;
  const key = keyFile === null ? {} : { SUBSIDY_MASTER_KEY_FILE: keyFile };
  const { status, said } = await new Promise<{ status: number; said: string }>((resolve) => {
    const program = [join(root, 'src/start.js'), command, ...options];
    const env = { PATH: process.env['PATH'], DATABASE_URL: url, ...key };
    execFile(process.execPath, program, { env }, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), said: `${stdout}${stderr}` }),
    );
  });
  if (status === code && says.test(said)) return said;
  const indented = said.trimEnd().replaceAll(/^/gm, '  ');
  throw broken(
    `${command} 退出码 ${status}，应为 ${code} · exited with ${status} instead of ${code}:\n${indented}`,
  );
}

async function backUp({ programs, scripts, backup }: Place, { port }: Cluster): Promise<void> {
  await runProgram(programs, join(scripts, 'base-backup.sh'), [backup], environmentOf(port));
}

function environmentOf(port: number): Record<string, string> {
  const { name, password } = superuser;
  return { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: name, PGPASSWORD: password };
}

/** By restore.sh, and started. */
async function restore(
  { place: { programs, scripts, backup }, step, opens }: Pick<Stage, 'place' | 'step' | 'opens'>,
  moment: Temporal.Instant,
  folder: string,
): Promise<Cluster> {
  await step('取出备份 · the base backup is put in place (restore.sh)', () =>
    runProgram(programs, join(scripts, 'restore.sh'), [backup, moment.toString(), folder]),
  );
  return await step('重放归档到该时刻并升为主库 · the archive is replayed to the moment', () =>
    opens(() => startCluster(programs, folder)),
  );
}

async function makeStandby({ programs }: Place, { port }: Cluster, folder: string): Promise<void> {
  const options = [`--pgdata=${folder}`, '--write-recovery-conf', '--checkpoint=fast'];
  await runProgram(programs, 'pg_basebackup', options, environmentOf(port));
}

/** The standby has every write of before, and none of later. */
async function followUntilNow({ programs }: Place, old: Cluster, folder: string): Promise<void> {
  const standby = await startCluster(programs, folder, { isStandby: true });
  try {
    const [now] = await ask(old.url(), 'select pg_current_wal_lsn()::text as place');
    const follows = `select pg_last_wal_replay_lsn() >= '${now?.['place']}' as is_there`;
    for (const begun = performance.now(); performance.now() - begun < followsWithinMs; await delay(100)) {
      const [answer] = await ask(standby.url(), follows);
      if (answer?.['is_there'] === true) return;
    }
    throw broken('备库没有跟上 · the standby did not follow');
  } finally {
    await standby.stop();
  }
}

/** Resolves when every write of before is in the archive. */
async function archiveAll(cluster: Cluster): Promise<void> {
  const [last] = await ask(cluster.url(), 'select pg_walfile_name(pg_switch_wal()) as name');
  for (const begun = performance.now(); performance.now() - begun < archivedWithinMs; await delay(100)) {
    const [archiver] = await ask(cluster.url(), 'select last_archived_wal as name from pg_stat_archiver');
    if (String(archiver?.['name']) >= String(last?.['name'])) return;
  }
  throw broken('归档没有完成 · the archive was not made whole');
}

/** Rows that the service's background work does not add to by itself. */
async function countRows(url: string): Promise<string> {
  const tables = ['application', 'decision', 'payment_line', 'ledger_entry', 'event', 'idempotency_key'];
  const counts = tables.map((table) => `(select count(*) from ${table}) as ${table}`);
  const [row] = await ask(url.replace(/[^/]+$/, databaseName), `select ${counts.join(', ')}`);
  return JSON.stringify(row);
}

async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = await connectClient(url, 'subsidy drill');
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
