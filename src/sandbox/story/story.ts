// Prepares in the sandbox what an operation needs, when the documentation page asks for it. Never in production.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
// For its declaration of `hide` in a route's schema.
import type {} from '@fastify/swagger';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { Problem } from '../../platform/problem.ts';
import { sandboxIssuerPath, sandboxSecret } from '../issuer.ts';
import { preparations } from './preparations.ts';
import { type Call, createSteps, type Sent } from './steps.ts';

/** Below it the name of an operation. */
export const sandboxStoryPath = '/sandbox/story';

/** While the service is too busy, the same request is sent again, after longer and longer pauses. */
const mostAttempts = 20;
const pauseMs = 50;

const open = { config: { public: true }, schema: { hide: true } };

/** A PNG of one pixel. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export interface StoryOptions {
  readonly clock: () => Temporal.Instant;
  readonly environment: string;
}

/** Fastify plugin: which operations have a preparation, and each of them. @throws Error in production */
export async function sandboxStory(
  app: FastifyInstance,
  { clock, environment }: StoryOptions,
): Promise<void> {
  if (environment === 'production') throw new Error('the sandbox’s story is refused in production');

  app.get(sandboxStoryPath, open, async () => ({
    prepares: [...preparations].map(([operation, { title, persona }]) => ({
      operation,
      title,
      persona,
    })),
  }));

  // One after another: a disbursement gathers everything of the agency, also what another preparation approved.
  let last: Promise<unknown> = Promise.resolve();

  app.post<{ Params: { operation: string } }>(`${sandboxStoryPath}/:operation`, open, async ({ params }) => {
    const { operation } = params;
    const preparation = preparations.get(operation);
    if (preparation === undefined) throw new Problem('not-found');
    const turn = last.then(() => preparation.prepare(createSteps(callerOf(app), clock)));
    last = turn.catch(() => {});
    return await turn;
  });
}

/** Sends requests to the service itself, with tokens of the sandbox's issuer. */
function callerOf(app: FastifyInstance): Call {
  const tokens = new Map<string, string>();

  async function tokenOf(persona: string): Promise<string> {
    const known = tokens.get(persona);
    if (known !== undefined) return known;
    const answer = await app.inject({
      method: 'POST',
      url: `${sandboxIssuerPath}/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `grant_type=client_credentials&client_id=${persona}&client_secret=${sandboxSecret}`,
    });
    const { access_token: token } = answer.json<{ access_token: string }>();
    tokens.set(persona, token);
    return token;
  }

  return async <T>(persona: string, method: 'GET' | 'POST', url: string, sent: Sent = {}): Promise<T> => {
    const { headers, ...content } = contentOf(sent);
    const request: InjectOptions = {
      method,
      url,
      headers: {
        authorization: `Bearer ${await tokenOf(persona)}`,
        ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
        ...(sent.version === undefined ? {} : { 'if-match': `"${sent.version}"` }),
        ...headers,
      },
      ...content,
    };
    for (let attempt = 1; ; attempt += 1) {
      const answer = await app.inject(request);
      if (answer.statusCode < 300) return answer.json<T>();
      if (answer.statusCode !== 503 || attempt === mostAttempts)
        throw new Error(`${method} ${url}: ${answer.statusCode} ${answer.body}`);
      await delay(attempt * pauseMs);
    }
  };
}

interface Content {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string | Buffer;
}

function contentOf({ body, material }: Sent): Content {
  if (body !== undefined)
    return { headers: { 'content-type': 'application/json' }, payload: JSON.stringify(body) };
  if (material === undefined) return { headers: {} };
  const boundary = randomUUID();
  const part = (head: string) => `--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`;
  const payload = Buffer.concat([
    Buffer.from(`${part('name="kind"')}${material}\r\n${part('name="content"; filename="material.png"')}`),
    picture,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return { headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, payload };
}
