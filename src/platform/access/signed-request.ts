// The form of a signed request: what stands in its Authorization header and which text is signed. Pure; keys, clocks and
// nonces are the verifier's business. The form is part of the contract (docs/integration.md), with its test vectors.

import { createHmac, type KeyObject } from 'node:crypto';

/** Scheme of the header → hash for HMAC and body. SM3 (GB/T 32905) is the default, SHA-256 for whoever lacks it. */
export const signatureSchemes = { 'SUBSIDY-HMAC-SM3': 'sm3', 'SUBSIDY-HMAC-SHA256': 'sha256' } as const;
export type SignatureScheme = keyof typeof signatureSchemes;

/** Of the text that is signed. Version 1 left out the headers, and sorted the parameters. */
export const signatureVersion = '2';

export interface SignedHeader {
  readonly scheme: SignatureScheme;
  readonly app: string;
  readonly key: number;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly nonce: string;
  /** Hash of the body's bytes, of no bytes without a body: hex. */
  readonly digest: string;
  /** Hex. */
  readonly signature: string;
}

const schemeForm = /^(SUBSIDY-HMAC-(?:SM3|SHA256)) (.{1,1000})$/;
const forms = {
  version: /^2$/,
  app: /^[a-z][a-z0-9-]{2,39}$/,
  key: /^[1-9]\d{0,8}$/,
  timestamp: /^[1-9]\d{9,10}$/,
  nonce: /^[A-Za-z0-9_-]{16,64}$/,
  digest: /^[0-9a-f]{64}$/,
  signature: /^[0-9a-f]{64}$/,
} as const;

/** Whether a header means to sign, well or badly. */
export function claimsSignature(authorization: string): boolean {
  return authorization.startsWith('SUBSIDY-HMAC-');
}

/**
 * Reads `<scheme> version=2, app=…, key=…, timestamp=…, nonce=…, digest=…, signature=…`; null for any other form,
 * `other-version` for one that names another version or none.
 */
export function readSignedHeader(authorization: string): SignedHeader | 'other-version' | null {
  const [, scheme, rest = ''] = schemeForm.exec(authorization) ?? [];
  if (scheme === undefined) return null;
  const said = new Map<string, string>();
  for (const part of rest.split(',')) {
    const [name = '', value = '', ...more] = part.trim().split('=');
    if (more.length > 0 || said.has(name) || !Object.hasOwn(forms, name)) return null;
    said.set(name, value);
  }
  if (said.get('version') !== signatureVersion) return 'other-version';
  const isWhole = Object.entries(forms).every(([name, form]) => form.test(said.get(name) ?? ''));
  if (!isWhole) return null;
  const text = (name: keyof typeof forms) => said.get(name) ?? '';
  return {
    // The cast: the form above lets only these two pass.
    scheme: scheme as SignatureScheme,
    app: text('app'),
    key: Number(text('key')),
    timestamp: Number(text('timestamp')),
    nonce: text('nonce'),
    digest: text('digest'),
    signature: text('signature'),
  };
}

/** What of a request is signed beside its body. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query exactly as they go over the wire: neither encoding nor order is interpreted. */
  readonly url: string;
  /** Those that change what the request does; other headers may be added on the way. */
  readonly headers: {
    readonly 'if-match'?: string | undefined;
    readonly 'idempotency-key'?: string | readonly string[] | undefined;
    readonly 'content-type'?: string | undefined;
  };
}

/**
 * The text that is signed: scheme, version, app, key, timestamp, nonce, method, path, query, If-Match, Idempotency-Key,
 * Content-Type and digest, each on a line of its own; the line of what is absent is empty.
 */
export function textToSign(
  { scheme, app, key, timestamp, nonce, digest }: Omit<SignedHeader, 'signature'>,
  { method, url, headers }: SignedRequest,
): string {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? '' : url.slice(mark + 1);
  const signedHeaders = [headers['if-match'], headers['idempotency-key'], headers['content-type']];
  const lines = [scheme, signatureVersion, app, key, timestamp, nonce, method, path, query];
  return [...lines, ...signedHeaders.map((value) => String(value ?? '')), digest].join('\n');
}

/** HMAC over the UTF-8 bytes of the text: 32 bytes. */
export function signText(scheme: SignatureScheme, secret: KeyObject, text: string): Buffer {
  return createHmac(signatureSchemes[scheme], secret).update(text, 'utf8').digest();
}
