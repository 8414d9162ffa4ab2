// No external text is looked up in a plain object, which also has a `constructor` and a `__proto__`: use a
// Map, or Object.hasOwn first. Checked with the compiler's types.

import { join } from 'node:path';
import t from 'tap';
import { type Node, SyntaxKind } from 'typescript/unstable/ast';
import {
  isAsExpression,
  isBinaryExpression,
  isElementAccessExpression,
  isParenthesizedExpression,
} from 'typescript/unstable/ast/is';
import { API, type Checker, type Program, TypeFlags } from 'typescript/unstable/sync';

const root = join(import.meta.dirname, '..');
const example = join(import.meta.dirname, 'lookups.example.ts');

const anyText = TypeFlags.String | TypeFlags.TemplateLiteral | TypeFlags.StringMapping | TypeFlags.Any;

/** Each unchecked `object[text]` of a file, with its line. */
function unguarded(path: string, { program, checker }: { program: Program; checker: Checker }): string[] {
  const source = program.getSourceFile(path);
  if (source === undefined) throw new Error(`${path} is not compiled`);
  const { text } = source;
  const textOf = (node: Node) => text.slice(node.pos, node.end).trim();
  const found: string[] = [];
  function visit(node: Node, written: boolean): void {
    if (isElementAccessExpression(node) && !written && isAnyText(node.argumentExpression, checker)) {
      const guard = `Object.hasOwn(${textOf(bare(node.expression))}, ${textOf(node.argumentExpression)})`;
      if (!text.slice(functionAround(node).pos, node.pos).includes(guard))
        found.push(`${text.slice(0, node.end).split('\n').length}: ${textOf(node)}`);
    }
    const target =
      isBinaryExpression(node) && node.operatorToken.kind === SyntaxKind.EqualsToken ? node.left : null;
    node.forEachChild((child) => visit(child, child === target));
  }
  visit(source, false);
  return found;
}

function isAnyText(index: Node, checker: Checker): boolean {
  const type = checker.getTypeAtLocation(index);
  const parts = type?.isUnionType() ? type.getTypes() : [type];
  return parts.some((part) => part !== undefined && (part.flags & anyText) !== 0);
}

/** An expression without its parentheses and casts. */
function bare(node: Node): Node {
  return isParenthesizedExpression(node) || isAsExpression(node) ? bare(node.expression) : node;
}

const functions: readonly SyntaxKind[] = [
  SyntaxKind.ArrowFunction,
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.SourceFile,
];

function functionAround(node: Node): Node {
  return functions.includes(node.kind) ? node : functionAround(node.parent);
}

const api = new API({ cwd: root });
t.teardown(() => api.close());
const [project] = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] }).getProjects();
if (project === undefined) throw new Error('there is no project');

t.test('every lookup by external text uses a Map or checks Object.hasOwn first', (t) => {
  const ours = project.program.getSourceFileNames().filter((path) => path.startsWith(join(root, 'src/')));
  t.ok(ours.length > 200, `${ours.length} files`);
  t.strictSame(
    ours.flatMap((path) => unguarded(path, project).map((what) => `${path.slice(root.length + 1)}:${what}`)),
    [],
  );
  t.end();
});

t.test('the lookup check finds a lookup by any text, and no others', (t) => {
  t.strictSame(
    unguarded(example, project).map((what) => what.replace(/^\d+: /, '')),
    ['imported[name]', 'record[name]', `record[\`${'$'}{name}-${'$'}{list.length}\`]`],
  );
  t.end();
});
