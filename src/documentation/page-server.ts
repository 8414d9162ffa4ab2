// Serves a page of ours: its HTML, asked for each time, its files, kept for ever under an address made from their contents,
// and a policy that lets it load nothing else.

import type { App } from '../platform/http/server.ts';
import { askedEachTime, type Content, contentOf, forEver, sendContent } from './compressed.ts';
import { hashOf, type PageFile, readPage } from './files.ts';
import type { Login, Logins } from './logins.ts';

/** Of every route here: anybody may ask, and the contract does not tell of it. */
export const open = { config: { public: true }, schema: { hide: true } } as const;

/** Where an issuer sends people back to, whichever page they came from. */
const afterLogin = '/login/after-login';

interface MoreSources {
  readonly styleSrc?: readonly string[];
  readonly imgSrc?: readonly string[];
}

export interface PageOptions {
  readonly at: '/docs' | '/dashboard';
  readonly files: readonly PageFile[];
  /** The page, with the tags that load its files in place of `{{files}}` and `{{modules}}`. */
  readonly html: (known: readonly Login[], values: ReadonlyMap<string, string>) => Promise<Content>;
  readonly logins: Logins;
  /** What else it may load than its own files. */
  readonly more?: MoreSources;
  /** Further routes under the same policy. */
  readonly routes?: (app: App) => void;
}

export async function servePage(
  app: App,
  { at, files, html, logins, more = {}, routes = () => {} }: PageOptions,
): Promise<void> {
  const hash = hashOf(...files.flatMap(({ name, content }) => [name, content]));
  // Modules are all named, so that the browser asks for them at once and not only when another imports them.
  const modules = files
    .filter(({ name }) => /\/.*\.js$/.test(name))
    .map(({ name }) => `<link rel="modulepreload" href="${hash}/${name}">`);
  const values = new Map([
    ['files', hash],
    ['modules', modules.join('\n')],
  ]);
  await app.register(async (page) => {
    page.addHook('onRequest', async (_request, reply) => {
      await reply.helmet(contentPolicy(await logins(), more));
    });
    page.get(at, open, async (_request, reply) => reply.redirect(`${at}/`));
    page.get(`${at}/`, open, async (request, reply) =>
      sendContent(request, reply, await html(await logins(), values), askedEachTime),
    );
    for (const { name, type, content } of files) {
      const served = contentOf(type, content);
      page.get(`${at}/${hash}/${name}`, open, (request, reply) =>
        sendContent(request, reply, served, forEver),
      );
    }
    routes(page as App);
  });
}

/** The page on which the window of a log-in ends. */
export async function serveAfterLogin(app: App): Promise<void> {
  const html = htmlOf('after-login/after-login.html', new Map());
  const script = contentOf(
    'text/javascript; charset=utf-8',
    Buffer.from(readPage('after-login/after-login.js')),
  );
  await app.register(async (page) => {
    page.addHook('onRequest', async (_request, reply) => {
      await reply.helmet(contentPolicy([], {}));
    });
    page.get(`${afterLogin}.html`, open, (request, reply) =>
      sendContent(request, reply, html, askedEachTime),
    );
    page.get(`${afterLogin}.js`, open, (request, reply) =>
      sendContent(request, reply, script, askedEachTime),
    );
  });
}

/** Own files and the issuers' token endpoints only. */
function contentPolicy(logins: readonly Login[], { styleSrc = [], imgSrc = [] }: MoreSources) {
  const tokenOrigins = logins.map(({ tokenUrl }) => new URL(tokenUrl).origin);
  const directives = {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", ...styleSrc],
    imgSrc: ["'self'", ...imgSrc],
    fontSrc: ["'self'"],
    connectSrc: ["'self'", ...new Set(tokenOrigins)],
    formAction: ["'none'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  };
  return { contentSecurityPolicy: { useDefaults: false, directives } };
}

/** A page with values in place of their names. */
export function htmlOf(path: string, values: ReadonlyMap<string, string>): Content {
  const text = readPage(path).replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => values.get(key) ?? '');
  return contentOf('text/html; charset=utf-8', Buffer.from(text));
}

/** Remembers the last result, for as long as it is asked for with the same. */
export function remembering<A extends readonly unknown[]>(
  make: (...given: A) => Promise<Content>,
): (...given: A) => Promise<Content> {
  let last: { readonly key: string; readonly made: Promise<Content> } | undefined;
  return (...given) => {
    const key = JSON.stringify(given);
    if (last?.key !== key) last = { key, made: make(...given) };
    return last.made;
  };
}
