// Whether a file is the one thing it says it is, from its first byte to its last: nothing before, nothing behind, and in a
// PDF nothing that acts. A file that is two things at once is how one program is made to see what another did not. Pure.

import type { MediaType } from './material-content.ts';

/** What a scanner never writes and a reader might run or unpack. In a compressed part it stays unseen, and unrun here. */
const activeInPdf = ['/JavaScript', '/JS', '/Launch', '/EmbeddedFile', '/RichMedia', '/XFA'];
const endOfPng = Buffer.from('0000000049454e44ae426082', 'hex');
const endOfZip = Buffer.from('PK\x05\x06', 'latin1');

/** Whether content sniffed as `mediaType` is whole and nothing else. Looks at names and ends, decodes nothing. */
export function isWhole(mediaType: MediaType, content: Buffer): boolean {
  switch (mediaType) {
    case 'image/png':
      return content.subarray(-endOfPng.length).equals(endOfPng);
    case 'image/jpeg':
      return endsWith(content, Buffer.from([0xff, 0xd9]));
    case 'application/pdf':
      return (
        content.subarray(0, 5).equals(Buffer.from('%PDF-')) &&
        endsWith(content, Buffer.from('%%EOF')) &&
        !content.includes(endOfZip) &&
        !activeInPdf.some((name) => hasName(content, name))
      );
  }
}

/** Ends with these bytes, but for blanks and zeros that cameras and printers fill up with. */
function endsWith(content: Buffer, end: Buffer): boolean {
  let length = content.length;
  while (length > 0 && [0x00, 0x09, 0x0a, 0x0d, 0x20].includes(content[length - 1] ?? -1)) length -= 1;
  return content.subarray(Math.max(0, length - end.length), length).equals(end);
}

/** A whole name: `/JS` and not the beginning of `/JSomething`. */
function hasName(content: Buffer, name: string): boolean {
  for (let at = content.indexOf(name); at !== -1; at = content.indexOf(name, at + 1)) {
    const after = String.fromCharCode(content[at + name.length] ?? 0x20);
    if (!/[A-Za-z0-9]/.test(after)) return true;
  }
  return false;
}
