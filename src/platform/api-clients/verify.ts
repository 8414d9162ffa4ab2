// Verifies signed requests and returns the API client as an actor. The format is in access/signed-request.ts,
// and what an API client may do is in access/permissions.ts.

import { createHash, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { finished } from 'node:stream/promises';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { readSignedHeader, signatureSchemes, signText, textToSign } from '../access/signed-request.ts';
import { InvalidToken, notLookedAt } from '../access/tokens/tokens.ts';
import { countLookup } from '../cache-lookups.ts';
import type { Db } from '../database/connect.ts';
import type { Encryption } from '../encryption/encryption.ts';
import type { SignatureVerifier } from '../http/authenticate.ts';
import { placeOfSecret } from './operations.ts';
import { findSecret, takeNonce } from './store.ts';

/** Allowed difference between the clocks of an API client and the service. */
const toleranceSeconds = 300;

/**
 * `iss` of API clients in signatures and audit. Issuers of tokens are configured URLs, so no token can have
 * it.
 */
export const appIssuer = 'urn:subsidy:apps';

/** Used when the API client or key does not exist, so that the answer takes equally long. */
const nobodysKey = createSecretKey(randomBytes(32));

/**
 * Most secrets cached. The secret of a numbered key never changes; the database checks expiry together with
 * the nonce.
 */
const secretsLimit = 1_000;
const secretsForMs = 10 * 60_000;
/**
 * Most unknown keys cached. Apart from the secrets, so that invented names evict none, and briefly, so that a
 * new client is soon accepted.
 */
const unknownLimit = 10_000;
const unknownForMs = 5_000;

const otherVersion =
  '签名不是第 2 版：请按接入文档在 Authorization 中写明版本，并将 If-Match、Idempotency-Key、Content-Type 和未经排序的查询参数一并签名。';

/**
 * @returns a verifier of headers. The body is hashed while it is being read, and `confirmBody` compares the
 * digest before the operation, so that the body is read only once
 */
export function createSignatureVerifier({
  db,
  encryption,
  clock,
}: {
  db: Db;
  encryption: Encryption;
  clock: () => Temporal.Instant;
}): SignatureVerifier {
  const secrets = new LRUCache<string, KeyObject>({ max: secretsLimit, ttl: secretsForMs });
  const unknown = new LRUCache<string, true>({ max: unknownLimit, ttl: unknownForMs });

  /**
   * Undefined for a key that does not exist. Caches both results, so that repeated bad requests cost one
   * query.
   */
  async function secretOf(app: string, key: number, onlyKnown: boolean): Promise<KeyObject | undefined> {
    const name = `${app} ${key}`;
    const known = secrets.get(name);
    countLookup('signing-keys', known !== undefined);
    if (known !== undefined || unknown.has(name)) return known;
    if (onlyKnown) throw new InvalidToken(notLookedAt);
    const encrypted = await findSecret(db, app, key);
    if (encrypted === undefined) {
      unknown.set(name, true);
      return undefined;
    }
    const secret = createSecretKey(encryption.decrypt(encrypted, placeOfSecret(app, key)), 'base64url');
    secrets.set(name, secret);
    return secret;
  }

  return async (request, authorization, onlyKnown) => {
    const header = readSignedHeader(authorization);
    if (header === null) throw new InvalidToken('signature: malformed');
    if (header === 'other-version')
      throw new InvalidToken('signature: another version', { detail: otherVersion });
    const { app, key, timestamp, nonce, scheme } = header;
    const now = clock();
    const secret = await secretOf(app, key, onlyKnown);
    const expected = signText(scheme, secret ?? nobodysKey, textToSign(header, request));
    const isSigned = timingSafeEqual(expected, Buffer.from(header.signature, 'hex'));
    if (secret === undefined) throw new InvalidToken('signature: unknown app or key');
    if (!isSigned) throw new InvalidToken('signature: differs');
    const ageMs = Math.abs(now.epochMilliseconds - timestamp * 1_000);
    if (ageMs > toleranceSeconds * 1_000) throw new InvalidToken('signature: out of time');
    // Last, so that unauthenticated requests add no nonces.
    const validUntil = Temporal.Instant.fromEpochMilliseconds((timestamp + toleranceSeconds + 1) * 1_000);
    const found = await takeNonce(
      db,
      { apiClientId: app, keyNumber: key, nonce, validUntil: validUntil.toString() },
      now.toString(),
    );
    if (found === undefined) throw new InvalidToken('signature: key has ended or nonce was used');
    watchBody(request, signatureSchemes[scheme], header.digest);
    return Object.freeze({
      subject: app,
      issuer: appIssuer,
      clientId: app,
      name: found.name,
      roles: Object.freeze([found.role]),
      agency: null,
      scopes: new Set(found.scopes),
    });
  };
}

/**
 * Hashes the body as it streams. Paused first: adding a listener must not start the stream before its reader
 * is attached.
 */
function watchBody(request: FastifyRequest, algorithm: string, digest: string): void {
  const hash = createHash(algorithm);
  request.raw.pause();
  request.raw.on('data', (chunk: Buffer) => hash.update(chunk));
  request.confirmBody = async () => {
    // A form parser finishes before the last bytes arrive.
    request.raw.resume();
    await finished(request.raw, { writable: false });
    if (hash.digest('hex') !== digest) throw new InvalidToken('signature: of another body');
  };
}
