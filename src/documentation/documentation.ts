// Serves the contract at /openapi.json and Swagger UI with our own plugins at /docs/.

import { contractOf } from '../platform/http/contract/contract.ts';
import { contentPolicyOfDocs } from '../platform/http/limits/hardening.ts';
import type { App } from '../platform/http/server.ts';
import { type Day, dayInShanghai } from '../values/days.ts';
import { askedEachTime, type Content, contentOf, forEver, sendContent } from './compressed.ts';
import { hashOf, readPage, readPageFiles } from './files.ts';

const open = { config: { public: true }, schema: { hide: true } } as const;

export interface DocumentationOptions {
  readonly clock: () => Temporal.Instant;
}

/** Registers the page, its files and the contract, which anybody may read. */
export async function registerDocumentation(app: App, { clock }: DocumentationOptions): Promise<void> {
  const files = readPageFiles();
  const hash = hashOf(...files.flatMap(({ name, content }) => [name, content]));
  const page = contentOf('text/html; charset=utf-8', Buffer.from(pageOf(hash, files)));
  const contract = contractEachDay(() => app.swagger(), clock);

  await app.register(async (docs) => {
    docs.addHook('onRequest', async (_request, reply) => {
      await reply.helmet(contentPolicyOfDocs);
    });
    docs.get('/docs', open, async (_request, reply) => reply.redirect('/docs/', 302));
    docs.get('/docs/', open, (request, reply) => sendContent(request, reply, page, askedEachTime));
    docs.get('/openapi.json', open, (request, reply) =>
      sendContent(request, reply, contract(), askedEachTime),
    );
    for (const { name, type, content } of files) {
      const served = contentOf(type, content);
      docs.get(`/docs/${hash}/${name}`, open, (request, reply) =>
        sendContent(request, reply, served, forEver),
      );
    }
  });
}

/** The page with the addresses of its files. All modules are named, so that the browser asks for them at once. */
function pageOf(hash: string, files: readonly { readonly name: string }[]): string {
  const scripts = files.filter(({ name }) => name.endsWith('.js') && !name.startsWith('swagger-ui'));
  const modules = scripts.map(({ name }) => `<link rel="modulepreload" href="${hash}/${name}">`);
  return readPage().replace('{{modules}}', modules.join('\n')).replaceAll('{{files}}', hash);
}

/** Makes the contract anew when the day in Shanghai changes: its examples name days. */
function contractEachDay(read: () => object, clock: () => Temporal.Instant): () => Content {
  let made: { readonly day: Day; readonly content: Content } | undefined;
  return () => {
    const day = dayInShanghai(clock());
    if (made?.day !== day) {
      const text = JSON.stringify(contractOf(read(), day));
      made = { day, content: contentOf('application/json; charset=utf-8', Buffer.from(text)) };
    }
    return made.content;
  };
}
