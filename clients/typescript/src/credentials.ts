// The three ways to come in: a token that the caller has, a token by client credentials (RFC 6749, 4.4), or a signature on each
// request.

import { randomUUID } from 'node:crypto';
import { type ApiClientKey, type Signable, signatureOf } from './signing.ts';

/** A token, or a function that fetches the present one. */
export interface AccessToken {
  readonly token: string | (() => string | Promise<string>);
}

export interface ClientCredentials {
  /** Of the issuer. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What is asked for, separated by spaces; all that the client may when absent. */
  readonly scope?: string;
}

export type Credentials = AccessToken | ClientCredentials | ApiClientKey;

export interface Authorizer {
  /** The Authorization header of one attempt. @throws TokenError when the issuer gives no token */
  authorize(request: Signable): Promise<string>;
  /** Forgets a token that was refused. @returns whether another can be had */
  renew(): boolean;
}

/** The issuer gave no token. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

/** A token is renewed so long before its end. */
const marginSeconds = 60;

export function createAuthorizer(credentials: Credentials, send: typeof fetch): Authorizer {
  if ('secret' in credentials) {
    return {
      authorize: async (request) => {
        const moment = { timestamp: Math.floor(Date.now() / 1_000), nonce: randomUUID() };
        return signatureOf(credentials, request, moment);
      },
      renew: () => false,
    };
  }
  if ('token' in credentials) {
    const { token } = credentials;
    return {
      authorize: async () => `Bearer ${typeof token === 'string' ? token : await token()}`,
      renew: () => typeof token !== 'string',
    };
  }
  return byClientCredentials(credentials, send);
}

interface Granted {
  readonly token: string;
  /** In milliseconds since 1970. */
  readonly renewAt: number;
}

/** Keeps one token for all requests until shortly before it ends. */
function byClientCredentials(credentials: ClientCredentials, send: typeof fetch): Authorizer {
  let current: Promise<Granted> | null = null;
  const ask = (): Promise<Granted> => {
    const asked = requestToken(credentials, send);
    current = asked;
    asked.catch(() => {
      if (current === asked) current = null;
    });
    return asked;
  };
  return {
    authorize: async () => {
      const known = current;
      const { token, renewAt } = await (known ?? ask());
      if (known === null || renewAt > Date.now()) return `Bearer ${token}`;
      // Somebody else may have asked meanwhile.
      const renewed = current === known || current === null ? ask() : current;
      return `Bearer ${(await renewed).token}`;
    },
    renew: () => {
      current = null;
      return true;
    },
  };
}

async function requestToken(
  { tokenUrl, clientId, clientSecret, scope }: ClientCredentials,
  send: typeof fetch,
): Promise<Granted> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scope !== undefined) form.set('scope', scope);
  // Both parts are encoded first (RFC 6749, 2.3.1).
  const basic = [clientId, clientSecret].map(encodeURIComponent).join(':');
  const response = await send(tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(basic).toString('base64')}` },
    body: form,
  });
  const answer: unknown = await response.json().catch(() => null);
  const { access_token: token, expires_in: seconds = 300, error } = Object(answer);
  if (!response.ok || typeof token !== 'string') {
    throw new TokenError(`${tokenUrl}: ${response.status} ${typeof error === 'string' ? error : ''}`.trim());
  }
  return { token, renewAt: Date.now() + Math.max(0, Number(seconds) - marginSeconds) * 1_000 };
}
