// Compares the contract with an earlier one and lists what breaks its clients; records the contract of a release.
// Usage: npm run contract:changes [-- earlier.yaml]   against the last release, or against the contract that a client was written for
//        npm run contract:changes -- --record         writes contracts/<version>.yaml, when a version is released

import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { announcesBreaking, breakingChanges } from './contract/breaking-changes.ts';
import type { Document } from './contract/document.ts';
import { contractFile } from './openapi.ts';

/** Holds the contract of each release. */
export const released = new URL('../contracts/', import.meta.url);

export async function readDocument(file: URL | string): Promise<Document> {
  return parse(await readFile(file, 'utf8'));
}

const numbers = (name: string) => name.replace('.yaml', '').split('.').map(Number);

/** The highest version first; nothing is recorded before the first release. */
export async function releases(folder: URL = released): Promise<URL[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /^\d+\.\d+\.\d+\.yaml$/.test(name))
    .sort((one, other) => {
      const [left, right] = [numbers(one), numbers(other)];
      const at = left.findIndex((part, index) => part !== right[index]);
      return at < 0 ? 0 : (right[at] ?? 0) - (left[at] ?? 0);
    })
    .map((name) => new URL(name, folder));
}

/** What is wrong with releasing `now` after `old`: breaking changes without a version that announces them. */
export function unannounced(old: Document, now: Document): string[] {
  return announcesBreaking(old.info.version, now.info.version) ? [] : breakingChanges(old, now);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { record: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const now = await readDocument(contractFile);
  const earlier = positionals[0] ?? (await releases())[0];
  if (earlier === undefined) console.log('尚未发布任何版本，没有可比的契约 · nothing is released yet');
  const old = earlier === undefined ? now : await readDocument(earlier);
  const changes = breakingChanges(old, now);
  console.log(
    `${old.info.version} → ${now.info.version}：不兼容的变更 ${changes.length} 项 · breaking changes: ${changes.length}`,
  );
  for (const change of changes) console.log(`  ${change}`);
  const isUnannounced = unannounced(old, now).length > 0;
  if (isUnannounced) {
    console.error('版本号没有表明不兼容的变更，见 docs/versioning.md · the version does not announce them');
    return 1;
  }
  if (values.record) {
    await mkdir(released, { recursive: true });
    await copyFile(contractFile, new URL(`${now.info.version}.yaml`, released));
  }
  return 0;
}

if (import.meta.main) process.exitCode = await main();
