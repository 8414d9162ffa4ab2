// Authentication and permission: every route not declared public needs a bearer token (RFC 6750) or a
// signature, and permission for its operation, which is kept on the request.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Actor, callerOf } from '../access/actor.ts';
import type { Guard, Permitted } from '../access/permissions.ts';
import { claimsSignature } from '../access/signed-request.ts';
import { IncompatibleRoles } from '../access/tokens/claims.ts';
import { KeysUnavailable } from '../access/tokens/key-set.ts';
import { InvalidToken, type TokenVerifier } from '../access/tokens/tokens.ts';
import { Problem } from '../problem.ts';
import { type AddressLimit, createAddressLimit, networkOf } from './limits/address-limit.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes only; operations use actorOf. */
    actor: Actor | null;
    /** The role and scope of the actor in this operation; null on public routes. */
    permitted: Permitted | null;
    /** For a signed request: throws InvalidToken when the received body is not the signed one. */
    confirmBody: (() => Promise<void>) | null;
  }
  interface FastifyContextConfig {
    /** True for a route without authentication. Protected by default. */
    public?: boolean;
  }
}

/** Returns who signed a request. @param onlyKnown use cached keys only @throws InvalidToken */
export type SignatureVerifier = (
  request: FastifyRequest,
  authorization: string,
  onlyKnown: boolean,
) => Promise<Actor>;

const bearer = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
const retryAfterSeconds = 5;

/** The thumbprint of the client's certificate, or null. */
export type CertificateReader = (request: FastifyRequest) => string | null;

/**
 * Fastify plugin. Must be registered before the features: a child context copies its parent's hooks when it
 * is created.
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
    /**
     * Failed authentications per address and minute; beyond that, only credentials verified before are
     * accepted.
     */
    failuresPerMinute: number;
    /** Requests per address and minute, public routes excluded; more are rejected before authentication. */
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
    // The contract is public, so an unknown path may be revealed.
    if (request.is404) return;
    request.actor = await identify(request, services, failures);
    // Before the body is read, so that a caller without permission need not send sixteen megabytes.
    const { operation } = request.routeOptions.config;
    if (operation === undefined) return;
    request.permitted = services.guard(request.actor, operation);
    if (request.permitted === null) throw new Problem('forbidden');
  });
}

// Fastify's documented way for a plugin to add hooks to the instance on which it is registered.
Object.assign(authenticate, { [Symbol.for('skip-override')]: true });

/**
 * Must be called before any operation, after the body was read; a second call does nothing.
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

/**
 * Whose request it is before anything is verified: the holder of a token that was verified lately, else whoever is at the
 * same network. Invented tokens are nobody's.
 */
export function clientOf(
  { headers: { authorization = '' }, ip }: FastifyRequest,
  tokens: Pick<TokenVerifier, 'holderOf'>,
): string {
  const token = bearer.exec(authorization)?.[1];
  const holder = token === undefined ? null : tokens.holderOf(token);
  return holder === null ? networkOf(ip) : callerOf(holder);
}

/** The actor of a request on a protected route. @throws Error on a public one, whose handler must not ask */
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
    // RFC 6750 section 3.1: no error code for a request without credentials.
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

/** @throws Problem `too-many-requests` for an address beyond its limit */
function admitAddress(request: FastifyRequest, requests: AddressLimit): void {
  const { ip: address } = request;
  const waitMs = requests.waitMs(address);
  if (waitMs > 0) throw tooMany(waitMs);
  if (requests.count(address))
    request.log.warn({ address }, 'too many requests from one address: no more are answered');
}

/**
 * @throws Problem `too-many-requests` for an address with too many failures, without logging, so that it
 *   costs nothing
 */
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
    // One answer for every reason, so that a forger learns nothing.
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
