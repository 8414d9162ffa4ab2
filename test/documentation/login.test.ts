// Log-in at the page in production: at the issuers that the operator configured, by authorization code with PKCE, or with a
// token at hand.

import t from 'tap';
import { openChromium, withoutChromium } from '../browser/chromium.ts';
import { setup } from '../helper.ts';
import { resource, startCertifiedIssuer } from '../platform/access/certified-issuer.ts';
import { strictMatch } from '../strict-match.ts';

const officers = await startCertifiedIssuer(t, {
  'officer-7': { roles: ['handler'], agency: '360203', name: '王芳' },
});
const auditors = await startCertifiedIssuer(t, { 'auditor-1': { roles: ['auditor'], name: '李审' } });
const trust = ({ issuer, jwksUrl }: typeof officers, docsClientId?: string) => ({
  issuer,
  audience: resource,
  jwksUrl: new URL(jwksUrl),
  ...(docsClientId === undefined ? {} : { docsClientId }),
});
const down = { issuer: 'http://127.0.0.1:9', audience: 'a', jwksUrl: new URL('http://127.0.0.1:9/jwks') };
const city = await setup(
  t,
  {},
  {
    config: {
      sandbox: false,
      swaggerUi: true,
      issuers: [
        trust(officers, 'subsidy-docs'),
        trust(auditors, 'subsidy-docs'),
        { ...down, docsClientId: 'subsidy-docs' },
      ],
    },
  },
);
const { app, origin } = city;

/** A minute ahead of the issuers, which have the machine's clock: however slow it is, no token is of the future. */
function followIssuers(): void {
  city.clock.set(Temporal.Now.instant().add({ minutes: 1 }).toString());
}

await officers.registerPage(`${origin}/login/after-login.html`);
await auditors.registerPage(`${origin}/login/after-login.html`);

t.test(
  'the contract names each issuer that answers, and the page may ask their token endpoints',
  async (t) => {
    const { components } = (await app.inject({ url: '/openapi.json' })).json();
    const schemes = components.securitySchemes;
    t.strictSame(
      Object.keys(schemes),
      ['oauth2', 'oauth2-2', 'signature', 'bearer'],
      'not the one that is down',
    );
    strictMatch(t, schemes['oauth2'], {
      'x-issuer': officers.issuer,
      'x-client-id': 'subsidy-docs',
      flows: {
        authorizationCode: {
          authorizationUrl: `${officers.issuer}/auth`,
          tokenUrl: `${officers.issuer}/token`,
        },
      },
    });
    const policy = String((await app.inject({ url: '/docs/' })).headers['content-security-policy']);
    t.ok(policy.includes(`connect-src 'self' ${officers.issuer} ${auditors.issuer};`), policy);
    const warned = city.logs.filter(({ issuer }) => issuer === down.issuer);
    t.equal(warned.length, 1, 'the log says that an issuer is down, once');
  },
);

const inBrowser = { skip: withoutChromium, timeout: 180_000 };

t.test(
  'an officer logs in by pressing, runs an operation, and may use a token instead',
  inBrowser,
  async (t) => {
    const page = await (await openChromium(t)).newPage();
    page.setDefaultTimeout(60_000);
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.goto(`${origin}/docs`);
    const authorize = page.locator('.auth-wrapper .authorize').first();
    await authorize.click();
    t.strictSame(await page.locator('.modal-ux button.authorize').allTextContents(), [
      `在 ${new URL(officers.issuer).host} 登录`,
      `在 ${new URL(auditors.issuer).host} 登录`,
    ]);
    const opened = page.waitForEvent('popup');
    await page.locator('.modal-ux button.authorize').first().click();
    const popup = await opened;
    await popup.locator('input').fill('officer-7');
    await popup.locator('button').click();
    const who = page.locator('.page-who');
    await page.locator('.modal-ux').waitFor({ state: 'detached' });
    t.equal(await who.textContent(), '王芳（经办）');

    followIssuers();
    await page.locator('#operations-tag-applications').click();
    const block = page.locator('#operations-applications-listApplications');
    await block.locator('.opblock-summary-control').click();
    await block.locator('.execute').click();
    const status = block.locator('.live-responses-table .response-col_status');
    await status.waitFor();
    t.equal(await status.textContent(), '200');

    await page.reload();
    await authorize.click();
    t.equal(await who.textContent(), '未登录', 'a reload forgets the token');
    await page.locator('#login-token').fill(`Bearer ${await officers.logIn('officer-7')}`);
    await page.getByRole('button', { name: '使用此令牌' }).click();
    await page.locator('.modal-ux').waitFor({ state: 'detached' });
    t.equal(await who.textContent(), '王芳（经办）');
    t.strictSame(faults, []);
  },
);

t.test(
  'at the page of figures an officer logs in the same way, for the scopes that it needs',
  inBrowser,
  async (t) => {
    followIssuers();
    const page = await (await openChromium(t)).newPage();
    page.setDefaultTimeout(60_000);
    const scopes = new Set<string>();
    page
      .context()
      .on('request', (request) => scopes.add(new URL(request.url()).searchParams.get('scope') ?? ''));
    await page.goto(`${origin}/dashboard`);
    const opened = page.waitForEvent('popup');
    await page.getByRole('button', { name: `在 ${new URL(officers.issuer).host} 登录` }).click();
    const popup = await opened;
    await popup.locator('input').fill('officer-7');
    await popup.locator('button').click();
    await page.locator('#who', { hasText: '王芳（经办）' }).waitFor();
    await page.locator('.empty', { hasText: '还没有申请' }).waitFor();
    t.strictSame(
      [...scopes].filter((one) => one !== ''),
      ['statistics disbursements:read applications:read'],
    );
    await page.reload();
    await page.locator('.login').waitFor();
    t.equal(await page.locator('#who').textContent(), '', 'a reload forgets the token');
    await page.getByText('已有访问令牌').click();
    await page.locator('#token').fill(`Bearer ${await officers.logIn('officer-7')}`);
    await page.getByRole('button', { name: '使用此令牌' }).click();
    await page.locator('#who', { hasText: '王芳（经办）' }).waitFor();
  },
);
