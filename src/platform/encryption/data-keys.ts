// Data keys: generated here, stored in the table data_key wrapped by the master key, unwrapped when loaded.
// Contains no SQL and handles no personal data.

import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { OperatorError } from '../operator-error.ts';
import {
  type CipherKey,
  cipherKeyOf,
  DecryptionError,
  decryptValue,
  encryptValue,
  keyIdOf,
  type Suite,
} from './encrypted-value.ts';

/**
 * Purpose and algorithm of a data key; a key has only one. The index key is stored, not derived from the
 * master key, so that a new master key rewraps a few rows and leaves every index unchanged.
 */
export const keyPurposes = [
  'encrypt-aes-256-gcm',
  'encrypt-sm4-ctr-hmac-sm3',
  'index-hmac-sha-256',
  'checkpoint-ed25519',
] as const;

export type KeyPurpose = (typeof keyPurposes)[number];

const suiteOfPurpose = {
  'encrypt-aes-256-gcm': 'aes-256-gcm',
  'encrypt-sm4-ctr-hmac-sm3': 'sm4-ctr-hmac-sm3',
  'index-hmac-sha-256': null,
  'checkpoint-ed25519': null,
} as const satisfies Record<KeyPurpose, Suite | null>;

/** The suite with which a key of this purpose encrypts; null when it does not encrypt. */
export function suiteOf(purpose: string): Suite | null {
  const known = keyPurposes.find((one) => one === purpose);
  return known === undefined ? null : suiteOfPurpose[known];
}

/** The keys that wrap data keys. The first wraps; the others only unwrap. */
export type MasterKeys = readonly [KeyObject, ...KeyObject[]];

/** A row of data_key. */
export interface DataKeyRow {
  readonly keyId: number;
  readonly purpose: string;
  readonly wrapped: Uint8Array;
  /** RFC 3339, as read from the database. */
  readonly createdAt: string;
}

/** Of a database on which no service has ever started. */
export const noDataKeys =
  '数据库中没有数据密钥，请先启动一次服务 · the database lacks data keys; start the service once';

/** The configured master key did not wrap this database's keys. */
export class WrongMasterKey extends OperatorError {
  override readonly name = 'WrongMasterKey';
}

/** An unwrapped data key. */
export interface DataKey {
  readonly keyId: number;
  readonly purpose: KeyPurpose;
  readonly key: KeyObject;
  readonly createdAt: Temporal.Instant;
}

const keyBytes = 32;

/**
 * Parses the file of master keys: 32 bytes in base64 per line, the current one first, earlier ones below.
 *
 * @throws Error whose message does not contain the text
 */
export function readMasterKeys(text: string): MasterKeys {
  const [first, ...others] = text
    .trim()
    .split(/\s*\n\s*/)
    .map(readMasterKey);
  if (first === undefined) throw new Error('应含密钥 · must hold a key');
  return [first, ...others];
}

function readMasterKey(text: string): KeyObject {
  const bytes = Buffer.from(text, 'base64');
  // Buffer.from skips invalid base64, so encode again and compare.
  const isWhole = bytes.length === keyBytes && bytes.toString('base64') === text;
  if (!isWhole)
    throw new Error(
      '每行应为 base64 编码的 32 字节，可用 `openssl rand -base64 32` 生成 · ' +
        'must hold 32 bytes in base64, as `openssl rand -base64 32` writes them',
    );
  return secretKeyOf(bytes);
}

/** A new master key in the format of readMasterKeys. */
export function makeMasterKey(): string {
  return randomBytes(keyBytes).toString('base64');
}

/**
 * A new data key to insert. It encrypts only after `keyRestMs` (encryption.ts).
 *
 * @param suite with which the master key wraps it
 */
export function makeDataKey(
  masterKeys: MasterKeys,
  keyId: number,
  purpose: KeyPurpose,
  createdAt: Temporal.Instant,
  suite: Suite,
): DataKeyRow {
  const bytes = randomBytes(keyBytes);
  const wrapped = wrap(masterKeys[0], suite, placeOf(keyId, purpose), bytes);
  return { keyId, purpose, createdAt: createdAt.toString(), wrapped };
}

/** A new data key that encrypts with this suite. */
export function makeEncryptionKey(
  masterKeys: MasterKeys,
  keyId: number,
  createdAt: Temporal.Instant,
  suite: Suite,
): DataKeyRow {
  return makeDataKey(masterKeys, keyId, `encrypt-${suite}`, createdAt, suite);
}

/** The data keys that a database lacks: one to encrypt, one for the index, one for checkpoints. */
export function makeMissingDataKeys(
  masterKeys: MasterKeys,
  existing: readonly Pick<DataKeyRow, 'keyId' | 'purpose'>[],
  createdAt: Temporal.Instant,
  suite: Suite,
): DataKeyRow[] {
  const firstFree = Math.max(0, ...existing.map(({ keyId }) => keyId)) + 1;
  const needed: readonly KeyPurpose[] = [`encrypt-${suite}`, 'index-hmac-sha-256', 'checkpoint-ed25519'];
  const canEncrypt = existing.some(({ purpose }) => suiteOf(purpose) !== null);
  return needed
    .filter((purpose) =>
      suiteOf(purpose) === null ? !existing.some((row) => row.purpose === purpose) : !canEncrypt,
    )
    .map((purpose, index) => makeDataKey(masterKeys, firstFree + index, purpose, createdAt, suite));
}

/** @throws Error when the row was wrapped by another master key, was altered, or has an unknown purpose */
export function unwrapDataKey(masterKeys: MasterKeys, row: DataKeyRow): DataKey {
  const { keyId } = row;
  const purpose = purposeOf(row);
  const key = secretKeyOf(unwrap(masterKeys, placeOf(keyId, purpose), row.wrapped));
  return { keyId, purpose, key, createdAt: Temporal.Instant.from(row.createdAt) };
}

/** The same key wrapped by the first master key; null when it is already. @throws as unwrapDataKey */
export function rewrapDataKey(masterKeys: MasterKeys, row: DataKeyRow, suite: Suite): Buffer | null {
  const place = placeOf(row.keyId, purposeOf(row));
  const bytes = unwrap(masterKeys, place, row.wrapped);
  if (keyIdOf(row.wrapped) === fingerprintOf(masterKeys[0])) {
    bytes.fill(0);
    return null;
  }
  return wrap(masterKeys[0], suite, place, bytes);
}

function purposeOf({ keyId, purpose }: DataKeyRow): KeyPurpose {
  const known = keyPurposes.find((one) => one === purpose);
  if (known === undefined) throw new Error(`data key ${keyId} has the unknown purpose ${purpose}`);
  return known;
}

function wrap(masterKey: KeyObject, suite: Suite, place: string, bytes: Buffer): Buffer {
  const wrapped = encryptValue(cipherKeyOf(masterKey, suite), fingerprintOf(masterKey), place, bytes);
  bytes.fill(0);
  return wrapped;
}

function unwrap(masterKeys: MasterKeys, place: string, wrapped: Uint8Array): Buffer {
  const find = (id: number, suite: Suite): CipherKey | null => {
    const masterKey = masterKeys.find((one) => fingerprintOf(one) === id);
    return masterKey === undefined ? null : cipherKeyOf(masterKey, suite);
  };
  try {
    return decryptValue(wrapped, place, find);
  } catch (error) {
    if (!(error instanceof DecryptionError) || error.reason !== 'unknown-key') throw error;
    throw new WrongMasterKey(
      'SUBSIDY_MASTER_KEY_FILE: 不是本数据库的主密钥，请换用正确的文件 · ' +
        'the database was encrypted with another master key; use that one',
      { cause: error },
    );
  }
}

/**
 * Stored with what a master key wrapped, to distinguish a wrong master key from an altered row. Reveals 32
 * bits of its hash.
 */
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
