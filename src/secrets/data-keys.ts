// Data keys: made here, kept in the table data_key wrapped by the master key, unwrapped once when loaded.
// No SQL here, and no personal data: only keys.

import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { openValue, SealBroken, sealValue } from './sealed-value.ts';

/**
 * What a data key is for, with its algorithm: a key is never used for two. The index key is a key of its own rather than
 * one derived from the master key, so that a new master key rewraps a few rows and leaves every index as it is.
 */
export const keyPurposes = ['seal-aes-256-gcm', 'index-hmac-sha-256', 'checkpoint-ed25519'] as const;

export type KeyPurpose = (typeof keyPurposes)[number];

/** A row of data_key. */
export interface DataKeyRow {
  readonly keyId: number;
  readonly purpose: string;
  readonly wrapped: Uint8Array;
  /** RFC 3339, as the database gives it. */
  readonly createdAt: string;
}

/** The configured master key is not the one that wrapped the keys of this database. */
export class WrongMasterKey extends Error {
  override readonly name = 'WrongMasterKey';
}

/** A data key ready for use. */
export interface DataKey {
  readonly keyId: number;
  readonly purpose: KeyPurpose;
  readonly key: KeyObject;
  readonly createdAt: Temporal.Instant;
}

const keyBytes = 32;

/** Reads a master key as configured: 32 bytes in base64. @throws Error that says so without repeating the text */
export function readMasterKey(text: string): KeyObject {
  const bytes = Buffer.from(text.trim(), 'base64');
  // Buffer.from skips what is not base64, so only the way back tells whether all of it was.
  const isWhole = bytes.length === keyBytes && bytes.toString('base64') === text.trim();
  if (!isWhole) throw new Error('must hold 32 bytes in base64, as `openssl rand -base64 32` writes them');
  return secretKeyOf(bytes);
}

/** A new master key in the form that readMasterKey takes. */
export function makeMasterKey(): string {
  return randomBytes(keyBytes).toString('base64');
}

/** A new data key, to be inserted: it seals once it is old enough to be known everywhere (see the sealer). */
export function makeDataKey(
  masterKey: KeyObject,
  keyId: number,
  purpose: KeyPurpose,
  createdAt: Temporal.Instant,
): DataKeyRow {
  const wrapped = wrap(masterKey, keyId, purpose, randomBytes(keyBytes));
  return { keyId, purpose, createdAt: createdAt.toString(), wrapped };
}

/** The data keys that a database still lacks, one for each purpose; on a first start all of them. */
export function makeMissingDataKeys(
  masterKey: KeyObject,
  existing: readonly Pick<DataKeyRow, 'keyId' | 'purpose'>[],
  createdAt: Temporal.Instant,
): DataKeyRow[] {
  const firstFree = Math.max(0, ...existing.map(({ keyId }) => keyId)) + 1;
  return keyPurposes
    .filter((purpose) => !existing.some((row) => row.purpose === purpose))
    .map((purpose, index) => makeDataKey(masterKey, firstFree + index, purpose, createdAt));
}

/** @throws Error when the row was wrapped by another master key, was altered, or has an unknown purpose */
export function unwrapDataKey(masterKey: KeyObject, row: DataKeyRow): DataKey {
  const { keyId } = row;
  const purpose = keyPurposes.find((known) => known === row.purpose);
  if (purpose === undefined) throw new Error(`data key ${keyId} has the unknown purpose ${row.purpose}`);
  const key = secretKeyOf(unwrap(masterKey, keyId, purpose, row.wrapped));
  return { keyId, purpose, key, createdAt: Temporal.Instant.from(row.createdAt) };
}

function wrap(masterKey: KeyObject, keyId: number, purpose: KeyPurpose, bytes: Buffer): Buffer {
  const wrapped = sealValue(masterKey, fingerprintOf(masterKey), placeOf(keyId, purpose), bytes);
  bytes.fill(0);
  return wrapped;
}

function unwrap(masterKey: KeyObject, keyId: number, purpose: KeyPurpose, wrapped: Uint8Array): Buffer {
  const fingerprint = fingerprintOf(masterKey);
  try {
    return openValue(wrapped, placeOf(keyId, purpose), (id) => (id === fingerprint ? masterKey : null));
  } catch (error) {
    if (!(error instanceof SealBroken) || error.reason !== 'unknown-key') throw error;
    throw new WrongMasterKey(
      `SUBSIDY_MASTER_KEY_FILE: the database was sealed with another master key; use that one`,
      {
        cause: error,
      },
    );
  }
}

/** Stands for the master key in what it wrapped, so that a wrong one is told from an altered row. Gives 32 bits away. */
function fingerprintOf(masterKey: KeyObject): number {
  return createHmac('sha256', masterKey).update('master key fingerprint').digest().readUInt32BE(0);
}

function placeOf(keyId: number, purpose: KeyPurpose): string {
  return `data_key\0wrapped\0${keyId} ${purpose}`;
}

function secretKeyOf(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}
