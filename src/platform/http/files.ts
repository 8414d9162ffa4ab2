// Sends a file as an attachment of its declared type, without content sniffing or caching.

import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';

/** The schema of a binary answer. */
export const File = Type.Unsafe<Buffer>({
  type: 'string',
  format: 'binary',
  description: '文件内容 · the bytes',
});

export interface SentFile {
  readonly mediaType: string;
  readonly content: Buffer;
  /** Letters, digits, points and hyphens only; contains no personal data. */
  readonly name: string;
}

export async function sendFile(reply: FastifyReply, { mediaType, content, name }: SentFile): Promise<void> {
  await reply
    .type(mediaType)
    .header('content-disposition', `attachment; filename="${name}"`)
    .header('x-content-type-options', 'nosniff')
    .send(content);
}
