// The pages that the service serves itself: the documentation, the figures, and the log-in that both share.

import type { TrustedIssuer } from '../platform/access/tokens/tokens.ts';
import type { App } from '../platform/http/server.ts';
import { registerDashboard } from './dashboard.ts';
import { registerDocumentation } from './documentation.ts';
import { createLogins, type Login } from './logins.ts';
import type { Outlined } from './outline.ts';
import { serveAfterLogin } from './page-server.ts';
import { loginSchemes, sandboxScheme } from './security-schemes.ts';

export interface PagesOptions {
  /** Builds the contract anew by each call; null: no documentation is served. */
  readonly readContract: (() => Promise<Outlined>) | null;
  readonly clock: () => Temporal.Instant;
  readonly issuers: readonly TrustedIssuer[];
  /** Where the sandbox grants tokens; null: there is no sandbox. */
  readonly sandboxTokenPath: string | null;
}

export async function registerPages(
  app: App,
  { readContract, clock, issuers, sandboxTokenPath }: PagesOptions,
): Promise<void> {
  const isSandbox = sandboxTokenPath !== null;
  const hasLogin = issuers.some(({ docsClientId }) => docsClientId !== undefined);
  const logins = createLogins(issuers, clock, (issuer, err) =>
    app.log.warn({ err, issuer }, 'no login at this issuer: its metadata could not be read'),
  );
  const schemesOf = (known: readonly Login[]) =>
    isSandbox ? sandboxScheme(sandboxTokenPath) : loginSchemes(known);
  if (hasLogin) await serveAfterLogin(app);
  if (readContract !== null)
    await registerDocumentation(app, { readContract, clock, logins, schemesOf, isSandbox });
  // Whoever cannot log in has no use for it.
  if (hasLogin || isSandbox) await registerDashboard(app, { logins, schemesOf });
}
