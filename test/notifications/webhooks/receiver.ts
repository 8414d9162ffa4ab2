// A receiver of webhooks over real HTTP, and what a test needs to send to it. Holds no test.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Webhook as Verifier } from 'standardwebhooks';
import type { Test } from 'tap';
import { createDispatcher, type Dispatcher } from '../../../src/runtime/jobs/webhooks.ts';
import type { City } from '../../helper.ts';

export interface Message {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly event: { readonly id: string; readonly type: string; readonly applicationId: string };
}

/** What the receiver answers; `never` lets the sender wait. */
export type Reply = number | 'never' | { readonly status: number; readonly headers: Record<string, string> };

export interface Receiver {
  readonly url: string;
  readonly messages: Message[];
  /** Stops listening: connections are refused. */
  goDown(): Promise<void>;
  /** Listens again at the same port. */
  comeBack(): Promise<void>;
}

/** @param answer 204 when absent */
export async function startReceiver(
  t: Test,
  answer: (message: Message) => Reply = () => 204,
): Promise<Receiver> {
  const messages: Message[] = [];
  let server: Server;
  async function listen(port: number): Promise<number> {
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString('utf8');
      const headers = request.headers as Record<string, string>; // none comes twice
      const message = { id: headers['webhook-id'] ?? '', headers, text, event: JSON.parse(text) };
      messages.push(message);
      const reply = answer(message);
      if (reply === 'never') return;
      if (typeof reply === 'number') response.writeHead(reply).end('{"received":true}');
      else response.writeHead(reply.status, reply.headers).end();
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
  async function goDown(): Promise<void> {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
  const port = await listen(0);
  t.teardown(goDown);
  return {
    url: `http://127.0.0.1:${port}/events`,
    messages,
    goDown,
    comeBack: async () => void (await listen(port)),
  };
}

export interface WebhookAnswer {
  readonly id: string;
  readonly url: string;
  readonly state: string;
  readonly disabledBecause: string | null;
  readonly failingSince: string | null;
  readonly waiting: number;
  readonly deadLetters: number;
  readonly secrets: readonly { readonly number: number; readonly expiresAt: string | null }[];
  readonly secret: string;
}

export interface DeliveryAnswer {
  readonly id: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly applicationId: string;
  readonly state: string;
  readonly attempts: number;
  readonly lastStatus: number | null;
  readonly lastCause: string | null;
  readonly nextAttemptAt: string | null;
}

export async function hookTo(
  { call }: City,
  url: string,
  { by = 'platform-ganfutong', eventTypes = [] }: { by?: string; eventTypes?: readonly string[] } = {},
): Promise<WebhookAnswer> {
  const body = { url, description: '测试', eventTypes };
  return (await call<WebhookAnswer>(by, 'POST', '/v1/webhooks', { body, key: null, status: 201 })).body;
}

export async function deliveriesOf(
  { call }: City,
  query: Record<string, string> = {},
  by = 'platform-ganfutong',
): Promise<readonly DeliveryAnswer[]> {
  const { body } = await call<{ items: DeliveryAnswer[] }>(by, 'GET', '/v1/webhook-deliveries', {
    query: { limit: '200', ...query },
    status: 200,
  });
  return body.items;
}

/** Sends all that is due now. */
export async function sendAll(city: City, dispatcher: Dispatcher = dispatcherOf(city)): Promise<void> {
  for (let begun = 1; begun > 0; ) {
    begun = await dispatcher.round();
    await dispatcher.idle();
  }
}

export function dispatcherOf({ services, app }: City, changes?: Parameters<typeof createDispatcher>[2]) {
  return createDispatcher(services, app.log, changes);
}

/** Moves the city's clock. */
export function pass({ clock }: City, duration: Temporal.DurationLike): void {
  clock.set(clock.now().add(duration).toString());
}

/** What a receiver with this secret understands. @throws Error when no signature is of this secret */
export function verify(secret: string, { text, headers }: Pick<Message, 'text' | 'headers'>): unknown {
  const { now } = Date;
  // The library compares the time with this machine's clock, which a test does not move.
  Date.now = () => Number(headers['webhook-timestamp']) * 1_000;
  try {
    return new Verifier(secret).verify(text, headers);
  } finally {
    Date.now = now;
  }
}
