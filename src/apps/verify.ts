// Verifies signed requests of apps and makes an actor of the app. What a signed request looks like is in
// access/signed-request.ts; what the app may do is the table of permissions' business.

import { createHash, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import { finished } from 'node:stream/promises';
import type { FastifyRequest } from 'fastify';
import type { SignatureVerifier } from '../access/authenticate.ts';
import { readSignedHeader, signatureSchemes, signText, textToSign } from '../access/signed-request.ts';
import { InvalidToken } from '../access/tokens.ts';
import type { Db } from '../database/connect.ts';
import type { Sealer } from '../secrets/sealer.ts';
import { placeOfSecret } from './operations.ts';
import { findKey, takeNonce } from './store.ts';

/** How far the clock of an app may be off, by ours. */
const toleranceSeconds = 300;

/** `iss` of apps in signatures and audit: no token can name it, because issuers are URLs of the configuration. */
export const appIssuer = 'urn:subsidy:apps';

/** Stands for the key of an app that does not exist, so that the answer takes as long. */
const nobodysKey = createSecretKey(randomBytes(32));

/**
 * @returns a verifier of whole headers. The body is hashed while it is read by whoever reads it, and compared before the
 *   operation (`confirmBody`): a signature is worth nothing for another body, and nothing is read twice
 */
export function createSignatureVerifier({
  db,
  sealer,
  clock,
}: {
  db: Db;
  sealer: Sealer;
  clock: () => Temporal.Instant;
}): SignatureVerifier {
  return async (request, authorization) => {
    const header = readSignedHeader(authorization);
    if (header === null) throw new InvalidToken('signature: malformed');
    const { app, key, timestamp, nonce, scheme } = header;
    const now = clock();
    const found = await findKey(db, app, key);
    const secret =
      found === undefined
        ? nobodysKey
        : createSecretKey(sealer.open(found.secretSealed, placeOfSecret(app, key)), 'base64url');
    const expected = signText(scheme, secret, textToSign(header, request.method, request.url));
    const isSigned = timingSafeEqual(expected, Buffer.from(header.signature, 'hex'));
    if (found === undefined) throw new InvalidToken('signature: unknown app or key');
    if (!isSigned) throw new InvalidToken('signature: differs');
    const isExpired =
      found.expiresAt !== null && Temporal.Instant.compare(Temporal.Instant.from(found.expiresAt), now) <= 0;
    if (isExpired) throw new InvalidToken('signature: key has ended');
    const ageMs = Math.abs(now.epochMilliseconds - timestamp * 1_000);
    if (ageMs > toleranceSeconds * 1_000) throw new InvalidToken('signature: out of time');
    // The last of all: a stranger cannot fill the table.
    const validUntil = Temporal.Instant.fromEpochMilliseconds((timestamp + toleranceSeconds + 1) * 1_000);
    const isFirst = await takeNonce(
      db,
      { appId: app, nonce, validUntil: validUntil.toString() },
      now.toString(),
    );
    if (!isFirst) throw new InvalidToken('signature: nonce was used');
    watchBody(request, signatureSchemes[scheme], header.digest);
    return Object.freeze({
      subject: app,
      issuer: appIssuer,
      clientId: app,
      name: found.name,
      roles: Object.freeze(['platform'] as const),
      agency: null,
      scopes: new Set(found.scopes),
    });
  };
}

/** Hashes the body as it passes. Paused first: a listener must not start the stream before its reader is there. */
function watchBody(request: FastifyRequest, algorithm: string, digest: string): void {
  const hash = createHash(algorithm);
  request.raw.pause();
  request.raw.on('data', (chunk: Buffer) => hash.update(chunk));
  request.confirmBody = async () => {
    // A form ends for its reader before its last bytes have come.
    request.raw.resume();
    await finished(request.raw, { writable: false });
    if (hash.digest('hex') !== digest) throw new InvalidToken('signature: of another body');
  };
}
