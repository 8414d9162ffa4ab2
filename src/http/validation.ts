// The one way a schema judges a value: nothing removed, nothing coerced in a body, every fault at once. Query strings and
// paths arrive as text, so there numbers and booleans are read from it.

import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
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
export function compileSchema({ schema, httpPart }: { schema: object; httpPart?: string }) {
  return (httpPart === 'body' ? ofBodies : ofText).compile(schema);
}

/** A judge of JSON values, outside of a request: answers the schema's faults, empty when it fits. */
export function judgeOf(schema: object): (value: unknown) => readonly object[] {
  const validate = ofBodies.compile(schema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []));
}
