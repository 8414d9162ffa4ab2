// The server of the tests is left as it was found, whatever became of the tests.

import t from 'tap';
import { testDatabase } from './database.ts';
import { administer, serverVariable, startTestServer } from './server.ts';

t.test('what a test that broke off has left is dropped at the end', async (t) => {
  const { url } = await testDatabase(t);
  const before = process.env[serverVariable];
  process.env[serverVariable] = url;
  t.teardown(() => {
    if (before === undefined) delete process.env[serverVariable];
    else process.env[serverVariable] = before;
  });
  const server = await startTestServer();
  const owner = new URL(server.ownerUrl).username;
  const left = `${server.template}_left`;
  await administer(url, `create database ${left} template ${server.template} owner ${owner}`);
  await server.stop();
  const accounts = [owner, new URL(server.serviceUrl).username];
  const names = [left, server.template, ...accounts].map((name) => `'${name}'`).join();
  t.strictSame(
    await administer(
      url,
      `select datname from pg_database where datname in (${names})
        union all select rolname from pg_roles where rolname in (${names})`,
    ),
    [],
  );
});
