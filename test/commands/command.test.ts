// The frame of the commands: what each says of itself, and on which database it works.

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { notInBothLanguages } from '../both-languages.ts';
import { emptyDatabase, testDatabase } from '../database.ts';
import { dataFolder, serve, start, usual } from '../program.ts';

const root = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const commands = Object.entries(scripts).flatMap(([name, script]) => {
  const command = /^node src\/start\.js (\S+)$/.exec(script)?.[1];
  return command === undefined ? [] : [{ name, program: [start, command] }];
});
const programOf = (name: string) => commands.find((command) => command.name === name)?.program ?? [];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: readonly string[], args: readonly string[], environment: Record<string, string> = {}) {
  const { NODE_COMPILE_CACHE } = usual;
  const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE, ...environment };
  return new Promise<Ended>((resolve) => {
    execFile(process.execPath, [...program, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

/** What people run beside the commands of src/commands. */
const otherPrograms = ['drill:restore', 'demo', 'token'];
const programs = [...commands, ...otherPrograms.map((name) => ({ name, program: [fileInScripts(name)] }))];

function fileInScripts(name: string): string {
  return join(root, /^node (scripts\/\S+)$/.exec(scripts[name] ?? '')?.[1] ?? '');
}

function inBothLanguages(test: Test, { stdout, stderr }: Ended, what: string): void {
  test.strictSame(notInBothLanguages(`${stdout}\n${stderr}`), [], `${what}, in Chinese, then in English`);
}

t.test('every command tells what it does and takes, and refuses an option it does not know', async (t) => {
  t.strictSame(
    commands.map(({ name }) => name),
    ['migrate', 'replay', 'reconcile', 'rehearse', 'rotate-keys', 'verify-audit', 'after-restore'],
  );
  for (const { name, program } of programs) {
    const help = await run(program, ['--help']);
    t.equal(help.code, 0, name);
    t.match(help.stdout, new RegExp(`^用法 · usage: npm run ${name} -- .*\n\n[^]*\n  --help `), name);
    inBothLanguages(t, help, `${name} --help`);
    const options = help.stdout.split('\n').filter((line) => line.startsWith('  --'));
    t.strictSame(
      options.filter((line) => !/^ {2}--\S+( [A-Z]+)? +\p{Script=Han}.* · [^\p{Script=Han}]+$/u.test(line)),
      [],
      `options of ${name}`,
    );
    const wrong = await run(program, ['--nonsense']);
    inBothLanguages(t, wrong, `${name} --nonsense`);
    if (name === 'demo' || name === 'token') {
      t.equal(wrong.code, 1, name);
      t.match(wrong.stderr, /^用法 · usage: /, name);
    } else {
      t.equal(wrong.code, 2, name);
      t.match(wrong.stderr, /^参数有误.* · .*Unknown option '--nonsense'.*\n$/, name);
      t.match(help.stdout, / · exits with 0, /, name);
    }
  }
});

t.test('a command that cannot work says why in Chinese, then in English', async (t) => {
  const period = ['--from', '2025-01-01', '--to', '2025-12-31'];
  const keyFile = join(dataFolder(t), 'key');
  writeFileSync(keyFile, `${Buffer.alloc(32, 7).toString('base64')}\n`);
  const nowhere = {
    DATABASE_URL: 'postgresql://x@127.0.0.1:1/y',
    PG_BIN: '/nowhere',
    SUBSIDY_MASTER_KEY_FILE: keyFile,
  };
  const argumentsOf: Readonly<Record<string, readonly string[]>> = {
    replay: period,
    'after-restore': ['--moment', '2025-07-05T02:00:00Z'],
    rehearse: [...period, '--policy', join(root, 'package.json')],
    token: ['handler-360203', '--url', 'http://127.0.0.1:1'],
    demo: ['--url', 'http://127.0.0.1:1'],
  };
  for (const { name, program } of programs) {
    const failed = await run(program, argumentsOf[name] ?? [], nowhere);
    t.not(failed.code, 0, name);
    t.not(failed.stderr, '', name);
    inBothLanguages(t, failed, `${name} without a database`);
    if (commands.every((command) => command.name !== name)) continue;
    const misled = await run(program, argumentsOf[name] ?? [], { SUBSIDY_SANBOX: 'on', DATABASE_URL: 'x' });
    t.equal(misled.code, 2, name);
    inBothLanguages(t, misled, `${name} with wrong variables`);
  }
  const wrong: readonly (readonly [string, readonly string[]])[] = [
    ['replay', ['--from', '2025-02-30']],
    ['replay', ['--from', '2025-02-02', '--to', '2025-02-01']],
    ['rehearse', period],
    ['rehearse', [...period, '--policy', join(root, 'README.md')]],
    ['verify-audit', ['--checkpoint', join(root, 'README.md')]],
    ['verify-audit', ['--checkpoint', join(root, 'package.json')]],
    ['verify-audit', ['extra']],
  ];
  for (const [name, args] of wrong) {
    const failed = await run(programOf(name), args, nowhere);
    t.equal(failed.code, 2, `${name} ${args.join(' ')}`);
    inBothLanguages(t, failed, `${name} ${args.join(' ')}`);
  }
  // The owner of an empty database: there, and not yet migrated.
  const empty = await emptyDatabase(t);
  const unready = { DATABASE_URL: empty, SUBSIDY_MASTER_KEY_FILE: keyFile };
  for (const name of ['reconcile', 'replay', 'verify-audit', 'rotate-keys', 'after-restore']) {
    const failed = await run(programOf(name), argumentsOf[name] ?? [], unready);
    t.equal(failed.code, 1, name);
    inBothLanguages(t, failed, `${name} on an empty database`);
  }
  const { url } = await testDatabase(t);
  const keyless = await run(programOf('rotate-keys'), [], { ...unready, DATABASE_URL: url });
  t.match(keyless.stderr, /^数据库中没有数据密钥.* · the database lacks data keys.*\n$/);
});

t.test(
  'without a URL commands work on the sandbox of the checkout, beside its service and after it',
  async (t) => {
    const dataDir = dataFolder(t);
    const sandbox = { SUBSIDY_DATA_DIR: dataDir };
    const none = await run(programOf('reconcile'), [], sandbox);
    t.strictSame([none.code, none.stdout], [1, '']);
    t.match(none.stderr, /^\S+: .* · holds no data yet; run npm start once, or set DATABASE_URL\n$/);
    t.notOk(existsSync(join(dataDir, 'postgresql')), 'and none is made');

    const service = await serve(t, sandbox);
    const period = ['--from', '2025-01-01', '--to', '2025-12-31'];
    const works = async () => {
      const asked: readonly (readonly [string, readonly string[], RegExp])[] = [
        ['reconcile', [], /every fen ties/],
        ['replay', period, / · 0 decisions replayed, 0 different\n$/],
        ['verify-audit', [], /intact/],
        ['rotate-keys', ['--status'], /person\.identity_encrypted/],
      ];
      for (const [name, args, says] of asked) {
        const ended = await run(programOf(name), args, sandbox);
        inBothLanguages(t, ended, name);
        t.match(ended.stdout, says);
      }
    };
    await works();
    t.equal((await fetch(`${service.url}/health/live`)).status, 200, 'the service has its database still');
    service.process.kill('SIGTERM');
    t.equal(await service.exit, 0);
    await works();

    const production = await run(programOf('reconcile'), [], { ...sandbox, NODE_ENV: 'production' });
    t.equal(production.code, 2);
    t.match(production.stderr, /^DATABASE_URL: .* · required with NODE_ENV=production.*\n$/);
  },
);
