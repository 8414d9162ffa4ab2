// A sample client for platforms: asks whether the person who is logged in would qualify, with an access token or with signed
// requests. In a platform the name, the login and the consent come from its session.
// Usage: BASE_URL=… TOKEN=… node examples/client/check.ts 360299197205110016 王建国 2025Q2
//        BASE_URL=… APP_ID=… APP_KEY=1 APP_SECRET=… node examples/client/check.ts 360299197205110016 王建国 2025Q2

import createClient from 'openapi-fetch';
import type { paths } from './contract.d.ts';
import { signedFetch } from './signed-fetch.ts';

const {
  BASE_URL: baseUrl = 'http://127.0.0.1:3000',
  TOKEN: token,
  APP_ID: app,
  APP_KEY: key,
  APP_SECRET: secret,
} = process.env;

const client =
  app !== undefined && secret !== undefined
    ? createClient<paths>({ baseUrl, fetch: signedFetch({ app, key: Number(key ?? '1'), secret }) })
    : createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token ?? ''}` } });

const [identityNumber = '360299197205110016', name = '王建国', quarter = '2025Q2'] = process.argv.slice(2);
const at = new Date(Date.now() - 60_000).toISOString();
const authentication = { method: 'provincial-identity', at, sessionId: 'sample-session' } as const;
const consent = { version: 'sample-1', at };
const { data, error } = await client.POST('/v1/eligibility-checks', {
  body: { identityNumber, name, authentication, consent, quarter },
});
if (error !== undefined) throw new Error(`${error.code}: ${error.detail}`);
for (const { month, outcome } of data.assessment.months) console.log(month, outcome);
