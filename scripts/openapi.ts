// Writes the contract, openapi.yaml, from the routes. Needs no database, since no operation is called.
// Usage: npm run openapi [-- --check]: --check writes nothing and fails if the file differs.

import { readFile, writeFile } from 'node:fs/promises';
import { Document, visit } from 'yaml';
import { readContract } from '../src/app.ts';
import { openDatabase } from '../src/platform/database/connect.ts';

export const contractFile = new URL('../openapi.yaml', import.meta.url);

const head = '# Written by `npm run openapi` from the routes and their schemas. Do not edit.\n';

/** The contract as plain data, in the order of the routes. */
export async function contractOfRoutes(): Promise<object> {
  // Connects on first use, which never happens.
  const db = openDatabase({
    url: 'postgresql://127.0.0.1/none',
    poolSize: 1,
    random: Math.random,
    onIdleError: () => {},
  });
  const contract = await readContract({ db, isStopping: () => false });
  await db.close();
  return contract;
}

/** In the order useful to readers, unlike the generator's. */
const readingOrder = [
  ...['openapi', 'info', 'servers', 'operationId', 'tags', 'summary', 'description', 'security'],
  ...['parameters', 'requestBody', 'responses', 'paths', 'webhooks', 'components'],
];

// In YAML 1.1, which most readers implement, these are days, numbers and booleans. Not the library's
// `compat`, whose result changes when another module registers tags.
const mistakable = /^[\d+.-]|^(y|n|yes|no|on|off)$/i;

/** The text of openapi.yaml. Long lines are not wrapped, so that changing a word changes one line. */
export function writeContract(contract: object): string {
  const document = new Document(contract, inReadingOrder, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string' && mistakable.test(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return head + document.toString({ lineWidth: 0 });
}

function inReadingOrder(_key: unknown, value: unknown): unknown {
  const isOrdered =
    typeof value === 'object' && value !== null && ('openapi' in value || 'operationId' in value);
  if (!isOrdered) return value;
  const rank = (name: string) => readingOrder.indexOf(name);
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => rank(a) - rank(b)));
}

if (import.meta.main) {
  const contract = writeContract(await contractOfRoutes());
  if (!process.argv.includes('--check')) await writeFile(contractFile, contract);
  else if (contract !== (await readFile(contractFile, 'utf8'))) {
    console.error(
      'openapi.yaml 与代码不一致，请运行 npm run openapi · openapi.yaml is not what the routes say',
    );
    process.exitCode = 1;
  }
}
