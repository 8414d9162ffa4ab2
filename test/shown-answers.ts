// Makes the answers of a story the same each time: ids, digests, draws and secrets are made anew in every city. Contains
// no tests.

import { createHash } from 'node:crypto';
import { drawOf } from '../src/decisions/review/draw.ts';

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const digest = /\b[0-9a-f]{64}\b/g;
const verificationCode = /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/;
const base64 = /^(whsec_)?[A-Za-z0-9+/_-]{40,}={0,2}$/;
const cursorName = 'next';

/** Of a longer list, an example shows so many items. */
const mostItems = 3;

/** The answers with ids in the order in which they appear, made-up digests, codes and secrets, and short lists. */
export function asShown(answers: object): object {
  const ids = numbered((index) => `0197d84f-d500-7000-8000-${String(index).padStart(12, '0')}`);
  const digests = numbered((index) => createHash('sha256').update(`example ${index}`).digest('hex'));
  const words = (text: string) => text.replaceAll(uuid, ids).replaceAll(digest, digests);
  return JSON.parse(JSON.stringify(answers), (name, value: unknown) => {
    if (Array.isArray(value)) return value.slice(0, mostItems);
    if (name === 'ageSeconds') return value === null ? null : 1;
    if (isDrawn(value)) return { ...value, draw: drawAgain(value.seed) };
    if (typeof value !== 'string') return value;
    // A sentence may have the same name: "next" of a case's progress says what happens next.
    const read = Buffer.from(value, 'base64url').toString();
    if (name === cursorName && encoded(read) === value) return encoded(words(read));
    if (verificationCode.test(value)) return '7Q2M-4X9K-1ABC-D3EF';
    const [, prefix = ''] = base64.exec(value) ?? [];
    const isSecret = base64.test(value) && !/^[0-9a-f]{64}$/.test(value) && !value.includes(' ');
    return isSecret ? `${prefix}${'EXAMPLE'.repeat(6)}E=`.slice(0, prefix.length + 44) : words(value);
  });
}

function isDrawn(value: unknown): value is { readonly seed: string; readonly draw: number } {
  return typeof value === 'object' && value !== null && 'draw' in value && 'seed' in value;
}

/** From the seed as it is shown, so that a reader who repeats it comes to the same draw. */
function drawAgain(seed: string): number {
  const [decisionId = '', digest = ''] = seed.split(' ');
  return drawOf(decisionId, digest, 100).draw;
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function numbered(nameOf: (index: number) => string): (found: string) => string {
  const known = new Map<string, string>();
  return (found) => {
    const name = known.get(found) ?? nameOf(known.size + 1);
    known.set(found, name);
    return name;
  };
}

/** The paths of a value's fields with the type of each; items of a list are not told apart. */
export function shapeOf(value: unknown): string[] {
  const paths = new Set<string>();
  function look(part: unknown, at: string): void {
    if (Array.isArray(part)) {
      for (const item of part) look(item, `${at}/*`);
    } else if (typeof part === 'object' && part !== null) {
      for (const [name, inner] of Object.entries(part)) look(inner, `${at}/${name}`);
    } else paths.add(`${at} ${part === null ? 'null' : typeof part}`);
  }
  look(value, '');
  return [...paths].sort();
}
