// What `npm start` runs: looks at Node's version in a syntax that every Node can read, before any TypeScript is parsed, and
// has Node keep what it compiles for the next start, which then takes two thirds of the time. Beside the packages, where
// nobody writes who could not write the program itself; where that is read-only, nothing is kept.
// Nothing else belongs here; the program is main.ts.

import module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 26;
const major = Number(process.versions.node.split('.')[0]);

if (major < neededMajor) {
  console.error(
    `需要 Node.js ${neededMajor} 或更高版本，当前为 ${process.version}：请先运行 npm ci · ` +
      `Node.js ${neededMajor} or later is needed, this is ${process.version}: run npm ci, then npm start`,
  );
  process.exitCode = 1;
} else {
  module.enableCompileCache(join(fileURLToPath(import.meta.url), '../../node_modules/.cache/compiled'));
  import('./main.ts');
}
