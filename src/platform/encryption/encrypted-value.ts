// The format of an encrypted value, and its suites. Knows neither tables nor where keys come from.
//
//   offset 0      1        5
//          suite  key id   nonce   ciphertext … tag
//
// The suite byte determines the algorithms and the lengths of nonce and tag, so that one column may hold
// values of several suites. The header is authenticated with the rest.

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';

/** In order of introduction. The first is the default. */
export const suites = ['aes-256-gcm', 'sm4-ctr-hmac-sm3'] as const;
export type Suite = (typeof suites)[number];

/** Nonce and tag in bytes; the number is the first byte of stored values and never changes. */
const formats = {
  // A random 96-bit nonce: at most 2³² values under one key (NIST SP 800-38D, 8.3).
  'aes-256-gcm': { number: 1, nonceBytes: 12, tagBytes: 16 },
  // GB/T 32907 in counter mode and GB/T 15852.2 over header, place, nonce and ciphertext: SM4-GCM is not in OpenSSL.
  'sm4-ctr-hmac-sm3': { number: 2, nonceBytes: 16, tagBytes: 32 },
} as const satisfies Record<Suite, { number: number; nonceBytes: number; tagBytes: number }>;

const headerBytes = 5;

/** An encrypted value did not decrypt. Carries neither key nor content. */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError';
  readonly reason: 'format' | 'unknown-key' | 'not-authentic';

  constructor(reason: DecryptionError['reason'], place: string) {
    super(`encrypted value of ${place.replaceAll('\0', '.')}: ${reason}`);
    this.reason = reason;
  }
}

/**
 * A 32-byte key prepared for one suite. KeyObjects only: Node converts a raw buffer on every call, at four
 * times the cost.
 */
export type CipherKey =
  | { readonly suite: 'aes-256-gcm'; readonly key: KeyObject }
  | { readonly suite: 'sm4-ctr-hmac-sm3'; readonly cipher: KeyObject; readonly mac: KeyObject };

export function cipherKeyOf(key: KeyObject, suite: Suite): CipherKey {
  if (suite === 'aes-256-gcm') return { suite, key };
  // Two derived keys, so that none is used for two algorithms.
  const derived = (use: string) => createHmac('sm3', key).update(`${suite} ${use}`).digest();
  return {
    suite,
    cipher: createSecretKey(derived('cipher').subarray(0, 16)),
    mac: createSecretKey(derived('mac')),
  };
}

/**
 * @param keyId 1 to 2³² − 1
 * @param place what the value is bound to: it decrypts only there
 */
export function encryptValue(
  key: CipherKey,
  keyId: number,
  place: string,
  plain: string | Uint8Array,
): Buffer {
  const { number, nonceBytes } = formats[key.suite];
  const header = Buffer.allocUnsafe(headerBytes);
  header[0] = number;
  header.writeUInt32BE(keyId, 1);
  const nonce = nextBytes(nonceBytes);
  const bound = boundTo(number, keyId, place);
  const encrypt = (cipher: { update(data: string | Uint8Array, encoding?: 'utf8'): Buffer }) =>
    typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  if (key.suite === 'aes-256-gcm') {
    const cipher = createCipheriv('aes-256-gcm', key.key, nonce);
    cipher.setAAD(bound);
    const ciphertext = encrypt(cipher);
    cipher.final();
    return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()]);
  }
  const ciphertext = encrypt(createCipheriv('sm4-ctr', key.cipher, nonce));
  return Buffer.concat([header, nonce, ciphertext, macOf(key.mac, bound, nonce, ciphertext)]);
}

/**
 * @param findKey the key of this id, or null when there is none
 * @throws DecryptionError
 */
export function decryptValue(
  encrypted: Uint8Array,
  place: string,
  findKey: (keyId: number, suite: Suite) => CipherKey | null,
): Buffer {
  const bytes = Buffer.from(encrypted.buffer, encrypted.byteOffset, encrypted.byteLength);
  const suite = suites.find((one) => formats[one].number === bytes[0]);
  if (suite === undefined) throw new DecryptionError('format', place);
  const { number, nonceBytes, tagBytes } = formats[suite];
  if (bytes.length < headerBytes + nonceBytes + tagBytes) throw new DecryptionError('format', place);
  const keyId = bytes.readUInt32BE(1);
  const key = findKey(keyId, suite);
  if (key === null) throw new DecryptionError('unknown-key', place);
  // The suite byte is not yet authenticated, so the key's own suite must match it.
  if (key.suite !== suite) throw new DecryptionError('not-authentic', place);
  const nonce = bytes.subarray(headerBytes, headerBytes + nonceBytes);
  const ciphertext = bytes.subarray(headerBytes + nonceBytes, -tagBytes);
  const tag = bytes.subarray(-tagBytes);
  const bound = boundTo(number, keyId, place);
  if (key.suite === 'sm4-ctr-hmac-sm3') {
    if (!timingSafeEqual(macOf(key.mac, bound, nonce, ciphertext), tag))
      throw new DecryptionError('not-authentic', place);
    return createDecipheriv('sm4-ctr', key.cipher, nonce).update(ciphertext);
  }
  // Without the expected length, Node accepts tags of 4 bytes, which can be guessed.
  const decipher = createDecipheriv('aes-256-gcm', key.key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(bound);
  decipher.setAuthTag(tag);
  const plain = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch {
    throw new DecryptionError('not-authentic', place);
  }
  return plain;
}

/** The key id in a value's header, not authenticated. */
export function keyIdOf(encrypted: Uint8Array): number {
  return Buffer.from(encrypted.buffer, encrypted.byteOffset, encrypted.byteLength).readUInt32BE(1);
}

// PostgreSQL's names and text contain no NUL, so the parts cannot be shifted against each other.
function boundTo(suite: number, keyId: number, place: string): Buffer {
  return Buffer.from(`${suite}\0${keyId}\0${place}`);
}

/** Includes lengths, so that bytes cannot be moved from one part to the next. */
function macOf(key: KeyObject, bound: Buffer, nonce: Buffer, ciphertext: Buffer): Buffer {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(bound.length, 0);
  lengths.writeUInt32BE(ciphertext.length, 4);
  return createHmac('sm3', key).update(lengths).update(bound).update(nonce).update(ciphertext).digest();
}

// Random bytes for many nonces: drawing each separately took a quarter of the encryption time.
const drawn = Buffer.allocUnsafeSlow(16 * 1_024);
let used = drawn.length;

function nextBytes(count: number): Buffer {
  if (used + count > drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += count;
  return drawn.subarray(used - count, used);
}
