// A program that opens many connections to a port of this machine, from many of its addresses, and asks for nothing, ever so
// slowly, or reads no answer: arguments are the port, their number, and a platform's token. Prints a line when all are opened.
// Holds no test.

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const [port = 0, count = 0] = process.argv.slice(2, 4).map(Number);
const token = process.argv[4] ?? '';
const ofEachAddress = 100;
/** The kernel queues five hundred for a program that is busy; later ones would come again seconds later. */
const atOnce = 40;
const byteEveryMs = 1_000;
/** More than the kernel keeps for a client that does not read. */
const answersUnread = 20;
/** What waits in the kernel for each is a few megabytes. */
const oneInSoManyReadsNothing = 100;

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}`;
const upload = [
  'POST /v1/applications HTTP/1.1',
  'host: x',
  `authorization: Bearer ${token}`,
  'content-type: application/json',
  'content-length: 1000',
];
/** What each kind of client sends first, and whether it then sends a byte every second. */
const kinds = [
  { beginning: '', isSlow: false },
  { beginning: get('/v1/policies'), isSlow: false },
  { beginning: get('/v1/policies', 'x-slow: '), isSlow: true },
  { beginning: `${upload.join('\r\n')}\r\n\r\n{`, isSlow: true },
];
const slow = new Set<Socket>();

for (let opened = 0; opened < count; opened += 1) {
  const address = Math.floor(opened / ofEachAddress);
  const socket = connect({
    port,
    host: '127.0.0.1',
    localAddress: `127.1.${address >> 8}.${1 + (address & 0x7f)}`,
  });
  socket.on('error', () => {}).on('close', () => slow.delete(socket));
  if (opened % oneInSoManyReadsNothing === 0)
    socket.write(get('/openapi.json', '\r\n').repeat(answersUnread));
  else {
    socket.resume(); // to notice its end
    const kind = kinds[opened % kinds.length];
    if (kind !== undefined && kind.beginning !== '') socket.write(kind.beginning);
    if (kind?.isSlow) slow.add(socket);
  }
  if (opened % atOnce === 0) await delay(20);
}
setInterval(() => {
  for (const socket of slow) socket.write('x');
}, byteEveryMs);
console.log('all are opened');
