// Whether a file is the one thing it says it is, from its first byte to its last: nothing before, nothing behind, and
// nothing that acts or that swells when it is opened. A file that is two things at once is how one program is made to see
// what another did not. Walks the parts that a picture is made of and decodes no pixel. Pure.

import { crc32 } from 'node:zlib';
import type { MediaType } from './material-content.ts';
import { isHarmlessPdf } from './pdf-inspection.ts';

/** More than any camera that people carry takes; what is larger exists to fill the memory of whoever opens it. */
const mostPixels = 120_000_000;
/** Entries of an archive are found from its end, which stands near the end of the file. */
const endOfZip = Buffer.from('PK\x05\x06', 'latin1');
const farthestEndOfZip = 22 + 0xffff;

/** Whether content sniffed as `mediaType` is whole and nothing else. */
export function isWhole(mediaType: MediaType, content: Buffer): boolean {
  switch (mediaType) {
    case 'image/png':
      return isPng(content);
    case 'image/jpeg':
      return isJpeg(content);
    case 'application/pdf':
      return isHarmlessPdf(content) && !content.subarray(-farthestEndOfZip).includes(endOfZip);
  }
}

const pngSignature = Buffer.from('89504e470d0a1a0a', 'hex');

/** Chunk after chunk, each with a sum that fits, from IHDR to an IEND that ends the file. */
function isPng(content: Buffer): boolean {
  if (!content.subarray(0, 8).equals(pngSignature)) return false;
  let hasPixels = false;
  for (let at = 8; at + 12 <= content.length; ) {
    const length = content.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > content.length) return false;
    const type = content.toString('latin1', at + 4, at + 8);
    if (crc32(content.subarray(at + 4, end - 4)) !== content.readUInt32BE(end - 4)) return false;
    if ((type === 'IHDR') !== (at === 8)) return false;
    const chunk = content.subarray(at + 8, end - 4);
    if (type === 'IHDR' && (length !== 13 || isTooLarge(chunk.readUInt32BE(0), chunk.readUInt32BE(4))))
      return false;
    if (type === 'IDAT') hasPixels = true;
    else if (chunk.includes(endOfZip)) return false;
    if (type === 'IEND') return hasPixels && length === 0 && end === content.length;
    at = end;
  }
  return false;
}

/**
 * One picture, or several whole ones after another: telephones put the brightness of a picture, itself a picture, behind
 * it. A film behind it, as of a “live” picture, is not one.
 */
function isJpeg(content: Buffer): boolean {
  let at = 0;
  do {
    const end = endOfJpeg(content, at);
    if (end === null) return false;
    at = end;
    // Cameras fill up with these.
    while (at < content.length && isFilling(content[at])) at += 1;
  } while (at < content.length);
  return true;
}

const endOfImage = 0xd9;
const startOfScan = 0xda;
/** Frame headers, of which each picture has one; C4, C8 and CC are tables. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const isFilling = (byte: number | undefined) =>
  byte !== undefined && [0x00, 0x09, 0x0a, 0x0d, 0x20].includes(byte);

/** Where the picture that begins at `start` ends, or null when it does not. */
function endOfJpeg(content: Buffer, start: number): number | null {
  if (content.length < start + 4 || content.readUInt16BE(start) !== 0xffd8) return null;
  let hasFrame = false;
  for (let at = start + 2; at + 2 <= content.length; ) {
    if (content[at] !== 0xff) return null;
    const marker = content[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // a marker may be filled up in front
      continue;
    }
    if (marker === endOfImage) return hasFrame ? at + 2 : null;
    if (at + 4 > content.length) return null;
    const end = at + 2 + content.readUInt16BE(at + 2);
    if (end < at + 4 || end > content.length) return null;
    const segment = content.subarray(at + 4, end);
    if (isFrame(marker)) {
      if (segment.length < 6 || isTooLarge(segment.readUInt16BE(3), segment.readUInt16BE(1))) return null;
      hasFrame = true;
    }
    if (segment.includes(endOfZip)) return null;
    at = marker === startOfScan ? endOfScan(content, end) : end;
  }
  return null;
}

/** The next marker behind the pixels: FF that neither stands for itself (00) nor restarts (D0 to D7). */
function endOfScan(content: Buffer, start: number): number {
  for (let at = content.indexOf(0xff, start); at !== -1; at = content.indexOf(0xff, at + 1)) {
    const next = content[at + 1] ?? 0;
    const isPixels = next === 0x00 || next === 0xff || (next >= 0xd0 && next <= 0xd7);
    if (!isPixels) return at;
  }
  return content.length;
}

function isTooLarge(width: number, height: number): boolean {
  // A JPEG may leave its height to a later segment, which no scanner and no telephone does.
  return width === 0 || height === 0 || width * height > mostPixels;
}
