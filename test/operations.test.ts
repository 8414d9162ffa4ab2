// Where an operation is found: its name in one routes.ts, its function in the operations.ts beside it, and
// its problems both in that function's docstring and in the contract. And where a table is written: in one
// store.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { permissions } from '../src/platform/access/permissions.ts';
import { problemCodesOf } from '../src/platform/http/contract/problem-responses.ts';
import { type ProblemCode, problems } from '../src/platform/problem.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Declared {
  readonly operation: string;
  /** The directory of the routes.ts that declares it. */
  readonly folder: string;
}

const declared: readonly Declared[] = globSync('src/**/routes.ts', { cwd: root })
  .sort()
  .flatMap((path) =>
    [...read(path).matchAll(/\b(?:id|operationId): '([a-z]\w+)'/g)].map(([, operation = '']) => ({
      operation,
      folder: dirname(path),
    })),
  );

/** Problems of every operation of a kind, which docstrings need not repeat. */
const ofAny: readonly ProblemCode[] = problemCodesOf({
  own: [],
  isProtected: true,
  readsBody: true,
  isKeyed: true,
  takesIfMatch: true,
});

/** The docstring and head of an exported function. */
function functionOf(text: string, name: string): string | undefined {
  const at = text.search(new RegExp(`^export (async )?function\\*? ${name}\\b`, 'm'));
  if (at < 0) return undefined;
  const before = text.slice(0, at);
  const doc = before.trimEnd().endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : '';
  return doc.concat(text.slice(at, text.indexOf('\n', at)));
}

function thrownBy(docstring: string): string[] {
  const said = [...docstring.matchAll(/@throws Problem ([^@]*?)(?=\n? \*\/|\n \* @|@throws|$)/gs)];
  const words = said.flatMap(([, codes = '']) => codes.match(/[a-z]+(-[a-z]+)*/g) ?? []);
  return [...new Set(words.filter((word) => word in problems))].sort();
}

t.test('every operation is declared once, with its function in the same directory as its route', (t) => {
  const names = declared.map(({ operation }) => operation);
  t.strictSame(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
    'declared twice',
  );
  t.strictSame(
    Object.keys(permissions).filter((operation) => !names.includes(operation)),
    [],
    'permitted and not declared',
  );
  t.strictSame(
    declared
      .filter(({ operation, folder }) => functionOf(read(`${folder}/operations.ts`), operation) === undefined)
      .map(({ operation, folder }) => `${operation} is not in ${folder}/operations.ts`),
    [],
  );
  t.end();
});

t.test('an operation’s docstring and contract list the same problems', (t) => {
  const contract: {
    paths: Record<string, Record<string, { operationId?: string; 'x-problem-codes'?: string[] }>>;
  } = parse(read('openapi.yaml'));
  const inContract = new Map(
    Object.values(contract.paths)
      .flatMap((path) => Object.values(path))
      .map(({ operationId = '', 'x-problem-codes': codes = [] }) => [operationId, codes]),
  );
  const told = (codes: readonly string[]) =>
    codes.filter((code) => !ofAny.some((one) => one === code)).sort();
  for (const { operation, folder } of declared) {
    const docstring = functionOf(read(`${folder}/operations.ts`), operation) ?? '';
    t.strictSame(told(thrownBy(docstring)), told(inContract.get(operation) ?? []), operation);
  }
  t.end();
});

t.test('each table is written by one store', (t) => {
  const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const tables = new Set(
    [...read('test/schema.sql').matchAll(/^create table (\w+)/gm)].map(([, name]) => name),
  );
  const writers = new Map<string, Set<string>>();
  for (const path of globSync('src/**/*.ts', { cwd: root }).sort()) {
    const text = read(path);
    const written = [
      ...text.matchAll(
        /(?:\.(?:insertInto|updateTable|deleteFrom|mergeInto)\(|insertLater\(\s*tx,\s*)'(\w+)/g,
      ),
      ...text.matchAll(/\b(?:insert into|update|delete from) ([a-z_]+)\b/g),
    ].map(([, name = '']) => snake(name));
    for (const table of written.filter((name) => tables.has(name)))
      writers.set(table, (writers.get(table) ?? new Set()).add(path));
  }
  t.strictSame(
    [...writers].filter(([, by]) => by.size > 1).map(([table, by]) => `${table}: ${[...by].join(', ')}`),
    [],
  );
  t.end();
});

t.test('the check finds a problem code in only one of docstring and contract', (t) => {
  const text =
    '/**\n * Does it.\n *\n * @throws Problem not-found, state-conflict\n */\nexport async function doIt(x) {\n';
  t.strictSame(thrownBy(functionOf(text, 'doIt') ?? ''), ['not-found', 'state-conflict']);
  t.equal(functionOf(text, 'doItNot'), undefined);
  t.end();
});
