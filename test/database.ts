// A database of its own for a test file, copied from a migrated template on a real PostgreSQL. `npm test` starts one
// server and one template for all files; a file run by itself starts its own. Holds no test.
import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { type Db, openDatabase } from '../src/platform/database/connect.ts';
import {
  administer,
  ownerVariable,
  serverVariable,
  serviceVariable,
  startTestServer,
  type TestServer,
  templateVariable,
  withDatabase,
} from './server.ts';

export interface TestDatabase {
  /** As a superuser, who sees and may change everything: to look, and to tamper. */
  readonly db: Db;
  readonly url: string;
  /** As the owner of the schema, who is no superuser. */
  readonly ownerUrl: string;
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
  const owner = new URL(server.ownerUrl).username;
  await administer(server.url, `create database ${name} template ${server.template} owner ${owner}`);
  // As prepareDatabase leaves it: rights on a database are not copied with it.
  await administer(server.url, `revoke temporary on database ${name} from public`);
  // Its connections are closed first: teardowns run from the last to the first.
  test.teardown(() => administer(server.url, `drop database ${name} with (force)`));
  return openBoth(test, {
    url: withDatabase(server.url, name),
    ownerUrl: withDatabase(server.ownerUrl, name),
    serviceUrl: withDatabase(server.serviceUrl, name),
  });
}

/** A migrated database, open as a superuser and as the service until the test ends. */
export function openBoth(
  test: Test,
  { url, ownerUrl, serviceUrl }: Pick<TestDatabase, 'url' | 'ownerUrl' | 'serviceUrl'>,
): TestDatabase {
  const [db, service] = [open(url), open(serviceUrl)];
  test.teardown(async () => {
    await service.close();
    await db.close();
  });
  return { db, url, ownerUrl, service, serviceUrl };
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

async function useServer(): Promise<Omit<TestServer, 'stop'>> {
  const url = process.env[serverVariable];
  const ownerUrl = process.env[ownerVariable];
  const serviceUrl = process.env[serviceVariable];
  const template = process.env[templateVariable];
  if (url !== undefined && ownerUrl !== undefined && serviceUrl !== undefined && template !== undefined)
    return { url, ownerUrl, serviceUrl, template };
  if (ownServer === undefined) {
    ownServer = startTestServer();
    const server = await ownServer;
    t.teardown(() => server.stop());
  }
  return ownServer;
}
