// The one way a schema judges a value: nothing removed, nothing coerced in a body, every fault at once. Query strings and
// paths arrive as text, so there numbers and booleans are read from it.

import { hash } from 'node:crypto';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import fastJsonStringify from 'fast-json-stringify';
import { holdsPersonalNumber, impersonal } from './personal-numbers.ts';

const strictness = {
  allErrors: true,
  removeAdditional: false,
  useDefaults: true,
  verbose: true,
  strict: false,
} as const;

const ofBodies = new Ajv({ ...strictness, coerceTypes: false });
const ofText = new Ajv({ ...strictness, coerceTypes: true });
addFormats.default(ofBodies);
addFormats.default(ofText);
for (const ajv of [ofBodies, ofText]) {
  ajv.addFormat(impersonal, (text: string) => !holdsPersonalNumber(text));
}

/** For fastify: compiles the schema of one part of a request. */
export const compileSchema = (() => {
  const bodies = onceFor((schema: object) => whenAsked(ofBodies, schema));
  const texts = onceFor((schema: object) => whenAsked(ofText, schema));
  return ({ schema, httpPart }: { schema: object; httpPart?: string }) =>
    (httpPart === 'body' ? bodies : texts)(schema);
})();

/** For fastify: what writes an answer by its schema. A field that the schema does not name stays at home. */
export const compileSerializer = (() => {
  const serializers = onceFor((schema: object) =>
    // Answers share schemas with requests; whoever writes them has nothing left to judge.
    fastJsonStringify(schema, { ajv: { formats: { [impersonal]: true } } }),
  );
  return ({ schema }: { schema?: unknown }) => serializers(Object(schema));
})();

/**
 * Compiles what is the same only once: hundreds of routes refuse with one schema, and a process that opens the service
 * again has all of them already.
 */
function onceFor<Compiled>(compile: (schema: object) => Compiled): (schema: object) => Compiled {
  const compiled = new Map<string, Compiled>();
  return (schema) => {
    const key = hash('sha256', JSON.stringify(schema));
    const known = compiled.get(key) ?? compile(schema);
    compiled.set(key, known);
    return known;
  };
}

type Judge = ((value: unknown) => boolean) & Pick<ValidateFunction, 'errors'>;

/** Compiles a schema when the first value comes: all of them at once were a third of what a start takes. */
function whenAsked(ajv: Ajv, schema: object): Judge {
  let validate: ValidateFunction | undefined;
  const judge: Judge = (value) => {
    validate ??= ajv.compile(schema);
    const fits = validate(value);
    judge.errors = validate.errors ?? null;
    return fits;
  };
  return judge;
}

/** A judge of JSON values, outside of a request: answers the schema's faults, empty when it fits. */
export function judgeOf(schema: object): (value: unknown) => readonly object[] {
  const judge = whenAsked(ofBodies, schema);
  return (value) => (judge(value) ? [] : (judge.errors ?? []));
}
