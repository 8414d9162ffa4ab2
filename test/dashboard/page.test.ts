// The page of figures in a browser: what each role sees of a city in which cases wait and money has moved, and that nothing goes
// wrong behind it.

import type { Page } from 'playwright-core';
import t from 'tap';
import type { Static } from 'typebox';
import type { Forecast, Statistics } from '../../src/oversight/statistics/schemas.ts';
import { openChromium, withoutChromium } from '../browser/chromium.ts';
import { movedCity } from '../payments/reconciliation/moved-city.ts';
import { held } from '../registers/residents.ts';
import type { ReconciliationAnswer } from '../steps.ts';

const inBrowser = { skip: withoutChromium, timeout: 240_000 };
const city = await movedCity(t);
const { call, origin } = city;

/** Some wait, some for weeks, and one is refused. */
async function wait(): Promise<void> {
  await city.applied();
  city.clock.set('2025-07-30');
  const refused = await city.resident();
  const accepted = await city.accepted(refused);
  await city.deliver([held('dishonesty', refused, '2025-07-01')]);
  city.clock.set('2025-08-07');
  await city.decided(accepted, 'refused');
  await city.applied(await city.resident({ street: '360203001' }));
}
if (withoutChromium === false) await wait();
const browser = withoutChromium === false ? await openChromium(t) : null;

/** The page after the log-in of a persona, all panels read, with every fault and every origin that was asked. */
async function openedPage(persona: string, selection = '') {
  if (browser === null) throw new Error('there is no browser');
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${origin}/dashboard/${selection}`);
  await page.locator(`#persona option[value="${persona}"]`).waitFor({ state: 'attached' });
  await page.locator('#persona').selectOption(persona);
  await page.getByRole('button', { name: '以此身份登录' }).click();
  await read(page);
  return { page, faults, asked };
}

/** Waits until every panel is read. */
async function read(page: Page): Promise<void> {
  await page.locator('.panels:not(:has([aria-busy="true"])), main > .empty').first().waitFor();
}

/** The panels, and how many charts of each show anything but white. */
async function drawnIn(page: Page): Promise<[title: string, charts: number][]> {
  const panels = await page.locator('.panel').all();
  return await Promise.all(
    panels.map(async (panel): Promise<[string, number]> => {
      const drawn = await panel.locator('.chart canvas').evaluateAll(
        (all) =>
          all.filter((one) => {
            const canvas = one as unknown as {
              width: number;
              height: number;
              getContext(kind: '2d'): { getImageData(...area: number[]): { data: Uint8ClampedArray } };
            };
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size > 3;
          }).length,
      );
      return [(await panel.locator('h2').textContent()) ?? '', drawn];
    }),
  );
}

/** The cells of a table by its caption, row by row; numbers as numbers. */
async function tableOf(page: Page, caption: string): Promise<(string | number)[][]> {
  const table = page.getByRole('table', { name: caption, exact: true, includeHidden: true });
  const rows = await table.locator('tbody tr, tfoot tr').all();
  const texts = await Promise.all(rows.map((row) => row.locator('th, td').allTextContents()));
  return texts.map((row) =>
    row.map((text) => (/^[\d,.]+$/.test(text) ? Number(text.replaceAll(',', '')) : text)),
  );
}

async function ask<T>(path: string): Promise<T> {
  return (await call<T>('auditor', 'GET', path, { status: 200 })).body;
}
type Figures = Static<typeof Statistics>;
const range = 'fromQuarter=2024Q3&toQuarter=2025Q2';

t.test(
  'an auditor sees every panel but the work of others, without a fault and from no other host',
  inBrowser,
  async (t) => {
    const { page, faults, asked } = await openedPage('auditor');
    t.strictSame(await drawnIn(page), [
      ['总体情况', 0],
      ['在办申请：环节与天数', 1],
      ['办理结果', 1],
      ['各季度的月数和金额', 2],
      ['各街道（乡镇）的月数和金额', 2],
      ['各困难类别的月数和金额', 2],
      ['未通过的原因', 1],
      ['资金预测', 1],
      ['等待时间', 2],
      ['资金去向', 2],
    ]);
    t.match(
      await page.locator('#scope').textContent(),
      /^2024年第三季度至2025年第二季度 · 所辖全部 · 数据截至 2025年8月7日 10:00$/,
    );
    t.equal(await page.locator('#who').textContent(), '市级审计员（审计） 退出');
    t.strictSame(await page.locator('.absent').allTextContents(), ['您的岗位无权查看“待办”，故未列出。']);
    for (const chart of await page.locator('.chart').all()) {
      t.match(await chart.getAttribute('aria-label'), /\d/, 'said for who does not see it');
      await chart.hover(); // what is shown there must break no policy either
    }
    t.equal(
      await page.locator('.panel:has(.chart):not(:has(table))').count(),
      0,
      'a table behind each chart',
    );
    t.strictSame(faults, []);
    t.strictSame([...new Set(asked.map((url) => new URL(url).origin))], [origin]);
    t.notMatch(asked.join(), /work-summary/, 'what is forbidden is not asked for');
  },
);

t.test('the sums on the page are those of the service', inBrowser, async (t) => {
  const { page } = await openedPage('auditor');
  const sums = ({
    cases,
    people,
    monthsGranted,
    grantedFen,
    monthsPaid,
    paidFen,
    monthsRecovered,
    recoveredFen,
  }: Figures['total']) => [
    cases,
    people,
    monthsGranted,
    grantedFen / 100,
    monthsPaid,
    paidFen / 100,
    monthsRecovered,
    recoveredFen / 100,
  ];
  for (const [by, caption] of [
    ['quarter', '按季度'],
    ['street', '按街道（乡镇）'],
    ['category', '按困难类别'],
  ] as const) {
    const { groups, total } = await ask<Figures>(`/v1/statistics?by=${by}&${range}`);
    const rows = (await tableOf(page, caption)).filter(([, cases]) => cases !== 0);
    const expected = groups.map(({ title, figures }) => [title, ...sums(figures)]);
    t.strictSame(rows.slice(0, -1).sort(), expected.sort(), by);
    t.strictSame(rows.at(-1), ['合计', ...sums(total)], by);
  }
  const { days, reasons } = await ask<Figures>(`/v1/statistics?by=outcome&${range}`);
  const open = await tableOf(page, '在办申请（件），按自提交起的天数');
  t.strictSame(
    open.slice(0, -1).map((row) => row.slice(1)),
    days.map((one) => [one.submitted, one.correctionRequested, one.accepted]),
  );
  t.strictSame(open.at(-1), ['合计', 2, 0, 0]);
  const waits = await tableOf(page, '等待时间（件）');
  t.strictSame(
    waits.slice(0, -1).map((row) => row.slice(1)),
    days.map(({ acceptance, decision }) => [acceptance, decision]),
  );
  t.strictSame(
    await tableOf(page, '未通过原因'),
    reasons.map(({ title, article, months, cases }) => [title, article, months, cases]),
  );
  const forecast = await ask<Static<typeof Forecast>>('/v1/forecast?quarter=2025Q4');
  const { expected, ceiling } = forecast;
  t.strictSame((await tableOf(page, '资金预测，按月份所属季度'))[1], [
    '2025年第四季度',
    ...[expected, ceiling].flatMap(({ people, months, amountFen }) => [people, months, amountFen / 100]),
  ]);
  const { figures } = await ask<ReconciliationAnswer>('/v1/reconciliation?quarter=2025Q2');
  const of = (name: keyof typeof figures) => (figures[name]?.amountFen ?? 0) / 100;
  const granted = await tableOf(page, '核定的补贴（元）');
  t.strictSame(granted[0], ['已核定', '已发放', of('paid')]);
  t.equal(sumFrom(granted, '已核定'), of('approved'));
  t.equal(sumFrom(granted, '待发放'), of('waiting'));
  const cash = await tableOf(page, '财政到账的资金（元）');
  t.equal(sumFrom(cash, '财政到账'), of('received'));
  t.equal(sumFrom(cash, '已发放'), of('paid'));
  t.match(await page.locator('#money').textContent(), /台账与事实逐项核对，分文不差。/);
});

function sumFrom(flows: readonly (string | number)[][], node: string): number {
  return flows.filter(([from]) => from === node).reduce((sum, [, , yuan]) => sum + Number(yuan), 0);
}

t.test('each role sees its own place, and of the panels what it may ask for', inBrowser, async (t) => {
  const absent = async (persona: string) => {
    const { page, faults } = await openedPage(persona);
    t.strictSame(faults, [], persona);
    return {
      absent: await page.locator('.absent').allTextContents(),
      cases: await page.locator('#totals dd b').first().textContent(),
    };
  };
  const withoutWork = ['您的岗位无权查看“待办”，故未列出。'];
  t.strictSame(await absent('finance-360203'), { absent: withoutWork, cases: '5 件' });
  t.strictSame(await absent('reviewer-360202'), { absent: [], cases: '1 件' });
  t.strictSame(await absent('street-360203001'), {
    absent: ['您的岗位无权查看“资金去向”，故未列出。'],
    cases: '1 件',
  });
});

t.test(
  'what is looked at stands in the address, is chosen in the form and can be printed',
  inBrowser,
  async (t) => {
    const { page, faults } = await openedPage('auditor', '#agency=360203');
    t.equal(await page.locator('#agency').inputValue(), '360203');
    t.equal(await page.locator('#totals dd b').first().textContent(), '5 件');
    await page.locator('#street').selectOption('360203001');
    await page.waitForURL(/street=360203001/);
    await page.locator('#totals .tile', { hasText: '1 人' }).waitFor();
    await read(page);
    t.match(page.url(), /#from=2024Q3&to=2025Q2&agency=360203&street=360203001$/);
    t.match(await page.locator('#money').textContent(), /资金按经办机构记账，不分街道（乡镇）/);
    await page.locator('#to').selectOption('2023Q4');
    await page.locator('.problem').first().waitFor();
    t.match(await page.locator('.problem').first().textContent(), /起始季度不能晚于截止季度/);
    await page.getByRole('link', { name: '恢复默认的查看范围' }).click();
    await page.locator('#totals .tile', { hasText: '6 人' }).waitFor();
    await read(page);
    const quarters = async () => [
      await page.locator('#from').inputValue(),
      await page.locator('#to').inputValue(),
    ];
    for (const [address, words, meant] of [
      ['#to=2025Q1', '2024年第二季度至2025年第一季度', ['2024Q2', '2025Q1']],
      ['#from=2025Q1', '2025年第一季度至2025年第三季度', ['2025Q1', '2025Q3']],
    ] as const) {
      await page.goto(`${origin}/dashboard/${address}`);
      await page.locator('#scope', { hasText: words }).waitFor({ timeout: 15_000 });
      await read(page);
      t.strictSame(await quarters(), meant, `${address}: the quarter that is named counts`);
    }

    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 688, height: 972 });
    t.equal(await page.locator('.selection').isVisible(), false);
    const widths = await page.locator('.panel, .chart canvas').evaluateAll((all) =>
      all.map((one) => {
        const { right } = (
          one as unknown as { getBoundingClientRect(): { right: number } }
        ).getBoundingClientRect();
        return Math.round(right);
      }),
    );
    t.ok(Math.max(...widths) <= 688, `nothing is wider than the paper: ${Math.max(...widths)}`);
    // The refused range is an error that the page shows, and that the browser lists.
    t.strictSame(
      faults.filter((fault) => !/400 \(Bad Request\)/.test(fault)),
      [],
    );
  },
);

t.test(
  'a city without cases is told what to do, and a token that has run out leads back to the log-in',
  inBrowser,
  async (t) => {
    const { page } = await openedPage('reviewer-360281');
    t.match(await page.locator('.empty').textContent(), /^所选范围内还没有申请。请放宽/);
    await page.goto(`${origin}/dashboard/#from=2025Q1&to=2025Q2`);
    await page.locator('.panels').waitFor();
    await read(page);
    city.clock.set('2025-08-08');
    await page.goto(`${origin}/dashboard/#from=2025Q2&to=2025Q2`);
    await page.locator('.login .problem', { hasText: '登录已过期' }).waitFor();
    t.equal(await page.locator('#who').textContent(), '');
  },
);
