// Whether a PDF only shows pages: nothing in it runs, opens another program or carries another file. What is packed into
// object streams is unpacked within narrow bounds and looked at too; pages and pictures stay packed. Pure.

import { inflateSync } from 'node:zlib';

/**
 * What a scanner never writes and a reader might run or unpack. Long enough that the packed pixels of a page do not spell
 * them by chance, as they would `/JS`, which never stands without the first.
 */
const active = ['JavaScript', 'Launch', 'EmbeddedFile', 'EmbeddedFiles', 'RichMedia'];
/** A form in another language that a reader runs; by itself a word that chance may spell. */
const actingForm = /\/XFA\s*(?:\[|\d)/;
/** Of the objects of one file, unpacked: catalogues and dictionaries of a few hundred pages need a tenth of it. */
const mostUnpackedBytes = 8 * 1024 * 1024;
/** A dictionary in front of a stream is shorter than this. */
const longestDictionary = 4_096;

/** Whether content that begins as a PDF ends as one, and nothing in it acts. What cannot be looked into is refused. */
export function isHarmlessPdf(content: Buffer): boolean {
  if (!content.subarray(0, 5).equals(Buffer.from('%PDF-'))) return false;
  if (!endsAsPdf(content)) return false;
  const text = content.toString('latin1');
  if (hasActiveName(text)) return false;
  const packed = objectStreamsOf(text, content);
  if (packed === null) return false;
  let left = mostUnpackedBytes;
  for (const stream of packed) {
    const objects = unpacked(stream, left);
    if (objects === null || hasActiveName(objects.toString('latin1'))) return false;
    left -= objects.length;
  }
  return true;
}

/** Ends with its own mark, but for the blanks and zeros that printers fill up with. */
function endsAsPdf(content: Buffer): boolean {
  let length = content.length;
  while (length > 0 && [0x00, 0x09, 0x0a, 0x0d, 0x20].includes(content[length - 1] ?? -1)) length -= 1;
  return content.subarray(Math.max(0, length - 5), length).equals(Buffer.from('%%EOF'));
}

/** Whole names, and those that hide: a letter of a name may be written as `#4a`, which nobody honest does. */
function hasActiveName(text: string): boolean {
  if (actingForm.test(text)) return true;
  const names = text.matchAll(/\/((?:[A-Za-z]|#[0-9A-Fa-f]{2}){6,60})(?![A-Za-z0-9#])/g);
  return names.some(([, name = '']) => {
    const plain = name.replaceAll(/#(..)/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
    return active.includes(plain) || (plain !== name && plain === 'ObjStm');
  });
}

/** The packed object streams, or null when one is packed in a way that is not looked into. */
function objectStreamsOf(text: string, content: Buffer): Buffer[] | null {
  const streams: Buffer[] = [];
  for (const { index } of text.matchAll(/\/ObjStm(?![A-Za-z])/g)) {
    const begin = text.indexOf('stream', index);
    const end = begin === -1 ? -1 : text.indexOf('endstream', begin);
    if (end === -1 || begin - index > longestDictionary) return null;
    const dictionary = text.slice(Math.max(text.lastIndexOf('obj', index), index - longestDictionary), begin);
    const isPlainFlate = /\/Filter\s*\[?\s*\/FlateDecode\s*\]?/.test(dictionary);
    if ((!isPlainFlate && dictionary.includes('/Filter')) || dictionary.includes('/Predictor')) return null;
    const first = begin + 'stream'.length;
    const start = text.startsWith('\r\n', first) ? first + 2 : first + 1;
    streams.push(isPlainFlate ? content.subarray(start, end) : Buffer.alloc(0));
  }
  return streams;
}

function unpacked(stream: Buffer, mostBytes: number): Buffer | null {
  if (stream.length === 0) return stream; // not packed: read with the rest of the file
  try {
    return inflateSync(stream, { maxOutputLength: Math.max(1, mostBytes), finishFlush: 2 });
  } catch {
    return null; // damaged, sealed, or larger than any honest one
  }
}
