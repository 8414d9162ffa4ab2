// Serves the contract at /openapi.json and, at /docs/, the page on which people read and try it: Swagger UI with
// our own modules.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contractOf } from '../platform/http/contract/contract.ts';
import type { App } from '../platform/http/server.ts';
import { dayInShanghai } from '../values/days.ts';
import { askedEachTime, contentOf, once, sendContent } from './compressed.ts';
import { readPageFiles } from './files.ts';
import type { Login, Logins } from './logins.ts';
import { type Outlined, outlineOf } from './outline.ts';
import { htmlOf, open, remembering, servePage } from './page-server.ts';
import { type Schemes, withSchemes } from './security-schemes.ts';

const swaggerUi = join(dirname(fileURLToPath(import.meta.resolve('@fastify/swagger-ui'))), 'static');
/** Of Swagger UI's files, those that the page loads. */
const ofSwaggerUi = ['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'];

export interface DocumentationOptions {
  /** Built anew by each call. */
  readonly readContract: () => Promise<Outlined>;
  readonly clock: () => Temporal.Instant;
  readonly logins: Logins;
  readonly schemesOf: (known: readonly Login[]) => Schemes;
  readonly isSandbox: boolean;
}

/** Registers the page, its files and the contract, which anybody may read. */
export async function registerDocumentation(
  app: App,
  { readContract, clock, logins, schemesOf, isSandbox }: DocumentationOptions,
): Promise<void> {
  // When first asked for; kept as text, which takes a tenth of the memory.
  const contract = once(async () => {
    const document = await readContract();
    return { outline: outlineOf(document), text: JSON.stringify(document) };
  });
  const contractFor = remembering(async (day: string, known: readonly Login[]) => {
    const document = contractOf(JSON.parse((await contract()).text), day);
    const text = JSON.stringify(withSchemes(document, schemesOf(known)));
    return contentOf('application/json; charset=utf-8', Buffer.from(text));
  });
  const page = remembering(async (...values: readonly (readonly [string, string])[]) =>
    htmlOf('page/index.html', new Map([...values, ['outline', (await contract()).outline]])),
  );
  await servePage(app, {
    at: '/docs',
    files: readPageFiles(
      ['login', 'page'],
      ofSwaggerUi.map((name) => join(swaggerUi, name)),
    ),
    html: (_known, values) => page(...values, ['sandbox', String(isSandbox)]),
    logins,
    more: {
      styleSrc: ["'unsafe-inline'"], // Swagger UI sets styles on its elements
      imgSrc: ['data:', 'blob:'], // a picture in an answer
    },
    routes: (docs) => {
      docs.get('/', open, async (_request, reply) => reply.redirect('/docs/'));
      docs.get('/openapi.json', open, async (request, reply) =>
        // Anew each day in Shanghai: the examples name days.
        sendContent(request, reply, await contractFor(dayInShanghai(clock()), await logins()), askedEachTime),
      );
    },
  });
}
