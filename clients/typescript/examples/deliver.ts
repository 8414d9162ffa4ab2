// Delivers a few rows and reads what became of them, or streams a large file that may be sent again when it breaks off.
// Usage: BASE_URL=http://127.0.0.1:3000 TOKEN=… node examples/deliver.ts [rows.ndjson]

import { openAsBlob } from 'node:fs';
import { createFetch, dataOf } from '../src/index.ts';
import { client, options } from './client-from-environment.ts';

async function deliverAFew(): Promise<void> {
  const { totals, refused } = await dataOf(
    client.POST('/v1/record-deliveries', {
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
  console.log(totals);
  for (const { row, errors } of refused) console.log(row, errors);
}

/** Past the typed client, which would hold the whole file in memory. A million lines take longer than usual. */
async function deliverFile(path: string): Promise<void> {
  const send = createFetch({ ...options, retries: { attemptMs: 30 * 60_000 } });
  const response = await send(`${options.baseUrl}/v1/record-deliveries`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: await openAsBlob(path),
  });
  console.log(response.status, await response.json());
}

const [file] = process.argv.slice(2);
await (file === undefined ? deliverAFew() : deliverFile(file));
