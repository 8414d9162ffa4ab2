// A database of its own for a test file, copied from a migrated template on a real PostgreSQL. `npm test` starts one
// server and one template for all files; a file run by itself starts its own. Holds no test.
import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { type Db, openDatabase } from '../src/database/connect.ts';
import {
  administer,
  serverVariable,
  startTestServer,
  type TestServer,
  templateVariable,
  withDatabase,
} from './server.ts';

export interface TestDatabase {
  readonly db: Db;
  readonly url: string;
}

/**
 * A database for this test alone, dropped at its end. `db` is closed then too.
 * @example const { db } = await testDatabase(t);
 */
export async function testDatabase(test: Test): Promise<TestDatabase> {
  const server = await useServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(server.url, `create database ${name} template ${server.template}`);
  const url = withDatabase(server.url, name);
  const db = openDatabase({
    url,
    poolSize: 6,
    random: Math.random,
    onIdleError: () => {},
    connectTimeoutMs: 20_000,
  });
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
