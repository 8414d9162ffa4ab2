// Lays out statistics as tables for spreadsheets: the figures of the API with Chinese titles. Pure.

import type { Table, TableCell, TableColumn } from '../../platform/documents/tables.ts';
import { dayInShanghai } from '../../values/days.ts';
import { dayInWords, quarterInWords } from '../../values/wording.ts';
import { dimensionTitles } from './dimensions.ts';
import type { CaseFigures, Statistics } from './schemas.ts';

type FigureColumn = readonly [
  title: string,
  kind: TableColumn['kind'],
  of: (figures: CaseFigures) => number | null,
];

const figures: readonly FigureColumn[] = [
  ['提交件数', 'count', ({ cases }) => cases],
  ['人数', 'count', ({ people }) => people],
  ['在办', 'count', ({ open }) => open],
  ['在办超期', 'count', ({ overdue }) => overdue],
  ['审核通过', 'count', ({ approved }) => approved],
  ['审核未通过', 'count', ({ refused }) => refused],
  ['不予受理', 'count', ({ notAccepted }) => notAccepted],
  ['已撤回', 'count', ({ withdrawn }) => withdrawn],
  ['申请月数', 'count', ({ monthsClaimed }) => monthsClaimed],
  ['核定月数', 'count', ({ monthsGranted }) => monthsGranted],
  ['核定金额（元）', 'fen', ({ grantedFen }) => grantedFen],
  ['已发放月数', 'count', ({ monthsPaid }) => monthsPaid],
  ['已发放金额（元）', 'fen', ({ paidFen }) => paidFen],
  ['追回月数', 'count', ({ monthsRecovered }) => monthsRecovered],
  ['追回金额（元）', 'fen', ({ recoveredFen }) => recoveredFen],
  ['已退回金额（元）', 'fen', ({ repaidFen }) => repaidFen],
  ['受理等待中位数（天）', 'count', ({ acceptance }) => acceptance.medianDays],
  ['受理等待九成以内（天）', 'count', ({ acceptance }) => acceptance.ninthDecileDays],
  ['办结等待中位数（天）', 'count', ({ decision }) => decision.medianDays],
  ['办结等待九成以内（天）', 'count', ({ decision }) => decision.ninthDecileDays],
  ['办结等待最长（天）', 'count', ({ decision }) => decision.longestDays],
];

export function tablesOf(statistics: Statistics): [groups: Table, reasons: Table] {
  const { by, groups, total, reasons, fromQuarter, toQuarter, asOf, agencyCode, streetCode } = statistics;
  const place = streetCode ?? agencyCode;
  const caption = [
    '灵活就业困难人员社会保险补贴统计',
    `所属季度：${quarterInWords(fromQuarter)}至${quarterInWords(toQuarter)}　${place === null ? '' : `范围：${place}　`}` +
      `数据截至：${dayInWords(dayInShanghai(Temporal.Instant.from(asOf)))}`,
  ];
  const cellsOf = (of: CaseFigures): TableCell[] => figures.map(([, , value]) => value(of));
  return [
    {
      name: `按${dimensionTitles[by]}`,
      caption,
      columns: [
        { title: '代码', kind: 'text', width: 14 },
        { title: dimensionTitles[by], kind: 'text', width: 26 },
        ...figures.map(([title, kind]) => ({ title, kind, width: Math.max(10, title.length * 2) })),
      ],
      rows: groups.map(({ key, title, figures: own }) => [key, title, ...cellsOf(own)]),
      total: ['', '合计', ...cellsOf(total)],
    },
    {
      name: '未通过原因',
      caption: [...caption, '一个月可有多项原因，各项相加可能多于未通过的月数。'],
      columns: [
        { title: '条款', kind: 'text', width: 16 },
        { title: '原因', kind: 'text', width: 30 },
        { title: '涉及件数', kind: 'count', width: 12 },
        { title: '涉及月数', kind: 'count', width: 12 },
      ],
      rows: reasons.map(({ article, title, cases, months }) => [article, title, cases, months]),
      total: null,
    },
  ];
}
