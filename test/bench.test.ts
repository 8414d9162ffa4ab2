// The benchmarks' runner: what a quick run may not do.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..');
const bench = (...options: readonly string[]) =>
  execFileSync(process.execPath, [join(root, 'bench/run.ts'), ...options], {
    encoding: 'utf8',
    stdio: 'pipe',
  });

t.test('a quick benchmark prints its table and leaves the committed results as they are', (t) => {
  const results = join(root, 'bench/results.md');
  const before = readFileSync(results, 'utf8');
  t.match(bench('rules', '--quick'), '| per second of one core');
  t.equal(readFileSync(results, 'utf8'), before);
  t.end();
});

t.test('an earlier commit is compared where requests are sent', (t) => {
  t.throws(() => bench('rules', '--against=HEAD'), /compares one of requests, overload/);
  t.throws(() => bench('requests', 'overload', '--against=HEAD'), /compares one of/);
  t.end();
});
