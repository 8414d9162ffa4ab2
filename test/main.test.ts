// The program from outside: started, stopped, killed, and misconfigured.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { notInBothLanguages } from './both-languages.ts';
import { emptyDatabase, testDatabase } from './database.ts';
import { ends } from './processes.ts';
import { comesTrue, dataFolder, serve, start, usual } from './program.ts';
import { strictMatch } from './strict-match.ts';

const stopsWithinMs = 10_000;

const sharedFolder = dataFolder(t);

/** Runs a start that must fail and says why in Chinese, then in English. */
function refused(environment: Record<string, string>): { status: number | null; lines: string[] } {
  const { status, stderr } = spawnSync(process.execPath, [start], {
    env: { ...usual, ...environment },
    encoding: 'utf8',
  });
  t.strictSame(notInBothLanguages(stderr), [], stderr);
  return { status, lines: stderr.split('\n').filter((line) => line !== '') };
}

function postmasterOf(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postgresql/pgdata/postmaster.pid'), 'utf8'), 10);
}

t.test(
  'the program serves, reports that it is stopping, exits within ten seconds and restarts on its data',
  async (t) => {
    const environment = { SUBSIDY_DATA_DIR: sharedFolder };
    const first = await serve(t, environment);
    t.equal((await fetch(`${first.url}/health/ready`)).status, 200);
    const postmaster = postmasterOf(sharedFolder);
    const asked = performance.now();
    first.process.kill('SIGTERM');
    const notReady = await untilNotReady(first.url);
    t.equal(notReady, 503, 'while it still answers');
    t.equal(await first.exit, 0);
    t.ok(performance.now() - asked < stopsWithinMs);
    t.ok(await ends(postmaster));
    const second = await serve(t, environment);
    t.equal((await fetch(`${second.url}/health/ready`)).status, 200);
    second.process.kill('SIGINT');
    t.equal(await second.exit, 0);
  },
);

async function untilNotReady(url: string): Promise<number> {
  for (let waitedMs = 0; waitedMs < 1_000; waitedMs += 10) {
    const { status } = await fetch(`${url}/health/ready`);
    if (status !== 200) return status;
    await delay(10);
  }
  return 200;
}

t.test('a killed program leaves no PostgreSQL behind, and the next start works at once', async (t) => {
  const environment = { SUBSIDY_DATA_DIR: sharedFolder };
  const first = await serve(t, environment);
  const postmaster = postmasterOf(sharedFolder);
  first.process.kill('SIGKILL');
  const second = await serve(t, environment);
  t.equal((await fetch(`${second.url}/health/ready`)).status, 200);
  t.ok(await ends(postmaster));
  second.process.kill('SIGTERM');
  t.equal(await second.exit, 0);
});

t.test('a program started by npm ends with npm, even when npm is killed', async (t) => {
  const npm = spawn('/bin/sh', ['-c', `"${process.execPath}" "${start}" & echo $!; wait`], {
    env: { ...usual, SUBSIDY_DATA_DIR: sharedFolder, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let service = 0;
  for await (const line of createInterface({ input: npm.stdout })) {
    if (service === 0) service = Number(line);
    else break;
  }
  const postmaster = postmasterOf(sharedFolder);
  npm.kill('SIGKILL');
  t.ok(await ends(service));
  t.ok(await ends(postmaster));
});

t.test(
  'an invalid variable, a used port and an unusable data directory are one line each and a non-zero exit',
  async (t) => {
    const variables = refused({ SUBSIDY_SANBOX: 'on', LOG_LEVEL: 'loud' });
    t.equal(variables.status, 2);
    strictMatch(t, variables.lines, [/^SUBSIDY_SANBOX: /, /^LOG_LEVEL: /]);
    t.equal(variables.lines.length, 2);

    const taken = createServer().listen(0, '127.0.0.1');
    t.teardown(() => taken.close());
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const portTaken = refused({ SUBSIDY_DATA_DIR: sharedFolder, PORT: port });
    t.equal(portTaken.status, 1);
    strictMatch(t, portTaken.lines, [new RegExp(`^PORT: .* · ${port} on 127.0.0.1 is taken`)]);
    const metricsPortTaken = refused({ SUBSIDY_DATA_DIR: sharedFolder, SUBSIDY_METRICS_PORT: port });
    t.equal(metricsPortTaken.status, 1);
    strictMatch(t, metricsPortTaken.lines, [
      new RegExp(`^SUBSIDY_METRICS_PORT: .* · ${port} on 127.0.0.1 is taken`),
    ]);

    const file = join(dataFolder(t), 'file');
    writeFileSync(file, '');
    const unusable = refused({ SUBSIDY_DATA_DIR: file });
    t.equal(unusable.status, 2);
    t.equal(unusable.lines.length, 1);
  },
);

t.test('a second start on the same data fails in one line and the first continues', async (t) => {
  const first = await serve(t, { SUBSIDY_DATA_DIR: sharedFolder });
  const second = refused({ SUBSIDY_DATA_DIR: sharedFolder });
  t.equal(second.status, 1);
  strictMatch(t, second.lines, [/is in use by a running PostgreSQL/]);
  t.equal((await fetch(`${first.url}/health/ready`)).status, 200);
  first.process.kill('SIGTERM');
  t.equal(await first.exit, 0);
});

t.test('an external database is not migrated by a start, which fails until it is', async (t) => {
  const environment = { SUBSIDY_DATA_DIR: dataFolder(t), SUBSIDY_SANDBOX: 'on' };
  const behind = refused({ ...environment, DATABASE_URL: await emptyDatabase(t) });
  t.equal(behind.status, 1);
  strictMatch(t, behind.lines, [/ · the database is behind by \d+ of \d+ migrations; run npm run migrate$/]);
  const { url: ownerUrl, serviceUrl: url, db } = await testDatabase(t);
  const asOwner = refused({ ...environment, DATABASE_URL: ownerUrl });
  t.equal(asOwner.status, 1);
  strictMatch(t, asOwner.lines, [
    /^DATABASE_URL: .* · the account \w+ is above row-level security, owns tables/,
  ]);
  t.equal(asOwner.lines.length, 1);
  const service = await serve(t, { ...environment, DATABASE_URL: url });
  t.equal((await fetch(`${service.url}/health/ready`)).status, 200);
  service.process.kill('SIGTERM');
  t.equal(await service.exit, 0);
  await db.pool.query(
    `insert into schema_migrations (version, file, checksum, additive) values (9999, '9999_later.sql', '', false)`,
  );
  const ahead = refused({ ...environment, DATABASE_URL: url });
  t.equal(ahead.status, 1);
  strictMatch(t, ahead.lines, [/ · the database is ahead: it has migration 9999_later\.sql/]);
});

t.test('after an unhandled error is logged, the service shuts down gracefully', async (t) => {
  const fieldErrors = [
    `process.on('SIGUSR2', () => { Promise.reject(new Error('nobody waited')); })`,
    `process.on('SIGUSR2', () => { throw new Error('nobody waited'); })`,
  ];
  for (const fieldError of fieldErrors) {
    const service = await serve(t, {
      SUBSIDY_DATA_DIR: sharedFolder,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fieldError)}`,
    });
    service.process.kill('SIGUSR2');
    t.equal(await untilNotReady(service.url), 503, 'it announces its end');
    t.equal(await service.exit, 1);
    const told = service.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    t.strictSame(
      told.filter(({ level }) => level === 60).map(({ msg, err }) => [msg, err.message]),
      [['an error that nobody handled; the service stops', 'nobody waited']],
    );
  }
});

t.test('what a library or Node writes on the console is a line of the log', async (t) => {
  const complaints = `process.on('SIGUSR2', () => {
    console.trace(new Error('a worker exited'));
    console.error('%d attempts of 110101199003072316', 3);
    process.emitWarning('soon gone', 'DeprecationWarning');
  })`;
  const service = await serve(t, {
    SUBSIDY_DATA_DIR: sharedFolder,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(complaints)}`,
  });
  const complained = () =>
    service.lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === 'a library complains');
  const toldBefore = service.complaints.length;
  service.process.kill('SIGUSR2');
  t.ok(await comesTrue(async () => complained().length === 3));
  t.strictSame(
    complained().map(({ err }) => [err.type, err.message]),
    [
      ['Error', 'a worker exited'],
      ['Error', '(withheld: it quotes a personal number)'],
      ['DeprecationWarning', 'soon gone'],
    ],
  );
  service.process.kill('SIGTERM');
  t.equal(await service.exit, 0);
  t.equal(service.complaints.length, toldBefore, 'and nothing else is written');
});

t.test('the sandbox does not start in production', async (t) => {
  const { status, lines } = refused({ NODE_ENV: 'production', SUBSIDY_SANDBOX: 'on' });
  t.equal(status, 2);
  t.match(lines[0], /^SUBSIDY_SANDBOX: .* · refused with NODE_ENV=production/);
});

t.test('on an older Node version, the service and every command say so in one line', async (t) => {
  for (const command of [undefined, 'migrate', 'verify-audit']) {
    const older = `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });
      process.argv[2] = ${JSON.stringify(command)};
      await import(${JSON.stringify(start)});`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', older], {
      encoding: 'utf8',
    });
    t.equal(status, 1);
    t.match(stderr, /^[^\n]*Node\.js 26 or later is needed[^\n]*\n$/);
    t.strictSame(notInBothLanguages(stderr), []);
  }
});

t.test('a command that does not exist is told with those that do', async (t) => {
  const { status, stderr } = spawnSync(process.execPath, [start, 'migrat'], { encoding: 'utf8' });
  t.equal(status, 2);
  t.match(stderr, /no command migrat; there are: after-restore, migrate, [^\n]*\n$/);
  t.strictSame(notInBothLanguages(stderr), []);
  const files = readdirSync(join(start, '../commands')).filter(
    (file) => !/^(command|failure|period|prepare-database)\.ts$/.test(file),
  );
  t.strictSame(
    files.map((file) => file.replace('.ts', '')),
    stderr.trim().split(': ')[1]?.split(', '),
  );
});
