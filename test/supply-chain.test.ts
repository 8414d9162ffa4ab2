// Dependencies: few packages, each with a reason, in exact versions, from one registry, under acceptable
// licences.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { licencesOf, licencesText } from '../scripts/licences.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

t.test('every direct dependency has an exact version and a reason', async (t) => {
  // The cast: npm's own files.
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  const reasons = read('docs/decisions/0006-dependencies.md');
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    t.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${name} ${version}`);
    t.ok(reasons.includes(`\`${name}\``) || name.startsWith('@types/'), `${name} has its line`);
  }
});

t.test('every package in the lockfile has a digest and comes from the registry', async (t) => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
  };
  // Without an address, the operator's registry is used and the digest decides.
  const ofTheRegistry = /^$|^https:\/\/registry\.npmjs\.org\//;
  const strange = Object.entries(packages).filter(
    ([path, { resolved = '', integrity = '' }]) =>
      path !== '' && !(ofTheRegistry.test(resolved) && integrity.startsWith('sha512-')),
  );
  t.strictSame(
    strange.map(([path]) => path),
    [],
  );
});

t.test('every dependency’s licence is acceptable and listed', async (t) => {
  const byLicence = licencesOf(read('package-lock.json'));
  const usable =
    /^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|Python-2\.0|BlueOak-1\.0\.0|CC0-1\.0|OFL-1\.1)( (AND|OR) [\w.-]+)*$/;
  t.strictSame(
    [...byLicence].filter(([licence]) => !usable.test(licence.replaceAll(/[()]/g, ''))),
    [],
  );
  t.equal(read('docs/licences.md'), licencesText(byLicence));
});
