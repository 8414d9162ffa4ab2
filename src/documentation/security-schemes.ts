// How a caller of this service gets a token, as the served contract says it. The committed contract says only
// that a token is needed, because where it comes from is the operator's choice.

import { oauthScopes } from '../platform/access/oauth-scopes.ts';
import type { Login } from './logins.ts';

interface Operation {
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly 'x-oauth-scope'?: string;
}

export interface Contract {
  readonly paths?: Readonly<Record<string, object | undefined>> | undefined;
  readonly components?: { readonly securitySchemes?: object } | undefined;
}

export type Schemes = Readonly<Record<string, object>>;

const scopes = { ...oauthScopes };

/** The sandbox's issuer grants tokens to personas. @param tokenUrl path of its token endpoint */
export function sandboxScheme(tokenUrl: string): Schemes {
  return {
    oauth2: {
      type: 'oauth2',
      description: '沙箱：以某个沙箱身份登录。The sandbox: log in as one of its personas.',
      flows: { clientCredentials: { tokenUrl, scopes } },
    },
  };
}

/** One for each issuer at which people log in: `oauth2`, `oauth2-2`, … */
export function loginSchemes(logins: readonly Login[]): Schemes {
  const schemes = logins.map(({ issuer, clientId, audience, authorizationUrl, tokenUrl }, index) => {
    const scheme = {
      type: 'oauth2',
      description: `${issuer}`,
      flows: { authorizationCode: { authorizationUrl, tokenUrl, scopes } },
      'x-issuer': issuer,
      'x-client-id': clientId,
      'x-audience': audience,
    };
    return [index === 0 ? 'oauth2' : `oauth2-${index + 1}`, scheme] as const;
  });
  return Object.fromEntries(schemes);
}

/** The contract with these schemes before the bearer token, which each of them yields. */
export function withSchemes(contract: Contract, schemes: Schemes): object {
  const names = Object.keys(schemes);
  function secured(operation: Operation): Operation {
    const { security = [], 'x-oauth-scope': scope } = operation;
    if (scope === undefined) return operation;
    return { ...operation, security: [...names.map((name) => ({ [name]: [scope] })), ...security] };
  }
  const paths = Object.entries(contract.paths ?? {}).map(([path, methods = {}]) => {
    // The cast: in this contract a path has operations only.
    const operations = Object.entries(methods) as [method: string, Operation][];
    return [path, Object.fromEntries(operations.map(([method, one]) => [method, secured(one)]))] as const;
  });
  const securitySchemes = { ...schemes, ...contract.components?.securitySchemes };
  const components = { ...contract.components, securitySchemes };
  return { ...contract, paths: Object.fromEntries(paths), components };
}
