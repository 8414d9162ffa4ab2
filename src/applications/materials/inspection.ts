// Inspects a material by its content alone, ignoring its name and declared type, and strips a picture's metadata. Pure;
// runs in a worker thread.

import { fileTypeFromBuffer } from 'file-type';
import { Problem } from '../../platform/problem.ts';
import { type MediaType, mediaTypes } from './media-types.ts';
import { isHarmlessPdf } from './pdf.ts';
import { cleanJpeg, cleanPng } from './pictures.ts';

export interface InspectedMaterial {
  readonly mediaType: MediaType;
  /** The content to store: a PDF unchanged, a picture without texts, places and serial numbers. */
  readonly content: Uint8Array;
}

/** @throws Problem unsupported-media-type, material-unsafe */
export async function inspectMaterial(bytes: Uint8Array): Promise<InspectedMaterial> {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sniffed = (await fileTypeFromBuffer(content))?.mime;
  const mediaType = mediaTypes.find((known) => known === sniffed);
  if (mediaType === undefined) throw new Problem('unsupported-media-type');
  const clean = cleanOf(mediaType, content);
  if (clean === null) throw new Problem('material-unsafe');
  return { mediaType, content: clean };
}

/** The content to store; null for a file that is incomplete or holds more than its type. */
export function cleanOf(mediaType: MediaType, content: Buffer): Buffer | null {
  switch (mediaType) {
    case 'image/png':
      return cleanPng(content);
    case 'image/jpeg':
      return cleanJpeg(content);
    case 'application/pdf':
      return isHarmlessPdf(content) ? content : null;
  }
}
