// What `npm start` and the operators' commands run: `node src/start.js` serves, `node src/start.js migrate` migrates. Looks at
// Node's version in a syntax that every Node can read, before any TypeScript is parsed, and has Node keep what it compiles
// for the next start, which then takes two thirds of the time. Beside the packages, where nobody writes who could not write
// the program itself; where that is read-only, nothing is kept.
// Nothing else belongs here; the program is main.ts, the commands are in commands/.

import module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

// A heap that is cleared when it has grown by half: docs/decisions/0040-start-and-memory.md.
v8.setFlagsFromString('--heap-growing-percent=50');

const neededMajor = 26;
const major = Number(process.versions.node.split('.')[0]);
const commands = [
  'after-restore',
  'migrate',
  'reconcile',
  'rehearse',
  'replay',
  'rotate-keys',
  'verify-audit',
];
// Taken out, so that a command finds its options where it would if it were run by itself.
const command = /^[a-z]/.test(process.argv[2] ?? '') ? process.argv.splice(2, 1)[0] : undefined;

if (major < neededMajor) {
  console.error(
    `需要 Node.js ${neededMajor} 或更高版本，当前为 ${process.version}：请先运行 npm ci，再用 npm start 或 npm run 运行 · ` +
      `Node.js ${neededMajor} or later is needed, this is ${process.version}: run npm ci, then npm start or npm run`,
  );
  process.exitCode = 1;
} else if (command !== undefined && !commands.includes(command)) {
  console.error(`没有命令 ${command}，可用的有 · no command ${command}; there are: ${commands.join(', ')}`);
  process.exitCode = 2;
} else {
  module.enableCompileCache(join(fileURLToPath(import.meta.url), '../../node_modules/.cache/compiled'));
  import(command === undefined ? './main.ts' : `./commands/${command}.ts`);
}
