// A database of its own for a test file, copied from a migrated template on a real PostgreSQL. `npm test` starts one
// server and one template for all files; a file run by itself starts its own. Holds no test.
import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { type Db, openDatabase } from '../src/platform/database/connect.ts';
import {
  administer,
  serverVariable,
  serviceVariable,
  startTestServer,
  type TestServer,
  templateVariable,
  withDatabase,
} from './server.ts';

export interface TestDatabase {
  /** As the owner, who sees and may change everything: to look, and to tamper. */
  readonly db: Db;
  readonly url: string;
  /** As the service, which sees what it is told to. */
  readonly service: Db;
  readonly serviceUrl: string;
}

/**
 * A database for this test alone, dropped at its end. `db` is closed then too.
 * @example const { db } = await testDatabase(t);
 */
export async function testDatabase(test: Test): Promise<TestDatabase> {
  const server = await useServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(server.url, `create database ${name} template ${server.template}`);
  // As prepareDatabase leaves it: rights on a database are not copied with it.
  await administer(server.url, `revoke temporary on database ${name} from public`);
  // Its connections are closed first: teardowns run from the last to the first.
  test.teardown(() => administer(server.url, `drop database ${name} with (force)`));
  return openBoth(test, withDatabase(server.url, name), withDatabase(server.serviceUrl, name));
}

/** A migrated database, open as its owner and as the service until the test ends. */
export function openBoth(test: Test, url: string, serviceUrl: string): TestDatabase {
  const [db, service] = [open(url), open(serviceUrl)];
  test.teardown(async () => {
    await service.close();
    await db.close();
  });
  return { db, url, service, serviceUrl };
}

function open(url: string): Db {
  return openDatabase({
    url,
    poolSize: 6,
    random: Math.random,
    onIdleError: () => {},
    connectTimeoutMs: 20_000,
  });
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

async function useServer(): Promise<Pick<TestServer, 'url' | 'serviceUrl' | 'template'>> {
  const url = process.env[serverVariable];
  const serviceUrl = process.env[serviceVariable];
  const template = process.env[templateVariable];
  if (url !== undefined && serviceUrl !== undefined && template !== undefined)
    return { url, serviceUrl, template };
  if (ownServer === undefined) {
    ownServer = startTestServer();
    const server = await ownServer;
    t.teardown(() => server.stop());
  }
  return ownServer;
}
