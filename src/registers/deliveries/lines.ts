// Splits a body into lines as it arrives.

/** More than any valid row needs. */
const longestLineBytes = 16 * 1024;

export class LineTooLong extends Error {}

const newline = 0x0a;

/**
 * The lines of a body without line ends; blank ones are skipped. Text after the last newline is a line if the body
 * ended; if the body broke off, its error is thrown after the last whole line.
 *
 * @throws LineTooLong
 */
export async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of body) {
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = text.indexOf(newline); end !== -1; end = text.indexOf(newline, start)) {
      const line = trimmed(text.subarray(start, end));
      if (line.length > 0) yield line;
      start = end + 1;
    }
    rest = text.subarray(start);
    if (rest.length > longestLineBytes) throw new LineTooLong();
  }
  const last = trimmed(rest);
  if (last.length > 0) yield last;
}

const blanks = new Set([0x20, 0x09, 0x0d]);

function trimmed(line: Buffer): Buffer {
  let [start, end] = [0, line.length];
  while (start < end && blanks.has(line[start] ?? 0)) start += 1;
  while (end > start && blanks.has(line[end - 1] ?? 0)) end -= 1;
  return line.subarray(start, end);
}
