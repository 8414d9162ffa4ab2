// Checks that a PDF only shows pages: no scripts, launched programs, submitted forms or embedded files. Object streams
// are unpacked within narrow limits and checked too; pages and pictures stay packed. One pass over the file. Pure.

import { inflateSync } from 'node:zlib';

/**
 * Names of what a scanner never writes and a reader might run, send or unpack. All are long enough not to occur by
 * chance in compressed pixels.
 */
const activeNames = new Set([
  'JavaScript',
  'Launch',
  'EmbeddedFile',
  'EmbeddedFiles',
  'RichMedia',
  'OpenAction',
  'SubmitForm',
  'ImportData',
  'Rendition',
  'GoToR',
  'GoToE',
  'Movie',
]);
/** Names too short for that, recognised with what follows them: page actions, XFA forms. */
const actingEntries = /\/AA\s*(?:<<|\d+\s+\d+\s+R)|\/XFA\s*(?:\[|\d)/;
/** Object and cross-reference streams, which every reader inflates on opening. */
const unpackedTypes = ['ObjStm', 'XRef'];
/** Per file, for all object streams: ten times what a document of a few hundred pages needs. */
const mostUnpackedBytes = 8 * 1024 * 1024;
/** A file of some hundred pages has a few; thousands are an attack on the reader. */
const mostObjectStreams = 1_000;
/** In bytes; dictionaries of streams are shorter. */
const longestDictionary = 4_096;
/** The end record of a ZIP archive, by which readers find its entries, near the end of a file. */
const endOfZip = Buffer.from('PK\x05\x06', 'latin1');
const farthestEndOfZip = 22 + 0xffff;

/** Whether the content is a whole PDF without active content. What cannot be unpacked is refused. */
export function isHarmlessPdf(content: Buffer): boolean {
  if (!content.subarray(0, 5).equals(Buffer.from('%PDF-'))) return false;
  if (!endsAsPdf(content) || content.subarray(-farthestEndOfZip).includes(endOfZip)) return false;
  const text = content.toString('latin1');
  return isInert(text) && packedObjectsAreInert(text, content);
}

/** Whether it ends with `%%EOF`, followed at most by the blanks and zeros that printers append. */
function endsAsPdf(content: Buffer): boolean {
  let length = content.length;
  while (length > 0 && [0x00, 0x09, 0x0a, 0x0d, 0x20].includes(content[length - 1] ?? -1)) length -= 1;
  return content.subarray(Math.max(0, length - 5), length).equals(Buffer.from('%%EOF'));
}

/** Whether no active content is named. Matches PDF names, `#xx` escapes included (ISO 32000-1, 7.3.5). */
function isInert(text: string): boolean {
  if (actingEntries.test(text)) return false;
  for (const [, name = ''] of text.matchAll(/\/((?:[A-Za-z]|#[0-9A-Fa-f]{2}){4,60})(?![A-Za-z0-9#])/g)) {
    if (activeNames.has(name)) return false;
    if (!name.includes('#')) continue;
    const plain = name.replaceAll(/#(..)/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
    if (activeNames.has(plain) || unpackedTypes.includes(plain)) return false;
  }
  return true;
}

/** Whether every object stream can be unpacked within limits and holds no active content. */
function packedObjectsAreInert(text: string, content: Buffer): boolean {
  let left = mostUnpackedBytes;
  let streams = 0;
  // The type of such a stream, or the start of an object; the stream's dictionary is between the two.
  const marks = /\/(ObjStm|XRef)(?![A-Za-z])|\bobj\b/g;
  let objectAt = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const [, type] = mark;
    if (type === undefined) {
      objectAt = mark.index;
      continue;
    }
    streams += 1;
    const begin = text.indexOf('stream', mark.index);
    const end = begin === -1 ? -1 : text.indexOf('endstream', begin);
    if (streams > mostObjectStreams || end === -1 || begin - objectAt > longestDictionary) return false;
    if (!beginsLine.test(text.slice(Math.max(0, objectAt - 40), objectAt))) return false;
    const packing = packingOf(text.slice(objectAt, begin), type);
    if (packing === 'other') return false;
    if (packing === 'flate') {
      const first = begin + 'stream'.length;
      const start = text.startsWith('\r\n', first) ? first + 2 : first + 1;
      const objects = unpacked(content.subarray(start, end), left);
      if (objects === null || !isInert(objects.toString('latin1'))) return false;
      left -= objects.length;
    }
    marks.lastIndex = end; // the rest of the object was checked with the whole file
  }
  return true;
}

/** The object number before `obj`, at the beginning of a line and so not in a comment. */
const beginsLine = /[\r\n][\0\t\f ]*\d+\s+\d+\s+$/;
const literalStrings = /\((?:\\[\s\S]|[^\\()])*\)/g;

/**
 * How such a stream is packed, by its dictionary. Only a sole `/FlateDecode` is unpacked, and only if the dictionary
 * has no comments, no `#xx` escapes and no strings, which could hide its entries. Cross-reference streams may use
 * predictors, which state no size of their own.
 */
function packingOf(written: string, type: string): 'none' | 'flate' | 'other' {
  const dictionary = written.replaceAll(literalStrings, '');
  if (/[()%#]/.test(dictionary) || !new RegExp(`/Type\\s*/${type}`).test(dictionary)) return 'other';
  const filters = dictionary.match(/\/Filter(?![A-Za-z])/g) ?? [];
  const foreign =
    type === 'XRef'
      ? /\/(?:F|FFilter|Crypt)(?![A-Za-z])/
      : /\/(?:DecodeParms|DP|F|FFilter|Crypt)(?![A-Za-z])/;
  if (foreign.test(dictionary)) return 'other';
  if (filters.length === 0) return 'none';
  const isFlateAlone = /\/Filter\s*(?:\/FlateDecode(?![A-Za-z])|\[\s*\/FlateDecode\s*\])/.test(dictionary);
  return filters.length === 1 && isFlateAlone ? 'flate' : 'other';
}

function unpacked(stream: Buffer, mostBytes: number): Buffer | null {
  try {
    return inflateSync(stream, { maxOutputLength: Math.max(1, mostBytes), finishFlush: 2 });
  } catch {
    return null; // damaged, encrypted or too large
  }
}
