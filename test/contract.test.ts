// The committed contract: it matches the service and follows its own conventions.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { contractFile, contractOfRoutes, writeContract } from '../scripts/openapi.ts';
import { permissions } from '../src/platform/access/permissions.ts';
import { contractOf, exampleCoverage } from '../src/platform/http/contract/contract.ts';
import { type ProblemCode, problems } from '../src/platform/problem.ts';

interface Described {
  readonly content?: Readonly<Record<string, { readonly schema: { readonly $ref?: string } }>>;
  readonly headers?: object;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described & { $ref?: string }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly responses: Readonly<Record<string, Described & { $ref?: string }>>;
  readonly 'x-oauth-scope'?: string;
  readonly 'x-roles'?: readonly string[];
  readonly 'x-problem-codes'?: readonly ProblemCode[];
}

interface Contract {
  readonly tags: readonly { name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Described>>;
    readonly responses: Readonly<Record<string, Described>>;
  };
}

const text = readFileSync(contractFile, 'utf8');
const contract: Contract = parse(text);
const operations = Object.values(contract.paths).flatMap((methods) => Object.values(methods));
const ofPeople = operations.filter((operation) => operation.security.length > 0);

const beginsChinese = /^[\p{Script=Han}“]|^`?[\w-]+`? [\p{Script=Han}]/u;

/** The description of a response, written in place or in the components. */
function descriptionOf({ description, $ref }: Described & { $ref?: string } = {}): string {
  const named = contract.components.responses[$ref?.replace('#/components/responses/', '') ?? ''];
  return named?.description ?? description ?? '';
}

t.test('openapi.yaml matches the routes; if not, run npm run openapi', async (t) => {
  t.equal(firstDifference(text, writeContract(await contractOfRoutes())), null);
});

t.test('each operation is described in Chinese first, with its scope and one success', async (t) => {
  for (const operation of ofPeople) {
    const { operationId, summary, description, security, responses } = operation;
    const permission = Object.entries(permissions).find(([name]) => name === operationId)?.[1];
    const roles = Object.keys(permission?.roles ?? {});
    const isSigned = roles.includes('platform') || roles.includes('provincial-system');
    t.strictSame(security, [{ bearer: [] }, ...(isSigned ? [{ signature: [] }] : [])], operationId);
    t.equal(operation['x-oauth-scope'], permission?.oauthScope, operationId);
    t.strictSame(operation['x-roles'], roles, operationId);
    t.match(summary, beginsChinese, operationId);
    t.match(description, beginsChinese, operationId);
    const statuses = Object.keys(responses);
    t.equal(statuses.filter((status) => status.startsWith('2')).length, 1, `${operationId} has one success`);
  }
});

t.test('each operation lists its own error statuses, and each status names its problem codes', async (t) => {
  for (const { operationId, security, responses, 'x-problem-codes': codes = [] } of operations) {
    const statusOf = (code: ProblemCode) => String(problems[code].status);
    const isHealth = operationId === 'isLive' || operationId === 'isReady';
    const listed = Object.keys(responses).filter(
      (status) => !status.startsWith('2') && !(isHealth && status === '503'),
    );
    t.strictSame(listed, [...new Set(codes.map(statusOf))].sort(), operationId);
    for (const status of listed) {
      const named = descriptionOf(responses[status])
        .split('；')
        .map((part) => /^(.+) `([a-z-]+)`$/.exec(part)?.slice(1));
      const wanted = codes.filter((code) => statusOf(code) === status);
      t.strictSame(
        named,
        wanted.map((code) => [problems[code].title, code]),
        `${operationId} ${status}`,
      );
    }
    const ofProtected = security.length > 0 ? ['401', '403'] : [];
    // Health answers 503 in a form of its own.
    const ofAny = isHealth ? ['400'] : ['400', '429', '500', '503', ...ofProtected];
    t.strictSame(
      ofAny.filter((status) => !listed.includes(status)),
      [],
      operationId,
    );
  }
});

t.test(
  'what was made answers 201 with its Location, what was deleted 204, and everything else 200',
  async (t) => {
    const made = operations.filter(({ responses }) => responses['201'] !== undefined);
    t.strictSame(made.map(({ operationId }) => operationId).sort(), [
      'addCalendarYear',
      'addMaterial',
      'compareApplication',
      'continueApplication',
      'createApiClient',
      'createApplication',
      'createDisbursement',
      'createWebhook',
      'decideApplication',
      'deliverRecords',
      'openAppeal',
      'openRecovery',
      'proposePolicy',
      'reportFalseMaterial',
    ]);
    for (const { operationId, responses } of operations) {
      const [status = '', success] = Object.entries(responses).find(([code]) => code.startsWith('2')) ?? [];
      t.ok([operationId === 'deleteWebhook' ? '204' : '200', '201'].includes(status), operationId);
      t.equal(status === '201', Object.hasOwn(success?.headers ?? {}, 'Location'), operationId);
    }
  },
);

t.test('every list answers a page: items and next', async (t) => {
  const lists = operations.filter(({ operationId }) => operationId.startsWith('list'));
  t.ok(lists.length > 15);
  for (const { operationId, responses } of lists) {
    const { $ref = '' } = responses['200']?.content?.['application/json']?.schema ?? {};
    const name = $ref.replace('#/components/schemas/', '');
    t.match(name, /Page$/, operationId);
    t.strictSame(Object.keys(contract.components.schemas[name]?.properties ?? {}), ['items', 'next'], name);
  }
});

t.test('a download is the address of a thing and /file, and nothing else is', async (t) => {
  for (const [path, { get }] of Object.entries(contract.paths)) {
    if (get === undefined) continue;
    const isJson = get.responses['200']?.content?.['application/json'] !== undefined;
    t.equal(path.endsWith('/file'), !isJson, path);
    t.equal(get.operationId.endsWith('File'), !isJson, get.operationId);
  }
});

t.test('operations are ordered by tags, which follow the steps of a case', async (t) => {
  const travelled = operations.flatMap((operation) => operation.tags);
  const inOrder = contract.tags.map((tag) => tag.name).filter((name) => travelled.includes(name));
  t.strictSame([...new Set(travelled)], inOrder);
  t.strictSame(
    travelled,
    inOrder.flatMap((name) => travelled.filter((tag) => tag === name)),
    'no tag comes twice',
  );
});

t.test('every answer, schema and field has a description', async (t) => {
  const silent: string[] = [];
  for (const { operationId, responses } of operations) {
    for (const [status, response] of Object.entries(responses)) {
      if (!beginsChinese.test(descriptionOf(response))) silent.push(`${operationId} ${status}`);
    }
  }
  for (const [name, schema] of Object.entries(contract.components.schemas)) {
    for (const [field, { description, $ref }] of Object.entries(schema.properties ?? {})) {
      if (description === undefined && $ref === undefined) silent.push(`${name}.${field}`);
    }
  }
  t.strictSame(silent, []);
});

t.test('every pattern means the same with the u flag and without it, and needs no look-behind', async (t) => {
  const patterns = new Set(
    [...text.matchAll(/^ *pattern: (.+)$/gm)].map(([, value = '']) => String(parse(value))),
  );
  const probes = [
    ...[
      '',
      '王建国',
      '𠮷野',
      'a\nb',
      'a\u0000',
      '\u0085',
      '\ud800',
      '\udc00\ud800',
      'a\ud83d',
      'C',
      's',
      'p{Cc}',
    ],
    ...[
      '2025-04-30',
      '2025-04',
      '2025',
      '2025Q2',
      '360203007',
      '360203',
      '3602G1',
      '"1"',
      '"0"',
      '"1"\n',
      'k',
    ],
    ...['\u212a', '\u017f', '٣٦٠٢٠٣', 'https://jdz.example/events', 'https://𠮷', '1,20', 'gft-batch'],
    ...['1751680800', `v1,${'A'.repeat(43)}=`],
    ...['JDZ25-0000001-1', '0'.repeat(64), '0197d8a1-4b00-7000-8000-000000000001', 'ABCD-EFGH-JKMN-PQRS'],
    ...[`v1,${'A'.repeat(43)}=`, '1751680800'],
  ];
  t.ok(patterns.size > 10, 'the patterns are found');
  for (const pattern of patterns) {
    t.notMatch(pattern, /\\[pP]\{|\(\?<[=!]/, pattern);
    const accepted = (flags: string) => probes.filter((probe) => new RegExp(pattern, flags).test(probe));
    t.strictSame(accepted(''), accepted('u'), pattern);
    t.ok(accepted('u').length > 0, `${pattern} accepts a probe`);
  }
});

t.test(
  'docs/integration.md has every problem code with its status and what to do, its twin in English',
  async (t) => {
    const read = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8');
    const [guide, twin] = [read('integration.md'), read('integration.en.md')];
    for (const [code, { status, title, detail }] of Object.entries(problems)) {
      t.ok(guide.includes(`| \`${code}\` | ${status} | ${title} | ${detail} |`), code);
      t.match(twin, new RegExp(`^\\| \`${code}\` \\| ${status} \\| [ -~“”’]+ \\| [ -~“”’]+ \\|$`, 'm'), code);
    }
  },
);

t.test('on a later day, only the examples’ coverage moves, to the month before', async (t) => {
  const later = JSON.stringify(contractOf(contract, '2027-01-20'));
  const expected = JSON.stringify(contract)
    .replaceAll(`"throughMonth":"${exampleCoverage.throughMonth}"`, '"throughMonth":"2026-12"')
    .replaceAll(`"asOf":"${exampleCoverage.asOf}"`, '"asOf":"2027-01-19T16:00:00Z"');
  t.not(later, JSON.stringify(contract));
  t.equal(firstDifference(later, expected), null);
});

/** Where two texts differ, with a few words of context: a whole contract would fill the screen. */
function firstDifference(found: string, wanted: string): string | null {
  if (found === wanted) return null;
  const at = [...wanted].findIndex((letter, index) => letter !== found[index]);
  const excerpt = (whole: string) => whole.slice(Math.max(0, at - 80), at + 80);
  return `found …${excerpt(found)}… wanted …${excerpt(wanted)}…`;
}
