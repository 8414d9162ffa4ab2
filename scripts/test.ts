// Runs the tests: one temporary PostgreSQL with a migrated template for all files, then tap, then a summary
// line.
// Usage: npm test [-- test/some.test.ts test/folder …] [tap's options]. TEST_DATABASE_URL uses that server instead.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { contractVariable, environmentFor, placeForData, startTestServer } from '../test/server.ts';
import { contractOfRoutes } from './openapi.ts';

const checkout = join(import.meta.dirname, '..');
const tap = join(checkout, 'node_modules/.bin/tap');

// One more than cores, since a test file waits for PostgreSQL a third of its time; more would compete for
// PostgreSQL.
const jobs = Math.min(4, availableParallelism() + 1);

/** tap is built from its plugins once per installation and set of plugins; an install deletes the build. */
function assembleTap(): void {
  const settings = readFileSync(join(checkout, '.taprc'), 'utf8');
  const marker = join(checkout, 'node_modules/@tapjs/test/test-built/.assembled');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === settings) return;
  const { status, stderr } = spawnSync(process.execPath, [tap, 'build'], { cwd: checkout, encoding: 'utf8' });
  if (status !== 0) throw new Error(`tap build failed: ${stderr}`);
  writeFileSync(marker, settings);
}

/** All test files in a folder; of one that is run together only the file that runs it. */
function filesIn(folder: string): string[] {
  const files = globSync(`${folder}/**/*.test.ts`, { cwd: checkout });
  if (files.length === 0) throw new Error(`no tests in ${folder}`);
  const together = files.filter((file) => file.endsWith('/together.test.ts'));
  const folders = together.map(dirname);
  const alone = files.filter((file) => !folders.some((folder) => file.startsWith(`${folder}/`)));
  return [...together, ...alone];
}

/** Prints one line for a passing file and all output of a failing one. Returns tap's counts. */
async function report(output: NodeJS.ReadableStream): Promise<Map<string, number> | undefined> {
  let counts: Map<string, number> | undefined;
  let held: string[] = [];
  for await (const line of createInterface({ input: output })) {
    const isOfFile = /^\S|^ {4}(not )?ok \d+ - test\/\S+\.test\.ts/.test(line);
    if (!isOfFile || line.startsWith('# Subtest:')) {
      held.push(line);
      continue;
    }
    if (line.trimStart().startsWith('not ok')) console.log(held.join('\n'));
    held = [];
    console.log(line);
    const summary = /^# \{ (total: .*) \}$/.exec(line)?.[1];
    if (summary !== undefined) counts = readCounts(summary);
  }
  if (counts === undefined) console.log(held.join('\n'));
  return counts;
}

function readCounts(summary: string): Map<string, number> {
  return new Map(
    summary.split(', ').map((part) => {
      const [name = '', count] = part.split(': ');
      return [name, Number(count)];
    }),
  );
}

function closingLine(counts: Map<string, number> | undefined): string {
  if (counts === undefined) return '0 passed, 1 failed';
  const of = (name: string): number => counts.get(name) ?? 0;
  return `${of('pass')} passed, ${of('fail')} failed, ${of('skip') + of('todo')} skipped`;
}

const given = process.argv.slice(2);
const options = given.filter((one) => one.startsWith('-'));
const named = given.filter((one) => !one.startsWith('-'));
const files =
  named.length === 0 ? filesIn('test') : named.flatMap((one) => (one.endsWith('.ts') ? one : filesIn(one)));

assembleTap();
const server = await startTestServer();
// A hundred processes load the same service and hold its answers against the same contract: compiled code and the contract,
// made once, save half of their start.
const shared = mkdtempSync(join(placeForData(), 'subsidy-shared-'));
const contract = join(shared, 'contract.json');
try {
  writeFileSync(contract, JSON.stringify(await contractOfRoutes()));
  const running = spawn(process.execPath, [tap, '--reporter=tap', `--jobs=${jobs}`, ...options, ...files], {
    cwd: checkout,
    env: {
      ...process.env,
      ...environmentFor(server),
      TMPDIR: placeForData(),
      NODE_COMPILE_CACHE: join(shared, 'compiled'),
      [contractVariable]: contract,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Ctrl-C reaches tap too; stay to stop the server after it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => running.kill(signal));
  const exited = new Promise<number | null>((resolve) => running.once('exit', resolve));
  const counts = await report(running.stdout);
  const code = await exited;
  console.log(closingLine(counts));
  process.exitCode = counts === undefined ? 1 : (code ?? 1);
} finally {
  rmSync(shared, { recursive: true });
  await server.stop();
}
