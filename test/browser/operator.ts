// An operator at the documentation page, who opens an operation and presses. Holds no test.

import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Locator } from 'playwright-core';

export interface Pressed {
  readonly operationId: string;
  readonly tag: string;
  /** Null where no token is needed. */
  readonly persona: string | null;
}

export interface Outcome {
  /** As whom: the persona that the page offered. */
  readonly persona: string | null;
  /** The HTTP status that the page shows; null when the page sent nothing. */
  readonly status: number | null;
  /** What the sandbox prepared, or what the page shows of a refusal. */
  readonly note: string;
}

export interface Operator {
  press(operation: Pressed): Promise<Outcome>;
  /** Errors and warnings of the console, and faults in scripts. */
  readonly faults: readonly string[];
  /** Every origin that was asked for something. */
  readonly origins: readonly string[];
}

const patienceMs = 60_000;
/** While the service is too busy it answers 503, and a person presses again. */
const mostPresses = 10;
const pauseMs = 500;

export async function operatorAt(browser: Browser, url: string): Promise<Operator> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  page.setDefaultTimeout(patienceMs);
  const faults: string[] = [];
  const origins: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && !origins.includes(origin)) origins.push(origin);
  });
  await page.goto(url);
  await page.locator('.opblock-tag').first().waitFor();

  /** Opens the operation; one of another role is shown once the switch shows all. */
  async function opened({ operationId, tag }: Pressed): Promise<Locator> {
    const showsAll = page.getByRole('checkbox', { name: '显示全部接口' });
    if ((await showsAll.count()) > 0) await showsAll.check();
    const section = page.locator(`#operations-tag-${tag}`);
    if ((await section.getAttribute('data-is-open')) === 'false') await section.click();
    const block = page.locator(`#operations-${tag}-${operationId}`);
    await block.locator('.opblock-summary-control').click();
    return block;
  }

  async function press(operation: Pressed): Promise<Outcome> {
    const block = await opened(operation);
    const persona = operation.persona === null ? null : await authorize(block);
    const tryOut = block.locator('.try-out__btn:not(.cancel, .reset)');
    const execute = block.locator('.btn.execute');
    await tryOut.or(execute).first().waitFor();
    if ((await tryOut.count()) > 0) await tryOut.click();
    const story = block.locator('.story');
    if ((await story.count()) > 0)
      await block.locator('.story[data-state="ready"], .story[data-state="failed"]').waitFor();
    const note = (await story.count()) > 0 ? ((await story.locator('span').textContent()) ?? '') : '';
    let status = await executed(block);
    for (let presses = 1; status === 503 && presses < mostPresses; presses += 1) {
      await delay(presses * pauseMs);
      status = await executed(block);
    }
    const outcome = {
      persona,
      status,
      note: status !== null && status < 300 ? note : await refusalIn(block),
    };
    await block.locator('.opblock-summary-control').click();
    return outcome;
  }

  return { press, faults, origins };
}

/** As the persona that the page offers at the operation. */
async function authorize(block: Locator): Promise<string | null> {
  const offer = block.locator('[data-persona]');
  await offer.waitFor();
  if ((await offer.getAttribute('aria-pressed')) === 'false') await offer.click();
  await block.locator('[data-persona][aria-pressed="true"]').waitFor();
  return await offer.getAttribute('data-persona');
}

/** Presses Execute; the status of the answer, null when fields are marked as wrong instead. */
async function executed(block: Locator): Promise<number | null> {
  const status = block.locator('.live-responses-table tbody .response-col_status');
  const before = await status.count();
  // Of a second press: the first answer is taken away.
  if (before > 0) await block.locator('.btn-clear').click();
  await block.locator('.btn.execute').click();
  await status.or(block.locator('.invalid')).first().waitFor();
  if ((await status.count()) === 0) return null;
  return Number((await status.first().textContent())?.slice(0, 3));
}

async function refusalIn(block: Locator): Promise<string> {
  const fields = await block.locator('tr:has(.invalid) .parameter__name').allTextContents();
  const answer = (await block.locator('.live-responses-table .microlight').allTextContents()).join(' ');
  const code = /"code":\s*"([^"]+)"/.exec(answer)?.[1] ?? '';
  const pointers = [...answer.matchAll(/"pointer":\s*"([^"]+)"/g)].map(([, pointer]) => pointer);
  return [code, ...pointers, ...fields].join(' ');
}
