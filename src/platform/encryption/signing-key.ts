// The key that signs audit checkpoints, derived from a seed that is stored wrapped like the data keys.

import { createPrivateKey, type KeyObject } from 'node:crypto';

// RFC 8410: an Ed25519 key in PKCS #8 is this prefix and the 32-byte seed.
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

export function signingKeyOf(seed: KeyObject): KeyObject {
  const der = Buffer.concat([pkcs8Head, seed.export()]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
