// The started program disconnects clients that do not read.

import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { type TestDatabase, testDatabase } from './database.ts';
import { comesTrue, dataFolder, type Service, serve } from './program.ts';

t.setTimeout(150_000);

const keyFolder = dataFolder(t);

async function start(test: Test, { serviceUrl }: Pick<TestDatabase, 'serviceUrl'>): Promise<Service> {
  return await serve(test, {
    DATABASE_URL: serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: keyFolder,
    SUBSIDY_RATE_LIMIT: '1000000',
    SUBSIDY_ADDRESS_LIMIT: '1000000',
  });
}

t.test('a client that does not read its answers is disconnected', async (t) => {
  const service = await start(t, await testDatabase(t));
  const sockets = Array.from({ length: 10 }, () => readsNothing(service.url));
  t.teardown(() => {
    for (const { socket } of sockets) socket.destroy();
  });
  const isClosed = async () => sockets.every(({ isBroken }) => isBroken());
  t.ok(await comesTrue(isClosed, 50_000), 'within less than a minute');
  t.equal((await fetch(`${service.url}/health/ready`)).status, 200);
});

/** Requests a large answer many times without reading, and keeps requesting to notice a closed connection. */
function readsNothing(url: string): { socket: Socket; isBroken: () => boolean } {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  let broken = false;
  socket.pause();
  socket.on('error', () => {
    broken = true;
  });
  socket.on('close', () => {
    broken = true;
    clearInterval(timer);
  });
  const ask = 'GET /docs/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n';
  socket.write(ask.repeat(30));
  const timer = setInterval(() => socket.write('G'), 500);
  return { socket, isBroken: () => broken };
}
