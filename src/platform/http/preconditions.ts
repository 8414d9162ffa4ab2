// If-Match: whoever changes a thing that others change too says which version they saw.

import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';

/** `"7"` for version 7. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** The version the caller saw. Refuses with 428 when not said, 412 when it is no ETag this service could have given. */
export function expectedVersion(request: FastifyRequest): number {
  const header = request.headers['if-match'];
  if (header === undefined) throw new Problem('precondition-missing');
  const version = /^"([1-9]\d{0,8})"$/.exec(header)?.[1];
  if (version === undefined) throw new Problem('precondition-failed');
  return Number(version);
}
