// Validates values by schema: removes nothing, coerces nothing in a body, reports every error. Query strings
// and paths arrive as text, so numbers and booleans are parsed from them.

import { hash } from 'node:crypto';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import fastJsonStringify from 'fast-json-stringify';
import { holdsPersonalNumber, impersonal } from '../../../values/personal-numbers.ts';
import { mostFieldErrors } from '../../problem.ts';

// The schemas are our own: the contract's check judges them, not each start.
const strictness = {
  removeAdditional: false,
  useDefaults: true,
  strict: false,
  meta: false,
  validateSchema: false,
} as const;

/** Two validators for one schema: the first stops at the first error, the second collects all. */
interface Validators {
  readonly first: (schema: object) => ValidateFunction;
  readonly all: (schema: object) => ValidateFunction;
}

function validatorsOf(coerceTypes: boolean): Validators {
  const first = new Ajv({ ...strictness, coerceTypes });
  // `verbose` adds the schema to each error; its description names the field.
  const all = new Ajv({ ...strictness, coerceTypes, allErrors: true, verbose: true });
  for (const ajv of [first, all]) {
    addFormats.default(ajv);
    ajv.addFormat(impersonal, (text: string) => !holdsPersonalNumber(text));
  }
  return { first: onceFor((schema) => first.compile(schema)), all: onceFor((schema) => all.compile(schema)) };
}

const ofBodies = validatorsOf(false);
const ofText = validatorsOf(true);
const serializerOf = onceFor((schema) =>
  // Answers share schemas with requests, but their texts are not checked for personal numbers.
  fastJsonStringify(schema, { ajv: { formats: { [impersonal]: true } } }),
);

/** For Fastify: validates one part of a request by its schema. */
export function compileSchema({ schema, httpPart }: { schema: object; httpPart?: string }): Validate {
  return whenAsked(httpPart === 'body' ? ofBodies : ofText, schema);
}

/** For Fastify: serialises by schema, compiled on first use; undeclared properties are dropped. */
export function compileSerializer({ schema }: { schema?: unknown }): (value: unknown) => string {
  let serialize: ((value: unknown) => string) | undefined;
  return (value) => {
    serialize ??= serializerOf(Object(schema));
    return serialize(value);
  };
}

/** Caches compiled schemas by content: most routes share the problem schema, and tests build the service again and again. */
function onceFor<Compiled>(compile: (schema: object) => Compiled): (schema: object) => Compiled {
  const compiled = new Map<string, Compiled>();
  return (schema) => {
    const key = hash('sha256', JSON.stringify(schema));
    const known = compiled.get(key) ?? compile(schema);
    compiled.set(key, known);
    return known;
  };
}

type Validate = ((value: unknown) => boolean) & Pick<ValidateFunction, 'errors'>;

/**
 * Compiles a schema on first use: compiling all took half of the start. An invalid value is validated a
 * second time for all errors, as a copy of bounded size, since an error for each of a million items would
 * exhaust memory. Beyond the copy, only the first error is reported.
 */
function whenAsked({ first, all }: Validators, schema: object): Validate {
  let validateFirst: ValidateFunction | undefined;
  let validateAll: ValidateFunction | undefined;
  const validate: Validate = (value) => {
    validateFirst ??= first(schema);
    validate.errors = null;
    if (validateFirst(value)) return true;
    validate.errors = validateFirst.errors ?? null;
    const copy = boundedCopy(value);
    if (copy === undefined) return false;
    validateAll ??= all(schema);
    if (!validateAll(copy)) validate.errors = validateAll.errors?.slice(0, mostErrors) ?? null;
    return false;
  };
  return validate;
}

/** More than are reported, so that the number of further errors can be given. */
const mostErrors = 2 * mostFieldErrors;
/** Size of the copy; more than any request written by hand. */
const mostValues = 5_000;
const deepest = 64;
const mostFields = 256;

/**
 * The value cut to a bounded number of items, at their original positions; undefined where an object has more
 * fields than any schema, because a missing field could not be distinguished from a cut one.
 */
function boundedCopy(value: unknown): unknown {
  let left = mostValues;
  const tooWide = Symbol('too wide');
  function copy(part: unknown, depth: number): unknown {
    left -= 1;
    if (typeof part !== 'object' || part === null) return part;
    if (depth > deepest) return null;
    if (Array.isArray(part)) {
      const items: unknown[] = [];
      for (const item of part) {
        if (left <= 0) break;
        items.push(copy(item, depth + 1));
      }
      return items;
    }
    const fields = Object.entries(part);
    if (fields.length > mostFields) throw tooWide;
    return Object.fromEntries(fields.map(([name, field]) => [name, copy(field, depth + 1)]));
  }
  try {
    return copy(value, 0);
  } catch (thrown) {
    if (thrown === tooWide) return undefined;
    throw thrown;
  }
}

/** Validates JSON values outside a request; returns the schema's errors, none when valid. */
export function validatorOf(schema: object): (value: unknown) => readonly ErrorObject[] {
  const validate = whenAsked(ofBodies, schema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []));
}
