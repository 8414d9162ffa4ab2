// Chromium for tests of the page: Debian's, driven by playwright-core. Where there is none, these tests are skipped with a line
// that says so. Holds no test.

import { accessSync, constants } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import type { Test } from 'tap';

const path = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Says why a test in the browser is skipped; false when Chromium is there. Given to tap as `skip`. */
export const withoutChromium: string | false = isThere()
  ? false
  : `no Chromium at ${path}: install it (apt-get install chromium) or name one in CHROMIUM`;

function isThere(): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A browser that closes when the test ends. */
export async function openChromium(t: Test): Promise<Browser> {
  // Without its own sandbox, which refuses to run as root; the pages are ours.
  const browser = await chromium.launch({ executablePath: path, args: ['--no-sandbox'] });
  t.teardown(() => browser.close());
  return browser;
}
