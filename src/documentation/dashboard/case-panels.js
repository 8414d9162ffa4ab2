// The panels of cases: totals, open cases by stage and age, outcomes, reasons of refusal, waiting times.

import { bars, colours, labelled, legend, names, numbers, tooltip } from './charts.js';
import { tableOf } from './elements.js';
import { tile } from './panels.js';
import { brief, count, daysInWords, daysOnAxis, yuan } from './words.js';

/** @typedef {import('./panels.js').Content} Content */

const rowHeight = 30;
const mostReasons = 12;

/** @param {Schema} statistics @returns {Content} */
export function totalsPanel({ total }) {
  return {
    lead: '所选范围内已提交的申请。',
    charts: [],
    tables: [],
    tiles: [
      tile('申请', `${count(total.cases)} 件`, `${count(total.people)} 人`),
      tile('在办', `${count(total.open)} 件`, `其中超期 ${count(total.overdue)} 件`),
      tile('核定', `${count(total.monthsGranted)} 个月`, `${yuan(total.grantedFen)} 元`),
      tile('已发放', `${count(total.monthsPaid)} 个月`, `${yuan(total.paidFen)} 元`),
      tile('确认追回', `${count(total.monthsRecovered)} 个月`, `${yuan(total.recoveredFen)} 元`),
      tile('已退回', `${yuan(total.repaidFen)} 元`),
    ],
  };
}

/** @param {Schema} statistics @returns {Content} */
export function stagesPanel({ days, total }) {
  const bands = days.map(daysInWords);
  const of = (/** @type {(band: Schema) => number} */ figure) => days.map(figure);
  const submitted = of((band) => band.submitted);
  const corrected = of((band) => band.correctionRequested);
  const accepted = of((band) => band.accepted);
  const [inAcceptance, inCorrection, inDecision] = [sum(submitted), sum(corrected), sum(accepted)];
  if (total.open === 0) return { lead: '没有在办的申请。', charts: [], tables: [] };
  const said = `待受理 ${count(inAcceptance)} 件，待补正 ${count(inCorrection)} 件，待审核 ${count(inDecision)} 件`;
  return {
    lead: `${said}；其中超期 ${count(total.overdue)} 件。`,
    charts: [
      {
        height: 240,
        label: `在办申请按环节和自提交起的天数：${said}。`,
        option: {
          tooltip,
          legend,
          grid: { top: 36, left: 8, right: 8, bottom: 8, outerBoundsMode: 'same' },
          xAxis: names(days.map(daysOnAxis)),
          yAxis: numbers(brief),
          series: [
            bars('待受理', submitted, colours.strong, { stack: 'open' }),
            bars('待补正', corrected, colours.warn, { stack: 'open' }),
            bars('待审核', accepted, colours.mild, { stack: 'open' }),
          ],
        },
      },
    ],
    notes: ['横轴为自首次提交起的天数，自然日；纵轴为件数。'],
    tables: [
      tableOf(
        '在办申请（件），按自提交起的天数',
        [
          ['天数', 'text'],
          ['待受理', 'count'],
          ['待补正', 'count'],
          ['待审核', 'count'],
        ],
        days.map((/** @type {Schema} */ band, /** @type {number} */ at) => [
          bands[at],
          band.submitted,
          band.correctionRequested,
          band.accepted,
        ]),
        ['合计', inAcceptance, inCorrection, inDecision],
      ),
    ],
  };
}

/** @param {Schema} statistics by outcome @returns {Content} */
export function outcomesPanel({ groups, total }) {
  const rows = [...groups].sort((a, b) => b.figures.cases - a.figures.cases);
  const said = rows.map(({ title, figures }) => `${title} ${count(figures.cases)} 件`);
  return {
    lead: `共 ${count(total.cases)} 件，审核通过 ${count(total.approved)} 件，未通过 ${count(total.refused)} 件。`,
    charts: [
      {
        height: rowHeight * rows.length + 24,
        label: `办理结果：${said.join('，')}。`,
        option: {
          tooltip,
          grid: { top: 4, left: 8, right: 56, bottom: 4, outerBoundsMode: 'same' },
          xAxis: { ...numbers(brief), show: false },
          yAxis: { ...names(rows.map(({ title }) => title)), inverse: true },
          series: [
            bars(
              '件数',
              rows.map(({ figures }) => figures.cases),
              colours.mild,
              { barMaxWidth: 18, label: labelled((value) => `${count(value)} 件`, 'right') },
            ),
          ],
        },
      },
    ],
    tables: [
      tableOf(
        '申请按办理结果',
        [
          ['办理结果', 'text'],
          ['件数', 'count'],
          ['人数', 'count'],
          ['申请月数', 'count'],
          ['核定月数', 'count'],
        ],
        rows.map(({ title, figures }) => [
          title,
          figures.cases,
          figures.people,
          figures.monthsClaimed,
          figures.monthsGranted,
        ]),
        ['合计', total.cases, total.people, total.monthsClaimed, total.monthsGranted],
      ),
    ],
  };
}

/** @param {Schema} statistics @returns {Content} */
export function reasonsPanel({ reasons }) {
  if (reasons.length === 0) return { lead: '没有未通过审核的月份。', charts: [], tables: [] };
  const shown = reasons.slice(0, mostReasons);
  const [most] = reasons;
  return {
    lead: `最多的是“${most.title}”：${count(most.months)} 个月，${count(most.cases)} 件。`,
    charts: [
      {
        height: rowHeight * shown.length + 24,
        label: `未通过原因：${shown.map((/** @type {Schema} */ one) => `${one.title} ${count(one.months)} 个月`).join('，')}。`,
        option: {
          tooltip,
          grid: { top: 4, left: 8, right: 64, bottom: 4, outerBoundsMode: 'same' },
          xAxis: { ...numbers(brief), show: false },
          yAxis: { ...names(shown.map((/** @type {Schema} */ one) => one.title)), inverse: true },
          series: [
            bars(
              '月数',
              shown.map((/** @type {Schema} */ one) => one.months),
              colours.mild,
              { barMaxWidth: 18, label: labelled((value) => `${count(value)} 个月`, 'right') },
            ),
          ],
        },
      },
    ],
    notes: ['一个月可有多项原因，各项相加可能多于未通过的月数。'],
    tables: [
      tableOf(
        '未通过原因',
        [
          ['原因', 'text'],
          ['条款', 'text'],
          ['月数', 'count'],
          ['件数', 'count'],
        ],
        reasons.map((/** @type {Schema} */ one) => [one.title, one.article, one.months, one.cases]),
      ),
    ],
  };
}

/** @param {Schema} statistics @returns {Content} */
export function waitsPanel({ days, total }) {
  const bands = days.map(daysInWords);
  const steps = [
    { name: '提交至受理', wait: total.acceptance, of: (/** @type {Schema} */ band) => band.acceptance },
    { name: '提交至办结', wait: total.decision, of: (/** @type {Schema} */ band) => band.decision },
  ];
  if (total.acceptance.cases + total.decision.cases === 0)
    return { lead: '还没有已受理或已办结的申请。', charts: [], tables: [] };
  return {
    lead: steps.map(({ name, wait }) => `${name}：${waitInWords(wait)}`).join(''),
    charts: steps.map(({ name, wait, of }) => ({
      heading: `${name}（件，按天数）`,
      height: 200,
      label: `${name}用了多少天：${waitInWords(wait)}`,
      option: {
        tooltip,
        grid: { top: 20, left: 8, right: 8, bottom: 8, outerBoundsMode: 'same' },
        xAxis: names(days.map(daysOnAxis)),
        yAxis: numbers(brief),
        series: [bars('件数', days.map(of), colours.mild, { label: labelled(count, 'top') })],
      },
    })),
    notes: ['自然日，含申请人补正的时间；按所选季度的申请统计。'],
    tables: [
      tableOf(
        '等待时间（件）',
        [
          ['天数', 'text'],
          ['提交至受理', 'count'],
          ['提交至办结', 'count'],
        ],
        days.map((/** @type {Schema} */ band, /** @type {number} */ at) => [
          bands[at],
          band.acceptance,
          band.decision,
        ]),
        ['合计', total.acceptance.cases, total.decision.cases],
      ),
    ],
  };
}

/** @param {Schema} wait */
function waitInWords({ cases, medianDays, ninthDecileDays, longestDays }) {
  if (cases === 0) return '还没有。';
  return `${count(cases)} 件，半数不超过 ${medianDays} 天，九成不超过 ${ninthDecileDays} 天，最长 ${longestDays} 天。`;
}

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
