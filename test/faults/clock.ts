// Preloaded (`node --import`) into the service under test: its clock runs so many milliseconds ahead of the machine's as
// CLOCK_FILE says, which SIGUSR2 has it read again. Holds no test.

import { readFileSync } from 'node:fs';

const file = process.env['CLOCK_FILE'] ?? '';
const instant = Temporal.Now.instant.bind(Temporal.Now);
const milliseconds = Date.now.bind(Date);
let ahead = read();

function read(): number {
  return Number(readFileSync(file, 'utf8'));
}

process.on('SIGUSR2', () => {
  ahead = read();
});
Object.defineProperty(Temporal.Now, 'instant', { value: () => instant().add({ milliseconds: ahead }) });
globalThis.Date = new Proxy(Date, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [milliseconds() + ahead] : given, newTarget),
  get: (target, name, receiver) =>
    name === 'now' ? () => milliseconds() + ahead : Reflect.get(target, name, receiver),
});
