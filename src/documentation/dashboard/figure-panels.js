// The panels of months and money by quarter, street and category, of the forecast, and of the work that waits.

import { bars, colours, labelled, legend, names, numbers, tooltip } from './charts.js';
import { el, tableOf } from './elements.js';
import { tile } from './panels.js';
import { brief, briefYuan, count, quarterInWords, quarterOnAxis, yuan } from './words.js';

/** @typedef {import('./panels.js').Content} Content */
/** @typedef {import('./panels.js').Chart} Chart */

const rowHeight = 34;
const mostRows = 20;

const columns = /** @type {const} */ ([
  ['申请件数', 'count'],
  ['人数', 'count'],
  ['核定月数', 'count'],
  ['核定金额（元）', 'fen'],
  ['已发放月数', 'count'],
  ['已发放金额（元）', 'fen'],
  ['追回月数', 'count'],
  ['追回金额（元）', 'fen'],
]);

/** @param {Schema} figures */
function cellsOf(figures) {
  return [
    figures.cases,
    figures.people,
    figures.monthsGranted,
    figures.grantedFen,
    figures.monthsPaid,
    figures.paidFen,
    figures.monthsRecovered,
    figures.recoveredFen,
  ];
}

const measures = [
  {
    heading: '月数（个月）',
    words: brief,
    whole: (/** @type {number} */ value) => `${count(value)} 个月`,
    least: 1,
    granted: (/** @type {Schema} */ of) => of.monthsGranted,
    paid: (/** @type {Schema} */ of) => of.monthsPaid,
  },
  {
    heading: '金额（元）',
    words: briefYuan,
    whole: (/** @type {number} */ value) => `${yuan(value)} 元`,
    least: 100,
    granted: (/** @type {Schema} */ of) => of.grantedFen,
    paid: (/** @type {Schema} */ of) => of.paidFen,
  },
];

/**
 * @param {string} what the dimension, in Chinese
 * @param {Schema} statistics by that dimension
 * @param {'columns' | 'rows'} shape
 * @returns {Content}
 */
export function monthsAndMoney(what, { by, groups, total }, shape) {
  const all = shape === 'columns' ? groups : [...groups].sort(byMoney);
  const shown = all.slice(0, mostRows);
  const isRows = shape === 'rows';
  const titles = shown.map((/** @type {Schema} */ { key, title }) =>
    by === 'quarter' ? quarterOnAxis(key) : title,
  );
  const charts = measures.map(({ heading, words, whole, least, granted, paid }) => {
    const label = labelled(words, isRows ? 'right' : 'top');
    const of = (/** @type {(figures: Schema) => number} */ figure) =>
      shown.map((/** @type {Schema} */ { figures }) => figure(figures));
    const said = shown.map(
      (/** @type {Schema} */ { title, figures }) =>
        `${title}核定 ${whole(granted(figures))}、已发放 ${whole(paid(figures))}`,
    );
    const categories = names(titles);
    const values = numbers(words, least);
    return {
      heading,
      height: isRows ? rowHeight * shown.length + 48 : 260,
      label: `按${what}的${heading}：${said.join('；')}。`,
      option: /** @type {import('./charts.js').Option} */ ({
        tooltip: { ...tooltip, valueFormatter: (/** @type {unknown} */ value) => whole(Number(value)) },
        legend,
        grid: { top: 36, left: 8, right: isRows ? 56 : 8, bottom: 4, outerBoundsMode: 'same' },
        xAxis: isRows ? { ...values, show: false } : categories,
        yAxis: isRows ? { ...categories, inverse: true } : values,
        series: [
          bars('核定', of(granted), colours.mild, { barMaxWidth: isRows ? 11 : 28, label }),
          bars('已发放', of(paid), colours.strong, { barMaxWidth: isRows ? 11 : 28, label }),
        ],
      }),
    };
  });
  const rest = all.length - shown.length;
  return {
    lead: `核定 ${count(total.monthsGranted)} 个月、${yuan(total.grantedFen)} 元；已发放 ${count(total.monthsPaid)} 个月、${yuan(total.paidFen)} 元。`,
    charts,
    notes: rest > 0 ? [`只画出核定金额最多的 ${mostRows} 个，其余 ${rest} 个见数据表。`] : [],
    tables: [
      tableOf(
        `按${what}`,
        [[what, 'text'], ...columns],
        all.map((/** @type {Schema} */ { title, figures }) => [title, ...cellsOf(figures)]),
        ['合计', ...cellsOf(total)],
      ),
    ],
  };
}

/** @param {Schema} a @param {Schema} b */
function byMoney(a, b) {
  return b.figures.grantedFen - a.figures.grantedFen || b.figures.cases - a.figures.cases;
}

/** @param {readonly Schema[]} forecasts of one quarter after the other @returns {Content} */
export function forecastPanel(forecasts) {
  const [, next = forecasts[0]] = forecasts;
  if (forecasts.every(({ ceiling }) => ceiling.people === 0))
    return {
      lead: '还没有已核定、仍有剩余期限的人员，无从预测。核定第一批申请后再看。',
      charts: [],
      tables: [],
    };
  const expected = forecasts.map((one) => one.expected.amountFen);
  const beyond = forecasts.map((one) => one.ceiling.amountFen - one.expected.amountFen);
  const said = forecasts.map(
    (one) =>
      `${quarterInWords(one.quarter)}预计 ${yuan(one.expected.amountFen)} 元、上限 ${yuan(one.ceiling.amountFen)} 元`,
  );
  return {
    lead: `${quarterInWords(next?.quarter)}的月份：预计 ${yuan(next?.expected.amountFen)} 元（${count(next?.expected.people)} 人），上限 ${yuan(next?.ceiling.amountFen)} 元（${count(next?.ceiling.people)} 人）。`,
    charts: [
      {
        height: 260,
        label: `资金预测：${said.join('；')}。`,
        option: {
          tooltip: {
            ...tooltip,
            formatter: (hovered) => said[/** @type {Schema[]} */ (hovered)[0]?.['dataIndex']] ?? '',
          },
          legend,
          grid: { top: 44, left: 8, right: 8, bottom: 4, outerBoundsMode: 'same' },
          xAxis: names(forecasts.map(({ quarter }) => quarterOnAxis(quarter))),
          yAxis: numbers(briefYuan, 100),
          series: [
            bars('预计', expected, colours.strong, {
              stack: 'range',
              barMaxWidth: 44,
              label: { ...labelled(briefYuan, 'top'), position: 'insideTop', color: '#fff' },
            }),
            bars('上限高于预计的部分', beyond, colours.pale, {
              stack: 'range',
              barMaxWidth: 44,
              itemStyle: {
                color: colours.pale,
                borderColor: colours.strong,
                borderType: 'dashed',
                borderWidth: 1,
              },
              label: {
                ...labelled(brief, 'top'),
                formatter: (/** @type {{ dataIndex: number }} */ { dataIndex }) =>
                  briefYuan(forecasts[dataIndex]?.ceiling.amountFen ?? 0),
              },
            }),
          ],
        },
      },
    ],
    tables: [
      el(
        'details',
        { class: 'data' },
        el('summary', {}, '测算口径'),
        el('ul', {}, ...(next?.assumptions ?? []).map((/** @type {string} */ one) => el('li', {}, one))),
      ),
      tableOf(
        '资金预测，按月份所属季度',
        [['季度', 'text'], ...sumColumns],
        forecasts.map((one) => [quarterInWords(one.quarter), ...sumsOf(one)]),
      ),
      tableOf(
        `${quarterInWords(next?.quarter)}的预测，按街道（乡镇）`,
        [['街道（乡镇）', 'text'], ...sumColumns],
        (next?.streets ?? []).map((/** @type {Schema} */ one) => [one.streetName, ...sumsOf(one)]),
        next === undefined ? null : ['合计', ...sumsOf(next)],
      ),
    ],
  };
}

/** Of `sumsOf`, in its order. @type {[title: string, kind: 'count' | 'fen'][]} */
const sumColumns = [
  ['预计人数', 'count'],
  ['预计月数', 'count'],
  ['预计金额（元）', 'fen'],
  ['上限人数', 'count'],
  ['上限月数', 'count'],
  ['上限金额（元）', 'fen'],
];

/** @param {Schema} forecast */
function sumsOf({ expected, ceiling }) {
  return [
    expected.people,
    expected.months,
    expected.amountFen,
    ceiling.people,
    ceiling.months,
    ceiling.amountFen,
  ];
}

/** @param {Schema} summary @returns {Content} */
export function workPanel({
  cases,
  notices,
  rostersToVerify,
  recoveries,
  payeeChangesToConfirm,
  qualityReviews,
}) {
  const one = (/** @type {string} */ name, /** @type {number | null} */ value) =>
    value === null ? [] : [tile(name, count(value))];
  return {
    lead: '您管辖范围内此刻等待办理的事项，不受上面的季度影响。',
    charts: [],
    tables: [],
    tiles: [
      tile('待受理', count(cases.submitted)),
      tile('待补正', count(cases.correctionRequested)),
      tile('待审核', count(cases.accepted)),
      tile('已超期', count(cases.overdue), `今明两天到期 ${count(cases.dueByTomorrow)}`),
      tile('登记数据有变化', count(cases.recordsChanged)),
      tile('指派给我', count(cases.assignedToMe), `未指派 ${count(cases.unassigned)}`),
      ...(notices === null
        ? []
        : [tile('未告知的告知书', count(notices.untold), `其中超期 ${count(notices.overdue)}`)]),
      ...one('待核对名单', rostersToVerify),
      ...(recoveries === null
        ? []
        : [tile('待核实追回', count(recoveries.suspected), `已确认未还清 ${count(recoveries.owed)}`)]),
      ...one('待复核收款信息', payeeChangesToConfirm),
      ...one('待复核决定', qualityReviews),
    ],
  };
}
