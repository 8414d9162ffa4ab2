// Location: where what an operation made can be read, as the operation's declaration says.

import type { FastifyReply, FastifyRequest } from 'fastify';

/** The address of what the operation made; undefined where it makes nothing. */
export function locationOf({ routeOptions, params }: FastifyRequest, answer: unknown): string | undefined {
  // The casts: the declaration names both types, and the request was validated by them.
  return routeOptions.config.created?.(answer as never, params as never);
}

/** Sets the status 201 and the header where the operation made something. */
export function setLocation(request: FastifyRequest, reply: FastifyReply, answer: unknown): void {
  const location = locationOf(request, answer);
  if (location !== undefined) reply.code(201).header('location', location);
}
