// Compresses each answer once instead of for every request, and tells browsers how long they may keep it.

import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashOf } from './files.ts';

const asBrotli = promisify(brotliCompress);
const asGzip = promisify(gzip);
/** Beyond this, brotli takes seconds for a tenth less. */
const brotliQuality = 9;

/** What is sent again and again: made once, compressed on first use. */
export interface Content {
  readonly type: string;
  readonly plain: Buffer;
  readonly etag: string;
  readonly brotli: () => Promise<Buffer>;
  readonly gzip: () => Promise<Buffer>;
}

export function contentOf(type: string, plain: Buffer): Content {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
  };
  return {
    type,
    plain,
    etag: `"${hashOf(plain)}"`,
    brotli: once(() => asBrotli(plain, { params })),
    gzip: once(() => asGzip(plain, { level: 9 })),
  };
}

export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** For what has its hash in its address. */
export const forEver = 'public, max-age=31536000, immutable';
/** Kept, but asked about each time: 304 when nothing has changed. */
export const askedEachTime = 'no-cache';

/** Sends the content in the best encoding that the client takes, or 304 when it has it. */
export async function sendContent(
  request: FastifyRequest,
  reply: FastifyReply,
  content: Content,
  caching: string,
): Promise<FastifyReply> {
  reply.headers({ etag: content.etag, 'cache-control': caching, vary: 'accept-encoding' });
  const seen = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (seen?.includes(content.etag)) return reply.code(304).send();
  reply.type(content.type);
  const taken = encodingsOf(request.headers['accept-encoding']);
  if (taken.has('br')) return reply.header('content-encoding', 'br').send(await content.brotli());
  if (taken.has('gzip')) return reply.header('content-encoding', 'gzip').send(await content.gzip());
  return reply.send(content.plain);
}

/** The encodings that a client takes, without those it refuses with `q=0`. */
function encodingsOf(accepted: string | readonly string[] = ''): ReadonlySet<string> {
  const wishes = String(accepted)
    .split(',')
    .map((wish) => wish.trim().toLowerCase());
  return new Set(
    wishes.filter((wish) => !/;\s*q=0(\.0*)?$/.test(wish)).map((wish) => wish.split(';')[0] ?? ''),
  );
}
