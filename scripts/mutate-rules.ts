// Mutation testing of src/rules and src/values: introduces one small error at a time and checks that a test
// of the rules fails. Seeded, so that a survivor can be reproduced; survivors reviewed so far are in
// mutate-rules-survivors.md.
//
//   node scripts/mutate-rules.ts [--seed 1] [--count 200] [--file rules/sequence.ts …] [--workers 2]
//
// A worker is this program in another process. It loads rules and tests afresh for each mutant, in its own
// memory: no file is copied or changed.

import { type ChildProcess, fork } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { TestOpts } from 'tap';

const root = join(import.meta.dirname, '..');
const sourceFolder = join(root, 'src');
const testsFolder = join(root, 'test');
/** Time-out, so that an endless loop counts as noticed. */
const patienceMs = 400_000;
/** Loaded modules are never freed, so workers are replaced regularly. */
const mistakesPerWorker = 40;

type Mutant = {
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
};

/** The mutations: a pattern in a line of code, and its replacement. */
const mistakes: readonly (readonly [RegExp, string])[] = [
  [/ <= /g, ' < '],
  [/ < /g, ' <= '],
  [/ >= /g, ' > '],
  [/ > /g, ' >= '],
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ \?\? /g, ' && '],
  [/ \+ 1\b/g, ' + 2'],
  [/ - 1\b/g, ' - 2'],
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/ \* /g, ' + '],
  [/ % /g, ' * '],
  [/\b(\d+)\b/g, '($1 + 1)'],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/!(?=[a-z(])/g, ''],
  [/\.some\(/g, '.every('],
  [/\.every\(/g, '.some('],
  [/\.sort\(\)/g, ''],
  [/\.toSorted\(\)/g, '.slice()'],
  [/\.reverse\(\)/g, ''],
  [/\bMath\.min\b/g, 'Math.max'],
  [/\bMath\.max\b/g, 'Math.min'],
  [/\bclear\(/g, 'unknown('],
  [/\bhit\(/g, 'unknown('],
  [/\bunknown\(/g, 'clear('],
  [/\bfirstDay\b/g, 'lastDay'],
  [/\blastDay\b/g, 'firstDay'],
  [/\bsubmittedOn\b/g, 'decidedOn'],
  [/\bdecidedOn\b/g, 'submittedOn'],
  [/\.from\b/g, '.to'],
  [/\? (.+?) : (.+?);$/g, '? $2 : $1;'],
  [/'payable'/g, "'excluded'"],
  [/'undetermined'/g, "'payable'"],
  [/'excluded'/g, "'undetermined'"],
  [/\breturn null;/g, 'return [];'],
  [/\bcontinue;/g, ''],
];

/** Prose, wording, types and imports: they affect no result, or the compiler checks them. */
function isCode(line: string): boolean {
  const isWording = /^\s*'?[\w-]+'?: '.*\p{Script=Han}.*',$/u.test(line);
  return !isWording && !/^\s*(\/\/|\/?\*|import |export type|type |readonly |\| |\}? ?from )/.test(line);
}

function mutantsOf(file: string): Mutant[] {
  const lines = readFileSync(join(sourceFolder, file), 'utf8').split('\n');
  return lines.flatMap((before, at) => {
    if (!isCode(before)) return [];
    return mistakes.flatMap(([pattern, replacement]) =>
      [...before.matchAll(pattern)].map((match): Mutant => {
        // Keeps the rest of the line, because some patterns look ahead.
        const [kept, rest] = [before.slice(0, match.index), before.slice(match.index)];
        const after = kept + rest.replace(new RegExp(pattern.source), replacement);
        return { file, line: at, before, after };
      }),
    );
  });
}

/** The first `count` of a list shuffled with a seed (mulberry32). */
function sample<T>(items: readonly T[], seed: number, count: number): T[] {
  let state = seed;
  const drawn = items.map((item) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return { item, key: (mixed ^ (mixed >>> 14)) >>> 0 };
  });
  return drawn
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ item }) => item);
}

/** The tests that load a rules file, its own first and the slow ones last. */
function testsOf(file: string): string[] {
  const own = basename(file).replace('.ts', '.test.ts');
  // Most effective first, slowest last.
  const order = [
    'cases',
    'checks',
    'policy',
    '',
    'explain',
    'differential',
    'properties',
    'remedies',
    'exhaustive',
  ];
  const place = (test: string) => order.indexOf(basename(test, '.test.ts'));
  const rank = (test: string) =>
    basename(test) === own ? -1 : place(test) < 0 ? order.indexOf('') : place(test);
  return globSync('{rules,values}/*.test.ts', { cwd: testsFolder })
    .filter((test) => reaches(join(testsFolder, test), join(sourceFolder, file)))
    .sort((a, b) => rank(a) - rank(b));
}

function reaches(from: string, to: string, seen = new Set<string>()): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  const imports = readFileSync(from, 'utf8').matchAll(/ from '(\.[^']+)'/g);
  return [...imports].some(([, path = '']) => reaches(join(from, '..', path), to, seen));
}

/**
 * Tests mutants with workers, one after another. A worker that dies or hangs may suffer from an earlier
 * mutant, so its mutant is repeated in a new one; if that fails too, it counts as noticed.
 */
async function lookAt(queue: Iterator<Mutant>, tell: (mutant: Mutant, isNoticed: boolean) => void) {
  let worker: ChildProcess | undefined;
  let left = 0;
  for (let next = queue.next(); !next.done; next = queue.next()) {
    let answer: Answer = 'none';
    for (let attempt = 0; attempt < 2 && answer === 'none'; attempt += 1) {
      if (worker === undefined || left === 0 || attempt > 0) {
        worker?.kill('SIGKILL');
        worker = startWorker();
        left = mistakesPerWorker;
      }
      left -= 1;
      answer = await answerOf(worker, next.value);
    }
    if (answer === 'none') left = 0;
    tell(next.value, answer !== 'survived');
  }
  worker?.kill('SIGKILL');
}

function startWorker(): ChildProcess {
  return fork(import.meta.filename, ['--worker'], {
    env: { ...process.env, RULES_PEOPLE: '2000', RULES_RUNS: '500' },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

type Answer = 'noticed' | 'survived' | 'none';

function answerOf(worker: ChildProcess, mutant: Mutant): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer) => {
      clearTimeout(timer);
      worker.off('message', hear).off('exit', die);
      resolve(answer);
    };
    const timer = setTimeout(() => settle('none'), patienceMs);
    const die = () => settle('none');
    // tap also sends messages on this channel.
    const hear = (told: unknown) => {
      if (told === 'noticed' || told === 'survived') settle(told);
    };
    worker.on('message', hear).on('exit', die);
    worker.send(mutant, (error) => {
      if (error !== null) die();
    });
  });
}

/** In a worker: answers each mutant with `noticed` or `survived`. */
async function work(): Promise<void> {
  const { Test } = await import('tap');
  const fc = await import('fast-check');
  fc.configureGlobal({ endOnFailure: true }); // One failure is enough; fast-check need not shrink it.
  let round = 0;
  let mutant: Mutant | undefined;
  const stripped = new Map<string, string>();

  registerHooks({
    resolve(specifier, context, next) {
      const isOurs = context.parentURL?.includes('?round=') === true;
      if (isOurs && specifier === 'tap')
        return { url: `tap:${round}-${basename(context.parentURL ?? '')}`, shortCircuit: true };
      const resolved = next(specifier, context);
      return isOurs && specifier.startsWith('.')
        ? { ...resolved, url: `${resolved.url}?round=${round}` }
        : resolved;
    },
    load(url, context, next) {
      if (url.startsWith('tap:')) {
        return { format: 'module', source: 'export default globalThis.tapOfThisFile;', shortCircuit: true };
      }
      if (!url.includes('?round=')) return next(url, context);
      return {
        format: 'module',
        source: sourceOf(fileURLToPath(url.split('?')[0] ?? url)),
        shortCircuit: true,
      };
    },
  });

  function sourceOf(path: string): string {
    if (mutant !== undefined && path === join(sourceFolder, mutant.file)) {
      const lines = readFileSync(path, 'utf8').split('\n');
      return stripTypeScriptTypes(lines.with(mutant.line, mutant.after).join('\n'));
    }
    const source = stripped.get(path) ?? stripTypeScriptTypes(readFileSync(path, 'utf8'));
    stripped.set(path, source);
    return source;
  }

  /** Whether a test file passes with the mutant in place. */
  async function passes(test: string): Promise<boolean> {
    const options: TestOpts = { name: test };
    const tap = new Test(options);
    tap.resume();
    Object.assign(globalThis, { tapOfThisFile: tap });
    try {
      await import(`${join(testsFolder, test)}?round=${round}`);
    } catch {
      return false;
    }
    const ended = new Promise<void>((resolve) => tap.on('end', () => resolve()));
    tap.end();
    await ended;
    return tap.passing();
  }

  process.on('message', async (sent: Mutant) => {
    mutant = sent;
    round += 1;
    for (const test of testsOf(mutant.file)) {
      if (!(await passes(test))) return process.send?.('noticed');
    }
    return process.send?.('survived');
  });
}

async function mutate(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '200' },
      file: { type: 'string', multiple: true },
      workers: { type: 'string', default: '2' },
    },
  });
  const files = values.file ?? globSync('{rules,values}/**/*.ts', { cwd: sourceFolder }).sort();
  const all = files.flatMap(mutantsOf);
  const mutants = sample(all, Number(values.seed), Number(values.count));
  const none: Mutant = { file: 'values/days.ts', line: 0, before: '', after: '' };
  await lookAt([none].values(), (_, isNoticed) => {
    if (isNoticed) throw new Error('the tests fail before any mistake is made');
  });
  const queue = mutants.values();
  let done = 0;
  let survived = 0;
  const tell = ({ file, line, before, after }: Mutant, isNoticed: boolean) => {
    done += 1;
    if (!isNoticed) {
      survived += 1;
      console.log(`survived ${file}:${line + 1}\n  - ${before.trim()}\n  + ${after.trim()}`);
    }
    if (done % 50 === 0) console.log(`${done} of ${mutants.length}, ${survived} survived`);
  };
  await Promise.all(Array.from({ length: Number(values.workers) }, () => lookAt(queue, tell)));
  console.log(
    `seed ${values.seed}: ${done - survived} of ${done} mistakes noticed (of ${all.length} possible)`,
  );
}

await (process.argv.includes('--worker') ? work() : mutate());
