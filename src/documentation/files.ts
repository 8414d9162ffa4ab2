// The files of a page: our own and those of packages, read once, under an address made from their contents, so that
// browsers may keep them for ever.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';

const typeOf = new Map([
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.png', 'image/png'],
]);

export interface PageFile {
  /** Its address below the page's, as modules of our own folders import each other. */
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

/**
 * Every file that a page may load.
 *
 * @param folders beside this file, with our own modules and styles
 * @param paths of files of packages
 */
export function readPageFiles(folders: readonly string[], paths: readonly string[]): readonly PageFile[] {
  const own = folders.flatMap((folder) => {
    const names = readdirSync(join(import.meta.dirname, folder)).sort();
    return names
      .filter((name) => typeOf.has(extname(name)))
      .map((name) => readFile(`${folder}/${name}`, join(import.meta.dirname, folder, name)));
  });
  return [...own, ...paths.map((path) => readFile(basename(path), path))];
}

function readFile(name: string, path: string): PageFile {
  return {
    name,
    type: typeOf.get(extname(path)) ?? 'application/octet-stream',
    content: readFileSync(path),
  };
}

/** A page, in which `{{name}}` stands for a value. @param path beside this file */
export function readPage(path: string): string {
  return readFileSync(join(import.meta.dirname, path), 'utf8');
}

/** Short, and another one as soon as a byte of any content differs. */
export function hashOf(...contents: readonly (Buffer | string)[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content);
  return hash.digest('base64url').slice(0, 16);
}
