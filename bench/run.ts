// `npm run bench [-- name …] [--quick]`: runs benchmarks one after another, each a program that prints a
// table, and stores the tables in bench/results.md with facts about the machine. A failed benchmark keeps its
// old results.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** The benchmarks; each takes `--quick` for a run of about a minute. */
const benchmarks = ['rules', 'quarter', 'records', 'payments', 'audit', 'requests', 'growth'];

const resultsFile = join(import.meta.dirname, 'results.md');
const preamble =
  '# Measured\n\nOn shared machines only the ratios within one run mean something; absolute figures are of that machine and minute.\n';

function machine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${memory} GiB, Node ${process.version}`;
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
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !benchmarks.includes(name));
if (unknown.length > 0)
  throw new Error(`no benchmark ${unknown.join(', ')}; there are ${benchmarks.join(', ')}`);

for (const name of benchmarks) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.log(`\n${name}\n`);
  const output = await outputOf(name, values.quick ? ['--quick'] : []);
  const day = new Date().toISOString().slice(0, 10);
  const how = values.quick ? `${day}, quick, ${machine()}` : `${day}, ${machine()}`;
  const results = existsSync(resultsFile) ? readFileSync(resultsFile, 'utf8') : preamble;
  writeFileSync(resultsFile, withPart(results, name, `${how}\n\n${output}`));
}
