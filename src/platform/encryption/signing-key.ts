// The key that signs checkpoints of the audit, made of a seed that is kept wrapped like the data keys.

import { createPrivateKey, type KeyObject } from 'node:crypto';

// RFC 8410: a PKCS #8 Ed25519 key is this head and the 32-byte seed.
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The signing key of a 32-byte seed. */
export function signingKeyOf(seed: KeyObject): KeyObject {
  const der = Buffer.concat([pkcs8Head, seed.export()]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
