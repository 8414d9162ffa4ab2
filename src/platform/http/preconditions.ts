// If-Match: a write to a resource that others may change names the version that its caller read.

import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';

/** `"7"` for version 7. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * The version in If-Match. @throws Problem precondition-missing, precondition-failed (no ETag of this
 * service)
 */
export function expectedVersion(request: FastifyRequest): number {
  const header = request.headers['if-match'];
  if (header === undefined) throw new Problem('precondition-missing');
  const version = /^"([1-9]\d{0,8})"$/.exec(header)?.[1];
  if (version === undefined) throw new Problem('precondition-failed');
  return Number(version);
}
