// A signed statement of the chain's length and last hash. Stored outside the database, it proves a truncated tail.
// Signed with Ed25519 by a key that is wrapped like the data keys.

import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

export interface Checkpoint {
  readonly sequence: number;
  /** Hex. */
  readonly hash: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly keyId: number;
  /** Ed25519, base64 of SPKI DER. Keep the key of the first checkpoint to verify later ones. */
  readonly publicKey: string;
  /** Base64. */
  readonly signature: string;
}

/** The public key of a signing key, in the format used in checkpoints. */
export function publicKeyOf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64');
}

export function signCheckpoint(
  head: Pick<Checkpoint, 'sequence' | 'hash' | 'at'>,
  key: { readonly keyId: number; readonly privateKey: KeyObject },
): Checkpoint {
  const unsigned = { ...head, keyId: key.keyId, publicKey: publicKeyOf(key.privateKey) };
  return { ...unsigned, signature: sign(null, textOf(unsigned), key.privateKey).toString('base64') };
}

/** Parses a checkpoint from JSON; null if it is malformed. Does not verify the signature. */
export function readCheckpoint(value: unknown): Checkpoint | null {
  const said = new Map<string, unknown>(
    typeof value === 'object' && value !== null ? Object.entries(value) : [],
  );
  const text = (name: string) => (typeof said.get(name) === 'string' ? String(said.get(name)) : null);
  const count = (name: string) => (Number.isSafeInteger(said.get(name)) ? Number(said.get(name)) : null);
  const [sequence, keyId] = [count('sequence'), count('keyId')];
  const [hash, at] = [text('hash'), text('at')];
  const [publicKey, signature] = [text('publicKey'), text('signature')];
  const isWhole = sequence !== null && keyId !== null && hash !== null && at !== null;
  if (!isWhole || publicKey === null || signature === null) return null;
  return { sequence, hash, at, keyId, publicKey, signature };
}

/** Whether the checkpoint is signed by the key it names. The caller must compare that key with the expected one. */
export function isGenuine(checkpoint: Checkpoint): boolean {
  try {
    const der = Buffer.from(checkpoint.publicKey, 'base64');
    const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify(null, textOf(checkpoint), publicKey, Buffer.from(checkpoint.signature, 'base64'));
  } catch {
    // Malformed key or signature.
    return false;
  }
}

function textOf({ sequence, hash, at, keyId, publicKey }: Omit<Checkpoint, 'signature'>): Buffer {
  return Buffer.from(JSON.stringify(['audit-checkpoint', sequence, hash, at, keyId, publicKey]));
}
