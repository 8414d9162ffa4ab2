// Asks whether the person who is logged in would qualify. In a platform the name, the login and the consent come from its session.
// Usage: BASE_URL=… TOKEN=… node examples/check.ts 360299197205110016 王建国 2025Q2
//        BASE_URL=… APP_ID=… APP_KEY=1 APP_SECRET=… node examples/check.ts 360299197205110016 王建国 2025Q2

import { dataOf } from '../src/index.ts';
import { client } from './client-from-environment.ts';

const [identityNumber = '360299197205110016', name = '王建国', quarter = '2025Q2'] = process.argv.slice(2);
const at = new Date(Date.now() - 60_000).toISOString();
const authentication = { method: 'provincial-identity', at, sessionId: 'sample-session' } as const;
const consent = { version: 'sample-1', at };
const { assessment } = await dataOf(
  client.POST('/v1/eligibility-checks', {
    body: { identityNumber, name, authentication, consent, quarter },
  }),
);
for (const { month, outcome } of assessment.months) console.log(month, outcome);
