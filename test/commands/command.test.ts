// The frame of the commands: what each says of itself, and on which database it works.

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { dataFolder, serve } from '../program.ts';

const root = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const commands = Object.entries(scripts).flatMap(([name, script]) => {
  const file = /^node (src\/commands\/\S+)$/.exec(script)?.[1];
  return file === undefined ? [] : [{ name, file: join(root, file) }];
});
const fileOf = (name: string) => commands.find((command) => command.name === name)?.file ?? '';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], environment: Record<string, string> = {}) {
  const env = { PATH: process.env['PATH'], ...environment };
  return new Promise<Ended>((resolve) => {
    execFile(process.execPath, [file, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

t.test('every command tells what it does and takes, and refuses an option it does not know', async (t) => {
  t.strictSame(
    commands.map(({ name }) => name),
    ['migrate', 'replay', 'reconcile', 'rehearse', 'rotate-keys', 'verify-audit'],
  );
  for (const { name, file } of commands) {
    const help = await run(file, ['--help']);
    t.equal(help.code, 0, name);
    t.match(
      help.stdout,
      new RegExp(`^npm run ${name} -- .*\\[--help\\]\n\n[A-Z][^]*\n\n  --[^]*Exits with 0`),
    );
    const wrong = await run(file, ['--nonsense']);
    t.equal(wrong.code, 2, name);
    t.match(wrong.stderr, /^Unknown option '--nonsense'.*\n$/);
  }
});

t.test(
  'without a URL commands work on the sandbox of the checkout, beside its service and after it',
  async (t) => {
    const dataDir = dataFolder(t);
    const sandbox = { SUBSIDY_DATA_DIR: dataDir };
    const none = await run(fileOf('reconcile'), [], sandbox);
    t.strictSame([none.code, none.stdout], [1, '']);
    t.match(none.stderr, /^.* holds no data yet; run npm start once, or set DATABASE_URL\n$/);
    t.notOk(existsSync(join(dataDir, 'postgresql')), 'and none is made');

    const service = await serve(t, sandbox);
    const period = ['--from', '2025-01-01', '--to', '2025-12-31'];
    const works = async () => {
      t.match((await run(fileOf('reconcile'), [], sandbox)).stdout, /every fen ties/);
      t.match((await run(fileOf('replay'), period, sandbox)).stdout, /^0 decisions replayed, 0 different\n$/);
      t.match((await run(fileOf('verify-audit'), [], sandbox)).stdout, /intact/);
      t.match((await run(fileOf('rotate-keys'), ['--status'], sandbox)).stdout, /person\.identity_encrypted/);
    };
    await works();
    t.equal((await fetch(`${service.url}/health/live`)).status, 200, 'the service has its database still');
    service.process.kill('SIGTERM');
    t.equal(await service.exit, 0);
    await works();

    const production = await run(fileOf('reconcile'), [], { ...sandbox, NODE_ENV: 'production' });
    t.equal(production.code, 2);
    t.match(production.stderr, /^DATABASE_URL: required with NODE_ENV=production.*\n$/);
  },
);
