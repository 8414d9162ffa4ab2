// Operations that will go. The contract says so, and so does every answer: `Deprecation` (RFC 9745) since when, `Sunset` (RFC 8594) until
// when.

import type { FastifyInstance } from 'fastify';
import { addYears, type Day } from '../../values/days.ts';

/** Declared at an operation that has been replaced; docs/versioning.md promises the time between the days. */
export interface Deprecation {
  readonly since: Day;
  /** From this day on the operation may be gone: a year later or more. */
  readonly sunset: Day;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    deprecated?: Deprecation;
  }
}

const shortestYears = 1;

/** @throws Error while routes are declared, for an operation that would go too soon */
export function announceDeprecations(app: FastifyInstance): void {
  app.addHook('onRoute', ({ url, config }) => {
    const { deprecated } = config ?? {};
    if (deprecated === undefined || deprecated.sunset >= addYears(deprecated.since, shortestYears)) return;
    throw new Error(`${url} would go within a year of its deprecation`);
  });
  // On refusals too, so that whoever calls it hears of it.
  app.addHook('onRequest', async ({ routeOptions }, reply) => {
    const { deprecated } = routeOptions.config;
    if (deprecated === undefined) return;
    reply.header('deprecation', `@${beginningOf(deprecated.since) / 1_000}`);
    reply.header('sunset', new Date(beginningOf(deprecated.sunset)).toUTCString());
  });
}

/** Milliseconds since 1970 of the day's beginning in Jingdezhen. */
function beginningOf(day: Day): number {
  return Temporal.PlainDate.from(day).toZonedDateTime('Asia/Shanghai').epochMilliseconds;
}

/** The headers in the contract. */
export const deprecationHeaders = {
  Deprecation: {
    type: 'string',
    description: '自何时起弃用，@ 后为自 1970 年起的秒数 · since when it is deprecated (RFC 9745)',
    examples: ['@1782835200'],
  },
  Sunset: {
    type: 'string',
    description: '此时起可能停用，见 docs/versioning.md · from when on it may be gone (RFC 8594)',
    examples: ['Wed, 30 Jun 2027 16:00:00 GMT'],
  },
};

/** What the contract says of the operation. */
export function deprecationIn({ since, sunset }: Deprecation, description: string) {
  const notice = `**已弃用：${since} 起不再推荐使用，${sunset} 起可能停用。** Deprecated since ${since}; may be gone from ${sunset} on.`;
  return { deprecated: true, 'x-sunset': sunset, description: `${notice}\n\n${description}` };
}
