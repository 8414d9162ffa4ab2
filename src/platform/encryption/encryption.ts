// Encrypts and decrypts personal fields and materials, and computes keyed hashes for finding them. The only
// user of data keys; knows no SQL and no permissions.

import { createHmac, type KeyObject } from 'node:crypto';
import { Unavailable } from '../database/connection.ts';
import { OperatorError } from '../operator-error.ts';
import {
  type DataKey,
  type DataKeyRow,
  type MasterKeys,
  noDataKeys,
  suiteOf,
  unwrapDataKey,
} from './data-keys.ts';
import { type CipherKey, cipherKeyOf, decryptValue, encryptValue } from './encrypted-value.ts';
import { signingKeyOf } from './signing-key.ts';

/**
 * Where an encrypted value is stored. It decrypts only there, so a value copied to another row or column is
 * useless.
 */
export interface Place {
  readonly table: string;
  /** A name ending in `_encrypted`. */
  readonly column: string;
  /**
   * The row's primary key as text, bytes in hex, several columns joined by a space. Rotation relies on this
   * rule.
   */
  readonly row: string;
}

export interface Encryption {
  /**
   * @param plain well-formed text of any length @throws RangeError on a lone surrogate, which decrypting
   *   would not restore
   */
  encrypt(plain: string, where: Place): Buffer;
  /** @throws DecryptionError */
  decrypt(encrypted: Uint8Array, where: Place): string;
  encryptBytes(plain: Uint8Array, where: Place): Buffer;
  /** @throws DecryptionError */
  decryptBytes(encrypted: Uint8Array, where: Place): Buffer;
  /**
   * Keyed hash (32 bytes) of a resident identity number 公民身份号码: equal for equal numbers.
   *
   * @param identityNumber 18 characters in normal form @throws RangeError on any other form, which would
   *   never match
   */
  blindIndex(identityNumber: string): Buffer;
  /**
   * Keyed hash (32 bytes) of another personal field, such as a name: an unkeyed one could be reversed by
   * trying every value.
   */
  digest(field: string, plain: string): Buffer;
  /** Signs checkpoints of the audit. */
  readonly checkpointKey: { readonly keyId: number; readonly privateKey: KeyObject };
  /**
   * Replaces the data keys by those in the database and the master keys by those in their file. Must be
   * called at least every `keysReloadMs`. When it throws, the previous keys stay.
   */
  load(rows: readonly DataKeyRow[], masterKeys: MasterKeys): void;
}

/** How often every process reloads data_key. */
export const keysReloadMs = 60_000;
/**
 * A new key encrypts only after this age: by then every process has loaded it and can decrypt. So keys rotate
 * without a stop and without messages between processes.
 */
export const keyRestMs = 5 * keysReloadMs;
/**
 * A process that could not reload its keys for this long stops encrypting: its key may have been retired, and
 * nobody could decrypt its values.
 */
const keysGoodForMs = 30 * keysReloadMs;
/**
 * An old key is deleted only when the newest has encrypted for this long: by then no process encrypts with an
 * older one.
 */
export const retireAfterMs = 2 * keysGoodForMs;

const normalForm = /^\d{17}[\dX]$/;

interface Ring {
  readonly opening: ReadonlyMap<number, CipherKey>;
  readonly encrypting: { readonly keyId: number; readonly key: CipherKey };
  readonly index: DataKey;
  readonly checkpoint: DataKey;
  /** Monotonic clock, which is never set back. */
  readonly loadedAtMs: number;
}

/**
 * @param dataKeys the rows of data_key, with at least one key of each purpose
 * @throws Error when a purpose has no key, or a key does not unwrap with this master key
 */
export function createEncryption({
  masterKeys,
  dataKeys,
  clock,
  uptimeMs = () => performance.now(),
}: {
  masterKeys: MasterKeys;
  dataKeys: readonly DataKeyRow[];
  clock: () => Temporal.Instant;
  uptimeMs?: () => number;
}): Encryption {
  let ring = ringOf(masterKeys, dataKeys, clock(), uptimeMs());
  const findKey = (keyId: number) => ring.opening.get(keyId) ?? null;
  const keyedHash = (field: string, plain: string) =>
    createHmac('sha256', ring.index.key).update(`${field}\0${plain}`).digest();

  function encrypted(plain: string | Uint8Array, where: Place): Buffer {
    if (uptimeMs() - ring.loadedAtMs > keysGoodForMs)
      throw new Unavailable('the data keys could not be read for too long to encrypt with them');
    return encryptValue(ring.encrypting.key, ring.encrypting.keyId, textOf(where), plain);
  }

  return {
    encrypt(plain, where) {
      if (!plain.isWellFormed())
        throw new RangeError(`text for ${where.table}.${where.column} has a lone surrogate`);
      return encrypted(plain, where);
    },
    decrypt: (encrypted, where) => decryptValue(encrypted, textOf(where), findKey).toString('utf8'),
    encryptBytes: encrypted,
    decryptBytes: (encrypted, where) => decryptValue(encrypted, textOf(where), findKey),
    blindIndex(identityNumber) {
      if (!normalForm.test(identityNumber)) throw new RangeError('identity number is not in normal form');
      return keyedHash('identity-number', identityNumber);
    },
    digest: keyedHash,
    get checkpointKey() {
      return { keyId: ring.checkpoint.keyId, privateKey: signingKeyOf(ring.checkpoint.key) };
    },
    load(rows, keys) {
      ring = ringOf(keys, rows, clock(), uptimeMs());
    },
  };
}

/** The same content encrypted under another key, for rotation. @throws DecryptionError */
export function reencrypt(
  encrypted: Uint8Array,
  where: Place,
  keys: ReadonlyMap<number, CipherKey>,
  keyId: number,
): Buffer {
  const key = keys.get(keyId);
  if (key === undefined) throw new Error(`there is no data key ${keyId}`);
  const place = textOf(where);
  const plain = decryptValue(encrypted, place, (id) => keys.get(id) ?? null);
  const moved = encryptValue(key, keyId, place, plain);
  plain.fill(0);
  return moved;
}

function ringOf(
  masterKeys: MasterKeys,
  rows: readonly DataKeyRow[],
  now: Temporal.Instant,
  loadedAtMs: number,
): Ring {
  const keys = rows.map((row) => unwrapDataKey(masterKeys, row)).sort((a, b) => a.keyId - b.keyId);
  const encryptions = keys.flatMap(({ keyId, purpose, key, createdAt }) => {
    const suite = suiteOf(purpose);
    return suite === null ? [] : [{ keyId, createdAt, key: cipherKeyOf(key, suite) }];
  });
  const [oldest] = encryptions;
  const rested = encryptions.findLast(
    ({ createdAt }) => createdAt.epochMilliseconds + keyRestMs <= now.epochMilliseconds,
  );
  const index = keys.find(({ purpose }) => purpose === 'index-hmac-sha-256');
  const checkpoint = keys.find(({ purpose }) => purpose === 'checkpoint-ed25519');
  // On a first start no key has reached the age, and no process has an older one.
  const encrypting = rested ?? oldest;
  if (encrypting === undefined || index === undefined || checkpoint === undefined)
    throw new OperatorError(noDataKeys);
  const opening = new Map(encryptions.map(({ keyId, key }) => [keyId, key]));
  return { opening, encrypting, index, checkpoint, loadedAtMs };
}

function textOf({ table, column, row }: Place): string {
  return `${table}\0${column}\0${row}`;
}
