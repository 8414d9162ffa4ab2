// The files of the documentation page: our own and Swagger UI's, read once, under an address made from their
// contents, so that browsers may keep them for ever.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ownFolder = join(import.meta.dirname, 'page');
const swaggerUiFolder = join(dirname(fileURLToPath(import.meta.resolve('@fastify/swagger-ui'))), 'static');
/** Of Swagger UI's files, those that the page loads. */
const ofSwaggerUi = ['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'];

const typeOf = new Map([
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.png', 'image/png'],
]);

export interface PageFile {
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

/** Every file that the page may load. */
export function readPageFiles(): readonly PageFile[] {
  const own = readdirSync(ownFolder).filter((name) => typeOf.has(extname(name)));
  const paths = [
    ...own.sort().map((name) => join(ownFolder, name)),
    ...ofSwaggerUi.map((name) => join(swaggerUiFolder, name)),
  ];
  return paths.map((path) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    type: typeOf.get(extname(path)) ?? 'application/octet-stream',
    content: readFileSync(path),
  }));
}

/** A page, in which `{{name}}` stands for a value. */
export function readPage(name: string): string {
  return readFileSync(join(ownFolder, name), 'utf8');
}

/** Short, and another one as soon as a byte of any content differs. */
export function hashOf(...contents: readonly (Buffer | string)[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content);
  return hash.digest('base64url').slice(0, 16);
}
