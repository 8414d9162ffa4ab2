// Reads the client certificate that the TLS proxy forwards in a header. Pure: the server decides whether the
// header comes from a trusted proxy.

import { hash, X509Certificate } from 'node:crypto';

/** In characters. Certificates are below 4 kB; longer input is rejected. */
const lengthLimit = 16_384;
const thumbprintBytes = 32;

/**
 * SHA-256 thumbprint of the certificate in base64url, as in `cnf` (RFC 8705, `x5t#S256`); null when the text
 * is no certificate. Accepts the formats of proxies: the field `Client-Cert` of RFC 9440 (`:base64:`),
 * percent-encoded PEM (nginx, `$ssl_client_escaped_cert`), and the bare thumbprint in hex (Envoy, HAProxy) or
 * base64url.
 */
export function thumbprintOf(header: string): string | null {
  const text = header.trim();
  if (text.length > lengthLimit) return null;
  if (/^(?:[0-9a-f]{64}|[0-9A-F]{64})$/.test(text)) return Buffer.from(text, 'hex').toString('base64url');
  if (/^[A-Za-z0-9_-]{43}$/.test(text)) {
    const bytes = Buffer.from(text, 'base64url');
    return bytes.length === thumbprintBytes ? bytes.toString('base64url') : null;
  }
  const der = derOf(text);
  return der === null ? null : hash('sha256', der, 'base64url');
}

function derOf(text: string): Buffer | null {
  try {
    const encoded = /^:([A-Za-z0-9+/]+=*):$/.exec(text)?.[1];
    if (encoded !== undefined) return new X509Certificate(Buffer.from(encoded, 'base64')).raw;
    return text.startsWith('-----BEGIN') ? new X509Certificate(decodeURIComponent(text)).raw : null;
  } catch {
    // Neither a certificate nor percent-encoded.
    return null;
  }
}
