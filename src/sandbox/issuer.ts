// The sandbox's own token issuer: signed tokens for predefined personas, verified over HTTP like any other.
// Never in production, where the operator's issuer is used. Errors have OAuth's format (RFC 6749).

import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
// For its declaration of `hide` in a route's schema.
import type {} from '@fastify/swagger';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { calculateJwkThumbprint, SignJWT } from 'jose';
import { type TrustedIssuer, usualLifeSeconds } from '../platform/access/tokens/tokens.ts';
import { readOrCreateKeyFile } from '../platform/encryption/key-file.ts';
import { type Persona, readPersonas } from './personas.ts';

/** Path of the issuer below the service's address; its identifier ends in it. */
export const sandboxIssuerPath = '/sandbox/issuer';
/** The same for all personas and printed in the README: the sandbox protects nothing. */
export const sandboxSecret = 'sandbox';
/** `aud` of the sandbox's tokens, unlike any operator's, so that they are valid nowhere else. */
export const sandboxAudience = 'subsidy-sandbox';

const algorithm = 'ES256';
const formLimitBytes = 4_096;

/**
 * Where people on this machine reach the sandbox, `http://127.0.0.1:3000`; loopback where the service listens on
 * every address.
 *
 * @param host a name, or an IPv4 or IPv6 address
 */
export function sandboxUrl(host: string, port: number | string): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * The service's trust in its own issuer.
 *
 * @param baseUrl where people reach the service, `http://127.0.0.1:3000`; behind a proxy, the proxy's
 * @param listeningAt the service's own address, from which keys are fetched without the proxy. A function,
 *   because a free port is known only later
 */
export function sandboxTrust(baseUrl: string, listeningAt: () => string): TrustedIssuer {
  return {
    issuer: new URL(sandboxIssuerPath, baseUrl).href,
    audience: sandboxAudience,
    jwksUrl: () => new URL(`${sandboxIssuerPath}/jwks`, listeningAt()),
  };
}

export interface SandboxIssuerOptions {
  /** `iss`, as in sandboxTrust. */
  readonly issuer: string;
  /**
   * Contains the signing key, generated on the first start and readable by its owner only, so that tokens
   * survive a restart.
   */
  readonly keyFile: string;
  readonly clock: () => Temporal.Instant;
  readonly environment: string;
  /** Longest lifetime of tokens; at most an hour is used. */
  readonly mostLifeSeconds: number;
}

/** Fastify plugin: discovery, keys, tokens and the list of personas. @throws Error in production */
export async function sandboxIssuer(
  app: FastifyInstance,
  { issuer, keyFile, clock, environment, mostLifeSeconds }: SandboxIssuerOptions,
): Promise<void> {
  if (environment === 'production') throw new Error('the sandbox issuer is refused in production');
  const lifeSeconds = Math.min(usualLifeSeconds, mostLifeSeconds);
  const personas = readPersonas();
  const signingKey = createPrivateKey(await readOrCreateKeyFile(keyFile, makeSigningKey));
  const publicKey = createPublicKey(signingKey).export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(publicKey);
  const open = { config: { public: true }, schema: { hide: true } };

  // Only this context accepts forms: elsewhere they would bypass JSON and its schemas.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: formLimitBytes },
    (_request, body, done) => done(null, new URLSearchParams(body.toString())),
  );

  app.get(`${sandboxIssuerPath}/.well-known/openid-configuration`, open, async () => ({
    issuer,
    jwks_uri: `${issuer}/jwks`,
    token_endpoint: `${issuer}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
  }));

  app.get(`${sandboxIssuerPath}/jwks`, open, async () => ({
    keys: [{ ...publicKey, kid, use: 'sig', alg: algorithm }],
  }));

  app.get(`${sandboxIssuerPath}/personas`, open, async () => ({ personas: [...personas.values()] }));

  app.post(`${sandboxIssuerPath}/token`, open, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const keys = [...form.keys()];
    if (new Set(keys).size < keys.length) return refuse(reply, 'invalid_request', 'a parameter is repeated');
    if (form.get('grant_type') !== 'client_credentials') {
      return refuse(reply, 'unsupported_grant_type', 'use grant_type=client_credentials');
    }
    const client = readClient(request.headers.authorization, form);
    const persona = client?.secret === sandboxSecret ? personas.get(client.id) : undefined;
    if (persona === undefined) {
      const hint = `client_id is a persona of ${sandboxIssuerPath}/personas, client_secret is ${sandboxSecret}`;
      return refuse(reply, 'invalid_client', hint);
    }
    const scope = grantScope(persona, form.get('scope'));
    if (scope === null)
      return refuse(reply, 'invalid_scope', `${persona.id} has ${persona.scopes.join(' ')}`);
    const accessToken = await sign(persona, scope);
    return { access_token: accessToken, token_type: 'Bearer', expires_in: lifeSeconds, scope };
  });

  function sign(persona: Persona, scope: string): Promise<string> {
    const now = Math.floor(clock().epochMilliseconds / 1000);
    const agency = persona.agency === null ? {} : { agency: persona.agency };
    return new SignJWT({ client_id: persona.id, scope, roles: [persona.role], name: persona.name, ...agency })
      .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid })
      .setIssuer(issuer)
      .setAudience(sandboxAudience)
      .setSubject(persona.id)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + lifeSeconds)
      .sign(signingKey);
  }
}

/**
 * The requested scopes that the persona has; all of them when none are requested. Grants part of a request
 * instead of rejecting it (RFC 6749, 3.3), because Swagger UI's "select all" requests every scope.
 */
function grantScope(persona: Persona, asked: string | null): string | null {
  const wishes = (asked ?? '').split(' ').filter((scope) => scope !== '');
  if (wishes.length === 0) return persona.scopes.join(' ');
  const granted = persona.scopes.filter((scope) => wishes.includes(scope));
  return granted.length === 0 ? null : granted.join(' ');
}

/** The client by HTTP Basic or in the form, never both (RFC 6749, 2.3.1); null when there is none. */
function readClient(
  authorization: string | undefined,
  form: URLSearchParams,
): { id: string; secret: string } | null {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  if (authorization === undefined) return id === null || secret === null ? null : { id, secret };
  const encoded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1];
  if (encoded === undefined || secret !== null) return null;
  const [user, password, ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  if (user === undefined || password === undefined || rest.length > 0) return null;
  return { id: user, secret: password };
}

function refuse(reply: FastifyReply, error: string, description: string): FastifyReply {
  if (error === 'invalid_client') reply.header('www-authenticate', 'Basic realm="sandbox"');
  return reply.code(error === 'invalid_client' ? 401 : 400).send({ error, error_description: description });
}

function makeSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
