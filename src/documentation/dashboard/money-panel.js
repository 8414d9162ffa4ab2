// The panel of the money's way: two Sankey diagrams, of what was granted and of what finance paid in.

import { colours, tooltip } from './charts.js';
import { tableOf } from './elements.js';
import { moneyWay, nodesOf, troubles } from './money-way.js';
import { count, yuan } from './words.js';

/** @typedef {import('./money-way.js').Flow} Flow */

/**
 * @param {readonly Schema[]} reconciliations of each quarter
 * @param {string | null} street whose figures are shown elsewhere
 * @returns {import('./panels.js').Content}
 */
export function moneyPanel(reconciliations, street) {
  const all = reconciliations.map(({ figures }) => figures);
  const { granted, cash, isWhole } = moneyWay(all);
  const broken = reconciliations.flatMap(({ equations }) =>
    equations.filter((/** @type {Schema} */ { holds }) => !holds),
  ).length;
  const total = sumFrom(granted, '已核定');
  const received = sumFrom(cash, '财政到账');
  if (total === 0 && received === 0)
    return { lead: '所选季度还没有核定的补贴，也没有财政资金到账。', charts: [], tables: [] };
  const notes = [
    ...(street === null ? [] : ['资金按经办机构记账，不分街道（乡镇）；此处是所选机构的全部资金。']),
    broken === 0
      ? '台账与事实逐项核对，分文不差。'
      : `有 ${count(broken)} 个对账等式不成立，请由运维人员运行 npm run reconcile 查明。`,
  ];
  const charts = isWhole
    ? [
        sankey('核定的补贴：走到哪一步', granted, total),
        sankey('财政到账的资金：用在哪里', cash, received),
      ].filter((chart) => chart !== null)
    : [];
  return {
    lead: `所选季度的补贴：核定 ${yuan(total)} 元；财政到账 ${yuan(received)} 元。`,
    notes: isWhole ? notes : [...notes, '有金额小于零，不能画成流向图，请看数据表。'],
    charts,
    tables: [tableOfFlows('核定的补贴（元）', granted), tableOfFlows('财政到账的资金（元）', cash)],
  };
}

/** @param {readonly Flow[]} flows @param {string} node */
function sumFrom(flows, node) {
  return nodesOf(flows).get(node)?.out ?? 0;
}

/** @param {string} caption @param {readonly Flow[]} flows */
function tableOfFlows(caption, flows) {
  return tableOf(
    caption,
    [
      ['从', 'text'],
      ['到', 'text'],
      ['金额（元）', 'fen'],
    ],
    flows.map(({ from, to, fen }) => [from, to, fen]),
  );
}

/**
 * @param {string} heading @param {readonly Flow[]} flows @param {number} total
 * @returns {import('./panels.js').Chart | null}
 */
function sankey(heading, flows, total) {
  if (total === 0) return null;
  const some = flows.filter(({ fen }) => fen > 0);
  const nodes = [...nodesOf(some)].map(([name, { into, out }]) => ({
    name,
    value: Math.max(into, out),
    isEnd: out === 0,
  }));
  const said = nodes.filter(({ isEnd }) => isEnd).map(({ name, value }) => `${name} ${yuan(value)} 元`);
  return {
    heading,
    height: Math.max(200, 62 * nodes.filter(({ isEnd }) => isEnd).length),
    label: `${heading}，共 ${yuan(total)} 元：${said.join('，')}。`,
    option: {
      tooltip: { ...tooltip, trigger: 'item', formatter: wordsOf },
      series: [
        {
          type: 'sankey',
          left: 4,
          right: 100,
          nodeAlign: 'left',
          top: 8,
          bottom: 24,
          nodeWidth: 14,
          nodeGap: 32,
          draggable: false,
          emphasis: { focus: 'adjacency' },
          lineStyle: { color: 'target', opacity: 0.28, curveness: 0.5 },
          label: {
            position: 'right',
            color: colours.ink,
            formatter: ({ name, value }) => `${name}\n${yuan(Number(value))} 元`,
            lineHeight: 15,
          },
          data: nodes.map(({ name, isEnd }) => ({
            name,
            itemStyle: { color: colourOf(name, isEnd), borderWidth: 0 },
          })),
          links: some.map(({ from, to, fen }) => ({ source: from, target: to, value: fen })),
        },
      ],
    },
  };
}

/** @param {string} name @param {boolean} isEnd */
function colourOf(name, isEnd) {
  if (troubles.has(name)) return colours.warn;
  return isEnd ? colours.mild : colours.strong;
}

/** @param {unknown} hovered by ECharts: a node or a link */
function wordsOf(hovered) {
  const { dataType, data, name, value } = /** @type {Schema} */ (hovered);
  if (dataType === 'edge') return `${data.source} → ${data.target}\n${yuan(data.value)} 元`;
  return `${name}\n${yuan(value)} 元`;
}
