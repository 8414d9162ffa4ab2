// Text as GB18030, which many banks still read. Node decodes it but encodes nothing but UTF-8; the encoder is the decoder
// turned round. Not a library: the one in common use is larger than the rest of this feature. Pure.

const firstSupplementary = 0x10000;
/** Where the four-byte codes of the supplementary planes begin: 0x90308130. */
const firstSupplementaryCode = 189_000;

let codes: Uint32Array | undefined;

/** Bytes of each character of the first plane as one number, 0 where there are none; made once, in some milliseconds. */
function firstPlane(): Uint32Array {
  if (codes !== undefined) return codes;
  const table = new Uint32Array(firstSupplementary);
  const decoder = new TextDecoder('gb18030');
  const learn = (bytes: readonly number[]) => {
    const text = decoder.decode(Uint8Array.from(bytes));
    const codePoint = text.codePointAt(0) ?? 0;
    const isOne = text.length === 1 && codePoint !== 0xfffd;
    // The shorter spelling of a character is the usual one, and it comes first.
    if (isOne && table[codePoint] === 0) table[codePoint] = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  };
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) if (trail !== 0x7f) learn([lead, trail]);
  }
  for (let number = 0; number < 39_420; number += 1) learn(fourBytes(number));
  codes = table;
  return table;
}

function fourBytes(number: number): number[] {
  const fourth = number % 10;
  const third = Math.floor(number / 10) % 126;
  const second = Math.floor(number / 1_260) % 10;
  return [0x81 + Math.floor(number / 12_600), 0x30 + second, 0x81 + third, 0x30 + fourth];
}

/** The text in GB18030. A character it has no code for (half of one, U+FFFD) becomes `?`; ask `byteLengthOf` before. */
export function encodeGb18030(text: string): Buffer {
  const plane = firstPlane();
  const bytes = Buffer.allocUnsafe(text.length * 4);
  let end = 0;
  for (let at = 0; at < text.length; at += 1) {
    const codePoint = text.codePointAt(at) ?? 0;
    if (codePoint < 0x80) {
      bytes[end++] = codePoint;
    } else if (codePoint >= firstSupplementary) {
      for (const byte of fourBytes(codePoint - firstSupplementary + firstSupplementaryCode))
        bytes[end++] = byte;
      at += 1;
    } else {
      const code = plane[codePoint] ?? 0;
      if (code === 0) bytes[end++] = 0x3f;
      else if (code < 0x1_0000) end = bytes.writeUInt16BE(code, end);
      else end = bytes.writeUInt32BE(code, end);
    }
  }
  return bytes.subarray(0, end);
}

/** How many bytes a character takes: 1, 2 or 4; 0 when it has no code. */
export function byteLengthOf(character: string): 0 | 1 | 2 | 4 {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x80) return 1;
  if (codePoint >= firstSupplementary) return 4;
  const code = firstPlane()[codePoint] ?? 0;
  if (code === 0) return 0;
  return code < 0x1_0000 ? 2 : 4;
}
