// A submission with the client that @hey-api/openapi-ts generates, against a sandbox: a draft, its materials, submitted, read.
// Usage: BASE_URL=http://127.0.0.1:3000 TOKEN=… node submission.ts

import { randomUUID } from 'node:crypto';
import { client } from './client/client.gen.ts';
import { addMaterial, createApplication, getApplication, submitApplication } from './client/sdk.gen.ts';

const { BASE_URL: baseUrl = 'http://127.0.0.1:3000', TOKEN: token = '' } = process.env;
client.setConfig({ baseUrl, auth: token, throwOnError: true });

// The smallest whole PNG: one grey pixel.
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);
const newKey = () => ({ 'Idempotency-Key': randomUUID() });

const { data: draft } = await createApplication({
  throwOnError: true,
  headers: newKey(),
  body: {
    channel: 'ganfutong',
    quarter: '2025Q2',
    months: ['2025-04', '2025-05'],
    applicant: { identityNumber: '360299197205111035', name: '王建国', phone: '13900000000' },
    household: { streetCode: '360203007' },
    account: { bank: '景德镇农商银行', number: '6217000000000001236', holder: '王建国' },
    work: { kind: 'platform', since: '2024-03-01', place: '珠山区外卖配送' },
    undertaking: {
      version: 'jdz-2024-139',
      signedAt: '2025-07-05T01:30:00Z',
      method: 'online-confirmation',
    },
  },
});
console.log(`${draft.caseNumber} ${draft.state}`);

const path = { id: draft.id };
for (const { kind } of draft.materialsRequired) {
  const content = new File([picture], `${kind}.png`, { type: 'image/png' });
  await addMaterial({ throwOnError: true, path, headers: newKey(), body: { kind, content } });
}

const { response } = await getApplication({ throwOnError: true, path });
const version = response.headers.get('etag') ?? '';
await submitApplication({ throwOnError: true, path, headers: { ...newKey(), 'If-Match': version } });

const { data: submitted } = await getApplication({ throwOnError: true, path });
console.log(`${submitted.caseNumber} ${submitted.state}`);
