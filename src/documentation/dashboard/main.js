// The page from the log-in to the last panel.

import { holderOf, roleName, whoIs } from '../login/token.js';
import { outcomesPanel, reasonsPanel, stagesPanel, totalsPanel, waitsPanel } from './case-panels.js';
import { dropCharts } from './charts.js';
import { el } from './elements.js';
import { forecastPanel, monthsAndMoney, workPanel } from './figure-panels.js';
import { loginForm } from './login-form.js';
import { moneyPanel } from './money-panel.js';
import { fail, fill, panelOf } from './panels.js';
import { readSelection, selectionForm } from './selection.js';
import { askService, LoggedOut } from './service.js';
import { quarterAfter, quarterInWords, quartersBetween, timeInWords } from './words.js';

/** @type {{ operations: Record<string, { scope: string, roles: string[] }>, schemes: Record<string, Schema> }} */
const { operations, schemes } = JSON.parse(document.body.dataset['settings'] ?? '{}');
/** Of the present quarter and the next four. */
const forecasts = 5;
/** As many as the service answers about at once. */
const mostQuarters = 12;
/** A year. */
const usualQuarters = 4;

const nothing =
  '所选范围内还没有申请。请放宽季度、机构或街道，或待第一件申请提交后再看；' +
  '在沙箱中，用 npm start -- --demo 启动，约一分钟后就有数据。';

const page = part('page');
const scopeLine = part('scope');
const whoLine = part('who');

/** In memory alone: a reload forgets it. */
let token = '';
let loading = new AbortController();

/** @param {string} id */
function part(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

/** The panels in their order, each with the operation that it shows. */
const panels = /** @type {const} */ ([
  ['work', '待办', 'getWorkSummary', true],
  ['totals', '总体情况', 'getStatistics', true],
  ['stages', '在办申请：环节与天数', 'getStatistics', false],
  ['outcomes', '办理结果', 'getStatistics', false],
  ['quarters', '各季度的月数和金额', 'getStatistics', true],
  ['streets', '各街道（乡镇）的月数和金额', 'getStatistics', true],
  ['categories', '各困难类别的月数和金额', 'getStatistics', true],
  ['reasons', '未通过的原因', 'getStatistics', false],
  ['forecast', '资金预测', 'getForecast', false],
  ['waits', '等待时间', 'getStatistics', true],
  ['money', '资金去向', 'getReconciliation', true],
]);
/** @typedef {(typeof panels)[number][0]} PanelId */

/** @param {string} reason */
function logOut(reason) {
  loading.abort();
  token = '';
  scopeLine.textContent = '';
  whoLine.textContent = '';
  const roles = new Set(Object.values(operations).flatMap((operation) => operation.roles));
  const wanted = [...new Set(Object.values(operations).map(({ scope }) => scope))];
  page.replaceChildren(loginForm(narrowed(schemes, wanted), roles, reason, logIn));
  dropCharts();
}

/** Schemes that ask for no more scopes than the page needs. @param {Record<string, Schema>} all @param {readonly string[]} wanted */
function narrowed(all, wanted) {
  const scopes = Object.fromEntries(wanted.map((scope) => [scope, '']));
  return Object.fromEntries(
    Object.entries(all).map(([name, scheme]) => {
      const { authorizationCode } = scheme.flows;
      if (authorizationCode === undefined) return [name, scheme];
      return [name, { ...scheme, flows: { authorizationCode: { ...authorizationCode, scopes } } }];
    }),
  );
}

/** @param {string} given */
function logIn(given) {
  token = given;
  whoLine.replaceChildren(
    `${whoIs(holderOf(token))} `,
    el('button', { type: 'button', click: () => logOut('') }, '退出'),
  );
  show();
}

/** Reads everything anew, for what the address says. */
async function show() {
  if (token === '') return;
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  try {
    await load(askService(token, signal));
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof LoggedOut) logOut(error.message);
    else
      page.replaceChildren(
        el('p', { class: 'problem', role: 'alert' }, error instanceof Error ? error.message : String(error)),
        el('p', {}, el('a', { href: '#' }, '恢复默认的查看范围')),
      );
  }
}

/** @param {ReturnType<typeof askService>} ask */
async function load(ask) {
  const roles = holderOf(token)?.roles ?? [];
  const may = (/** @type {string} */ operation) =>
    roles.length === 0 || operations[operation]?.roles.some((role) => roles.includes(role)) === true;
  const selection = readSelection();
  const { agency, street } = selection;
  const place = { agencyCode: agency, streetCode: street };
  const shown = panels.filter(([, , operation]) => may(operation));
  const absent = panels.filter(([, , operation]) => !may(operation));
  if (!may('getStatistics')) {
    page.replaceChildren(
      el(
        'p',
        { class: 'problem' },
        `${roles.map(roleName).join('、')}岗位没有可看的统计数字，请以其他身份登录。`,
      ),
    );
    return;
  }
  page.replaceChildren(el('p', { class: 'wait' }, '正在读取…'));
  dropCharts();

  /** @type {string[]} */
  const times = [];
  /** @type {(answer: Schema) => Schema} */
  const timed = (answer) => {
    times.push(answer.asOf);
    return answer;
  };
  const next = timed(await ask('forecast', place));
  const current = quarterAfter(next.quarter, -1);
  const range = await rangeOf(selection, current, ask);
  if (range === null) {
    page.replaceChildren(el('p', { class: 'empty' }, nothing));
    return;
  }
  const { fromQuarter, toQuarter } = range;
  /** @param {string} by @param {object} [where] */
  const statistics = async (by, where = place) => timed(await ask('statistics', { by, ...range, ...where }));
  const byOutcome = await statistics('outcome');
  const agencies = await statistics('agency', {});
  const streets = await statistics('street', { agencyCode: agency });
  const sections = new Map(shown.map(([id, title, , isWide]) => [id, panelOf(id, title, isWide)]));
  page.replaceChildren(
    selectionForm(selection, {
      from: fromQuarter,
      to: toQuarter,
      current,
      agencies: agencies.groups.map(choiceOf),
      streets: streets.groups.map(choiceOf),
    }),
    ...(byOutcome.total.cases === 0 ? [el('p', { class: 'empty' }, nothing)] : []),
    el('div', { class: 'panels' }, ...sections.values()),
    ...absent.map(([, title]) => el('p', { class: 'absent' }, `您的岗位无权查看“${title}”，故未列出。`)),
  );
  /** @param {PanelId} id @param {() => Promise<import('./panels.js').Content>} make */
  const put = async (id, make) => {
    const section = sections.get(id);
    if (section === undefined) return;
    try {
      fill(section, await make());
    } catch (error) {
      if (error instanceof LoggedOut || error instanceof DOMException) throw error;
      fail(section, error instanceof Error ? error.message : String(error));
    }
  };

  const names = [...agencies.groups.filter(keyIs(agency)), ...streets.groups.filter(keyIs(street))];
  const placeNames = names.map(({ title }) => title).join(' · ');
  const tellScope = () => {
    const oldest = [...times].sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? '';
    scopeLine.textContent =
      `${quarterInWords(fromQuarter)}至${quarterInWords(toQuarter)} · ${placeNames === '' ? '所辖全部' : placeNames} · ` +
      `数据截至 ${timeInWords(oldest)}`;
  };
  tellScope();
  await put('totals', async () => totalsPanel(byOutcome));
  await put('stages', async () => stagesPanel(byOutcome));
  await put('outcomes', async () => outcomesPanel(byOutcome));
  await put('reasons', async () => reasonsPanel(byOutcome));
  await put('waits', async () => waitsPanel(byOutcome));
  await put('work', async () => workPanel(timed(await ask('work-summary'))));
  await put('quarters', async () =>
    monthsAndMoney('季度', everyQuarter(await statistics('quarter')), 'columns'),
  );
  const ofStreet = street === null ? streets : await statistics('street');
  await put('streets', async () => monthsAndMoney('街道（乡镇）', ofStreet, 'rows'));
  await put('categories', async () => monthsAndMoney('困难类别', await statistics('category'), 'rows'));
  await put('forecast', async () => {
    const answers = [];
    for (let ahead = 0; ahead < forecasts; ahead += 1) {
      const quarter = quarterAfter(current, ahead);
      answers.push(quarter === next.quarter ? next : timed(await ask('forecast', { quarter, ...place })));
    }
    return forecastPanel(answers);
  });
  await put('money', async () => {
    const answers = [];
    for (const quarter of quartersBetween(fromQuarter, toQuarter))
      answers.push(timed(await ask('reconciliation', { quarter, agencyCode: agency })));
    return moneyPanel(answers, street);
  });
  tellScope();
}

/**
 * The quarters that are asked for: from one of them to now, or the four up to one. By default the four up to the newest one
 * with cases; null when there is none.
 *
 * @param {import('./selection.js').Selection} selection @param {string} current @param {ReturnType<typeof askService>} ask
 * @returns {Promise<{ fromQuarter: string, toQuarter: string } | null>}
 */
async function rangeOf({ from, to }, current, ask) {
  if (from !== null) return { fromQuarter: from, toQuarter: to ?? current };
  if (to !== null) return { fromQuarter: quarterAfter(to, 1 - usualQuarters), toQuarter: to };
  const all = { by: 'quarter', fromQuarter: quarterAfter(current, 1 - mostQuarters), toQuarter: current };
  const newest = (await ask('statistics', all)).groups.at(-1)?.key;
  if (newest === undefined) return null;
  return { fromQuarter: quarterAfter(newest, 1 - usualQuarters), toQuarter: newest };
}

/** @param {Schema} group @returns {import('./selection.js').Choice} */
function choiceOf({ key, title }) {
  return [key, title];
}

/** Those without cases too, so that time is drawn as it passes. @param {Schema} statistics by quarter @returns {Schema} */
function everyQuarter({ fromQuarter, toQuarter, groups, total, ...rest }) {
  const figures = Object.fromEntries(Object.keys(total).map((name) => [name, 0]));
  const all = quartersBetween(fromQuarter, toQuarter).map(
    (key) => groups.find(keyIs(key)) ?? { key, title: quarterInWords(key), figures },
  );
  return { ...rest, fromQuarter, toQuarter, groups: all, total };
}

/** @param {string | null} code */
function keyIs(code) {
  return (/** @type {Schema} */ { key }) => key === code;
}

addEventListener('hashchange', show);
logOut('');
