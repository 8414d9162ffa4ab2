// `npm run faults [-- name …]`: the long versions of test/faults, one after another, and a table of what held in
// docs/faults.md: a whole run writes it anew, a run of some by name replaces their lines. A failing run writes nothing.

import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Told } from '../test/faults/run.ts';

const checkout = join(import.meta.dirname, '..');
const fileSeconds = 1_200;
const preamble = `# What the service survives

Written by \`npm run faults\`: the started program on a PostgreSQL of its own, with clients that write under idempotency keys
and jobs in hand. After each fault the tables are compared with the clients’ log (test/faults/checks.ts): every answered write
is there, no key has two effects, nothing is half done, the money ties, the audit verifies, no job is lost, every process lives
and is ready. \`npm test\` runs short versions, most with one process.

The last column is the longest time in which no client had a success, the fault itself included.

`;

const head = `| what | processes | how often | what held | worst time until the next success |
| --- | ---: | --- | --- | ---: |
`;
const results = join(checkout, 'docs/faults.md');

const names = process.argv.slice(2);
const files = globSync('test/faults/*.test.ts', { cwd: checkout }).sort();
const chosen = files.filter((file) => names.length === 0 || names.includes(basename(file, '.test.ts')));
if (chosen.length < names.length)
  throw new Error(`there are: ${files.map((file) => basename(file, '.test.ts')).join(', ')}`);

const folder = mkdtempSync(join(tmpdir(), 'subsidy-faults-'));
const report = join(folder, 'report');
writeFileSync(report, '');
try {
  const running = spawn(
    process.execPath,
    [join(checkout, 'scripts/test.ts'), '--jobs=1', `--timeout=${fileSeconds}`, ...chosen],
    { cwd: checkout, env: { ...process.env, FAULTS_REPORT: report }, stdio: 'inherit' },
  );
  const code = await new Promise<number | null>((resolve) => running.once('close', resolve));
  const lines = readFileSync(report, 'utf8').trim().split('\n');
  const rows = lines.filter((line) => line !== '').map((line) => rowOf(JSON.parse(line)));
  console.log(`\n${head}${rows.join('')}`);
  if (code === 0) {
    const before = names.length > 0 && existsSync(results) ? readFileSync(results, 'utf8') : '';
    const all = new Map([...rowsIn(before), ...rows].map((row) => [row.split(' | ', 2).join(), row]));
    const machines = new Set([...machinesIn(before), machine()]);
    writeFileSync(
      results,
      `${preamble}${[...machines].join('\n\n')}\n\n${head}${[...all.values()].join('')}`,
    );
  }
  process.exitCode = code ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

function rowOf({ fault, processes, often, held, worstMs }: Told): string {
  const worst = worstMs === null ? '–' : `${(worstMs / 1_000).toFixed(1)} s`;
  return `| ${[fault, processes, often, held, worst].join(' | ')} |\n`;
}

function rowsIn(text: string): string[] {
  return (text.split(head)[1] ?? '').split(/(?<=\n)/);
}

/** Where rows of earlier runs were measured. */
function machinesIn(text: string): string[] {
  return text.split('\n').filter((line) => / × .*, Node v/.test(line));
}

function machine(): string {
  const [first] = cpus();
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${cpus().length} × ${first?.model.trim() ?? 'unknown'}, Node ${process.version}`;
}
