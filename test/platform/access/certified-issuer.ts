// A third-party issuer on loopback: oidc-provider, certified for OpenID Connect, configured like an
// operator's for officers who log in or platforms with a secret and a certificate. Contains no tests.

import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';
import type { Test } from 'tap';

/** The resource indicator of the service at the issuer. */
export const resource = 'urn:jingdezhen:subsidy';
const scope = 'applications:read applications:write eligibility decisions people:look-up statistics';
const secret = 'kept-by-the-client';
const redirectUri = 'https://officers.example/callback';

export interface CertifiedIssuer {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** A token for a logged-in person: authorization code with PKCE. */
  logIn(person: string): Promise<string>;
  /** A token for a client with its secret. @param certificate PEM that the proxy forwards */
  tokenFor(client: string, certificate?: string): Promise<string>;
  /** Makes the documentation page a client, `subsidy-docs`, without a secret: its people log in by a form. */
  registerPage(redirectUri: string): Promise<void>;
  /** Signs with a new key from now on and withdraws the old one. */
  rotateKey(): Promise<void>;
}

/** @param claims the registered people or clients */
export async function startCertifiedIssuer(
  t: Test,
  claims: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Promise<CertifiedIssuer> {
  let serve: RequestListener = () => {};
  const server = createServer((request, response) => serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  // The cast: a TCP server's address is no pipe name.
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  let pageAt: string | null = null;
  async function rotateKey(): Promise<void> {
    const provider = new Provider(issuer, await configurationOf(claims, pageAt));
    provider.on('server_error', (_context, error) => t.fail(error.message));
    const callback = provider.callback();
    serve = (request, response) => {
      const path = request.url ?? '';
      if (!path.startsWith('/interaction/')) return callback(request, response);
      // The login page.
      const person = request.headers['x-person'] ?? new URL(path, issuer).searchParams.get('person');
      if (person === null) return response.setHeader('content-type', 'text/html').end(loginPage);
      return provider.interactionFinished(request, response, { login: { accountId: String(person) } });
    };
  }
  await rotateKey();

  async function exchange(form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>) {
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ ...form, resource }),
    });
    // The cast: OAuth's answer format.
    const answer = (await response.json()) as { access_token?: string };
    if (answer.access_token === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
    return answer.access_token;
  }

  return {
    issuer,
    jwksUrl: `${issuer}/jwks`,
    rotateKey,
    async registerPage(redirectUri) {
      pageAt = redirectUri;
      await rotateKey();
    },
    async logIn(person) {
      const verifier = randomBytes(32).toString('base64url');
      const asked = new URLSearchParams({
        client_id: 'portal',
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: `openid ${scope}`,
        resource,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      });
      const code = await followToCode(`${issuer}/auth?${asked}`, person);
      const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
      return await exchange({ ...form, code_verifier: verifier }, basic('portal'));
    },
    tokenFor: (client, certificate) =>
      exchange(
        { grant_type: 'client_credentials', scope },
        {
          ...basic(client),
          ...(certificate === undefined ? {} : { 'x-certificate': encodeURIComponent(certificate) }),
        },
      ),
  };
}

const loginPage = '<form><input name="person"><button>Log in</button></form>';

function basic(client: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}` };
}

/** Follows the redirects of a login with cookies, like a browser, until one leads back to the client. */
async function followToCode(start: string, person: string): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let steps = 0; steps < 10; steps += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie, 'x-person': person } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    url = new URL(response.headers.get('location') ?? '', url).href;
    if (url.startsWith(redirectUri)) return new URL(url).searchParams.get('code') ?? '';
  }
  throw new Error('the log-in led nowhere');
}

async function configurationOf(
  claims: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  pageAt: string | null,
): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = {
    ...(await exportJWK(privateKey)),
    kid: randomBytes(8).toString('hex'),
    alg: 'ES256',
    use: 'sig',
  };
  const platforms = Object.keys(claims).filter((id) => id.startsWith('platform'));
  return {
    // The cast: the library's JWK type requires this key type's members.
    jwks: { keys: [key] } as NonNullable<Configuration['jwks']>,
    cookies: { keys: ['of-a-test'] },
    scopes: ['openid'],
    clients: [
      {
        client_id: 'portal',
        client_secret: secret,
        redirect_uris: [redirectUri],
        id_token_signed_response_alg: 'ES256',
      },
      ...(pageAt === null ? [] : [pageClient(pageAt)]),
      ...platforms.map((client_id) => ({
        client_id,
        client_secret: secret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        id_token_signed_response_alg: 'ES256' as const,
        tls_client_certificate_bound_access_tokens: client_id.endsWith('bound'),
      })),
    ],
    // The page's requests come from its own origin.
    clientBasedCORS: (_context, _origin, { clientId }) => clientId === 'subsidy-docs',
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    extraTokenClaims: (_context, { clientId, ...token }) => ({
      ...claims[('accountId' in token && String(token.accountId)) || (clientId ?? '')],
    }),
    // Officers need not consent themselves.
    loadExistingGrant: async ({ oidc }) => {
      const { client, session, provider } = oidc;
      const grant = new provider.Grant({
        ...(client && { clientId: client.clientId }),
        ...(session?.accountId !== undefined && { accountId: session.accountId }),
      });
      grant.addOIDCScope('openid');
      grant.addResourceScope(resource, scope);
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        getCertificate: (context) => {
          const pem = decodeURIComponent(context.get('x-certificate'));
          return pem === '' ? undefined : new X509Certificate(pem);
        },
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope,
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    ttl: { Session: 600, Grant: 600, Interaction: 60, AuthorizationCode: 60, IdToken: 300 },
  };
}

/** A client in the browser: no secret, authorization code with PKCE. */
function pageClient(redirectUri: string) {
  return {
    client_id: 'subsidy-docs',
    token_endpoint_auth_method: 'none' as const,
    redirect_uris: [redirectUri],
    id_token_signed_response_alg: 'ES256' as const,
  };
}
