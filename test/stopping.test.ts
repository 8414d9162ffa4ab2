// How the started program treats connections at shutdown, and those whose client does not read.

import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type TestDatabase, testDatabase } from './database.ts';
import { comesTrue, dataFolder, type Service, serve, tokenOf } from './program.ts';

t.setTimeout(150_000);

const keyFolder = dataFolder(t);
const stopsWithinMs = 10_000;

async function start(test: Test, { serviceUrl }: Pick<TestDatabase, 'serviceUrl'>): Promise<Service> {
  return await serve(test, {
    DATABASE_URL: serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: keyFolder,
    SUBSIDY_RATE_LIMIT: '1000000',
    SUBSIDY_ADDRESS_LIMIT: '1000000',
  });
}

interface Seen {
  readonly status: number;
  readonly type: string;
  readonly closes: boolean;
  readonly afterSignal: boolean;
}

/** A client that repeats requests on a keep-alive connection until it is rejected. */
async function askOn(url: string, token: string, seen: Seen[], isSignalled: () => boolean): Promise<string> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (;;) {
    const afterSignal = isSignalled();
    const asked = request(`${url}/v1/background-work`, {
      agent,
      headers: { authorization: `Bearer ${token}` },
    });
    const { promise, resolve } = Promise.withResolvers<IncomingMessage | NodeJS.ErrnoException>();
    asked.on('response', resolve).on('error', resolve).end();
    const answer = await promise;
    if (answer instanceof Error) {
      agent.destroy();
      // A connection not yet accepted is refused, with an error that depends on the kernel.
      return asked.reusedSocket ? `broken: ${answer.code}` : 'refused';
    }
    answer.resume();
    const type = answer.headers['content-type'] ?? '';
    const closes = answer.headers.connection === 'close';
    seen.push({ status: answer.statusCode ?? 0, type, closes, afterSignal });
    if (!answer.complete) await new Promise((done) => answer.once('end', done));
  }
}

t.test(
  'SIGTERM under keep-alive load breaks no request, and an unfinished body does not delay the exit',
  async (t) => {
    const service = await start(t, await testDatabase(t));
    const token = await tokenOf(service.url, 'administrator');
    const seen: Seen[] = [];
    let isSignalled = false;
    const clients = Array.from({ length: 20 }, () => askOn(service.url, token, seen, () => isSignalled));
    const halfSent = connect(Number(new URL(service.url).port), '127.0.0.1');
    halfSent.on('error', () => {});
    t.teardown(() => halfSent.destroy());
    halfSent.write(
      `POST /v1/applications HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
    );
    await delay(1_500);
    const asked = performance.now();
    service.process.kill('SIGTERM');
    await delay(100);
    isSignalled = true;
    t.strictSame(new Set(await Promise.all(clients)), new Set(['refused']), 'none was broken');
    t.equal(await service.exit, 0);
    t.ok(performance.now() - asked < stopsWithinMs);
    const afterSignal = seen.filter((one) => one.afterSignal);
    t.ok(afterSignal.length > 0, 'some came after the signal');
    t.strictSame(
      new Set(afterSignal.map(({ closes }) => closes)),
      new Set([true]),
      'their connections are closed',
    );
    t.strictSame(
      new Set(seen.map(({ status, type }) => `${status} ${type}`)),
      new Set(['200 application/json; charset=utf-8']),
      'all were answered as ever',
    );
  },
);

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
