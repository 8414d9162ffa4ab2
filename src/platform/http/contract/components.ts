// Names what recurs in the contract once, in its components: every schema that the code names, and each parameter
// and header that several operations have. The service itself uses the schemas as they are, without references.

import { isDeepStrictEqual } from 'node:util';
import { namedSchemas } from './schemas.ts';

type Node = Readonly<Record<string, unknown>>;

/** What a use of a named schema may say otherwise; written beside its reference. */
const annotations = ['description', 'examples', 'x-parameter'] as const;

/** The document with references in place of what its components name. */
export function withComponents<Document extends { components?: object }>(document: Document): Document {
  // The cast: the same document, with references in place of schemas.
  return shareRecurring(shareSchemas(document)) as Document;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function without(node: Node, names: readonly string[]): Node {
  return Object.fromEntries(Object.entries(node).filter(([name]) => !names.includes(name)));
}

function sorted(named: ReadonlyMap<string, unknown>): Node {
  return Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Moves every named schema into the components. */
function shareSchemas(document: object): Node {
  const schemas = new Map<string, Node>();
  function share(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(share);
    if (!isNode(value)) return value;
    const within = written(
      Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, share(inner)])),
    );
    const name = within['title'];
    const isNamed =
      typeof name === 'string' && namedSchemas.has(name) && ('type' in within || 'oneOf' in within);
    return isNamed ? referenceTo(name, within) : within;
  }
  function referenceTo(name: string, use: Node): Node {
    const schema = schemas.get(name) ?? componentOf(name);
    const [own, other] = [use, schema].map((one) => without(one, [...annotations, 'title']));
    if (!isDeepStrictEqual(own, other)) throw new Error(`two schemas are named ${name}`);
    const said = annotations.filter(
      (key) => use[key] !== undefined && !isDeepStrictEqual(use[key], schema[key]),
    );
    return {
      $ref: `#/components/schemas/${name}`,
      ...Object.fromEntries(said.map((key) => [key, use[key]])),
    };
  }
  function componentOf(name: string): Node {
    // As plain data, like the document; undefined is impossible, since the name was found.
    const plain: Node = JSON.parse(JSON.stringify(namedSchemas.get(name)));
    const within = Object.entries(plain).map(([key, inner]) => [key, share(inner)]);
    // An example of a body stands beside its media type.
    const unwritten = 'properties' in plain ? ['title', 'examples', 'x-examples'] : ['title'];
    const component = without(written(Object.fromEntries(within)), unwritten);
    schemas.set(name, component);
    return component;
  }
  const { components, ...rest } = share(document) as { components?: object };
  return { ...rest, components: { ...components, schemas: sorted(schemas) } };
}

/**
 * As the contract writes a schema: `const` as the only word of a list, which OpenAPI's readers know, and
 * `type: string` at a list of words, otherwise Swagger UI does not send a form field as text.
 */
function written(schema: Node): Node {
  const { const: only, ...others } = schema;
  const listed = 'const' in schema && 'type' in schema ? { ...others, enum: [only] } : schema;
  const words = listed['enum'];
  const isUntyped =
    Array.isArray(words) && words.every((word) => typeof word === 'string') && !('type' in listed);
  return isUntyped ? { type: 'string', ...listed } : listed;
}

/** Moves each parameter and header that recurs into the components. */
function shareRecurring(document: Node): Node {
  const uses = new Map<string, number>();
  const keyOf = (found: Found) => JSON.stringify([found.kind, found.name, found.value]);
  visit(document, (found) => {
    uses.set(keyOf(found), (uses.get(keyOf(found)) ?? 0) + 1);
    return found.value;
  });
  const shared = { parameters: new Map<string, Node>(), headers: new Map<string, Node>() };
  const rest = visit(document, (found) => {
    const { kind, name, value } = found;
    if (uses.get(keyOf(found)) === 1) return value;
    if (!isDeepStrictEqual(shared[kind].get(name) ?? value, value))
      throw new Error(`two of the ${kind} that recur are named ${name}; one needs another x-parameter`);
    shared[kind].set(name, value);
    return { $ref: `#/components/${kind}/${name}` };
  }) as Node;
  const { components } = rest as { components?: object };
  const named = Object.entries(shared).map(([kind, all]) => [kind, sorted(all)]);
  return { ...rest, components: { ...components, ...Object.fromEntries(named) } };
}

interface Found {
  readonly kind: 'parameters' | 'headers';
  readonly name: string;
  readonly value: Node;
}

/** Replaces every parameter and header of the operations and of the shared responses. */
function visit(value: unknown, replace: (found: Found) => unknown): unknown {
  if (Array.isArray(value)) return value.map((inner) => visit(inner, replace));
  if (!isNode(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === 'parameters' && Array.isArray(inner))
        return [key, inner.map((one) => replace(parameterOf(one)))];
      if (key === 'headers' && isNode(inner)) {
        const headers = Object.entries(inner).map(([name, header]) => [
          name,
          isNode(header) ? replace({ kind: 'headers', name: pascal(name), value: header }) : header,
        ]);
        return [key, Object.fromEntries(headers)];
      }
      return [key, visit(inner, replace)];
    }),
  );
}

function parameterOf(parameter: Node & { readonly name?: string; readonly schema?: Node }): Found {
  const { name = '', schema = {} } = parameter;
  const { 'x-parameter': own, ...plain } = schema;
  return {
    kind: 'parameters',
    name: typeof own === 'string' ? own : pascal(name),
    value: { ...parameter, schema: plain },
  };
}

/** `IdempotencyKey` for `Idempotency-Key`. */
function pascal(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
