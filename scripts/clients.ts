// npm run clients: reads the contract with other people's tools, which it fetches. Linters must find nothing, every generated client
// must compile strictly, and one of them plays a submission against a sandbox. Everything is made in a temporary folder.

import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { compiler, type Generator, generators, strictest } from './clients/generators.ts';
import { fetchToken } from './demo/client.ts';
import { startService } from './demo/service.ts';

const root = join(import.meta.dirname, '..');
const contract = join(root, 'openapi.yaml');
const packageName = 'flexible-employment-subsidy-client';
const limitMs = 300_000;

/** One thing that was tried. */
interface Result {
  readonly what: string;
  readonly seconds: number;
  /** What the tool said; null when all is well. */
  readonly fault: string | null;
  /** In a word or two, what came of it. */
  readonly outcome: string;
}

const folder = mkdtempSync(join(tmpdir(), 'subsidy-clients-'));
const results: Result[] = [];

/** Runs a program with this project's Node before any other. @returns its output @throws Error with its output */
async function run(
  [program = '', ...options]: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const PATH = [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  const quiet = { npm_config_loglevel: 'error', npm_config_update_notifier: 'false', NO_COLOR: '1' };
  const env = { ...process.env, ...quiet, ...environment, PATH };
  try {
    const answer = await promisify(execFile)(program, options, {
      cwd,
      env,
      timeout: limitMs,
      maxBuffer: 2 ** 26,
    });
    return answer.stdout + answer.stderr;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${stdout}${stderr}`.trim() || message);
  }
}

const fetched = (packages: readonly string[], command: readonly string[]) => [
  'npx',
  '--yes',
  ...packages.flatMap((name) => ['--package', name]),
  ...command,
];

/** Does one thing and reports it at once. */
async function attempt(what: string, work: () => Promise<string>): Promise<void> {
  const from = performance.now();
  const { outcome, fault } = await work().then(
    (done) => ({ outcome: done, fault: null }),
    (error: Error) => ({ outcome: '失败 failed', fault: error.message }),
  );
  const seconds = Math.round((performance.now() - from) / 100) / 10;
  results.push({ what, seconds, outcome, fault });
  console.log(`${fault === null ? '✓' : '✗'} ${what}: ${outcome} (${seconds} s)`);
  if (fault !== null) console.log(fault.replaceAll(/^/gm, '    '));
}

/** Generates and compiles. */
async function generate(generator: Generator, into: string): Promise<string> {
  mkdirSync(into);
  cpSync(contract, join(into, 'openapi.yaml'));
  if (generator.recipe !== undefined) {
    cpSync(join(root, 'clients/generators', generator.recipe), into, { recursive: true });
  }
  writeFileSync(join(into, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(into, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: strictest, include: ['**/*.ts'] }),
  );
  await run(fetched(generator.packages, generator.command), into);
  const files = globSync('**/*.ts', { cwd: into });
  if (files.length === 0) throw new Error('nothing was generated');
  const lines = files.map((file) => readFileSync(join(into, file), 'utf8').split('\n').length);
  await run([join(folder, 'node_modules/.bin/tsc'), '-p', into], into);
  return `${files.length} 个文件 files, ${lines.reduce((sum, count) => sum + count)} 行 lines, 编译通过 compiled`;
}

async function lint(): Promise<void> {
  const into = join(folder, 'linters');
  mkdirSync(into);
  writeFileSync(join(into, 'spectral.yaml'), 'extends: [spectral:oas]\n');
  writeFileSync(join(into, 'redocly.yaml'), 'extends: [recommended-strict]\n');
  const spectral = ['spectral', 'lint', contract, '--ruleset', 'spectral.yaml', '--fail-severity', 'hint'];
  await attempt('spectral 6.16.3, spectral:oas', async () => {
    await run(fetched(['@stoplight/spectral-cli@6.16.3'], spectral), into);
    return '没有发现 no finding';
  });
  await attempt('redocly, recommended-strict', async () => {
    const command = ['redocly', 'lint', contract, '--config', join(into, 'redocly.yaml')];
    await run(command, into, { REDOCLY_TELEMETRY: 'off' });
    return '没有发现 no finding';
  });
}

/** Packs clients/typescript, and compiles its example as somebody would who installed the package. */
async function pack(into: string): Promise<string> {
  mkdirSync(into);
  writeFileSync(join(into, 'package.json'), '{ "type": "module" }');
  const ours = join(root, 'clients/typescript');
  await run(['npm', 'pack', '--pack-destination', into], ours);
  const [packed = ''] = globSync('*.tgz', { cwd: into });
  await run(['npm', 'install', '--no-audit', '--no-fund', `./${packed}`, ...compiler], into);
  for (const example of ['submit.ts', 'client-from-environment.ts']) {
    const text = readFileSync(join(ours, 'examples', example), 'utf8');
    writeFileSync(join(into, example), text.replace('../src/index.ts', packageName));
  }
  const compilerOptions = { ...strictest, module: 'nodenext', moduleResolution: 'nodenext' };
  writeFileSync(join(into, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  await run([join(into, 'node_modules/.bin/tsc'), '-p', into], into);
  return `${packed}, 编译通过 compiled`;
}

/** A program that submits an application, and its arguments. */
interface Program {
  readonly what: string;
  readonly command: readonly string[];
}

/** Plays submissions with what was generated. */
async function play(programs: readonly Program[]): Promise<void> {
  const service = await startService();
  try {
    const token = await fetchToken(service.url, 'platform-ganfutong');
    for (const { what, command } of programs) {
      await attempt(what, async () => {
        const said = await run(['node', ...command], folder, { BASE_URL: service.url, TOKEN: token });
        if (!said.trimEnd().endsWith(' submitted')) throw new Error(`not submitted:\n${said}`);
        return said.trimEnd().replaceAll('\n', ', ');
      });
    }
  } finally {
    await service.stop();
  }
}

try {
  await lint();
  await run(['npm', 'install', '--no-audit', '--no-fund', '--no-save', ...compiler], folder);
  const programs: Program[] = [];
  for (const [index, generator] of generators.entries()) {
    const into = join(folder, `generator-${index}`);
    await attempt(generator.name, () => generate(generator, into));
    if (generator.play !== undefined) {
      programs.push({
        what: `${generator.name}: 提交一份申请 a submission`,
        command: [join(into, generator.play)],
      });
    }
  }
  const packed = join(folder, 'packed');
  await attempt('clients/typescript: npm pack', () => pack(packed));
  // Another person: the first one's months are claimed by then.
  const command = [join(packed, 'submit.ts'), '360299197205110016', '王建国'];
  programs.push({ what: 'clients/typescript: 提交一份申请 a submission', command });
  await play(programs);
} finally {
  rmSync(folder, { recursive: true });
}

const failed = results.filter(({ fault }) => fault !== null).length;
console.log(`clients: ${results.length - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
