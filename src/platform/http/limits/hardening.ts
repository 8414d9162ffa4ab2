// Hardens every route: security headers, rate limits for each client and each person asked about, and a quick 503 when the
// process is overloaded. Who calls and what they may do is decided elsewhere.

import { createHash } from 'node:crypto';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import type { FastifyRequest } from 'fastify';
import { normaliseIdentityNumber } from '../../../values/identity-number.ts';
import { callerOf } from '../../access/actor.ts';
import { Problem } from '../../problem.ts';
import type { App } from '../server.ts';
import { networkOf } from './address-limit.ts';
import { shareRequests } from './shares.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body names a person by identity number: how often one may be asked about is limited. */
    asksAboutPerson?: boolean;
  }
}

const limitWindowMs = 60_000;
/** How often one client may ask about one person in a minute; a person at a counter needs a handful. */
const questionsAboutOnePerson = 60;
/** Requests of one address in a minute to public routes that ask the database; checking papers at a counter needs a handful. */
const questionsOfNobody = 120;
/** Keys remembered at once; the oldest are forgotten first. */
const rememberedKeys = 20_000;
/** With an event loop this late nobody is answered in time; a refusal is better than a queue. */
const maxEventLoopDelayMs = 1_000;
const sampleEveryMs = 1_000;
/** The first samples include the start itself, which is no load. */
const startSamplesMs = 2 * sampleEveryMs;
const retryAfterSeconds = '1';
const transportSecurity = 'max-age=31536000; includeSubDomains';

/** For Swagger UI: its own files, and nothing of any other host. Everything else may load nothing at all. */
export const contentPolicyOfDocs = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"], // Swagger UI sets styles on its elements
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
};

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
 * Registered after authentication, so that a limit is the client's and not that of everybody behind one proxy. No CORS
 * header is ever sent: a page of another origin cannot read an answer.
 *
 * @param requestsPerMinute of one client
 */
export async function registerHardening(
  app: App,
  { requestsPerMinute, poolSize }: { requestsPerMinute: number; poolSize: number },
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: contentPolicy,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: false,
  });
  app.addHook('onRequest', async ({ protocol }, reply) => {
    // RFC 6797, 7.2: never on a connection that is not secure. Behind a proxy the proxy says which it was.
    if (protocol === 'https') reply.header('strict-transport-security', transportSecurity);
  });
  let readyAt = Number.POSITIVE_INFINITY;
  app.addHook('onReady', async () => {
    readyAt = performance.now();
  });
  await app.register(underPressure, {
    maxEventLoopDelay: maxEventLoopDelayMs,
    sampleInterval: sampleEveryMs,
    exposeStatusRoute: false,
    pressureHandler: (request) => {
      // Health must be answered under load too.
      if (request.routeOptions.config.public === true) return;
      if (performance.now() - readyAt < startSamplesMs) return;
      throw new Problem('unavailable', { headers: { 'retry-after': retryAfterSeconds } });
    },
  });
  await app.register(rateLimit, {
    global: true,
    max: requestsPerMinute,
    timeWindow: limitWindowMs,
    cache: rememberedKeys,
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
    max: questionsOfNobody,
    allowList: () => false, // not that of the whole service, which lets public routes pass
    timeWindow: limitWindowMs,
    keyGenerator: ({ ip }) => networkOf(ip),
  });
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.asksDatabase !== true || request.actor !== null) return;
    const limit = await askAsNobody(request);
    if (!limit.isAllowed && limit.isExceeded) throw tooMany(limit.ttl);
  });
  shareRequests(app, { poolSize });
  const askAboutPerson = app.createRateLimit({
    max: questionsAboutOnePerson,
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

/** Not the number itself: what is remembered for a minute must not be a list of identity numbers. */
function personKeyOf(body: unknown): string {
  const said: unknown =
    typeof body === 'object' && body !== null && 'identityNumber' in body ? body.identityNumber : '';
  return createHash('sha256')
    .update(normaliseIdentityNumber(String(said)))
    .digest('base64');
}
