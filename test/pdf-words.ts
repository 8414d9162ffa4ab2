// Reads papers back. Holds no test.

import { extractText, getDocumentProxy } from 'unpdf';

/** Every word of a PDF without the blanks that lines and cells put between them. */
export async function wordsOf(paper: Buffer): Promise<string> {
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(paper)), { mergePages: true });
  return text.replaceAll(/\s/g, '');
}
