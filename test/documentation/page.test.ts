// The documentation page in a browser: what is seen and pressed, and that nothing goes wrong behind it.

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { openChromium, withoutChromium } from '../browser/chromium.ts';
import { setup } from '../helper.ts';

const inBrowser = { skip: withoutChromium, timeout: 180_000 };

/** The page of a sandbox, open, with every fault that the browser reports and every origin that was asked. */
async function openedPage(t: Test) {
  const { origin, app, token } = await setup(t, { SUBSIDY_SWAGGER_UI: 'on' });
  const page = await (await openChromium(t)).newPage();
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  const origins = new Set<string>();
  page.on('request', (request) => {
    if (/^https?:/.test(request.url())) origins.add(new URL(request.url()).origin);
  });
  await page.goto(`${origin}/docs`);
  await page.locator('.opblock-tag').first().waitFor();
  return { page, origin, faults, origins, app, token };
}

async function logIn(page: Page, persona: string): Promise<void> {
  await page.locator('.auth-wrapper .authorize').first().click();
  await page.locator('#login-persona').fill(persona);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.locator('.modal-ux').waitFor({ state: 'detached' });
}

async function open(page: Page, tag: string, operation: string) {
  const section = page.locator(`#operations-tag-${tag}`);
  if ((await section.getAttribute('data-is-open')) === 'false') await section.click();
  const block = page.locator(`#operations-${tag}-${operation}`);
  await block.locator('.opblock-summary-control').click();
  await block.locator('.execute').waitFor();
  return block;
}

t.test(
  'tags are closed, in Chinese and in the order of a case; no other host is asked',
  inBrowser,
  async (t) => {
    const { page, origin, faults, origins } = await openedPage(t);
    const names = await page.locator('.opblock-tag > a').allTextContents();
    t.strictSame(names.slice(0, 5), [
      '登记数据',
      '政策、资格预审、享受期限',
      '申请与受理',
      '告知书',
      '比对与审核',
    ]);
    t.equal(await page.locator('.opblock').count(), 0, 'no operation is open');
    t.equal(await page.title(), '社保补贴接口文档 · Swagger UI');
    t.strictSame(faults, []);
    t.strictSame([...origins], [origin]);
  },
);

t.test('after 授权 the page shows what the role may call, and the switch shows all', inBrowser, async (t) => {
  const { page, faults } = await openedPage(t);
  await logIn(page, 'finance-360203');
  t.match(await page.locator('.page-who').textContent(), /财政拨款人员（财政）$/);
  const tags = () => page.locator('.opblock-tag > a').allTextContents();
  t.notOk((await tags()).includes('登记数据'), 'finance delivers no records');
  await page.locator('#operations-tag-disbursements').click();
  await page.locator('#operations-disbursements-recordFundsReceipt').waitFor();
  t.equal(await page.locator('#operations-disbursements-createDisbursement').count(), 0);
  await page.getByRole('checkbox').check();
  await page.locator('#operations-disbursements-createDisbursement').waitFor();
  t.ok((await tags()).includes('登记数据'));
  t.strictSame(faults, []);
});

t.test('the search finds by Chinese, path and operationId', inBrowser, async (t) => {
  const { page } = await openedPage(t);
  const found = async (phrase: string) => {
    await page.getByRole('searchbox').fill(phrase);
    await page.locator('.opblock').first().waitFor();
    return await page.locator('.opblock').evaluateAll((all) => all.map(({ id }) => id.split('-').at(-1)));
  };
  t.strictSame(await found('acceptApplication'), ['acceptApplication', 'acceptApplications']);
  t.strictSame(await found('v1/audit-checkpoint'), ['exportAuditCheckpoint']);
  t.ok((await found('撤回 申请')).includes('withdrawApplication'));
});

t.test('an answer is readable and offers the next step, a press away', inBrowser, async (t) => {
  const { page, faults } = await openedPage(t);
  await logIn(page, 'platform-ganfutong');
  const block = await open(page, 'applications', 'createApplication');
  await block.locator('.execute').click();
  const answer = block.locator('.answer-json');
  await answer.waitFor();
  t.equal(await block.locator('.live-responses-table .response-col_status').textContent(), '201');
  t.match(
    await answer.textContent(),
    /"createdAt": "2025-07-05T02:00:00(\.0+)?Z",? {2}2025年7月5日 10:00:00/,
  );
  t.match(
    await block.locator('.next-steps').textContent(),
    /下一步（申请人）：请核对内容、上传材料后提交申请。/,
  );
  await block.locator('.next-steps a', { hasText: '提交申请' }).click();
  await page.locator('#operations-applications-submitApplication .execute').waitFor();
  const chrome = 'h4, h5, button, summary, .col_header, .parameter__in, .opblock-section-header label';
  const words = await page.locator('.opblock.is-open').locator(chrome).allTextContents();
  t.strictSame(
    words.map((word) => word.trim()).filter((word) => /^[A-Za-z ]+$/.test(word)),
    [],
    'no word of Swagger UI is left in English',
  );
  t.strictSame(faults, []);
});

t.test('a file is saved byte for byte under the name that the service gives it', inBrowser, async (t) => {
  const { page, origin, app, token } = await openedPage(t);
  await logIn(page, 'auditor');
  const block = await open(page, 'statistics', 'getStatisticsFile');
  await block.locator('tr[data-param-name="format"] select').selectOption('csv');
  await block.locator('.execute').click();
  const saved = page.waitForEvent('download');
  await block.locator('.answer-file a').first().click();
  const download = await saved;
  t.match(download.suggestedFilename(), /\.csv$/);
  const authorization = `Bearer ${await token('auditor')}`;
  const address = await block.locator('.answer-request pre').nth(-2).textContent();
  const { rawPayload } = await app.inject({
    url: String(address).slice(origin.length),
    headers: { authorization },
  });
  t.equal(rawPayload.subarray(0, 3).toString('hex'), 'efbbbf', 'it begins with a byte order mark, for Excel');
  t.strictSame(readFileSync(await download.path()), rawPayload);
});
