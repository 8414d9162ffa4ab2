// The components of the contract: what recurs is named once, and every reference leads somewhere.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { contractFile } from '../scripts/openapi.ts';
import { fieldErrorCodes } from '../src/platform/field-error-codes.ts';
import { withComponents } from '../src/platform/http/contract/components.ts';
import { closed, Day, named, worded } from '../src/platform/http/contract/schemas.ts';
import { problems } from '../src/platform/problem.ts';
import { withoutReferences } from './references.ts';

type Node = Readonly<Record<string, unknown>>;

interface Contract {
  readonly paths: Readonly<Record<string, object>>;
  readonly components: Readonly<Record<'schemas' | 'parameters' | 'headers' | 'responses', Node>>;
}

interface List {
  readonly enum?: readonly string[];
  /** In the order of the words. */
  readonly 'x-enum-descriptions'?: readonly string[];
}

interface Union {
  readonly oneOf: readonly { readonly $ref: string }[];
  readonly discriminator: {
    readonly propertyName: string;
    readonly mapping: Readonly<Record<string, string>>;
  };
}

interface Kinded {
  readonly properties: Readonly<Record<string, List>>;
}

const contract: Contract = parse(readFileSync(contractFile, 'utf8'));
const { schemas, parameters, headers } = contract.components;

/** Every schema that is written in its place, with where it stands. */
function* inlineIn(value: unknown, at: string, isComponent = false): Generator<[at: string, schema: Node]> {
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value && !isComponent && typeof value.type === 'string') yield [at, value as Node];
  for (const [key, inner] of Object.entries(value)) {
    if (['example', 'examples', 'enum', 'required'].includes(key)) continue;
    yield* inlineIn(inner, `${at}/${key}`, at === '#/components/schemas');
  }
}

/** The schemas that stand in more than one place with the same content, apart from what is said about them. */
function recurring(document: object, isMeant: (schema: Node) => boolean): string[][] {
  const said = ['description', 'examples', 'example'];
  const places = Map.groupBy(
    [...inlineIn(document, '#')].filter(([, schema]) => isMeant(schema)),
    ([, schema]) => JSON.stringify(schema, (key, inner: unknown) => (said.includes(key) ? undefined : inner)),
  );
  return [...places.values()].filter((found) => found.length > 1).map((found) => found.map(([at]) => at));
}

t.test('no object is written in two places: what recurs is named once', async (t) => {
  t.strictSame(
    recurring(contract, (schema) => schema['type'] === 'object'),
    [],
  );
  const twice = { a: { type: 'object', properties: {} }, b: { type: 'object', properties: {} } };
  t.strictSame(
    recurring(twice, () => true),
    [['#/a', '#/b']],
    'an object in two places is seen',
  );
});

t.test(
  'days, months, quarters, instants, ids, codes and amounts are named, never written again',
  async (t) => {
    const scalars = [
      'AgencyCode',
      'AmountFen',
      'CaseNumber',
      'Day',
      'Id',
      'IdentityNumber',
      'Instant',
      'Month',
    ];
    const more = ['PositiveAmountFen', 'Quarter', 'Sha256', 'SignedAmountFen', 'StreetCode', 'Version'];
    const forms = [...scalars, ...more].map((name) => {
      const schema = schemas[name] as {
        readonly description?: string;
        readonly examples?: readonly unknown[];
      };
      t.type(schema?.description, 'string', `${name} is described`);
      t.equal(schema?.examples?.length, 1, `${name} has an example`);
      return schema;
    });
    const isNamed = ({ description: _, examples: _examples, ...form }: Node) =>
      forms.some(({ description, examples, ...one }) => JSON.stringify(one) === JSON.stringify(form));
    const written = [...inlineIn(contract, '#')].filter(([, schema]) => isNamed(schema)).map(([at]) => at);
    t.strictSame(written, []);
  },
);

t.test('every closed list of words is named, with the meaning of each word in Chinese', async (t) => {
  const lists = [...inlineIn(contract, '#')].filter(([, { enum: list }]) => Array.isArray(list));
  const inline = lists.filter(([, { enum: list }]) => (list as unknown[]).length > 1).map(([at]) => at);
  t.strictSame(inline, [], 'none is written in its place');
  let words = 0;
  for (const [name, schema] of Object.entries(schemas)) {
    const { enum: list = [], 'x-enum-descriptions': meanings = [] } = schema as List;
    if (list.length < 2) continue;
    t.equal(meanings.length, list.length, name);
    for (const [index, meaning] of meanings.entries()) {
      t.match(meaning, /\p{Script=Han}|^(UTF-8|JSON|CSV)/u, `${name} ${list[index]}`);
      words += 1;
    }
  }
  t.ok(words > 400, `${words} words`);
});

t.test('each field error of the service has its code in the list of the contract', async (t) => {
  t.strictSame((schemas['FieldErrorCode'] as List).enum, Object.keys(fieldErrorCodes));
  t.strictSame((schemas['ProblemCode'] as List).enum, Object.keys(problems));
});

t.test('a union of kinds has a discriminator with the schema of each kind', async (t) => {
  const unions = Object.entries(schemas).flatMap(([name, schema]) =>
    'discriminator' in (schema as Node) ? [name] : [],
  );
  t.strictSame(unions.sort(), ['AttestedFact', 'RecordFact', 'RecordRow', 'Remedy']);
  for (const name of unions) {
    const { oneOf, discriminator } = schemas[name] as Union;
    const members = oneOf.map(({ $ref }) => $ref);
    t.strictSame(Object.values(discriminator.mapping), members, name);
    for (const [word, $ref] of Object.entries(discriminator.mapping)) {
      const { properties } = withoutReferences(contract, { $ref }) as unknown as Kinded;
      t.strictSame(properties[discriminator.propertyName]?.enum, [word], $ref);
    }
  }
});

t.test('each parameter and header that recurs is a component', async (t) => {
  const named = [...Object.keys(parameters), ...Object.keys(headers)];
  const common = [
    'Id',
    'PersonId',
    'Limit',
    'After',
    'IdempotencyKey',
    'IfMatch',
    'StreetCode',
    'AgencyCode',
  ];
  for (const name of [...common, 'Quarter', 'ETag', 'IdempotencyReplayed', 'RetryAfter'])
    t.ok(named.includes(name), name);
  const operations = Object.values(contract.paths).flatMap((methods) => Object.values(methods));
  const inline = operations
    .flatMap((operation: { readonly parameters?: readonly Node[] }) => operation.parameters ?? [])
    .filter((parameter) => !('$ref' in parameter))
    .map((parameter) => JSON.stringify(parameter));
  t.strictSame(
    inline.filter((one, index) => inline.indexOf(one) !== index),
    [],
  );
});

t.test('every reference leads to a component', async (t) => {
  t.doesNotThrow(() => withoutReferences(contract, contract));
});

t.test('a use of a named schema may have words of its own, and nothing else', async (t) => {
  const schemasOf = (schema: object) => {
    const written = withComponents({ schema: JSON.parse(JSON.stringify(schema)), components: {} });
    return written.schema;
  };
  t.strictSame(schemasOf(Day), { $ref: '#/components/schemas/Day' });
  t.strictSame(schemasOf(worded(Day, '到账日期 · when it arrived')), {
    $ref: '#/components/schemas/Day',
    description: '到账日期 · when it arrived',
  });
  const Thing = named('ThingOfATest', closed({ day: Day }));
  t.throws(() => schemasOf({ ...Thing, minProperties: 1 }), {
    message: 'two schemas are named ThingOfATest',
  });
});
