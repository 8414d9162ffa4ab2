// A submission from the draft to the case: open a draft, add its materials, submit what was seen, read it again.
// Usage: BASE_URL=http://127.0.0.1:3000 node examples/submit.ts 360299197205111035 王建国

import { dataOf } from '../src/index.ts';
import { client } from './client-from-environment.ts';

const [identityNumber = '360299197205111035', name = '王建国'] = process.argv.slice(2);

// The smallest whole PNG: one grey pixel. A platform sends the applicant's own pictures.
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);

const draft = await dataOf(
  client.POST('/v1/applications', {
    body: {
      channel: 'ganfutong',
      quarter: '2025Q2',
      months: ['2025-04', '2025-05'],
      applicant: { identityNumber, name, phone: '13900000000' },
      household: { streetCode: '360203007' },
      account: { bank: '景德镇农商银行', number: '6217000000000001236', holder: name },
      work: { kind: 'platform', since: '2024-03-01', place: '珠山区外卖配送' },
      undertaking: {
        version: 'jdz-2024-139',
        signedAt: '2025-07-05T01:30:00Z',
        method: 'online-confirmation',
      },
    },
  }),
);
console.log(draft.caseNumber, draft.state);

const path = { id: draft.id };
for (const { kind, waivedBy } of draft.materialsRequired) {
  if (waivedBy !== null) continue;
  const content = new File([picture], `${kind}.png`, { type: 'image/png' });
  await dataOf(client.POST('/v1/applications/{id}/materials', { params: { path }, body: { kind, content } }));
}

const { response } = await client.GET('/v1/applications/{id}', { params: { path } });
const header = { 'If-Match': response.headers.get('etag') ?? '' };
await dataOf(client.POST('/v1/applications/{id}/submission', { params: { path, header } }));

const submitted = await dataOf(client.GET('/v1/applications/{id}', { params: { path } }));
console.log(submitted.caseNumber, submitted.state);
