// Where people log in to the page: the endpoints of the configured issuers, from their metadata (OpenID Connect
// Discovery), fetched when the page is asked for.

import type { TrustedIssuer } from '../platform/access/tokens/tokens.ts';

/** An issuer at which people log in with authorization code and PKCE. */
export interface Login {
  readonly issuer: string;
  /** The page as a client of the issuer, registered there without a secret. */
  readonly clientId: string;
  readonly audience: string;
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
}

export type Logins = () => Promise<readonly Login[]>;

const freshForMs = 10 * 60_000;
/** While an issuer is down, the page must not wait for it at each request. */
const retryAfterMs = 30_000;
const fetchTimeoutMs = 3_000;

/**
 * The logins of issuers that name a client for the page. One that does not answer is left out until it does:
 * the page then offers the others, and the field for a token.
 */
export function createLogins(
  issuers: readonly TrustedIssuer[],
  clock: () => Temporal.Instant,
  onError: (issuer: string, error: unknown) => void,
): Logins {
  const one = issuers.map((trust) => loginAt(trust, clock, onError));
  return async () => {
    const found = await Promise.all(one.map((login) => login()));
    return found.filter((login) => login !== null);
  };
}

function loginAt(
  { issuer, audience, docsClientId: clientId }: TrustedIssuer,
  clock: () => Temporal.Instant,
  onError: (issuer: string, error: unknown) => void,
): () => Promise<Login | null> {
  if (clientId === undefined) return async () => null;
  let login: Login | null = null;
  let askAgainAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | null = null;

  async function load(): Promise<void> {
    try {
      login = { issuer, clientId: clientId ?? '', audience, ...(await endpointsOf(issuer)) };
      askAgainAt = clock().epochMilliseconds + freshForMs;
    } catch (error) {
      onError(issuer, error);
      askAgainAt = clock().epochMilliseconds + retryAfterMs;
    }
  }

  return async () => {
    if (clock().epochMilliseconds >= askAgainAt) {
      pending ??= load().finally(() => {
        pending = null;
      });
      await pending;
    }
    return login;
  };
}

async function endpointsOf(issuer: string): Promise<Pick<Login, 'authorizationUrl' | 'tokenUrl'>> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(fetchTimeoutMs),
  });
  if (response.status !== 200) throw new Error(`the metadata answered ${response.status}`);
  const metadata: unknown = await response.json();
  const said = new Map<string, unknown>(Object.entries(Object(metadata)));
  if (said.get('issuer') !== issuer) throw new Error('the metadata are of another issuer');
  return {
    authorizationUrl: addressIn(said, 'authorization_endpoint'),
    tokenUrl: addressIn(said, 'token_endpoint'),
  };
}

/** Plain http is allowed on this machine only, as for key sets. */
function addressIn(said: ReadonlyMap<string, unknown>, name: string): string {
  const url = URL.parse(String(said.get(name)));
  const local = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !local)) throw new Error(`${name} is no https URL`);
  return url.href;
}
