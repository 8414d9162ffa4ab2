// A database of its own for a test file, copied from a migrated template on a real PostgreSQL. `npm test` starts one
// server and one template for all files; a file run by itself starts its own. Holds no test.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import t, { type Test } from 'tap';
import { type Db, openDatabase } from '../src/database/connect.ts';
import { startEmbedded } from '../src/database/embedded.ts';
import { prepareDatabase } from '../src/migrate.ts';

export interface TestServer {
  /** Of a role that may create databases. */
  readonly url: string;
  /** Name of a database with the schema and the reference data. */
  readonly template: string;
  stop(): Promise<void>;
}

export interface TestDatabase {
  readonly db: Db;
  readonly url: string;
}

const serverVariable = 'TEST_DATABASE_URL';
const templateVariable = 'TEST_TEMPLATE';

/**
 * A database for this test alone, dropped at its end. `db` is closed then too.
 * @example const { db } = await testDatabase(t);
 */
export async function testDatabase(test: Test): Promise<TestDatabase> {
  const server = await useServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(server.url, `create database ${name} template ${server.template}`);
  const url = withDatabase(server.url, name);
  const db = openDatabase({ url, poolSize: 6, random: Math.random, onIdleError: () => {} });
  test.teardown(async () => {
    await db.close();
    await administer(server.url, `drop database ${name} with (force)`);
  });
  return { db, url };
}

/** An empty database for this test alone, dropped at its end: for tests of migrating itself. */
export async function emptyDatabase(test: Test): Promise<string> {
  const server = await useServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(server.url, `create database ${name} template template0`);
  test.teardown(() => administer(server.url, `drop database ${name} with (force)`));
  return withDatabase(server.url, name);
}

/**
 * Starts a throwaway PostgreSQL (or uses TEST_DATABASE_URL, whose role must be allowed to create databases) and builds
 * the template on it. Always anew, about two seconds: a kept one would have to be told when a migration changed.
 */
export async function startTestServer(): Promise<TestServer> {
  const given = process.env[serverVariable];
  const { url, stop } = given === undefined ? await startThrowaway() : { url: given, stop: async () => {} };
  const template = `template_subsidy_${randomBytes(6).toString('hex')}`;
  try {
    await administer(url, `create database ${template} template template0`);
    await prepareDatabase(withDatabase(url, template));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    template,
    stop: async () => {
      await administer(url, `drop database ${template} with (force)`);
      await stop();
    },
  };
}

/** What test files need in their environment to use `server`. */
export function environmentFor(server: TestServer): Record<string, string> {
  return { [serverVariable]: server.url, [templateVariable]: server.template };
}

let ownServer: Promise<TestServer> | undefined;

async function useServer(): Promise<Pick<TestServer, 'url' | 'template'>> {
  const url = process.env[serverVariable];
  const template = process.env[templateVariable];
  if (url !== undefined && template !== undefined) return { url, template };
  if (ownServer === undefined) {
    ownServer = startTestServer();
    const server = await ownServer;
    t.teardown(() => server.stop());
  }
  return ownServer;
}

async function startThrowaway(): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'subsidy-test-'));
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

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
