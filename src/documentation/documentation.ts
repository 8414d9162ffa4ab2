// Serves the contract at /openapi.json and, at /docs/, the page on which people read and try it: Swagger UI with
// our own modules.

import type { TrustedIssuer } from '../platform/access/tokens/tokens.ts';
import { contractOf } from '../platform/http/contract/contract.ts';
import type { App } from '../platform/http/server.ts';
import { dayInShanghai } from '../values/days.ts';
import { askedEachTime, type Content, contentOf, forEver, once, sendContent } from './compressed.ts';
import { hashOf, readPage, readPageFiles } from './files.ts';
import { createLogins, type Login } from './logins.ts';
import { type Outlined, outlineOf } from './outline.ts';
import { loginSchemes, sandboxScheme, withSchemes } from './security-schemes.ts';

const open = { config: { public: true }, schema: { hide: true } } as const;

export interface DocumentationOptions {
  /** Built anew by each call. */
  readonly readContract: () => Promise<Outlined>;
  readonly clock: () => Temporal.Instant;
  readonly issuers: readonly TrustedIssuer[];
  /** Where the sandbox grants tokens; null: there is no sandbox. */
  readonly sandboxTokenPath: string | null;
}

/** Registers the page, its files and the contract, which anybody may read. */
export async function registerDocumentation(
  app: App,
  { readContract, clock, issuers, sandboxTokenPath }: DocumentationOptions,
): Promise<void> {
  const files = readPageFiles();
  const hash = hashOf(...files.flatMap(({ name, content }) => [name, content]));
  const isSandbox = sandboxTokenPath !== null;
  // Modules are all named, so that the browser asks for them at once and not only when another imports them.
  const modules = files
    .map(({ name }) => name)
    .filter((name) => /^(?!swagger-ui|after-login).*\.js$/.test(name))
    .map((name) => `<link rel="modulepreload" href="${hash}/${name}">`);
  // When first asked for; kept as text, which takes a tenth of the memory.
  const contract = once(async () => {
    const document = await readContract();
    return { outline: outlineOf(document), text: JSON.stringify(document) };
  });
  const page = remembering(async () =>
    htmlOf(
      'index.html',
      new Map([
        ['files', hash],
        ['modules', modules.join('\n')],
        ['sandbox', String(isSandbox)],
        ['outline', (await contract()).outline],
      ]),
    ),
  );
  const afterLogin = htmlOf('after-login.html', new Map([['files', hash]]));
  const logins = createLogins(issuers, clock, (issuer, err) =>
    app.log.warn({ err, issuer }, 'no login at this issuer: its metadata could not be read'),
  );
  const schemesOf = (known: readonly Login[]) =>
    sandboxTokenPath === null ? loginSchemes(known) : sandboxScheme(sandboxTokenPath);
  const contractFor = remembering(async (day: string, known: readonly Login[]) => {
    const document = contractOf(JSON.parse((await contract()).text), day);
    const text = JSON.stringify(withSchemes(document, schemesOf(known)));
    return contentOf('application/json; charset=utf-8', Buffer.from(text));
  });

  await app.register(async (docs) => {
    docs.addHook('onRequest', async (_request, reply) => {
      await reply.helmet(contentPolicy(await logins()));
    });
    docs.get('/', open, async (_request, reply) => reply.redirect('/docs/'));
    docs.get('/docs', open, async (_request, reply) => reply.redirect('/docs/'));
    docs.get('/docs/', open, async (request, reply) =>
      sendContent(request, reply, await page(), askedEachTime),
    );
    docs.get('/docs/after-login.html', open, (request, reply) =>
      sendContent(request, reply, afterLogin, askedEachTime),
    );
    docs.get('/openapi.json', open, async (request, reply) =>
      // Anew each day in Shanghai: the examples name days.
      sendContent(request, reply, await contractFor(dayInShanghai(clock()), await logins()), askedEachTime),
    );
    for (const { name, type, content } of files) {
      const served = contentOf(type, content);
      docs.get(`/docs/${hash}/${name}`, open, (request, reply) =>
        sendContent(request, reply, served, forEver),
      );
    }
  });
}

/** Own files and the issuers' token endpoints only. */
function contentPolicy(logins: readonly Login[]) {
  const tokenOrigins = logins.map(({ tokenUrl }) => new URL(tokenUrl).origin);
  const directives = {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"], // Swagger UI sets styles on its elements
    imgSrc: ["'self'", 'data:', 'blob:'], // a picture in an answer
    fontSrc: ["'self'"],
    connectSrc: ["'self'", ...new Set(tokenOrigins)],
    formAction: ["'none'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  };
  return { contentSecurityPolicy: { useDefaults: false, directives } };
}

/** A page with values in place of their names. */
function htmlOf(name: string, values: ReadonlyMap<string, string>): Content {
  const text = readPage(name).replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => values.get(key) ?? '');
  return contentOf('text/html; charset=utf-8', Buffer.from(text));
}

/** Remembers the last result, for as long as it is asked for with the same. */
function remembering<A extends readonly unknown[]>(
  make: (...given: A) => Promise<Content>,
): (...given: A) => Promise<Content> {
  let last: { readonly key: string; readonly made: Promise<Content> } | undefined;
  return (...given) => {
    const key = JSON.stringify(given);
    if (last?.key !== key) last = { key, made: make(...given) };
    return last.made;
  };
}
