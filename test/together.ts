// Runs the test files of a folder one after the other in this process. Each alone would compile the service anew and run it
// cold, which is half of what it takes. Each is a subtest, whose teardown ends its cities and databases. Holds no test.

import { globSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { giveRoot } from './tap-of-file.ts';

const tests = import.meta.dirname;
const tapOfFile = new URL('tap-of-file.ts', import.meta.url).href;
/** As .taprc allows each file that has a process of its own. */
const timeoutMs = 180_000;

/** @param folder an absolute path; files of its folders too */
export async function together(folder: string): Promise<void> {
  const files = globSync('**/*.test.ts', { cwd: folder })
    .filter((file) => file !== 'together.test.ts')
    .sort()
    .map((file) => join(folder, file));
  const urls = new Set(files.map((file) => pathToFileURL(file).href));
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'tap' && urls.has(context.parentURL ?? '')
        ? { url: tapOfFile, shortCircuit: true }
        : next(specifier, context),
  });
  t.setTimeout(0);
  for (const file of files)
    await t.test(`test/${relative(tests, file)}`, { timeout: timeoutMs }, async (t) => {
      giveRoot(t);
      await import(pathToFileURL(file).href);
    });
}
