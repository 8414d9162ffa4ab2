// The embedded PostgreSQL keeps its data, ends with its owner, and never shares a data directory.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { connectClient } from '../../src/platform/database/connect.ts';
import { EmbeddedError, isAlive } from '../../src/sandbox/cluster.ts';
import { type Embedded, startEmbedded } from '../../src/sandbox/embedded.ts';
import { ends } from '../processes.ts';
import { strictMatch } from '../strict-match.ts';

const asRoot = process.getuid?.() === 0;

/** An unused data directory. Not tap's own, which the server's account may not reach. */
function unusedFolder(test: Test): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'subsidy-embedded-'));
  // As root, PostgreSQL's account passes through it to its own directory.
  chmodSync(dataDir, 0o711);
  test.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

// A first start mostly creates the cluster, so tests that need no first start share one.
const sharedFolder = unusedFolder(t);

async function start(test: Test, dataDir: string, log: (line: string) => void = () => {}): Promise<Embedded> {
  const embedded = await startEmbedded({ dataDir, log, durable: false });
  test.teardown(() => embedded.stop());
  return embedded;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = await connectClient(url, 'subsidy test');
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

interface Owner {
  readonly process: ChildProcess;
  /** Undefined when its start was rejected. */
  readonly server: { readonly url: string; readonly pid: number } | undefined;
}

/** A process that starts a durable server and waits to be killed. */
async function startOwner(test: Test, dataDir: string): Promise<Owner> {
  const module = JSON.stringify(join(import.meta.dirname, '../../src/sandbox/embedded.ts'));
  const script = `
    const { startEmbedded } = await import(${module});
    const server = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log: () => {}, durable: true });
    console.log(JSON.stringify({ url: server.url, pid: server.pid }));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  test.teardown(() => {
    owner.kill('SIGKILL');
  });
  const started = once(createInterface({ input: owner.stdout }), 'line').then(([line]) => JSON.parse(line));
  const refused = once(owner, 'exit').then(() => undefined);
  return { process: owner, server: await Promise.race([started, refused]) };
}

t.test(
  'the embedded PostgreSQL uses UTF-8, code point order and UTC, and listens on this machine only',
  async (t) => {
    const { url } = await start(t, sharedFolder);
    const rows = await query(
      url,
      `select current_setting('server_encoding') as encoding, current_setting('timezone') as zone,
       current_setting('listen_addresses') as addresses, datlocprovider as provider, datlocale as locale
     from pg_database where datname = current_database()`,
    );
    t.strictSame(rows, [
      { encoding: 'UTF8', zone: 'UTC', addresses: '127.0.0.1', provider: 'b', locale: 'C.UTF-8' },
    ]);
    const guessed = new URL(url);
    guessed.password = 'guess';
    await t.rejects(query(guessed.href, 'select 1'), { cause: { code: '28P01' } });
  },
);

t.test('a second start keeps the data, and only the owner can read the password', async (t) => {
  const first = await start(t, sharedFolder);
  await query(first.url, `create table city as select '景德镇' as name`);
  await first.stop();
  t.ok(await ends(first.pid));
  const second = await start(t, sharedFolder);
  t.strictSame(await query(second.url, 'select name from city'), [{ name: '景德镇' }]);
  const password = lstatSync(join(sharedFolder, 'postgresql/password'));
  t.equal(password.mode & 0o777, 0o600);
  t.equal(password.uid, process.getuid?.());
});

t.test('when its owner is killed the server ends, and an immediate start keeps the data', async (t) => {
  const { process: owner, server } = await startOwner(t, sharedFolder);
  await query(server?.url ?? '', 'create table before_kill as select 1 as n');
  owner.kill('SIGKILL');
  const next = await start(t, sharedFolder);
  t.strictSame(await query(next.url, 'select n from before_kill'), [{ n: 1 }]);
  t.ok(await ends(server?.pid ?? 0));
});

t.test('when server and owner are both killed, the next start recovers the data', async (t) => {
  const { process: owner, server } = await startOwner(t, sharedFolder);
  await query(server?.url ?? '', 'create table before_crash as select 1 as n');
  owner.kill('SIGKILL');
  process.kill(server?.pid ?? 0, 'SIGKILL');
  const next = await start(t, sharedFolder);
  t.strictSame(await query(next.url, 'select n from before_crash'), [{ n: 1 }]);
});

t.test('the owner is notified when its server dies', async (t) => {
  const embedded = await start(t, sharedFolder);
  process.kill(embedded.pid, 'SIGQUIT');
  await embedded.ended;
  t.ok(await ends(embedded.pid));
});

t.test('a start on the data of a running server is rejected, and that server continues', async (t) => {
  const first = await start(t, sharedFolder);
  await t.rejects(start(t, sharedFolder), {
    name: 'EmbeddedError',
    message: /is in use by a running PostgreSQL \(process \d+\)/,
  });
  t.strictSame(await query(first.url, 'select 1 as n'), [{ n: 1 }]);
});

t.test(
  'of two concurrent first starts one serves, the other fails, and nothing incomplete remains',
  async (t) => {
    const dataDir = unusedFolder(t);
    const owners = await Promise.all([startOwner(t, dataDir), startOwner(t, dataDir)]);
    const serving = owners.map(({ server }) => server).filter((server) => server !== undefined);
    t.equal(serving.length, 1);
    t.strictSame(await query(serving[0]?.url ?? '', 'select 1 as n'), [{ n: 1 }]);
    t.strictSame(readdirSync(dataDir), ['postgresql']);
    for (const owner of owners) owner.process.kill('SIGKILL');
    t.ok(await ends(serving[0]?.pid ?? 0));
  },
);

t.test('a stale lock whose process id was reused does not block a start', async (t) => {
  const first = await start(t, sharedFolder);
  const lockFile = join(sharedFolder, 'postgresql/pgdata/postmaster.pid');
  const lock = readFileSync(lockFile, 'utf8');
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  // Owned by the server's account, as after a container restart: PostgreSQL alone would take it for a live
  // server.
  const { uid, gid } = lstatSync(join(sharedFolder, 'postgresql/pgdata'));
  const other = spawn('/bin/sh', ['-c', 'read -r line'], {
    ...(asRoot ? { uid, gid } : {}),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  t.teardown(() => other.stdin.end());
  writeFileSync(lockFile, lock.replace(/^\d+/, String(other.pid)));
  const second = await start(t, sharedFolder);
  t.strictSame(await query(second.url, 'select 1 as n'), [{ n: 1 }]);
  t.ok(isAlive(other.pid ?? 0));
});

t.test('an unfinished data directory is removed by the next start', async (t) => {
  const dataDir = unusedFolder(t);
  const gone = spawn('true');
  await once(gone, 'exit');
  mkdirSync(join(dataDir, `unfinished-${gone.pid}/pgdata`), { recursive: true });
  await start(t, dataDir);
  t.strictSame(readdirSync(dataDir), ['postgresql']);
});

t.test('an unusable data directory is reported in one clear line', async (t) => {
  const file = join(unusedFolder(t), 'file');
  writeFileSync(file, '');
  await t.rejects(start(t, file), EmbeddedError);
  await t.rejects(start(t, join(file, 'below')), {
    message: /^数据目录 .* · the data folder .* cannot be used: [^\n]+$/,
  });
});

const otherUser = 'root starts a cluster as the user who made it';
t.test(otherUser, { skip: !asRoot }, async (t) => {
  const dataDir = unusedFolder(t);
  const first = await start(t, dataDir);
  await first.stop();
  const uid = 54_321;
  for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(dataDir, name), uid, uid);
  }
  chmodSync(join(dataDir, 'postgresql'), 0o700);
  await start(t, dataDir);
  t.equal(lstatSync(join(dataDir, 'postgresql/pgdata/postmaster.pid')).uid, uid);
});

const privateFolder = 'as root below a private folder, data and binaries go where the account can reach';
t.test(privateFolder, { skip: !asRoot }, async (t) => {
  const dataDir = unusedFolder(t);
  chmodSync(dataDir, 0o700);
  const told: string[] = [];
  const first = await start(t, dataDir, (line) => told.push(line));
  const place = realpathSync(join(dataDir, 'postgresql'));
  t.teardown(() => rmSync(place, { recursive: true }));
  t.notOk(place.startsWith(dataDir));
  strictMatch(t, told, [new RegExp(`cannot reach .*: its data and binaries are in ${place}$`)]);
  await query(first.url, 'create table kept as select 1 as n');
  await first.stop();
  const second = await start(t, dataDir, (line) => told.push(line));
  t.strictSame(await query(second.url, 'select n from kept'), [{ n: 1 }]);
  t.equal(told.length, 1);
});

// Last, because it damages the shared cluster.
t.test('a server that does not start reports the reason', async (t) => {
  writeFileSync(join(sharedFolder, 'postgresql/pgdata/PG_VERSION'), '9.6\n');
  await t.rejects(start(t, sharedFolder), {
    message: / · PostgreSQL did not start: .*FATAL: .*incompatible[^\n]*$/,
  });
});
