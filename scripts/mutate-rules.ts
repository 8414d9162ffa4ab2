// Mutation testing of src/rules: makes one small mistake at a time in a copy and sees whether the tests of the rules
// notice. Seeded, so that a survivor can be looked at again.
//
//   node scripts/mutate-rules.ts [--seed 1] [--count 200] [--file sequence.ts] [--workers 2]

import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '200' },
    file: { type: 'string' },
    workers: { type: 'string', default: '2' },
  },
});
const root = new URL('..', import.meta.url).pathname;
/** A mutant that loops for ever is noticed too. */
const patienceMs = 120_000;

type Mutant = {
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
};

/** The mistakes: what is looked for in a line of code, and what stands there instead. */
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

/** Prose, wording, types and imports decide nothing; a wrong type is the compiler's to find. */
function isCode(line: string): boolean {
  const isWording = /^\s*'?[\w-]+'?: '.*\p{Script=Han}.*',$/u.test(line);
  return !isWording && !/^\s*(\/\/|\/?\*|import |export type|type |readonly |\| |\}? ?from )/.test(line);
}

function mutantsOf(file: string): Mutant[] {
  const lines = readFileSync(join(root, 'src/rules', file), 'utf8').split('\n');
  return lines.flatMap((before, at) => {
    if (!isCode(before)) return [];
    return mistakes.flatMap(([pattern, replacement]) =>
      [...before.matchAll(pattern)].map((match): Mutant => {
        // The rest of the line is kept in sight, because some patterns look ahead.
        const [kept, rest] = [before.slice(0, match.index), before.slice(match.index)];
        const after = kept + rest.replace(new RegExp(pattern.source), replacement);
        return { file, line: at, before, after };
      }),
    );
  });
}

/** The first `count` of a list shuffled by a seed (mulberry32). */
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

/** A copy of the rules and their tests to make mistakes in. */
function copyOfTheRules(): string {
  const copy = mkdtempSync(join(tmpdir(), 'mutated-rules-'));
  for (const part of ['src/rules', 'test/rules', 'docs/policy.md', 'reference', 'package.json']) {
    mkdirSync(join(copy, part, '..'), { recursive: true });
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const tests = readdirSync(join(copy, 'test/rules')).filter((file) => file.endsWith('.test.ts'));
  // One process for all tests, the readable and quick ones first.
  const inOrder = tests.sort(
    (a, b) => Number(a.startsWith('differential')) - Number(b.startsWith('differential')),
  );
  writeFileSync(join(copy, 'all.ts'), inOrder.map((file) => `import './test/rules/${file}';\n`).join(''));
  return copy;
}

async function isNoticed(copy: string, { file, line, after }: Mutant): Promise<boolean> {
  const path = join(copy, 'src/rules', file);
  const original = readFileSync(path, 'utf8');
  writeFileSync(path, original.split('\n').with(line, after).join('\n'));
  try {
    return (await run(copy)) !== 0;
  } finally {
    writeFileSync(path, original);
  }
}

function run(copy: string): Promise<number | null> {
  return new Promise((resolve) => {
    const env = { ...process.env, TAP_BAIL: '1', RULES_PEOPLE: '3000' };
    const tests = spawn(process.execPath, ['all.ts'], { cwd: copy, env, stdio: 'ignore' });
    const timer = setTimeout(() => tests.kill('SIGKILL'), patienceMs);
    tests.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

const files = values.file === undefined ? readdirSync(join(root, 'src/rules')) : [values.file];
const all = files.flatMap(mutantsOf);
const mutants = sample(all, Number(values.seed), Number(values.count));
const queue = mutants.values();
const survivors: Mutant[] = [];
let done = 0;

async function work(): Promise<void> {
  const copy = copyOfTheRules();
  try {
    if ((await run(copy)) !== 0) throw new Error('the tests fail before any mistake is made');
    for (const mutant of queue) {
      if (!(await isNoticed(copy, mutant))) {
        survivors.push(mutant);
        console.log(
          `survived ${mutant.file}:${mutant.line + 1}\n  - ${mutant.before.trim()}\n  + ${mutant.after.trim()}`,
        );
      }
      done += 1;
      if (done % 50 === 0) console.log(`${done} of ${mutants.length}, ${survivors.length} survived`);
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
}

await Promise.all(Array.from({ length: Number(values.workers) }, work));
const noticed = mutants.length - survivors.length;
console.log(
  `seed ${values.seed}: ${noticed} of ${mutants.length} mistakes noticed (of ${all.length} possible)`,
);
