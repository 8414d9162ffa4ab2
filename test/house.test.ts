// The rules of the house, read off its files: who may import whom, how large a file may be, and what no file may hold.

import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize, relative } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..');
const largestFile = 400;

const comment = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/;
const string = /(['`])(?:(?!\1)[^\\]|\\[\s\S])*\1/;
const expression = /(?<=[(,=:[!&|?{};]\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//;
const notCode = new RegExp([comment, string, expression].map(({ source }) => source).join('|'), 'gm');

interface Import {
  readonly from: string;
  readonly to: string;
  /** Gone once the program runs. */
  readonly isType: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const files: readonly SourceFile[] = globSync('src/**/*.{ts,js}', { cwd: root })
  .sort()
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return { path: path.slice('src/'.length), text, imports: importsOf(path, text) };
  });

function importsOf(path: string, text: string): Import[] {
  const statements = text.matchAll(/^(?:import|export)\s+(type\s+)?([^;]*?)\s*from '(\.[^']+)';/gms);
  return [...statements].map(([, type, names = '', target = '']) => ({
    from: path.slice('src/'.length),
    to: relative('src', normalize(join(dirname(path), target))),
    isType: type !== undefined || /^\{(\s*type \w+( as \w+)?,?)+\s*\}$/.test(names),
  }));
}

/** A part of the house: which files are of it, what they may import, and why no more. The first that fits counts. */
interface Part {
  readonly name: string;
  readonly holds: RegExp;
  readonly may: readonly RegExp[];
  /** What they may import as types alone. */
  readonly mayKnow?: readonly RegExp[];
  /** The stores of its own feature besides. */
  readonly usesOwnStore?: true;
}

const feature =
  '(applications|apps|attestations|audit|decisions|disbursements|disclosures|eligibility|events|history|ledger|notices|papers|people|records|recoveries|reference|reason-sheets|retention|second-looks|statistics)';
const inFeature = (file: string) => new RegExp(`^${feature}/${file}$`);
const rules = /^rules\//;
const problems =
  /^http\/(json|days|problem|fact-groups|paging|schemas|validation|answer|form-faults|personal-numbers)\.ts$/;
const rowSight = /^database\/row-sight\.ts$/;
const sight = /^access\/(actor|permissions)\.ts$/;
const store = '([a-z]+-)?store\\.ts';
const routes = '([a-z]+-)?routes\\.ts';
const anythingButStoreAndRoutes = new RegExp(`^${feature}/(?!${store}$|${routes}$)`);

const parts: readonly Part[] = [
  { name: 'the rules, which decide and know nothing else', holds: rules, may: [rules] },
  {
    name: 'programs',
    holds:
      /^(main|migrate|reconcile|rehearse|replay|rotate-keys|start|verify-audit|config|variables)\.(ts|js)$/,
    may: [/./],
  },
  {
    name: 'the table of contents',
    holds: /^app\.ts$/,
    may: [/\/([a-z]+-)?routes\.ts$/, /^apps\/verify\.ts$/, /^(access|http|rules|running|secrets|workers)\//],
    mayKnow: [/^config\.ts$/, /^database\//],
  },
  { name: 'what every operation is given', holds: /^act\.ts$/, may: [], mayKnow: [/./] },
  { name: 'ids', holds: /^ids\.ts$/, may: [] },
  { name: 'the database', holds: /^database\//, may: [/^database\//] },
  { name: 'secrets', holds: /^secrets\//, may: [/^secrets\//, /^database\//, /^audit\/checkpoint\.ts$/] },
  {
    name: 'access',
    holds: /^access\//,
    may: [/^access\//, /^http\/problem\.ts$/, /^secrets\/key-file\.ts$/],
    mayKnow: [rowSight],
  },
  {
    name: 'who verifies signed requests, for the door',
    holds: /^apps\/verify\.ts$/,
    may: [/^access\//, /^apps\/(operations|store)\.ts$/],
    mayKnow: [/^database\//, /^secrets\//],
  },
  {
    name: 'what routes share, which knows no feature',
    holds: /^http\//,
    may: [/^http\//, /^access\//, /^database\/(connect|row-sight|transaction)\.ts$/, rules],
    mayKnow: [/^act\.ts$/, /^database\//, /^secrets\//],
  },
  { name: 'states', holds: inFeature('states\\.ts'), may: [rules], mayKnow: [sight] },
  {
    name: 'schemas',
    holds: inFeature('([a-z]+-)?schemas\\.ts'),
    may: [
      /^http\/(fact-groups|schemas|paging)\.ts$/,
      rules,
      inFeature('([a-z]+-)?schemas\\.ts'),
      inFeature(`(?!operations\\.ts$|${store}$|${routes}$)[a-z-]+\\.ts`),
    ],
  },
  {
    name: 'examples of the contract',
    holds: inFeature('examples\\.ts'),
    may: [/^http\/contract\.ts$/, rules],
  },
  {
    name: 'stores, which remember',
    holds: inFeature(store),
    may: [/^database\//],
    usesOwnStore: true,
    mayKnow: [
      sight,
      /^http\/paging\.ts$/,
      rules,
      inFeature('(states|schemas|types|chain|checkpoint|clock|content|dimensions|figures|flag-kinds)\\.ts'),
    ],
  },
  {
    name: 'routes, which speak',
    holds: new RegExp(`/${routes}$`),
    may: [
      /^running\/(jobs|readiness)\.ts$/,
      /^http\//,
      /^access\/authenticate\.ts$/,
      anythingButStoreAndRoutes,
    ],
    mayKnow: [/^database\/connect\.ts$/],
  },
  {
    name: 'worker threads, which run pure functions of features',
    holds: /^workers\//,
    may: [
      /^workers\//,
      /^http\/(lanes|problem)\.ts$/,
      inFeature('([a-z]+-inspection|table|result-file|([a-z-]+-)?paper)\\.ts'),
    ],
    mayKnow: [/^http\/server\.ts$/],
  },
  {
    name: 'work in the background',
    holds: /^running\//,
    may: [
      /^running\//,
      /^http\/acting\.ts$/,
      /^database\/(row-sight|transaction)\.ts$/,
      anythingButStoreAndRoutes,
    ],
    mayKnow: [/^act\.ts$/, /^database\//, /^http\/server\.ts$/, /^audit\//],
  },
  {
    name: 'operations and what they are made of, which act',
    holds: inFeature('[a-z-]+\\.ts'),
    // Beside their own store that of the reference data, on which nobody acts.
    may: [
      rules,
      problems,
      sight,
      /^database\/(row-sight|transaction)\.ts$/,
      /^reference\/store\.ts$/,
      anythingButStoreAndRoutes,
    ],
    mayKnow: [/^act\.ts$/, /^database\//, /^secrets\//],
    usesOwnStore: true,
  },
];

function partOf(path: string): Part | undefined {
  return parts.find(({ holds }) => holds.test(path));
}

t.test('every file has its part in the house, and imports what that part may', (t) => {
  const strangers = files.filter(({ path }) => partOf(path) === undefined).map(({ path }) => path);
  t.strictSame(strangers, [], 'of no part');
  t.strictSame(
    files.flatMap(({ imports }) => imports.filter((one) => !isAllowed(one)).map(describe)),
    [],
  );
  t.end();
});

function isAllowed({ from, to, isType }: Import): boolean {
  const { may = [], mayKnow = [], usesOwnStore = false } = partOf(from) ?? {};
  const isOwnStore = usesOwnStore && dirname(to) === dirname(from) && inFeature(store).test(to);
  return isOwnStore || [...may, ...(isType ? mayKnow : [])].some((allowed) => allowed.test(to));
}

function describe({ from, to }: Import): string {
  return `${from} imports ${to}; it is of ${partOf(from)?.name}`;
}

t.test('what breaks the rules is seen', (t) => {
  const forbidden: [from: string, to: string, isType: boolean][] = [
    ['rules/days.ts', 'http/problem.ts', true],
    ['applications/routes.ts', 'applications/store.ts', false],
    ['applications/routes.ts', 'decisions/routes.ts', false],
    ['decisions/operations.ts', 'applications/store.ts', false],
    ['decisions/operations.ts', 'applications/routes.ts', false],
    ['decisions/operations.ts', 'applications/flag-store.ts', false],
    ['decisions/operations.ts', 'disbursements/line-routes.ts', false],
    ['applications/routes.ts', 'applications/flag-store.ts', false],
    ['applications/flag-store.ts', 'applications/operations.ts', false],
    ['disbursements/line-routes.ts', 'disbursements/line-store.ts', false],
    ['ledger/schemas.ts', 'ledger/facts-store.ts', false],
    ['running/worker.ts', 'records/delivery-store.ts', false],
    ['decisions/operations.ts', 'http/acting.ts', false],
    ['applications/store.ts', 'applications/operations.ts', false],
    ['applications/store.ts', 'http/paging.ts', false],
    ['applications/states.ts', 'database/connect.ts', true],
    ['applications/schemas.ts', 'applications/operations.ts', true],
    ['http/acting.ts', 'applications/operations.ts', false],
    ['database/connect.ts', 'rules/days.ts', false],
    ['act.ts', 'rules/days.ts', false],
  ];
  for (const [from, to, isType] of forbidden) t.notOk(isAllowed({ from, to, isType }), `${from} → ${to}`);
  for (const to of ['applications/store.ts', 'applications/flag-store.ts'])
    t.ok(isAllowed({ from: 'applications/operations.ts', to, isType: false }), `its own ${to}`);
  t.end();
});

t.test('papers are printed in worker threads alone, so that no page stops the others', (t) => {
  const isPaper = inFeature('([a-z-]+-)?paper\\.ts');
  const printers = files
    .flatMap(({ imports }) => imports.filter(({ isType, to }) => !isType && isPaper.test(to)))
    .filter(({ from }) => !from.startsWith('workers/') && !isPaper.test(from));
  t.strictSame(printers.map(describe), []);
  t.end();
});

t.test('nothing imports in a circle', (t) => {
  const values = files.flatMap(({ imports }) => imports.filter(({ isType }) => !isType));
  t.strictSame(circlesOf(values.map(({ from, to }) => [from, to])), []);
  t.end();
});

t.test('features do not know each other in a circle', (t) => {
  const isFeature = new RegExp(`^${feature}/`);
  const between = files
    .flatMap(({ imports }) => imports)
    .filter(({ from, to }) => isFeature.test(from) && isFeature.test(to) && dirname(from) !== dirname(to));
  t.strictSame(circlesOf(between.map(({ from, to }) => [dirname(from), dirname(to)])), []);
  t.end();
});

/** The ways that come back to where they began, each told once. */
function circlesOf(edges: readonly (readonly [from: string, to: string])[]): string[] {
  const circles: string[] = [];
  const finished = new Set<string>();
  const targets = Map.groupBy(edges, ([from]) => from);
  function follow(node: string, way: readonly string[]): void {
    if (way.includes(node)) circles.push([...way.slice(way.indexOf(node)), node].join(' → '));
    if (way.includes(node) || finished.has(node)) return;
    for (const [, to] of targets.get(node) ?? []) follow(to, [...way, node]);
    finished.add(node);
  }
  for (const node of targets.keys()) follow(node, []);
  return circles;
}

t.test('a circle is seen', (t) => {
  t.strictSame(
    circlesOf([
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'b'],
    ]),
    ['b → c → b'],
  );
  t.end();
});

t.test('every file begins with what lives there, and can be read at a sitting', (t) => {
  t.strictSame(
    files.filter(({ text }) => !/^\/\/ \p{Lu}/u.test(text)).map(({ path }) => path),
    [],
    'begins otherwise',
  );
  const lengths = files.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
  // The tables are generated from the migrated database, as long as that has columns.
  const long = lengths.filter(({ path, lines }) => lines > largestFile && path !== 'database/tables.ts');
  t.strictSame(long, []);
  t.end();
});

t.test('the environment is read in one place, to which programs hand it whole', (t) => {
  const readers = files.filter(({ path, text }) => {
    const uses = [...codeOf(text).matchAll(/process\.env(.)/g)].map(([, next]) => next);
    const isProgram = /^(main|migrate|reconcile|rehearse|replay|rotate-keys|verify-audit)\.ts$/.test(path);
    return uses.length > 0 && !(isProgram && uses.every((next) => next === ')'));
  });
  t.strictSame(
    readers.map(({ path }) => path),
    [],
  );
  t.end();
});

t.test('no value is any, nothing is left to do, no name says nothing', (t) => {
  t.strictSame(
    files
      .filter(({ text }) => /(?<![.\w])any(?=\s*[;,)>\]=|&[]|$)/m.test(codeOf(text)))
      .map(({ path }) => path),
    [],
  );
  const everywhere = globSync('{src,test,scripts,bench}/**/*.ts', { cwd: root });
  // Written in two halves, or this file would have something left to do.
  const leftover = new RegExp(
    ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].map((word) => `\\b${word}\\b`).join('|'),
  );
  t.strictSame(
    everywhere.filter((path) => leftover.test(readFileSync(join(root, path), 'utf8'))),
    [],
  );
  t.strictSame(
    everywhere.filter((path) => /^(utils?|common|helpers|manager|data|info|misc)\.ts$/.test(basename(path))),
    [],
  );
  t.end();
});

t.test('clock, chance and ids come from the programs', (t) => {
  // Beside the programs: the server they start, keys and nonces, and the sandbox's issuer, which stands for another house.
  const isOutside =
    /^(main|migrate|rehearse|replay|rotate-keys|verify-audit|ids)\.ts$|^database\/(cluster|embedded)|^secrets|^access\/issuer/;
  const inside = files.filter(({ path }) => !isOutside.test(path));
  const source = /Date\.now\(|Temporal\.Now|Math\.random\(|randomUUID\(/;
  t.strictSame(
    inside.filter(({ text }) => source.test(codeOf(text))).map(({ path }) => path),
    [],
  );
  t.end();
});

t.test('an assertion holds for what it says and for nothing else', (t) => {
  const tests = globSync('test/**/*.ts', { cwd: root }).sort();
  t.strictSame(
    tests.flatMap((path) =>
      looseAssertions(readFileSync(join(root, path), 'utf8')).map((call) => `${path}: ${call}`),
    ),
    [],
  );
  t.end();
});

t.test('a loose assertion is seen', (t) => {
  const loose = [
    `t.same(amount, 50_000);`,
    `t.notSame(amount, 50_000);`,
    `t.match(body, []);`,
    `t.match(months, [{ month: '2025-04' }]);`,
    `t.match(faults, [/^PORT: /], 'and no other');`,
    `t.match(body, { amountFen: 50_000 });`,
    `t.match(\n  { status, body },\n  {\n    months: [{ state: 'draft' }, {}],\n  },\n);`,
    `t.match(said.match(/[(']/), { code: /\\)/ });`,
    `t.notMatch(body, { state: 'paid' });`,
    `t.hasStrict(body, { items: [1] });`,
    `strictMatch(t, body, { clock: {} });`,
    `strictMatch(t, body, { items: [{}] });`,
  ];
  for (const text of loose) t.strictSame(looseAssertions(text).length, 1, text);
  const strict = [
    `t.strictSame(body, { items: [] });`,
    `strictMatch(t, await city.call('auditor', 'GET', url, { body: {} }), { status: 404, errors: [] });`,
    `t.match(line, /[]/);`,
    `t.match(said([{ a: 1 }]), \`{${'$'}{name}}\`, '{}');`,
    `t.ok(held.has(one) && '[{'.match(one));`,
    `// t.same(amount, 50_000);`,
  ];
  for (const text of strict) t.strictSame(looseAssertions(text), [], text);
  t.end();
});

/**
 * The calls of `same`, for which '1' is 1 and null is undefined; those of `match` and `has` with an object or a list, which
 * pass for a longer list as well: `strictMatch` does not; and those of `strictMatch` with `{}`, which any object has.
 */
function looseAssertions(text: string): string[] {
  const code = codeOf(text);
  return [...code.matchAll(/\.(same|notSame|(?:not)?(?:match|has)\w*)\(|\b(strictMatch)\(t, /gi)]
    .map(({ 0: { length }, 1: ofTap, 2: ours, index }) => ({
      name: ofTap ?? ours ?? '',
      given: argumentsAt(code, index + length),
    }))
    .filter(({ name, given: [, expected = ''] }) => {
      if (/same$/i.test(name)) return true;
      return name === 'strictMatch' ? /\{\s*\}/.test(expected) : /^\s*[[{]/.test(expected);
    })
    .map(({ name, given }) => `${name}(${given.join()})`.replaceAll(/\s+/g, ' '));
}

/** What is given in the call whose bracket opens right before `start`. */
function argumentsAt(code: string, start: number): string[] {
  const given = [''];
  let depth = 1;
  for (const character of code.slice(start)) {
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
    if (depth === 0) break;
    if (depth === 1 && character === ',') given.push('');
    else given[given.length - 1] += character;
  }
  return given;
}

/** The text without comments, and with nothing in its strings and regular expressions. */
function codeOf(text: string): string {
  return text.replaceAll(notCode, (found) => {
    if (/^\/[/*]/.test(found)) return '';
    const [quote = ''] = found;
    return quote === '/' ? '/./' : quote + quote;
  });
}
