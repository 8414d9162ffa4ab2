// Resolves the references of the contract, for tests that ask what an operation takes and answers. Contains no tests.

/** The value with what its references name in their place; a word beside a reference replaces the named one. */
export function withoutReferences<T>(document: object, value: T): T {
  if (Array.isArray(value)) return value.map((inner: unknown) => withoutReferences(document, inner)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, ...beside } = value as { $ref?: unknown };
  const named = typeof $ref === 'string' ? withoutReferences(document, find(document, $ref)) : {};
  const own = Object.entries(beside).map(([key, inner]) => [key, withoutReferences(document, inner)]);
  return { ...named, ...Object.fromEntries(own) } as T;
}

function find(document: object, $ref: string): object {
  const found = $ref
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((at, name) => Object(at)[name], document);
  if (typeof found !== 'object' || found === null) throw new Error(`${$ref} refers to nothing`);
  return found;
}
