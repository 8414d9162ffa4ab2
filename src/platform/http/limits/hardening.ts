// Hardens every route: security headers, and rate limits per client and per person asked about.

import { createHash } from 'node:crypto';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { normaliseIdentityNumber } from '../../../values/identity-number.ts';
import { callerOf } from '../../access/actor.ts';
import { Problem } from '../../problem.ts';
import type { App } from '../server.ts';
import { networkOf, shareOf } from './address-limit.ts';
import { Windows } from './windows.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body names a person by identity number; requests about one person are limited. */
    asksAboutPerson?: boolean;
  }
}

const limitWindowMs = 60_000;
/** Per client, person and minute; an officer at a counter needs a handful. */
const questionsAboutOnePerson = 60;
/**
 * Per address and minute, on public routes that query the database; verifying papers at a counter needs a
 * handful.
 */
const questionsOfNobody = 120;
const transportSecurity = 'max-age=31536000; includeSubDomains';

/** Pages may load nothing; the documentation has a policy of its own. */
const contentPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
  },
};

/**
 * Registered after authentication, so that limits apply per client and not to a whole proxy. Never sends CORS
 * headers: pages of other origins cannot read answers.
 *
 * @param requestsPerMinute of one client, in this process
 * @param replicas processes that share the fixed limits
 */
export async function registerHardening(
  app: App,
  { requestsPerMinute, replicas }: { requestsPerMinute: number; replicas: number },
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: contentPolicy,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: false,
  });
  app.addHook('onRequest', async ({ protocol }, reply) => {
    // RFC 6797, 7.2: only over a secure connection. Behind a proxy, the proxy reports the protocol.
    if (protocol === 'https') reply.header('strict-transport-security', transportSecurity);
  });
  await app.register(rateLimit, {
    global: true,
    max: requestsPerMinute,
    timeWindow: limitWindowMs,
    store: Windows,
    keyGenerator: clientKeyOf,
    allowList: (request) => request.routeOptions.config.public === true,
    errorResponseBuilder: (_request, { ttl }) => tooMany(ttl),
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
    addHeaders: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
      'retry-after': false,
    },
  });
  const askAsNobody = app.createRateLimit({
    max: shareOf(questionsOfNobody, replicas),
    allowList: () => false, // not the service's, which exempts public routes
    timeWindow: limitWindowMs,
    keyGenerator: ({ ip }) => networkOf(ip),
  });
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.asksDatabase !== true || request.actor !== null) return;
    const limit = await askAsNobody(request);
    if (!limit.isAllowed && limit.isExceeded) throw tooMany(limit.ttl);
  });
  const askAboutPerson = app.createRateLimit({
    max: shareOf(questionsAboutOnePerson, replicas),
    timeWindow: limitWindowMs,
    keyGenerator: (request) => `${clientKeyOf(request)} ${personKeyOf(request.body)}`,
  });
  app.addHook('preHandler', async (request) => {
    if (request.routeOptions.config.asksAboutPerson !== true) return;
    const limit = await askAboutPerson(request);
    if (!limit.isAllowed && limit.isExceeded) throw tooMany(limit.ttl);
  });
}

function tooMany(ttlMs: number): Problem {
  const seconds = String(Math.max(1, Math.ceil(ttlMs / 1_000)));
  return new Problem('too-many-requests', { headers: { 'retry-after': seconds } });
}

function clientKeyOf({ actor, ip }: FastifyRequest): string {
  return actor === null ? ip : callerOf(actor);
}

/** A digest: the limiter's memory must not be a list of identity numbers. */
function personKeyOf(body: unknown): string {
  const said: unknown =
    typeof body === 'object' && body !== null && 'identityNumber' in body ? body.identityNumber : '';
  return createHash('sha256')
    .update(normaliseIdentityNumber(String(said)))
    .digest('base64');
}
