// A program that opens many connections to a port of this machine, from many of its addresses, and asks for nothing or ever
// so slowly: arguments are the port and their number. Prints a line when all are opened. Holds no test.

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const ofEachAddress = 100;
/** The kernel queues five hundred for a program that is busy; later ones would come again seconds later. */
const atOnce = 40;
const byteEveryMs = 1_000;

/** What each kind of client sends first; the last then sends a byte of a header every second. */
const beginnings = ['', 'GET /v1/policies HTTP/1.1\r\nhost: x\r\n', 'GET /v1/policies HTTP/1.1\r\nx-slow: '];
const slow = new Set<Socket>();

for (let opened = 0; opened < count; opened += 1) {
  const address = Math.floor(opened / ofEachAddress);
  const socket = connect({
    port,
    host: '127.0.0.1',
    localAddress: `127.1.${address >> 8}.${1 + (address & 0x7f)}`,
  });
  socket.resume(); // to notice its end
  const beginning = beginnings[opened % beginnings.length] ?? '';
  if (beginning !== '') socket.write(beginning);
  if (beginning.endsWith(': ')) slow.add(socket);
  socket.on('error', () => {}).on('close', () => slow.delete(socket));
  if (opened % atOnce === 0) await delay(20);
}
setInterval(() => {
  for (const socket of slow) socket.write('x');
}, byteEveryMs);
console.log('all are opened');
