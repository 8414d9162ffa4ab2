// An operator at the documentation page: opens an operation and presses Authorize, Try it out and Execute. Holds
// no test.

import { existsSync } from 'node:fs';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

/** Chromium of this machine, or what the variable CHROMIUM names; undefined where there is none. */
export function chromiumPath(): string | undefined {
  const named = process.env['CHROMIUM'];
  const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return (named === undefined ? usual : [named]).find((path) => existsSync(path));
}

export interface Operator {
  readonly page: Page;
  /** Messages of the console that are errors, and faults in scripts. */
  readonly errors: readonly string[];
  /** Requests to any other origin. */
  readonly elsewhere: readonly string[];
  /** Presses through one operation. */
  press(operation: Pressed): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Pressed {
  readonly operationId: string;
  readonly tag: string;
  /** Null where no token is needed. */
  readonly persona: string | null;
}

export interface Outcome {
  /** The HTTP status that the page shows; null when the page sent nothing. */
  readonly status: number | null;
  /** What the page shows of a refusal, in one line. */
  readonly note: string;
}

const patienceMs = 40_000;

/** Opens the page in a browser of its own. */
export async function openPage(executablePath: string, url: string): Promise<Operator> {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser: Browser = await chromium.launch({
    executablePath,
    args: [...asRoot, '--disable-dev-shm-usage'],
  });
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'zh-CN' });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const errors: string[] = [];
  const elsewhere: string[] = [];
  const origin = new URL(url).origin;
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (/^https?:$|^wss?:$/.test(asked.protocol) && asked.origin !== origin) elsewhere.push(request.url());
  });
  await page.goto(url);
  await page.locator('.opblock-tag').first().waitFor({ timeout: 60_000 });

  async function press({ operationId, tag, persona }: Pressed): Promise<Outcome> {
    const block = page.locator(`[id="operations-${tag}-${operationId}"]`);
    const section = page.locator(`[id="operations-tag-${tag}"]`);
    if ((await section.getAttribute('data-is-open')) === 'false') await section.click();
    await block.waitFor();
    if (!(await block.evaluate((element) => element.classList.contains('is-open'))))
      await block.locator('.opblock-summary-control').click();
    await block.locator('.opblock-body').waitFor();
    const tryOut = block.locator('.try-out__btn:not(.cancel):not(.reset)');
    if ((await tryOut.count()) > 0) await tryOut.click();
    const story = block.locator('.story');
    if ((await story.count()) > 0)
      await block.locator('.story[data-state="ready"], .story[data-state="failed"]').waitFor();
    if (persona !== null) await authorize(block);
    await block.locator('.btn.execute').click();
    const outcome = await outcomeOf(block);
    await block.locator('.opblock-summary-control').click();
    return outcome;
  }

  /** As the persona that the page offers at the operation. */
  async function authorize(block: Locator): Promise<void> {
    const offer = block.locator('[data-persona]');
    await offer.waitFor();
    if ((await offer.getAttribute('aria-pressed')) === 'false') await offer.click();
    await block.locator('[data-persona][aria-pressed="true"]').waitFor();
  }

  return {
    page,
    errors,
    elsewhere,
    press,
    close: () => browser.close(),
  };
}

/** What came of Execute: an answer, or fields that the page marks as invalid. */
async function outcomeOf(block: Locator): Promise<Outcome> {
  const status = block.locator('.live-responses-table tbody .response-col_status');
  const invalid = block.locator(
    '.validation-errors li, input.invalid, select.invalid, textarea.invalid, .invalid',
  );
  await status.or(invalid).first().waitFor();
  if ((await status.count()) === 0) {
    const rows = await block.locator('tr:has(.invalid) .parameter__name').allTextContents();
    return { status: null, note: `not sent: ${rows.join(', ')}` };
  }
  const shown = (await status.first().textContent()) ?? '';
  const code = Number(/\d{3}/.exec(shown)?.[0] ?? Number.NaN);
  const note = code < 400 ? '' : await refusalIn(block);
  return { status: Number.isNaN(code) ? null : code, note: Number.isNaN(code) ? shown : note };
}

async function refusalIn(block: Locator): Promise<string> {
  const text = (
    await block.locator('.live-responses-table .microlight, .live-responses-table pre').allTextContents()
  ).join(' ');
  const code = /"code":\s*"([^"]+)"/.exec(text)?.[1];
  const pointers = [...text.matchAll(/"pointer":\s*"([^"]+)"/g)].map(([, pointer]) => pointer);
  return [code ?? text.slice(0, 80), ...pointers].join(' ');
}
