// `npm run bench [-- name …] [--quick] [--against=<git ref>] [--people=<sizes of growth>]`: runs benchmarks one after
// another, each a program that prints tables, and stores the tables in bench/results.md with facts about the machine. A
// failed benchmark keeps its old results; a quick run shows the shape of all in two to three minutes, and stores nothing.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** The benchmarks; each takes `--quick` for a run of seconds. */
const benchmarks = [
  'rules',
  'quarter',
  'records',
  'payments',
  'audit',
  'requests',
  'overload',
  'growth',
  'start',
];

const resultsFile = join(import.meta.dirname, 'results.md');
const preamble =
  '# Measured\n\nOn shared machines only the ratios within one run mean something; absolute figures are of that machine and minute.\n';

function machine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = loadavg()[0]?.toFixed(1); // before the benchmark: what else the machine is doing
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${memory} GiB, load ${load}, Node ${process.version}`;
}

async function outputOf(name: string, options: readonly string[]): Promise<string> {
  const program = join(import.meta.dirname, `${name}.ts`);
  const running = spawn(process.execPath, [program, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    output += text;
  });
  const code = await new Promise((resolve) => running.once('close', resolve));
  if (code !== 0) throw new Error(`bench/${name}.ts ended with ${code}`);
  return output.trim();
}

/** The results with one benchmark's section replaced. */
function withPart(results: string, name: string, part: string): string {
  const parts = new Map(
    results
      .split(/^## /m)
      .slice(1)
      .map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n')).trim()]),
  );
  parts.set(name, part);
  const inOrder = benchmarks.flatMap((known) => {
    const text = parts.get(known);
    return text === undefined ? [] : [`\n## ${known}\n\n${text}\n`];
  });
  return preamble + inOrder.join('');
}

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    against: { type: 'string' },
    people: { type: 'string' },
  },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !benchmarks.includes(name));
if (unknown.length > 0)
  throw new Error(`no benchmark ${unknown.join(', ')}; there are ${benchmarks.join(', ')}`);
const comparing = ['requests', 'overload'];
if (values.against !== undefined && (positionals.length !== 1 || !comparing.includes(positionals[0] ?? '')))
  throw new Error(
    `--against compares one of ${comparing.join(', ')}: npm run bench -- requests --against=<git ref>`,
  );
if (values.people !== undefined && positionals.join() !== 'growth')
  throw new Error('--people is of growth alone: npm run bench -- growth --people=10000,30000');

for (const name of benchmarks) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.log(`\n${name}\n`);
  const on = machine();
  const output = await outputOf(name, [
    ...(values.quick ? ['--quick'] : []),
    ...(values.against === undefined ? [] : [`--against=${values.against}`]),
    ...(values.people === undefined ? [] : [`--people=${values.people}`]),
  ]);
  if (values.quick) continue;
  const day = new Date().toISOString().slice(0, 10);
  const results = existsSync(resultsFile) ? readFileSync(resultsFile, 'utf8') : preamble;
  writeFileSync(resultsFile, withPart(results, name, `${day}, ${on}\n\n${output}`));
}
