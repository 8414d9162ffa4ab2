// Writes openapi.yaml, the contract, from the routes themselves. Without a database: no operation is called.
// Usage: npm run openapi

import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import multipart from '@fastify/multipart';
import { stringify } from 'yaml';
import { registerFeatures } from '../src/app.ts';
import { openDatabase } from '../src/database/connect.ts';
import type { Acting } from '../src/http/acting.ts';
import { registerContract } from '../src/http/contract.ts';
import { createServer } from '../src/http/server.ts';

export const contractFile = new URL('../openapi.yaml', import.meta.url);

const head = '# Written by `npm run openapi` from the routes and their schemas. Do not edit.\n';

const nobodyCalls = () => {
  throw new Error('the contract is read from the routes; nothing is called');
};
const acting: Acting = { view: nobodyCalls, effect: nobodyCalls, witnessed: nobodyCalls };

/** The contract as plain data, in the order of the routes. */
export async function readContract(): Promise<object> {
  // Connects on its first use, which never comes.
  const db = openDatabase({
    url: 'postgresql://127.0.0.1/none',
    poolSize: 1,
    random: Math.random,
    onIdleError: () => {},
  });
  const app = createServer({ logLevel: 'silent', newId: randomUUID });
  await registerContract(app);
  await app.register(multipart);
  registerFeatures(app, acting, { db, isStopping: () => false });
  await app.ready();
  const contract = app.swagger();
  await app.close();
  await db.close();
  return contract;
}

/** The text of openapi.yaml. Long lines stay whole, so that a change of one word is a change of one line. */
export function writeContract(contract: object): string {
  return head + stringify(contract, { lineWidth: 0, aliasDuplicateObjects: false });
}

if (import.meta.main) await writeFile(contractFile, writeContract(await readContract()));
