// The network of the tests is slow, cut or silent, and never does what no network does.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { openNetwork } from './network.ts';
import { comesTrue } from './program.ts';

t.test('what was sent while it was slow comes before what is sent when it is well again', async (t) => {
  let came = '';
  const server = createServer((socket: Socket) => {
    socket.setEncoding('utf8').on('data', (text: string) => {
      came += text;
    });
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const network = await openNetwork(t, `tcp://127.0.0.1:${port}`);
  const client = connect(Number(new URL(network.url).port), '127.0.0.1');
  t.teardown(() => client.destroy());
  await once(client, 'connect');
  network.slow(200);
  client.write('one ');
  await delay(50);
  network.heal();
  client.write('two ');
  await delay(50);
  client.write('three');
  t.ok(await comesTrue(async () => came.includes('one') && came.includes('three'), 5_000));
  t.equal(came, 'one two three');
});
