// The PostgreSQL on which tests make their databases, and the migrated template they copy. Knows nothing of tap, so that
// the program that runs the tests can use it too.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareDatabase } from '../src/commands/prepare-database.ts';
import { connectClient } from '../src/platform/database/connect.ts';
import { openServiceLogin } from '../src/platform/database/service-account.ts';
import { startEmbedded } from '../src/sandbox/embedded.ts';

export interface TestServer {
  /** Of a superuser, for whom nothing is refused: to make databases, to look, and to tamper. */
  readonly url: string;
  /** Of the account that owns the schema and is nothing more, as docs/operations.md wants it. */
  readonly ownerUrl: string;
  /** Of the account that the service runs as: in the group and nothing more. */
  readonly serviceUrl: string;
  /** Name of a database with the schema and the reference data. */
  readonly template: string;
  stop(): Promise<void>;
}

/** `TEST_DATABASE_URL`: set by a person to use a server of theirs, and by `npm test` for the files it runs. */
export const serverVariable = 'TEST_DATABASE_URL';
/** `TEST_SERVICE_URL`: set by `npm test` for the files it runs. */
export const serviceVariable = 'TEST_SERVICE_URL';
/** `TEST_OWNER_URL`: set by `npm test` for the files it runs. */
export const ownerVariable = 'TEST_OWNER_URL';
/** `TEST_TEMPLATE`: set by `npm test` for the files it runs. */
export const templateVariable = 'TEST_TEMPLATE';
/** `TEST_CONTRACT`: the file with the contract of the routes, set by `npm test` for the files it runs. */
export const contractVariable = 'TEST_CONTRACT';

/**
 * Starts a throwaway PostgreSQL (or uses TEST_DATABASE_URL, whose role must be a superuser) and builds the template on it. Always anew, about two seconds: a kept one would have to be told when a migration changed.
 */
export async function startTestServer(): Promise<TestServer> {
  const given = process.env[serverVariable];
  const { url, stop } = given === undefined ? await startThrowaway() : { url: given, stop: async () => {} };
  const template = `template_subsidy_${randomBytes(6).toString('hex')}`;
  const login = `subsidy_test_${randomBytes(6).toString('hex')}`;
  const owner = `subsidy_owner_${randomBytes(6).toString('hex')}`;
  const ownerUrl = withAccount(url, owner);
  let serviceUrl: string;
  try {
    await administer(url, `create role ${owner} login createrole password '${owner}'`);
    await administer(url, `create database ${template} template template0 owner ${owner}`);
    await prepareDatabase(withDatabase(ownerUrl, template));
    serviceUrl = await openServiceLogin(url, login);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    ownerUrl,
    serviceUrl,
    template,
    stop: async () => {
      try {
        const owned = `select datname as name from pg_database where pg_get_userbyid(datdba) = '${owner}'`;
        // The template, and what a test that broke off has left.
        for (const { name } of await administer(url, owned))
          await administer(url, `drop database ${name} with (force)`);
        await administer(url, `drop role ${login}`);
        await administer(url, `drop role ${owner}`);
      } finally {
        await stop();
      }
    },
  };
}

/** What test files need in their environment to use `server`. */
export function environmentFor(server: TestServer): Record<string, string> {
  return {
    [serverVariable]: server.url,
    [ownerVariable]: server.ownerUrl,
    [serviceVariable]: server.serviceUrl,
    [templateVariable]: server.template,
  };
}

const roomBytes = 2 * 2 ** 30;

/** A database is a thousand files: for every test one is made and dropped, which in memory takes a tenth of the time. */
export function placeForData(): string {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > roomBytes ? memory : tmpdir();
}

async function startThrowaway(): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDir = mkdtempSync(join(placeForData(), 'subsidy-test-'));
  // Run by root, PostgreSQL's account goes through it to its own folder.
  chmodSync(dataDir, 0o711);
  const embedded = await startEmbedded({ dataDir, log: () => {}, durable: false });
  return {
    url: embedded.url,
    stop: async () => {
      await embedded.stop();
      rmSync(realpathSync(join(dataDir, 'postgresql')), { recursive: true });
      rmSync(dataDir, { recursive: true });
    },
  };
}

/** Runs one statement on a connection of its own; returns its rows. */
export async function administer(
  url: string,
  statement: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = await connectClient(url, 'subsidy test');
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** The URL with an account whose password is its name. */
function withAccount(url: string, name: string): string {
  const changed = new URL(url);
  changed.username = name;
  changed.password = name;
  return changed.href;
}

/** The URL of another database on the same server. */
export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
