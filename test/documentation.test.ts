// The documents for people: the Chinese and the English text of one page hold the same, links resolve, and the
// addresses and npm scripts that they name exist.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const documents = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'clients/**/*.md'], {
  cwd: root,
  exclude: ['**/node_modules/**'],
}).sort();

/** In Chinese, in English. */
const twins = [
  ['README.zh-CN.md', 'README.md'],
  ['docs/integration.md', 'docs/integration.en.md'],
  ['docs/operations.md', 'docs/operations.en.md'],
  ['docs/sandbox.md', 'docs/sandbox.en.md'],
] as const;

interface Section {
  /** The heading’s level. */
  readonly level: number;
  readonly title: string;
  readonly text: string;
}

const fence = /^ *```.*\n[\s\S]*?^ *```$/gm;

function sectionsOf(text: string): Section[] {
  const headings = [
    ...text.replaceAll(fence, (block) => block.replaceAll('#', ' ')).matchAll(/^(#+) (.+)$/gm),
  ];
  return headings.map(({ 1: marks = '', 2: title = '', index }, at) => ({
    level: marks.length,
    title,
    text: text.slice(index, headings[at + 1]?.index),
  }));
}

/** What must not differ between languages: code, and the shape of tables and lists. */
function skeletonOf({ level, text }: Section) {
  const plain = text.replaceAll(fence, '');
  const lines = (pattern: RegExp) => [...plain.matchAll(pattern)].length;
  return {
    level,
    blocks: (text.match(fence) ?? []).map(withoutWords),
    rows: [...plain.matchAll(/^\|.*\|$/gm)].map(([row]) => row.split('|').length),
    listed: [lines(/^ *- /gm), lines(/^ *\d\. /gm)],
    codes: [...new Set([...plain.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code))].sort(),
  };
}

/** A block without its comments; of a diagram in words, only that it is there. */
function withoutWords(block: string): string {
  if (/^ *```\n/.test(block) && /[→]/.test(block)) return 'a diagram';
  return block.replaceAll(/ +(#|--) .*$/gm, '');
}

/** GitHub’s anchor of a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}

for (const [chinese, english] of twins) {
  t.test(
    `${chinese} and ${english} hold the same code, rows and lists, and name each other first`,
    async (t) => {
      const [ours, theirs] = [read(chinese), read(english)];
      const [sections, others] = [sectionsOf(ours), sectionsOf(theirs)];
      t.equal(sections.length, others.length, 'as many headings');
      sections.forEach((section, index) => {
        const other = others[index];
        if (other === undefined) return;
        t.strictSame(skeletonOf(section), skeletonOf(other), `${section.title} · ${other.title}`);
      });
      const introduction = (text: string) => text.slice(0, text.indexOf('\n## '));
      t.ok(introduction(ours).includes(`(${english.split('/').at(-1)})`), `${chinese} leads to ${english}`);
      t.ok(introduction(theirs).includes(`(${chinese.split('/').at(-1)})`), `${english} leads to ${chinese}`);
      t.match(sections[0]?.title, /./);
    },
  );
}

t.test('every link between documents leads to a file and, where it names one, to a heading', async (t) => {
  const links = documents.flatMap((document) =>
    [
      ...read(document)
        .replaceAll(fence, '')
        .matchAll(/\]\(([^)\s]+)\)/g),
    ].map(([, link = '']) => ({
      document,
      link,
    })),
  );
  const broken = links.filter(({ document, link }) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? document : join(dirname(document), decodeURIComponent(path));
    if (!existsSync(join(root, file))) return true;
    if (anchor === undefined) return false;
    return !sectionsOf(read(file)).some(({ title }) => anchorOf(title) === decodeURIComponent(anchor));
  });
  t.ok(links.length > 30, `${links.length} links`);
  t.strictSame(broken, []);
});

t.test('every address and npm script that a document names exists', async (t) => {
  const contract = parse(read('openapi.yaml')) as { paths: Readonly<Record<string, unknown>> };
  const paths = new Set(Object.keys(contract.paths).map((path) => path.replaceAll(/\{\w+\}/g, '{}')));
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };
  const own = new Set(['ci', 'start', 'test', ...Object.keys(scripts)]);
  // The changelog and the decisions tell of earlier addresses too.
  const current = documents.filter((document) => !/CHANGELOG|decisions/.test(document));
  const missing = current.flatMap((document) => {
    const text = read(document);
    const addresses = [...text.matchAll(/\/v1\/[a-z][\w{}/-]*[\w}]/g)]
      .map(([address]) => address)
      .filter((address) => !paths.has(address.replaceAll(/\{\w+\}|(?<=\/)[0-9][^/]*/g, '{}')));
    const run = [...text.matchAll(/\bnpm run (?:-\S+ )*([a-z][\w:-]*)/g)]
      .map(([, script = '']) => script)
      .filter((script) => !own.has(script));
    return [...addresses, ...run].map((name) => `${document}: ${name}`);
  });
  t.strictSame(missing, []);
});
