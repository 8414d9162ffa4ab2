// Authentication: every route but the declared public ones needs a bearer token (RFC 6750) or a signature, and a permission
// for its operation, which is kept on the request.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Actor } from '../access/actor.ts';
import type { Guard, Permitted } from '../access/permissions.ts';
import { claimsSignature } from '../access/signed-request.ts';
import { IncompatibleRoles } from '../access/tokens/claims.ts';
import { KeysUnavailable } from '../access/tokens/key-set.ts';
import { InvalidToken, type TokenVerifier } from '../access/tokens/tokens.ts';
import { Problem } from '../problem.ts';
import { type AddressLimit, createAddressLimit } from './limits/address-limit.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes only; operations take it from actorOf. */
    actor: Actor | null;
    /** In which role the actor calls the operation and how far it sees; null on public routes. */
    permitted: Permitted | null;
    /** For a signed request: throws InvalidToken when the body that came is not the one that was signed. */
    confirmBody: (() => Promise<void>) | null;
  }
  interface FastifyContextConfig {
    /** True for a route that asks for no token. Missing means protected. */
    public?: boolean;
  }
}

/** Says who signed a request. @param onlyKnown no key is looked up @throws InvalidToken */
export type SignatureVerifier = (
  request: FastifyRequest,
  authorization: string,
  onlyKnown: boolean,
) => Promise<Actor>;

const bearer = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
const retryAfterSeconds = 5;

/** The thumbprint of the certificate with which a request's client came, or null. */
export type CertificateReader = (request: FastifyRequest) => string | null;

/**
 * Fastify plugin. To be registered before the features: a scope copies its parent's hooks when it begins.
 *
 * @throws Problem `token-missing`, `token-invalid`, `roles-incompatible`, `forbidden`, `unavailable` (the issuer's keys)
 */
export async function authenticate(
  app: FastifyInstance,
  services: {
    tokens: TokenVerifier;
    verifySignature: SignatureVerifier;
    certificateOf: CertificateReader;
    guard: Guard;
    /** Failed authentications of one address in a minute; after that many only what is known to be good is looked at. */
    failuresPerMinute: number;
    /** Requests of one address in a minute, public routes apart; more are refused before anybody is known. */
    requestsPerAddress: number;
  },
): Promise<void> {
  const failures = createAddressLimit(services.failuresPerMinute);
  const requests = createAddressLimit(services.requestsPerAddress);
  app.decorateRequest('actor', null);
  app.decorateRequest('permitted', null);
  app.decorateRequest('confirmBody', null);
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.public === true) return;
    admitAddress(request, requests);
    // The contract is public, so an unknown path may be told to anybody.
    if (request.is404) return;
    request.actor = await identify(request, services, failures);
    // Before the body is read: who may not call an operation need not send it sixteen megabytes.
    const { operation } = request.routeOptions.config;
    if (operation === undefined) return;
    request.permitted = services.guard(request.actor, operation);
    if (request.permitted === null) throw new Problem('forbidden');
  });
}

// Fastify's documented way to let a plugin act on the instance it is registered on, not on a scope of its own.
Object.assign(authenticate, { [Symbol.for('skip-override')]: true });

/**
 * To be called before any operation, once the body has been read; for a second time it does nothing.
 *
 * @throws Problem `token-invalid`
 */
export async function confirmBody(request: FastifyRequest): Promise<void> {
  const { confirmBody: confirm } = request;
  if (confirm === null) return;
  request.confirmBody = null;
  try {
    await confirm();
  } catch (error) {
    throw problemOf(error, request);
  }
}

/** The actor of a request on a protected route. @throws Error on a public one: its handler must not ask */
export function actorOf(request: FastifyRequest): Actor {
  if (request.actor === null) throw new Error(`${request.routeOptions.url} is public and has no actor`);
  return request.actor;
}

/** @throws Error on a public route, or one without an operation */
export function permittedOf(request: FastifyRequest): Permitted {
  if (request.permitted === null) throw new Error(`${request.routeOptions.url} asks for no permission`);
  return request.permitted;
}

async function identify(
  request: FastifyRequest,
  { tokens, verifySignature, certificateOf }: Parameters<typeof authenticate>[1],
  failures: AddressLimit,
): Promise<Actor> {
  const authorization = request.headers.authorization;
  const waitMs = failures.waitMs(request.ip);
  if (authorization === undefined) {
    countFailure(request, failures, waitMs);
    // RFC 6750 section 3.1: no error code for a request that brought nothing.
    throw new Problem('token-missing', { headers: { 'www-authenticate': 'Bearer' } });
  }
  const onlyKnown = waitMs > 0;
  try {
    if (claimsSignature(authorization)) return await verifySignature(request, authorization, onlyKnown);
    const token = bearer.exec(authorization)?.[1];
    if (token === undefined) throw new InvalidToken('not a bearer token');
    return await tokens.verify(token, certificateOf(request), onlyKnown);
  } catch (error) {
    if (error instanceof InvalidToken) countFailure(request, failures, waitMs);
    throw problemOf(error, request);
  }
}

/** @throws Problem `too-many-requests` to an address that is beyond its limit */
function admitAddress(request: FastifyRequest, requests: AddressLimit): void {
  const { ip: address } = request;
  const waitMs = requests.waitMs(address);
  if (waitMs > 0) throw tooMany(waitMs);
  if (requests.count(address))
    request.log.warn({ address }, 'too many requests from one address: no more are answered');
}

/** @throws Problem `too-many-requests` to an address that failed too often: without a line in the log, it must cost nothing */
function countFailure(request: FastifyRequest, failures: AddressLimit, waitMs: number): void {
  const { ip: address } = request;
  if (waitMs > 0) throw tooMany(waitMs);
  if (failures.count(address))
    request.log.warn({ address }, 'too many bad tokens from one address: no more are looked at');
}

function tooMany(waitMs: number): Problem {
  const seconds = String(Math.ceil(waitMs / 1_000));
  return new Problem('too-many-requests', { headers: { 'retry-after': seconds } });
}

function problemOf(error: unknown, request: FastifyRequest): unknown {
  if (error instanceof InvalidToken) {
    request.log.warn({ reason: error.reason }, 'token refused');
    // One answer for every reason: different ones would tell a forger what to correct.
    return new Problem('token-invalid', {
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      ...(error.detail === undefined ? {} : { detail: error.detail }),
    });
  }
  if (error instanceof IncompatibleRoles) {
    return new Problem('roles-incompatible', {
      detail: `${error.separation.why}，请联系管理员调整岗位后重新获取令牌。`,
    });
  }
  if (error instanceof KeysUnavailable) {
    request.log.error({ err: error }, 'token keys unavailable');
    return new Problem('unavailable', { headers: { 'retry-after': String(retryAfterSeconds) } });
  }
  return error;
}
