// How a file leaves the service: as an attachment of the type we say it is, which no browser guesses at and no cache keeps.

import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';

/** The schema of bytes in an answer. */
export const File = Type.Unsafe<Buffer>({
  type: 'string',
  format: 'binary',
  description: '文件内容 · the bytes',
});

export interface SentFile {
  readonly mediaType: string;
  readonly content: Buffer;
  /** Letters, digits, points and hyphens only; says nothing of a person. */
  readonly name: string;
}

export async function sendFile(reply: FastifyReply, { mediaType, content, name }: SentFile): Promise<void> {
  await reply
    .type(mediaType)
    .header('content-disposition', `attachment; filename="${name}"`)
    .header('x-content-type-options', 'nosniff')
    .send(content);
}
