// How soon the first operation is seen at /docs/: our page against Swagger UI's standard page with the same contract, in turn, on
// a slow line and a slow machine, with nothing kept. Usage: node bench/page.ts <url of a running sandbox>

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify from 'fastify';
import { chromium } from 'playwright-core';

const rounds = 5;
const line = {
  offline: false,
  latency: 50,
  downloadThroughput: 10_000_000 / 8,
  uploadThroughput: 10_000_000 / 8,
};
const slowerBy = 4;

const [ours = 'http://127.0.0.1:3000'] = process.argv.slice(2);
const document = await (await fetch(new URL('/openapi.json', ours))).json();

/** As it was before: every file plain, tags open. */
const standard = fastify();
await standard.register(swagger, { mode: 'static', specification: { document: document as never } });
await standard.register(swaggerUi, {
  routePrefix: '/docs',
  uiConfig: { tryItOutEnabled: true, persistAuthorization: true, displayRequestDuration: true },
});
const theirs = await standard.listen({ host: '127.0.0.1', port: 0 });

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

interface Visit {
  /** Milliseconds until the first operation is seen, and until one can be opened. */
  readonly seen: number;
  readonly ready: number;
  readonly bytes: number;
}

/** On our page a tag is opened as soon as it is there: its tags are closed. */
async function visit(url: string): Promise<Visit> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  let bytes = 0;
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', line);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowerBy });
  await page.addInitScript(`{
    const look = () => {
      const [outline, tag, operation] = ['#outline details', '.opblock-tag', '.opblock'].map((one) => document.querySelector(one));
      if (outline !== null) outline.open = true;
      if ((outline ?? operation) !== null) window.seenAt ??= performance.now();
      if (operation !== null) window.readyAt = performance.now();
      else {
        if (tag?.dataset.isOpen === 'false') tag.click();
        requestAnimationFrame(look);
      }
    };
    requestAnimationFrame(look);
  }`);
  await page.goto(`${url}/docs/`);
  await page.waitForFunction('window.readyAt', undefined, { timeout: 120_000 });
  const [seen = 0, ready = 0] = await page.evaluate<number[]>('[window.seenAt, window.readyAt]');
  await context.close();
  return { seen, ready, bytes };
}

const median = (all: readonly number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const measured = { standard: [] as Visit[], ours: [] as Visit[] };
for (let round = 0; round < rounds; round += 1) {
  measured.standard.push(await visit(theirs));
  measured.ours.push(await visit(ours));
}
for (const [name, visits] of Object.entries(measured)) {
  const of = (part: keyof Visit) => Math.round(median(visits.map((visit) => visit[part])));
  console.log(`${name.padEnd(8)} seen ${of('seen')} ms, ready ${of('ready')} ms, ${of('bytes')} bytes`);
}
await browser.close();
await standard.close();
