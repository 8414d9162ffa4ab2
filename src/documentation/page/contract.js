// The contract as plain data, beside Swagger UI's own copy: read once as JSON, which is much faster than the YAML
// reader that Swagger UI uses for any text.

/**
 * @typedef {{
 *   readonly path: string, readonly method: string, readonly operationId: string, readonly tag: string,
 *   readonly summary: string, readonly roles: readonly string[] | null, readonly definition: Schema,
 * }} Operation
 */

/** @type {Schema} */
let contract = {};
/** @type {readonly Operation[]} */
let operations = [];

/** @type {UiPlugin} */
export const readContract = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        parseToJson: (/** @type {unknown} */ _original, /** @type {System} */ system) => () => {
          contract = JSON.parse(system.specSelectors.specStr());
          operations = operationsIn(contract);
          return system.specActions.updateJsonSpec(contract);
        },
        // Swagger UI's own way works through the whole contract each time, which takes seconds.
        requestResolvedSubtree:
          (/** @type {unknown} */ _original, /** @type {System} */ system) =>
          (/** @type {string[]} */ path) => {
            const part = path.reduce((/** @type {Schema} */ within, step) => within?.[step] ?? {}, contract);
            queueMicrotask(() => system.specActions.updateResolvedSubtree(path, withoutReferences(part, [])));
            return { type: 'contract_resolves' };
          },
      },
    },
  },
});

/** The contract, once it has arrived. */
export function theContract() {
  return contract;
}

/** All operations, in the order of a case. */
export function allOperations() {
  return operations;
}

/** @param {Schema} contract @returns {Operation[]} */
function operationsIn({ paths = {} }) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, definition]) => ({
      path,
      method,
      operationId: definition.operationId,
      tag: definition.tags?.[0] ?? 'default',
      summary: definition.summary ?? '',
      roles: definition['x-roles'] ?? null,
      definition,
    })),
  );
}

/**
 * What a reference points to; anything else is returned as it is.
 *
 * @param {Schema | undefined} schema
 * @returns {Schema}
 */
export function resolved(schema) {
  const reference = schema?.$ref;
  if (typeof reference !== 'string') return schema ?? {};
  const steps = reference.replace(/^#\//, '').split('/');
  return resolved(steps.reduce((/** @type {Schema} */ within, step) => within?.[step] ?? {}, contract));
}

/**
 * A copy with what its references point to in their place. One within itself stays a reference.
 *
 * @param {unknown} value @param {readonly string[]} within the references that led here
 * @returns {unknown}
 */
function withoutReferences(value, within) {
  if (Array.isArray(value)) return value.map((one) => withoutReferences(one, within));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref: reference, ...rest } = /** @type {Schema} */ (value);
  if (typeof reference !== 'string') {
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, withoutReferences(one, within)]),
    );
  }
  if (within.includes(reference)) return value;
  const target = /** @type {Schema} */ (
    withoutReferences(resolved({ $ref: reference }), [...within, reference])
  );
  const [, name] = /^#\/components\/schemas\/(.+)$/.exec(reference) ?? [];
  return { ...(name === undefined ? {} : { title: name }), ...target, ...rest };
}

/**
 * The schemas that may describe a value: the schema itself and its alternatives.
 *
 * @param {Schema | undefined} schema
 * @returns {Schema[]}
 */
export function alternatives(schema) {
  const one = resolved(schema);
  const inner = ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) => one[keyword] ?? []);
  return [one, ...inner.flatMap(alternatives)];
}

/** The Chinese of a value of an enum, where the contract has it. @param {Schema[]} schemas @param {unknown} value */
export function wordOf(schemas, value) {
  for (const schema of schemas) {
    const word = schema['x-enum-descriptions']?.[schema.enum?.indexOf(value) ?? -1];
    if (word !== undefined) return String(word);
  }
  return null;
}
