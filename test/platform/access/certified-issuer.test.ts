// Authentication with third-party issuers: one for officers and one for platforms, each with its own people,
// with key rotation and tokens bound to certificates.

import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeMasterKey } from '../../../src/platform/encryption/data-keys.ts';
import { setup } from '../../helper.ts';
import { strictMatch } from '../../strict-match.ts';
import { resource, startCertifiedIssuer } from './certified-issuer.ts';

const certificate = `-----BEGIN CERTIFICATE-----
MIIBPDCB76ADAgECAhQWeGoR8dhea4jJYKYKxf+3Iv3mKTAFBgMrZXAwEzERMA8G
A1UEAwwIcGxhdGZvcm0wIBcNMjYxMTI1MjIzOTQxWhgPMjEyNjExMDEyMjM5NDFa
MBMxETAPBgNVBAMMCHBsYXRmb3JtMCowBQYDK2VwAyEAN5+Gs8lGo7CiD9EDDuID
wwXjsVZiBZ7lVeuW2w0BL4SjUzBRMB0GA1UdDgQWBBR2n8o6M2WFZEZ9gh8usztz
1ycKOjAfBgNVHSMEGDAWgBR2n8o6M2WFZEZ9gh8usztz1ycKOjAPBgNVHRMBAf8E
BTADAQH/MAUGAytlcANBAMi4tq23+LfaKy1a/Pg+U01ASUEcLRh1PxvlAZgCGCPp
FtSxd4Fqq+1KBOW/7g8ZC+3FiNMi9FnncRv5UV/IoQo=
-----END CERTIFICATE-----
`;
const another = `-----BEGIN CERTIFICATE-----
MIIBOjCB7aADAgECAhReR72Ra7JWt8eVHoWOlgl9uCXxUjAFBgMrZXAwEjEQMA4G
A1UEAwwHYW5vdGhlcjAgFw0yNjExMjUyMjM5NDFaGA8yMTI2MTEwMTIyMzk0MVow
EjEQMA4GA1UEAwwHYW5vdGhlcjAqMAUGAytlcAMhADMdPUnkVcQ9IafS79xCETx9
BWohpiSOsrp+ifwzaKkJo1MwUTAdBgNVHQ4EFgQUtncwppp//+cNCjPjIol38dCa
+8owHwYDVR0jBBgwFoAUtncwppp//+cNCjPjIol38dCa+8owDwYDVR0TAQH/BAUw
AwEB/zAFBgMrZXADQQAFKO6rTDohKsyLXrufHjgf2XAqtaGYV4Z1sq/vt2CjD2Tf
hqFplDjHf9YjwEehA5sqs/LgFF3PSlnDZ8ebQekI
-----END CERTIFICATE-----
`;

const officers = await startCertifiedIssuer(t, {
  'officer-7': { roles: ['handler'], agency: '360203', name: '王芳' },
  'officer-8': { roles: ['handler', 'payer'], agency: '360203' },
  'officer-9': { roles: ['platform'] },
});
const platforms = await startCertifiedIssuer(t, {
  'platform-ganfutong': { roles: ['platform'] },
  'platform-bound': { roles: ['platform'] },
  'platform-in-disguise': { roles: ['reviewer'], agency: '360203' },
});
const folder = t.testdir({});
const issuersFile = join(folder, 'issuers.json');
const common = { audience: resource };
writeFileSync(
  issuersFile,
  JSON.stringify([
    {
      ...common,
      issuer: officers.issuer,
      jwksUrl: officers.jwksUrl,
      roles: ['handler', 'reviewer', 'payer'],
    },
    { ...common, issuer: platforms.issuer, jwksUrl: platforms.jwksUrl, roles: ['platform'] },
  ]),
);
const keyFile = join(folder, 'master_key');
writeFileSync(keyFile, makeMasterKey());
const city = await setup(t, {
  SUBSIDY_SANDBOX: 'off',
  SUBSIDY_TOKEN_ISSUERS_FILE: issuersFile,
  SUBSIDY_MASTER_KEY_FILE: keyFile,
  SUBSIDY_TRUSTED_PROXIES: '127.0.0.1',
  SUBSIDY_CLIENT_CERTIFICATE_HEADER: 'X-Client-Cert',
});
// The issuers use the real clock.
let now = Temporal.Now.instant();
city.clock.set(now.toString());

const list = (token: string, headers: Readonly<Record<string, string>> = {}) =>
  city.call<{ code?: string }>(token, 'GET', '/v1/applications', { headers });

t.test('a logged-in officer and a platform with its secret are both authenticated', async (t) => {
  const { status } = await list(await officers.logIn('officer-7'));
  t.equal(status, 200);
  t.equal((await list(await platforms.tokenFor('platform-ganfutong'))).status, 200);
  const { body } = await city.call<{ code: string }>(
    await officers.logIn('officer-7'),
    'POST',
    '/v1/applications',
    { body: {} },
  );
  t.not(body.code, 'token-invalid');
});

t.test('an issuer can grant only the roles configured for it', async (t) => {
  strictMatch(t, await list(await platforms.tokenFor('platform-in-disguise')), {
    status: 401,
    body: { code: 'token-invalid' },
  });
  strictMatch(t, await list(await officers.logIn('officer-9')), { status: 401 });
  strictMatch(t, await list(await officers.logIn('officer-8')), {
    status: 403,
    body: { code: 'roles-incompatible' },
  });
});

t.test('after an issuer rotates its key, the new key works and tokens of the old one fail', async (t) => {
  const old = await platforms.tokenFor('platform-ganfutong');
  t.equal((await list(old)).status, 200);
  await platforms.rotateKey();
  now = now.add({ seconds: 31 });
  city.clock.set(now.toString());
  t.equal((await list(await platforms.tokenFor('platform-ganfutong'))).status, 200, 'the new key');
  now = now.add({ seconds: 200 });
  city.clock.set(now.toString());
  t.equal((await list(await officers.logIn('officer-7'))).status, 200, 'the other issuer goes on');
});

t.test('a token bound to a certificate is rejected without it', async (t) => {
  city.clock.set(Temporal.Now.instant().toString());
  const token = await platforms.tokenFor('platform-bound', certificate);
  const base64 = new X509Certificate(certificate).raw.toString('base64');
  const hex = new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
  for (const passedOn of [encodeURIComponent(certificate), `:${base64}:`, hex]) {
    t.equal((await list(token, { 'x-client-cert': passedOn })).status, 200, passedOn.slice(0, 20));
  }
  for (const passedOn of [encodeURIComponent(another), 'nonsense', '%', ':AAAA:', '']) {
    t.equal((await list(token, { 'x-client-cert': passedOn })).status, 401, passedOn.slice(0, 20));
  }
  t.equal((await list(token)).status, 401, 'though it is remembered by now');
});

t.test('a certificate header is ignored unless a trusted proxy sends it', async (t) => {
  const { app } = city;
  const token = await platforms.tokenFor('platform-bound', certificate);
  const from = (remoteAddress: string) =>
    app.inject({
      url: '/v1/applications',
      remoteAddress,
      headers: { authorization: `Bearer ${token}`, 'x-client-cert': encodeURIComponent(certificate) },
    });
  t.equal((await from('127.0.0.1')).statusCode, 200);
  t.equal((await from('10.9.8.7')).statusCode, 401);
});
