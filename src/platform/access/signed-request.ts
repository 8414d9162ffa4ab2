// The format of a signed request: its Authorization header and the text to sign. Pure; keys, clock and nonces
// are in api-clients/verify.ts. The format is part of the contract (docs/integration.md), with test vectors.

import { createHmac, type KeyObject } from 'node:crypto';

/**
 * Scheme of the header → hash for HMAC and body. SM3 (GB/T 32905) is the default; SHA-256 is for clients
 * without it.
 */
export const signatureSchemes = { 'SUBSIDY-HMAC-SM3': 'sm3', 'SUBSIDY-HMAC-SHA256': 'sha256' } as const;
export type SignatureScheme = keyof typeof signatureSchemes;

/** Version of the signed text. Version 1 left out the headers and sorted the parameters. */
export const signatureVersion = '2';

export interface SignedHeader {
  readonly scheme: SignatureScheme;
  readonly app: string;
  readonly key: number;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly nonce: string;
  /** Hex; hash of the body's bytes, of zero bytes when there is no body. */
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

/** Whether the header uses a signature scheme, valid or not. */
export function claimsSignature(authorization: string): boolean {
  return authorization.startsWith('SUBSIDY-HMAC-');
}

/**
 * Parses `<scheme> version=2, app=…, key=…, timestamp=…, nonce=…, digest=…, signature=…`; null for any other
 * format, `other-version` for another version or none.
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
    // The cast: the pattern above matches only these two.
    scheme: scheme as SignatureScheme,
    app: text('app'),
    key: Number(text('key')),
    timestamp: Number(text('timestamp')),
    nonce: text('nonce'),
    digest: text('digest'),
    signature: text('signature'),
  };
}

/** The signed parts of a request, apart from its body. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query exactly as sent: neither decoded nor sorted. */
  readonly url: string;
  /** The headers that change what the request does; proxies may add others. */
  readonly headers: {
    readonly 'if-match'?: string | undefined;
    readonly 'idempotency-key'?: string | readonly string[] | undefined;
    readonly 'content-type'?: string | undefined;
  };
}

/**
 * The text to sign: scheme, version, app, key, timestamp, nonce, method, path, query, If-Match,
 * Idempotency-Key, Content-Type and digest, one per line; an absent value is an empty line.
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
