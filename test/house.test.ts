// Architecture rules, checked in the files: who may import whom, how large a file may be, and what no file
// may contain.

import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize, relative } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..');
const largestFile = 400;

const comment = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/;
const string = /(['"`])(?:(?!\1)[^\\]|\\[\s\S])*\1/;
const expression = /(?<=[(,=:[!&|?{};]\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//;
const notCode = new RegExp([comment, string, expression].map(({ source }) => source).join('|'), 'gm');

interface Import {
  readonly from: string;
  readonly to: string;
  /** Types exist only at compile time. */
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

/** The layers, lowest first: each may import those before it only. */
const floors = [
  'values',
  'rules',
  'platform',
  'registers',
  'notifications',
  'applications',
  'eligibility',
  'payments',
  'decisions',
  'oversight',
  'sandbox',
  'documentation',
  'runtime',
  'commands',
] as const;

const floorOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : null);
const heightOf = (path: string) => (floors as readonly (string | null)[]).indexOf(floorOf(path));

/** A part of the code: its files, and what they may import within the layers. The first match counts. */
interface Part {
  readonly name: string;
  readonly holds: RegExp;
  readonly may: readonly RegExp[];
  /** What they may import as types only. */
  readonly mayKnow?: readonly RegExp[];
  /** Also the stores of the same layer. */
  readonly usesOwnStores?: true;
}

const subject = '(registers|notifications|applications|eligibility|payments|decisions|oversight)';
const inSubject = (file: string) => new RegExp(`^${subject}/([a-z-]+/)?${file}$`);
const values = /^values\//;
const rules = /^rules\//;
const store = '([a-z]+-)?store\\.ts';
const routes = '([a-z]+-)?routes\\.ts';
const anythingButStoresAndRoutes = new RegExp(`^${subject}/([a-z-]+/)?(?!${store}$|${routes}$)[a-z-]+\\.ts$`);
const httpForOperations =
  /^platform\/http\/(json|days|fact-groups|paging|contract\/schemas|problems\/(validation|answer|form-errors))\.ts$/;
const scope = /^platform\/access\/(actor|names|officers|permissions)\.ts$/;
const context = /^platform\/(context|ids|reference\/reference)\.ts$/;
const writeContext = /^platform\/write-context\.ts$/;
const problem = /^platform\/(problem|field-error-codes)\.ts$/;
const operatorError = /^platform\/operator-error\.ts$/;
const database = /^platform\/database\//;
const encryption = /^platform\/encryption\//;
const figures = /^platform\/figures\.ts$/;
const cacheLookups = /^platform\/cache-lookups\.ts$/;

const parts: readonly Part[] = [
  { name: 'values, which every floor may use', holds: values, may: [values] },
  { name: 'the rules, which decide and know nothing else', holds: rules, may: [rules, values] },
  { name: 'programs', holds: /^(main\.ts|start\.js)$|^commands\//, may: [/./] },
  {
    name: 'the table of contents',
    holds: /^app\.ts$/,
    may: [
      new RegExp(`/${routes}$`),
      values,
      /^platform\/(access|http|encryption|api-clients|reference)\//,
      /^(documentation|runtime|sandbox)\//,
    ],
    mayKnow: [/^platform\/config\//, database, writeContext],
  },
  { name: 'what every operation is given', holds: context, may: [], mayKnow: [/^platform\//, values, rules] },
  {
    name: 'problems, which operations throw',
    holds: problem,
    may: [problem, rules, values],
    mayKnow: [context],
  },
  {
    name: 'what every write is made of',
    holds: writeContext,
    may: [
      scope,
      /^platform\/database\/(audit-entries|row-scope|transaction)\.ts$/,
      /^platform\/reference\/store\.ts$/,
      values,
    ],
    mayKnow: [context, database, encryption, rules],
  },
  {
    name: 'figures that are counted',
    holds: figures,
    may: [values],
    mayKnow: [context, database],
  },
  { name: 'errors that an operator can mend', holds: operatorError, may: [] },
  { name: 'lookups that are counted', holds: cacheLookups, may: [] },
  { name: 'the database', holds: database, may: [database, operatorError], mayKnow: [scope] },
  { name: 'encryption', holds: encryption, may: [encryption, database, operatorError] },
  {
    name: 'access',
    holds: /^platform\/access\//,
    may: [/^platform\/access\//, problem, cacheLookups, /^platform\/encryption\/key-file\.ts$/, values],
    mayKnow: [/^platform\/database\/row-scope\.ts$/],
  },
  {
    name: 'configuration',
    holds: /^platform\/config\//,
    may: [/^platform\/(config|access|encryption|http\/limits)\//, operatorError],
    mayKnow: [context, values, rules],
  },
  { name: 'documents', holds: /^platform\/documents\//, may: [/^platform\/documents\//, problem, values] },
  {
    name: 'what routes share, which knows no subject',
    holds: /^platform\/http\//,
    may: [
      /^platform\/(http|access)\//,
      problem,
      writeContext,
      /^platform\/database\/(conditions|connection|insert|looks|row-scope|transaction)\.ts$/,
      values,
      rules,
    ],
    mayKnow: [context, database, encryption],
  },
  {
    name: 'states',
    holds: inSubject('states\\.ts'),
    may: [rules, values],
    mayKnow: [scope],
  },
  {
    name: 'schemas',
    holds: new RegExp(`^(${subject}|platform|runtime)/([a-z-]+/)?([a-z]+-)?schemas\\.ts$`),
    may: [
      /^platform\/http\/(fact-groups|paging|contract\/(schemas|rule-words|policy-values))\.ts$/,
      rules,
      values,
      inSubject(`(?!operations\\.ts$|${store}$|${routes}$)[a-z-]+\\.ts`),
    ],
  },
  {
    name: 'examples of the contract',
    holds: inSubject('examples\\.ts'),
    may: [/^platform\/http\/contract\/contract\.ts$/, rules, values],
  },
  {
    name: 'stores, which remember',
    holds: new RegExp(`^(${subject}|platform)/([a-z-]+/)?${store}$`),
    may: [database, inSubject('parts\\.ts')],
    usesOwnStores: true,
    mayKnow: [
      scope,
      problem,
      /^platform\/http\/paging\.ts$/,
      rules,
      values,
      inSubject(
        '(states|schemas|types|chain|equations|checkpoint|time-limit|content|dimensions|figures|kinds|money|reading)\\.ts',
      ),
      /^platform\/(api-clients|reference)\/schemas\.ts$/,
    ],
  },
  {
    name: 'routes, which speak',
    holds: new RegExp(`/${routes}$`),
    may: [
      /^platform\/(http|documents)\//,
      problem,
      anythingButStoresAndRoutes,
      values,
      rules,
      /^platform\/(reference|api-clients)\/(operations|schemas)\.ts$/,
      /^runtime\/(health|jobs)\//,
    ],
    mayKnow: [/^platform\/database\/connect\.ts$/],
  },
  {
    name: 'API clients and reference data, which the platform keeps itself',
    holds: /^platform\/(api-clients|reference)\//,
    may: [
      problem,
      operatorError,
      cacheLookups,
      /^platform\/(access|http|api-clients|reference)\//,
      /^platform\/database\/(row-scope|transaction)\.ts$/,
      values,
      rules,
    ],
    mayKnow: [context, database, encryption],
  },
  {
    name: 'the sandbox, which stands for what a city brings along',
    holds: /^sandbox\//,
    may: [/^(sandbox|platform|values)\//, /^rules\/facts\.ts$/],
  },
  {
    name: 'the documentation page, whose modules run in browsers',
    holds: /^documentation\/page\//,
    may: [/^documentation\/(page|login)\//],
  },
  {
    name: 'the page of figures, whose modules run in browsers',
    holds: /^documentation\/dashboard\//,
    may: [/^documentation\/(dashboard|login)\//],
  },
  {
    name: 'the log-in of both pages',
    holds: /^documentation\/(after-)?login\//,
    may: [/^documentation\/login\//],
  },
  {
    name: 'the documentation, which anybody may read',
    holds: /^documentation\//,
    may: [/^documentation\//, /^platform\/(access|http)\//, problem, values],
  },
  {
    name: 'what runs beside the requests: jobs, worker threads, health, metrics',
    holds: /^runtime\//,
    may: [
      /^runtime\//,
      problem,
      operatorError,
      figures,
      cacheLookups,
      /^platform\/(write-context|reference\/store|http\/limits\/limiter)\.ts$/,
      /^platform\/database\/(connection|row-scope|transaction)\.ts$/,
      anythingButStoresAndRoutes,
    ],
    mayKnow: [context, database, /^platform\/(config\/config|http\/server)\.ts$/],
  },
  {
    name: 'operations and what they are made of, which act',
    holds: inSubject('[a-z-]+\\.ts'),
    may: [
      rules,
      values,
      problem,
      httpForOperations,
      scope,
      figures,
      /^platform\/database\/(batches|row-scope|statement|together|transaction)\.ts$/,
      /^platform\/documents\//,
      /^platform\/reference\/(agencies|sources|operations|policies)\.ts$/,
      anythingButStoresAndRoutes,
    ],
    mayKnow: [context, database, encryption, /^platform\/http\/(handlers|server)\.ts$/],
    usesOwnStores: true,
  },
];

function partOf(path: string): Part | undefined {
  return parts.find(({ holds }) => holds.test(path));
}

t.test('every file belongs to a declared part and imports only what that part may', (t) => {
  const strangers = files.filter(({ path }) => partOf(path) === undefined).map(({ path }) => path);
  t.strictSame(strangers, [], 'of no part');
  t.strictSame(
    files.flatMap(({ imports }) => imports.filter((one) => !isAllowed(one)).map(describe)),
    [],
  );
  t.end();
});

/** No part may import a higher layer, whatever else it may import. */
function isAllowed({ from, to, isType }: Import): boolean {
  const { may = [], mayKnow = [], usesOwnStores = false } = partOf(from) ?? {};
  if (floorOf(from) !== null && (floorOf(to) === null || heightOf(to) > heightOf(from))) return false;
  const isOwnStore = usesOwnStores && floorOf(to) === floorOf(from) && new RegExp(`/${store}$`).test(to);
  return isOwnStore || [...may, ...(isType ? mayKnow : [])].some((allowed) => allowed.test(to));
}

function describe({ from, to }: Import): string {
  return `${from} imports ${to}; it is of ${partOf(from)?.name}`;
}

t.test('the import check finds each kind of violation', (t) => {
  const forbidden: [from: string, to: string, isType: boolean][] = [
    ['values/days.ts', 'rules/facts.ts', true],
    ['rules/checks.ts', 'platform/problem.ts', true],
    ['platform/http/handlers.ts', 'applications/application/operations.ts', false],
    ['platform/context.ts', 'values/days.ts', false],
    ['platform/database/connect.ts', 'values/days.ts', false],
    ['platform/encryption/encryption.ts', 'oversight/audit/checkpoint.ts', true],
    ['registers/records/operations.ts', 'applications/application/operations.ts', true],
    ['applications/application/routes.ts', 'applications/application/store.ts', false],
    ['applications/application/routes.ts', 'decisions/decision/routes.ts', false],
    ['applications/application/operations.ts', 'decisions/decision/schemas.ts', false],
    ['applications/application/states.ts', 'platform/database/connect.ts', true],
    ['applications/application/schemas.ts', 'applications/application/operations.ts', true],
    ['applications/application/store.ts', 'applications/application/operations.ts', false],
    ['applications/application/store.ts', 'platform/http/paging.ts', false],
    ['decisions/decision/operations.ts', 'applications/application/store.ts', false],
    ['decisions/decision/operations.ts', 'applications/application/routes.ts', false],
    ['decisions/decision/operations.ts', 'platform/http/handlers.ts', false],
    ['runtime/jobs/worker.ts', 'registers/deliveries/store.ts', false],
    ['oversight/audit/operations.ts', 'commands/verify-audit.ts', true],
    ['oversight/audit/operations.ts', 'app.ts', true],
  ];
  for (const [from, to, isType] of forbidden) t.notOk(isAllowed({ from, to, isType }), `${from} → ${to}`);
  t.ok(
    isAllowed({
      from: 'applications/drafts/operations.ts',
      to: 'applications/application/store.ts',
      isType: false,
    }),
    'a store of its own subject',
  );
  t.end();
});

t.test('a constant looked up by any text is a Map, since a plain object also has a constructor', (t) => {
  const plain = /^(?:export )?const \w+: (?:Readonly<)?Record<string, .* = \{|\}\[\w+\]/gm;
  t.strictSame(
    files.flatMap(({ path, text }) => [...text.matchAll(plain)].map(([line]) => `${path}: ${line}`)),
    [],
  );
  t.end();
});

t.test('a statement limits its rows by atMost, on which its plan depends', (t) => {
  const unsaid = /\.limit\((?!1\)|atMost\().*|\blimit \$\{(?!atMost\().*/g;
  t.strictSame(
    files.flatMap(({ path, text }) => [...text.matchAll(unsaid)].map(([line]) => `${path}: ${line}`)),
    [],
  );
  t.end();
});

t.test('papers are printed in worker threads only, so that they do not block the event loop', (t) => {
  const isPaper = inSubject('([a-z-]+-)?paper\\.ts');
  const printers = files
    .flatMap(({ imports }) => imports.filter(({ isType, to }) => !isType && isPaper.test(to)))
    .filter(({ from }) => !from.startsWith('runtime/threads/') && !isPaper.test(from));
  t.strictSame(printers.map(describe), []);
  t.end();
});

t.test('there are no import cycles', (t) => {
  const values = files.flatMap(({ imports }) => imports.filter(({ isType }) => !isType));
  t.strictSame(circlesOf(values.map(({ from, to }) => [from, to])), []);
  t.end();
});

/** Import cycles, each reported once. */
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

t.test('the import check finds a cycle', (t) => {
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

t.test('every file begins with a comment on its content and has at most 400 lines', (t) => {
  t.strictSame(
    files.filter(({ text }) => !/^\/\/ \p{Lu}/u.test(text)).map(({ path }) => path),
    [],
    'begins otherwise',
  );
  const lengths = files.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
  // Generated from the migrated database, so its size follows the schema.
  const long = lengths.filter(
    ({ path, lines }) => lines > largestFile && path !== 'platform/database/tables.ts',
  );
  t.strictSame(long, []);
  t.end();
});

t.test('environment variables are read in one place', (t) => {
  const readers = files.filter(({ path, text }) => {
    const uses = [...codeOf(text).matchAll(/process\.env(.)/g)].map(([, next]) => next);
    const isProgram = /^main\.ts$|^commands\//.test(path);
    return uses.length > 0 && !(isProgram && uses.every((next) => next === ')'));
  });
  t.strictSame(
    readers.map(({ path }) => path),
    [],
  );
  t.end();
});

t.test('there is no `any`, no open to-do and no meaningless file name', (t) => {
  const isUntyped = (path: string) => path === 'documentation/page/swagger-ui.d.ts'; // Swagger UI has no types
  t.strictSame(
    files
      .filter(({ path }) => !isUntyped(path))
      .filter(({ text }) => /(?<![.\w])any(?=\s*[;,)>\]=|&[]|$)/m.test(codeOf(text)))
      .map(({ path }) => path),
    [],
  );
  const everywhere = globSync('{src,test,scripts,bench}/**/*.ts', { cwd: root });
  // In two halves, so that this file does not match itself.
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

t.test('clock, randomness and ids are created in the programs only', (t) => {
  // Exceptions: the server that programs start, keys and nonces, and the sandbox's issuer, which stands for
  // another system.
  const isOutside = /^main\.ts$|^commands\/|^platform\/(ids\.ts|encryption\/)|^sandbox\//;
  const inside = files.filter(({ path }) => !isOutside.test(path));
  const source = /Date\.now\(|Temporal\.Now|Math\.random\(|randomUUID\(/;
  t.strictSame(
    inside.filter(({ text }) => source.test(codeOf(text))).map(({ path }) => path),
    [],
  );
  t.end();
});

t.test('no test uses a loose assertion', (t) => {
  const tests = globSync('test/**/*.ts', { cwd: root }).sort();
  t.strictSame(
    tests.flatMap((path) =>
      looseAssertions(readFileSync(join(root, path), 'utf8')).map((call) => `${path}: ${call}`),
    ),
    [],
  );
  t.end();
});

t.test('the check of assertions finds a loose one', (t) => {
  const loose = [
    `t.same(amount, 50_000);`,
    `t.notSame(amount, 50_000);`,
    `t.match(body, []);`,
    `t.match(months, [{ month: '2025-04' }]);`,
    `t.match(faults, [/^PORT: /], 'and no other');`,
    `t.match(body, { amountFen: 50_000 });`,
    `t.test("a persona's token", (t) => t.match(body, { amountFen: 50_000 }));`,
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
 * Calls of `same`, which treats '1' as 1 and null as undefined; of `match` and `has` with an object or a
 * list, which accept a longer list, unlike `strictMatch`; and of `strictMatch` with `{}`, which any object
 * matches.
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

/** The arguments of the call whose bracket opens right before `start`. */
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

/** The text without comments and without the contents of strings and regular expressions. */
function codeOf(text: string): string {
  return text.replaceAll(notCode, (found) => {
    if (/^\/[/*]/.test(found)) return '';
    const [quote = ''] = found;
    return quote === '/' ? '/./' : quote + quote;
  });
}
