// Checks that a picture is a single picture from its first byte to its last, and not too large when decoded. Removes
// what is not part of the picture: texts, place and camera. Parses the segments and decodes no pixel, so the pixels
// stay unchanged. Pure.

import { crc32 } from 'node:zlib';

/** More than phone cameras take; larger pictures exhaust the reader's memory. */
const mostPixels = 120_000_000;
/** Segments or chunks of one picture; ordinary ones have some hundreds. */
const mostParts = 10_000;
/** The end record of a ZIP archive, by which readers find its entries. */
const endOfZip = Buffer.from('PK\x05\x06', 'latin1');

const pngSignature = Buffer.from('89504e470d0a1a0a', 'hex');
/** Chunks of metadata: texts, camera, time. */
const pngTexts = ['tEXt', 'zTXt', 'iTXt', 'eXIf', 'tIME'];

/** The PNG without metadata; null if it is incomplete or holds something else. */
export function cleanPng(content: Buffer): Buffer | null {
  if (!content.subarray(0, 8).equals(pngSignature)) return null;
  const kept: Buffer[] = [pngSignature];
  let hasPixels = false;
  let parts = 0;
  for (let at = 8; at + 12 <= content.length && parts < mostParts; parts += 1) {
    const length = content.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > content.length) return null;
    const type = content.toString('latin1', at + 4, at + 8);
    if (crc32(content.subarray(at + 4, end - 4)) !== content.readUInt32BE(end - 4)) return null;
    if ((type === 'IHDR') !== (at === 8)) return null;
    const chunk = content.subarray(at + 8, end - 4);
    if (type === 'IHDR' && (length !== 13 || isTooLarge(chunk.readUInt32BE(0), chunk.readUInt32BE(4))))
      return null;
    if (type === 'IDAT') hasPixels = true;
    else if (chunk.includes(endOfZip)) return null;
    if (!pngTexts.includes(type)) kept.push(content.subarray(at, end));
    if (type === 'IEND')
      return hasPixels && length === 0 && end === content.length ? Buffer.concat(kept) : null;
    at = end;
  }
  return null;
}

/**
 * The JPEG without metadata except its orientation. A second picture behind it, such as the brightness (gain) map that
 * phones append, is kept; a video, as of a “live” picture, is refused.
 */
export function cleanJpeg(content: Buffer): Buffer | null {
  const kept: Buffer[] = [];
  let at = 0;
  do {
    const end = takeJpeg(content, at, kept);
    if (end === null) return null;
    at = end;
    // Cameras append padding.
    while (at < content.length && isFilling(content[at])) at += 1;
  } while (at < content.length);
  return Buffer.concat(kept);
}

const startOfImage = Buffer.from([0xff, 0xd8]);
const endOfImage = 0xd9;
const startOfScan = 0xda;
const comment = 0xfe;
const exif = 0xe1;
/** APP0 marks a JFIF file, APP2 holds the colour profile, APP14 the colour encoding. */
const keptApplicationData = [0xe0, 0xe2, 0xee];
/** Frame headers, of which each picture has one; C4, C8 and CC are not frames. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const isApplicationData = (marker: number) => marker >= 0xe0 && marker <= 0xef;
const isFilling = (byte: number | undefined) =>
  byte !== undefined && [0x00, 0x09, 0x0a, 0x0d, 0x20].includes(byte);

/** Adds the parts to keep of the picture that begins at `start`; returns its end, or null if it is incomplete. */
function takeJpeg(content: Buffer, start: number, kept: Buffer[]): number | null {
  if (content.length < start + 4 || content.readUInt16BE(start) !== 0xffd8) return null;
  kept.push(startOfImage);
  let hasFrame = false;
  for (let at = start + 2; at + 2 <= content.length; ) {
    if (content[at] !== 0xff || kept.length > mostParts) return null;
    const marker = content[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // fill bytes before a marker
      continue;
    }
    if (marker === endOfImage) {
      kept.push(content.subarray(at, at + 2));
      return hasFrame ? at + 2 : null;
    }
    if (at + 4 > content.length) return null;
    const end = at + 2 + content.readUInt16BE(at + 2);
    if (end < at + 4 || end > content.length) return null;
    const segment = content.subarray(at + 4, end);
    if (isFrame(marker)) {
      if (segment.length < 6 || isTooLarge(segment.readUInt16BE(3), segment.readUInt16BE(1))) return null;
      hasFrame = true;
    }
    if (segment.includes(endOfZip)) return null;
    const next = marker === startOfScan ? endOfScan(content, end) : end;
    const orientation = marker === exif ? orientationOf(segment) : null;
    if (orientation !== null) kept.push(orientationSegment(orientation));
    const isText = marker === comment || isApplicationData(marker);
    if (!isText || keptApplicationData.includes(marker)) kept.push(content.subarray(at, next));
    at = next;
  }
  return null;
}

/** The next marker after the pixels: FF, except escaped (00) and restart markers (D0 to D7). */
function endOfScan(content: Buffer, start: number): number {
  for (let at = content.indexOf(0xff, start); at !== -1; at = content.indexOf(0xff, at + 1)) {
    const next = content[at + 1] ?? 0;
    const isPixels = next === 0x00 || next === 0xff || (next >= 0xd0 && next <= 0xd7);
    if (!isPixels) return at;
  }
  return content.length;
}

const exifHead = Buffer.from('Exif\0\0', 'latin1');
const orientationTag = 0x0112;

/** The orientation, 2 to 8, of the first directory (Exif 2.3, 4.6.4); null if upright or not stated. */
function orientationOf(segment: Buffer): number | null {
  if (!segment.subarray(0, exifHead.length).equals(exifHead)) return null;
  const tiff = segment.subarray(exifHead.length);
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.length < 10 || (order !== 'II' && order !== 'MM')) return null;
  const short = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return null;
  const entries = short(directory);
  for (let index = 0; index < entries; index += 1) {
    const at = directory + 2 + 12 * index;
    if (at + 12 > tiff.length) return null;
    if (short(at) !== orientationTag) continue;
    const value = short(at + 8);
    return value >= 2 && value <= 8 ? value : null;
  }
  return null;
}

/** An Exif segment with nothing but the orientation. */
function orientationSegment(orientation: number): Buffer {
  const directory = [0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const body = Buffer.concat([exifHead, Buffer.from('MM\0*\0\0\0\x08', 'latin1'), Buffer.from(directory)]);
  const head = Buffer.from([0xff, exif, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

function isTooLarge(width: number, height: number): boolean {
  // A JPEG may state its height in a later segment (DNL); scanners and phones do not.
  return width === 0 || height === 0 || width * height > mostPixels;
}
