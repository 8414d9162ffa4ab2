// Checks that the pixels of a PNG can be unpacked within limits before it is put on a page. Pure.

import { inflateSync } from 'node:zlib';

const signatureLength = 8;
/** Limit for PNGs whose pixels have to be unpacked: twelve million pixels of four bytes. */
const mostUnpackedBytes = 48 * 1024 * 1024;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
  readonly whole: Buffer;
}

/** The chunks of a PNG that was fully validated when it was supplied. */
function chunksOf(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = signatureLength; at + 12 <= png.length; ) {
    const end = at + 12 + png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    chunks.push({ type, data: png.subarray(at + 8, end - 4), whole: png.subarray(at, end) });
    at = end;
  }
  return chunks;
}

/** Drops transparent colours: they make no difference on a white page, but pdfkit would unpack every pixel for them. */
export function withoutTransparentColours(png: Buffer): Buffer {
  const kept = chunksOf(png).filter(({ type }) => type !== 'tRNS');
  return Buffer.concat([png.subarray(0, signatureLength), ...kept.map(({ whole }) => whole)]);
}

/** First column and row, and steps, of the seven passes of an interlaced PNG (PNG, 8.2). */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const channels = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/**
 * Whether the pixels match the header, for PNGs that pdfkit has to unpack: with an alpha channel or interlaced. Others
 * are embedded packed. pdfkit unpacks without a limit, and an error in it would end the thread.
 */
export function canBeUnpacked(png: Buffer): boolean {
  const chunks = chunksOf(png);
  const head = chunks[0]?.data;
  if (head === undefined) return false;
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const [bits = 0, colour = 0, , , interlace = 0] = head.subarray(8);
  const hasAlpha = colour === 4 || colour === 6;
  if (!hasAlpha && interlace === 0) return true;
  // pdfkit handles whole bytes only, and misreads interlaced pictures with empty passes.
  if ((bits !== 8 && bits !== 16) || (interlace === 1 && Math.min(width, height) < 5)) return false;
  const pixelBytes = ((channels.get(colour) ?? 0) * bits) / 8;
  const lines = interlace === 1 ? passes : [[0, 0, 1, 1] as const];
  const pictures = lines.map(([x, y, dx, dy]) => ({
    lineBytes: 1 + pixelBytes * Math.ceil((width - x) / dx),
    count: Math.ceil((height - y) / dy),
  }));
  const bytes = pictures.reduce((sum, { lineBytes, count }) => sum + lineBytes * count, 0);
  if (bytes > mostUnpackedBytes) return false;
  const unpacked = inflated(chunks, bytes);
  if (unpacked?.length !== bytes) return false;
  let at = 0;
  for (const { lineBytes, count } of pictures)
    for (let line = 0; line < count; line += 1, at += lineBytes) if ((unpacked[at] ?? 5) > 4) return false;
  return true;
}

function inflated(chunks: readonly Chunk[], mostBytes: number): Buffer | null {
  const packed = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data);
  try {
    return inflateSync(Buffer.concat(packed), { maxOutputLength: mostBytes });
  } catch {
    return null;
  }
}
