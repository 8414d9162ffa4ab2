// A signed statement of how far the audit went and what its last hash was. Kept outside of the database, it shows that
// the tail was cut. Signed with Ed25519 by a key that is wrapped like the data keys.

import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

export interface Checkpoint {
  readonly sequence: number;
  /** Hex. */
  readonly hash: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly keyId: number;
  /** Ed25519, base64 of SPKI DER: whoever keeps checkpoints keeps the key of the first. */
  readonly publicKey: string;
  /** Base64. */
  readonly signature: string;
}

/** The public half of a signing key as it stands in what it signed. */
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

/** A checkpoint that was kept as JSON, or null when it is none. Whether it is genuine is another question. */
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

/** Whether a checkpoint is whole and was signed by the key it names. Whether that key is ours is the keeper's to compare. */
export function isGenuine(checkpoint: Checkpoint): boolean {
  try {
    const der = Buffer.from(checkpoint.publicKey, 'base64');
    const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify(null, textOf(checkpoint), publicKey, Buffer.from(checkpoint.signature, 'base64'));
  } catch {
    // Not a key or not a signature at all.
    return false;
  }
}

function textOf({ sequence, hash, at, keyId, publicKey }: Omit<Checkpoint, 'signature'>): Buffer {
  return Buffer.from(JSON.stringify(['audit-checkpoint', sequence, hash, at, keyId, publicKey]));
}
