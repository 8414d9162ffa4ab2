// Location: where what an operation made can be read, as the operation's declaration says.

import type { FastifyReply, FastifyRequest } from 'fastify';

/** Sets the status 201 and the header where the operation makes something. */
export function setLocation(
  { routeOptions, params }: FastifyRequest,
  reply: FastifyReply,
  answer: unknown,
): void {
  // The casts: the declaration names both types, and the request was validated by them.
  const location = routeOptions.config.created?.(answer as never, params as never);
  if (location !== undefined) reply.code(201).header('location', location);
}
