// Has the demo play its city into the running sandbox, so that whoever tries it finds people, cases and payments. The demo
// is a program of its own, which knows the service by HTTP alone.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../platform/operator-error.ts';

const program = join(import.meta.dirname, '../../scripts/demo.ts');

/** @throws OperatorError where the demo was not installed, as in the image */
export function checkDemo(): void {
  if (existsSync(program)) return;
  throw new OperatorError(
    '--demo: 演示程序只在源代码目录中 · the demo is in a checkout only, not in the image',
  );
}

/** Plays the city once and prints what it does. Ends with this process at the latest. */
export async function playDemo(url: string): Promise<void> {
  const demo = spawn(process.execPath, [program, '--url', url, '--once'], { stdio: 'inherit' });
  process.once('exit', () => demo.kill('SIGKILL'));
  await once(demo, 'exit');
}
