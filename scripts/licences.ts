// Writes docs/licences.md: the licence of each production package, from the lockfile.
// Usage: npm run licences [-- --check]

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
}

/** Packages without a licence in their manifest. */
const saidElsewhere: Readonly<Record<string, string>> = { 'png-js': 'MIT' }; // from its LICENSE file

export function licencesOf(lockfile: string): Map<string, string[]> {
  // The cast: written by npm.
  const { packages } = JSON.parse(lockfile) as { packages: Readonly<Record<string, Locked>> };
  const byLicence = new Map<string, string[]>();
  for (const [path, { version, license, dev }] of Object.entries(packages)) {
    if (path === '' || dev === true) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = license ?? saidElsewhere[name] ?? 'unknown';
    byLicence.set(licence, [...(byLicence.get(licence) ?? []), `${name} ${version}`]);
  }
  return byLicence;
}

export function licencesText(byLicence: ReadonlyMap<string, readonly string[]>): string {
  const parts = [...byLicence]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([licence, names]) => `## ${licence}\n\n${[...new Set(names)].sort().join(', ')}\n`);
  const head = 'Of every package that runs in production; written by `npm run licences` from the lockfile.';
  return `# Licences\n\n${head}\n\n${parts.join('\n')}`;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const file = join(root, 'docs/licences.md');
  const text = licencesText(licencesOf(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  if (!values.check) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(
      'docs/licences.md 与锁文件不一致，请运行 npm run licences · it is not what the lockfile says; run npm run licences',
    );
    process.exitCode = 1;
  }
}
