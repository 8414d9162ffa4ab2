// The format of one sealed value and its one suite. Knows keys and bytes, but neither tables nor where keys come from.
//
//   offset 0      1        5       17
//          suite  key id   nonce   ciphertext … tag (16)
//
// The suite byte names algorithm and layout of what follows the key id, so another one (SM4-CTR with HMAC-SM3) can
// stand beside this in the same column. The header is authenticated with the rest.

import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto';

/** AES-256-GCM with a random 96-bit nonce: at most 2³² values under one key (NIST SP 800-38D, 8.3). */
const aes256Gcm = 1;

const headerBytes = 5;
const nonceBytes = 12;
const tagBytes = 16;
const overheadBytes = headerBytes + nonceBytes + tagBytes;

/** Why a sealed value did not open. Carries neither key nor content. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  readonly reason: 'format' | 'unknown-key' | 'not-authentic';

  constructor(reason: SealBroken['reason'], place: string) {
    super(`sealed value of ${place.replaceAll('\0', '.')}: ${reason}`);
    this.reason = reason;
  }
}

/**
 * @param key 32 bytes, as a KeyObject: a raw buffer is converted on every call and costs four times as much
 * @param keyId 1 to 2³² − 1
 * @param place what the value is bound to; it opens nowhere else
 */
export function sealValue(key: KeyObject, keyId: number, place: string, plain: string | Uint8Array): Buffer {
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(boundTo(aes256Gcm, keyId, place));
  const header = Buffer.allocUnsafe(headerBytes);
  header[0] = aes256Gcm;
  header.writeUInt32BE(keyId, 1);
  const ciphertext = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  cipher.final();
  return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()]);
}

/**
 * @param findKey the key of this id, or null when there is none
 * @throws SealBroken
 */
export function openValue(
  sealed: Uint8Array,
  place: string,
  findKey: (keyId: number) => KeyObject | null,
): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < overheadBytes || bytes[0] !== aes256Gcm) throw new SealBroken('format', place);
  const keyId = bytes.readUInt32BE(1);
  const key = findKey(keyId);
  if (key === null) throw new SealBroken('unknown-key', place);
  const nonce = bytes.subarray(headerBytes, headerBytes + nonceBytes);
  // Node takes tags down to 4 bytes, which can be guessed, unless told the length.
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(boundTo(aes256Gcm, keyId, place));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  const plain = decipher.update(bytes.subarray(headerBytes + nonceBytes, -tagBytes));
  try {
    decipher.final();
  } catch {
    throw new SealBroken('not-authentic', place);
  }
  return plain;
}

// NUL cannot occur in PostgreSQL's names and text, so the parts cannot be shifted against one another.
function boundTo(suite: number, keyId: number, place: string): Buffer {
  return Buffer.from(`${suite}\0${keyId}\0${place}`);
}

// Random bytes for 1,024 nonces at once: drawing each by itself took a quarter of the time of a seal.
const drawn = Buffer.allocUnsafeSlow(nonceBytes * 1_024);
let used = drawn.length;

function nextNonce(): Buffer {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += nonceBytes;
  return drawn.subarray(used - nonceBytes, used);
}
