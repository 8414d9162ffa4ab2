// The documentation page in a browser: what is seen, and that nothing goes wrong behind it.

import t from 'tap';
import { openChromium, withoutChromium } from '../browser/chromium.ts';
import { setup } from '../helper.ts';

t.test('the page opens without an error and asks no other host', { skip: withoutChromium }, async (t) => {
  const { origin } = await setup(t, { SUBSIDY_SWAGGER_UI: 'on' });
  const browser = await openChromium(t);
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  const hosts = new Set<string>();
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).origin);
  });
  await page.goto(`${origin}/docs`);
  await page.locator('.opblock-tag').first().waitFor();
  t.strictSame(faults, []);
  t.strictSame([...hosts], [origin]);
});
