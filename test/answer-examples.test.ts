// The examples of answers in the contract: each fits its schema, and none is missing.

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import { parse } from 'yaml';
import { contractFile } from '../scripts/openapi.ts';
import { withoutReferences } from './references.ts';

interface Media {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const contract: Contract = parse(readFileSync(contractFile, 'utf8'));

t.test('every JSON answer and every problem has an example, and it fits its schema', async (t) => {
  const ajv = new Ajv2020({ strict: false, validateSchema: false });
  addFormats.default(ajv);
  ajv.addFormat('impersonal', true);
  ajv.addFormat('binary', true);
  ajv.addSchema(contract, 'contract');
  let count = 0;
  for (const operation of Object.values(contract.paths).flatMap((methods) => Object.values(methods))) {
    for (const [status, response] of Object.entries(operation.responses)) {
      const what = `${operation.operationId} ${status}`;
      const { content = {} } = withoutReferences(contract, response);
      for (const [type, { schema, example, examples = {} }] of Object.entries(content)) {
        if (!type.endsWith('json')) continue;
        const several = Object.values(examples).map(({ value }) => value);
        const shown = example === undefined ? several : [example];
        // The sandbox that plays the story is ready.
        if (what !== 'isReady 503') t.ok(shown.length > 0, `${what} has an example`);
        if (shown.length === 0) continue;
        const fits = ajv.compile(schema);
        for (const one of shown) t.ok(fits(one), `${what} fits: ${ajv.errorsText(fits.errors)}`);
        count += shown.length;
      }
    }
  }
  t.ok(count > 500, `${count} examples`);
});
