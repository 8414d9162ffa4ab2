// A sample client in TypeScript: types come out of the contract (`npm run client`), requests go through openapi-fetch.
// Delivers a few rows, reads what became of them, and streams a large file that may be sent again when it breaks off.
// Usage: BASE_URL=http://127.0.0.1:3000 TOKEN=… node examples/client/deliver.ts [rows.ndjson]

import { randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import createClient from 'openapi-fetch';
import type { paths } from './contract.d.ts';

const baseUrl = process.env['BASE_URL'] ?? 'http://127.0.0.1:3000';
const headers = { authorization: `Bearer ${process.env['TOKEN'] ?? ''}` };
const client = createClient<paths>({ baseUrl, headers });

const mostAttempts = 5;

/** Sends with one key until it is answered: the same key makes a retry harmless. */
async function withRetries<T extends { response: Response }>(send: (key: string) => Promise<T>): Promise<T> {
  const key = randomUUID();
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send(key).catch((error: unknown) =>
      attempt < mostAttempts ? null : Promise.reject(error),
    );
    const isFinal = answer !== null && ![409, 429, 503].includes(answer.response.status);
    if (answer !== null && (isFinal || attempt === mostAttempts)) return answer;
    const seconds = Number(answer?.response.headers.get('retry-after') ?? 2 ** attempt);
    await delay(seconds * 1_000);
  }
}

async function deliverAFew(): Promise<void> {
  const { data, error } = await withRetries((key) =>
    client.POST('/v1/record-deliveries', {
      params: { header: { 'Idempotency-Key': key } },
      body: {
        source: 'jx-human-resources',
        rows: [
          {
            kind: 'flexible-employment',
            sourceKey: 'LH-0001',
            version: 1,
            identityNumber: '360299197205111035',
            from: '2024-03-01',
          },
        ],
      },
    }),
  );
  if (error !== undefined) throw new Error(`${error.code}: ${error.detail}`);
  console.log(data.totals);
  for (const { row, errors } of data.refused) console.log(row, errors);
}

/** A body of lines is sent as it is: openapi-fetch writes JSON. */
async function deliverFile(path: string): Promise<void> {
  const body = await openAsBlob(path);
  const { response } = await withRetries(async (key) => ({
    response: await fetch(`${baseUrl}/v1/record-deliveries`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-ndjson', 'idempotency-key': key },
      body,
    }),
  }));
  console.log(response.status, await response.json());
}

const [file] = process.argv.slice(2);
await (file === undefined ? deliverAFew() : deliverFile(file));
