// Signs deliveries as Standard Webhooks says (https://www.standardwebhooks.com): HMAC-SHA-256 over id, time and body.
// Pure.

import { createHmac } from 'node:crypto';

const prefix = 'whsec_';

/** The form in which a secret is shown and stored. */
export function secretOf(bytes: Uint8Array): string {
  return prefix + Buffer.from(bytes).toString('base64');
}

/**
 * Headers of one attempt. Every secret signs: while a secret is being changed, the receiver accepts the signature that
 * it can verify.
 *
 * @param id the same for every attempt
 */
export function signedHeaders(id: string, at: Temporal.Instant, body: string, secrets: readonly string[]) {
  const timestamp = Math.floor(at.epochMilliseconds / 1_000);
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
