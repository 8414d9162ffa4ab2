// Statistics and forecasts for a street, a county and the city.

import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { type Subject, type Sums, sumFigures, sumNamed } from '../../platform/figures.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { type ForecastSum, forecastOf } from '../../rules/forecast.ts';
import { type CheckCode, catalogue } from '../../rules/policy/catalogue.ts';
import { policyOn } from '../../rules/policy/policy.ts';
import {
  addMonths,
  type Day,
  dayInShanghai,
  type Month,
  monthIndex,
  monthOf,
  monthsOfQuarter,
  type Quarter,
  quarterOf,
} from '../../values/days.ts';
import { columnOf, titleOf } from './dimensions.ts';
import { daysOf, figuresOf, reasonsOf } from './figures.ts';
import type { ForecastQuery, Statistics, StatisticsFileQuery, StatisticsQuery } from './schemas.ts';
import { cellsOfCases, groupTerms } from './store.ts';

/** Three years: enough for comparisons between years. */
const mostQuarters = 12;
const usualQuarters = 4;
/** Beyond that, newcomers outweigh everything that is known today. */
const farthestQuarters = 20;

/** Cases by every selection of the dimensions. */
export const casesCounted: Subject = {
  name: 'cases',
  cells: ({ tx, today }) => cellsOfCases(tx, today),
};

/** What started terms will cost, by street and quarter. */
export const forecastCounted: Subject = {
  name: 'forecast',
  async cells({ tx, today, policies }) {
    const rows = await groupTerms(tx);
    const policy = policyOn(today, policies);
    // One more, because the next quarter may begin before the next count.
    const quarters = quartersFrom(quarterOf(monthOf(today)), farthestQuarters + 2);
    const cells = [];
    for (const [place, groups] of Map.groupBy(rows, (row) => `${row.agencyCode} ${row.streetCode}`)) {
      const [agencyCode, streetCode] = place.split(' ');
      for (const quarter of quarters) {
        const { expected, ceiling } = forecastOf(groups, quarter, policy, today);
        const figures = { ...namesOf('expected', expected), ...namesOf('ceiling', ceiling) };
        cells.push({ quarter, agencyCode, streetCode, figures });
        await setImmediate(); // a large city takes seconds, in which requests are answered
      }
    }
    return sql`select quarter, "agencyCode" as agency_code, "streetCode" as street_code, '*' as channel, '*' as category,
        '*' as outcome, figures
      from jsonb_to_recordset(${JSON.stringify(cells)}::jsonb)
        as cell (quarter text, "agencyCode" text, "streetCode" text, figures jsonb)`;
  },
};

/**
 * Cases, months, money and waiting times, grouped by one dimension, with the reasons of refused months.
 *
 * @throws Problem not-found for another's agency or street
 */
export async function getStatistics(context: ReadContext, query: StatisticsQuery): Promise<Statistics> {
  refuseOutOfScope(context, query);
  const { by } = query;
  const quarters = quartersOf(query, context.today);
  const where = {
    ...placeOf(context, query),
    ...(query.channel === undefined ? {} : { channel: [query.channel] }),
    ...(query.category === undefined ? {} : { category: [query.category] }),
  };
  const group = columnOf[by];
  const each = group === 'quarter' ? where : { [group]: 'each' as const, ...where };
  const { asOf, sums } = await sumFigures(context, casesCounted, [
    { where: { ...each, quarter: quarters }, by: [group] },
    { where: { ...where, quarter: quarters } },
    { where: each, by: group === 'quarter' ? [] : [group] },
    { where },
  ]);
  const [groups = new Map(), total, peopleOfGroups, people] = sums;
  const inAll = total?.get('') ?? {};
  const everybody = people?.get('') ?? {};
  const names = context.reference.placeNames;
  return {
    by,
    fromQuarter: quarters[0] ?? '',
    toQuarter: quarters.at(-1) ?? '',
    agencyCode: query.agencyCode ?? null,
    streetCode: query.streetCode ?? null,
    asOf,
    groups: [...groups].map(([key, ofGroup]) => ({
      key,
      title: titleOf(by, key, names),
      figures:
        group === 'quarter'
          ? figuresOf(ofGroup, everybody, [key])
          : figuresOf(ofGroup, peopleOfGroups?.get(key) ?? {}, quarters),
    })),
    total: figuresOf(inAll, everybody, quarters),
    reasons: reasonsOf(inAll)
      .map(({ check, ...counts }) => {
        const { article, title } = catalogue[check as CheckCode]; // only codes of checks are stored
        return { check, article, title, ...counts };
      })
      .sort((a, b) => b.months - a.months || (a.check < b.check ? -1 : 1)),
    days: daysOf(inAll),
  };
}

/**
 * The same as a file. It holds no personal data, but the download is audited.
 *
 * @throws Problem not-found for another's agency or street
 */
export async function getStatisticsFile(context: WriteContext, { format, ...query }: StatisticsFileQuery) {
  const statistics = await getStatistics(context, query);
  const { fromQuarter, toQuarter, agencyCode, streetCode } = statistics;
  await context.audit({
    target: ['statistics', query.by],
    change: { format, fromQuarter, toQuarter, agencyCode, streetCode },
  });
  return statistics;
}

/**
 * The remaining cost of started terms in a quarter, expected and maximum, by street.
 *
 * @throws Problem not-found for another's agency or street
 */
export async function getForecast(context: ReadContext, query: ForecastQuery) {
  refuseOutOfScope(context, query);
  const { agencyCode = null, streetCode = null } = query;
  const quarter = query.quarter ?? quarterOf(addMonths(monthOf(context.today), 3));
  const ahead = quartersBetween(monthOf(context.today), monthsOfQuarter(quarter)[0]);
  if (ahead < 0 || ahead > farthestQuarters) {
    const detail = `只能预测本季度至之后第${farthestQuarters}个季度。`;
    throw new Problem('invalid-fields', {
      fieldErrors: [{ pointer: '/query/quarter', code: 'out-of-range', detail }],
    });
  }
  const { asOf, sums } = await sumFigures(context, forecastCounted, [
    {
      where: { agencyCode: 'each', streetCode: 'each', ...placeOf(context, query), quarter: [quarter] },
      by: ['agencyCode', 'streetCode'],
    },
  ]);
  const names = context.reference.placeNames;
  const streets = [...(sums[0] ?? [])].map(([place, ofStreet]) => {
    const [agency = '', street = ''] = place.split(' ');
    return {
      agencyCode: agency,
      streetCode: street,
      streetName: names.get(street) ?? street,
      expected: sumOf('expected', [ofStreet]),
      ceiling: sumOf('ceiling', [ofStreet]),
    };
  });
  const all = [...(sums[0]?.values() ?? [])];
  return {
    quarter,
    agencyCode,
    streetCode,
    asOf,
    policyVersion: policyOn(dayInShanghai(Temporal.Instant.from(asOf)), context.policies).version,
    expected: sumOf('expected', all),
    ceiling: sumOf('ceiling', all),
    streets,
    assumptions: [
      '只计算已经初次核定的人员，不含以后新增的人员。',
      '预计：近六个月内享受过补贴的人员从最近享受的月份起逐月连续申领；上限：仍有剩余期限的人员全部申领。',
      '按每人剩余月数、按现行规定达到法定退休年龄的月份、已登记的养老金和死亡记录以及相应月份的补贴标准测算。',
      '按月份所属季度计算；该季度的月份一般在季度结束后申领和发放。',
    ],
  };
}

function quartersOf(query: StatisticsQuery, today: Day): Quarter[] {
  const toQuarter = query.toQuarter ?? quarterOf(monthOf(today));
  const [, , lastMonth] = monthsOfQuarter(toQuarter);
  const fromQuarter = query.fromQuarter ?? quarterOf(addMonths(lastMonth, -3 * (usualQuarters - 1)));
  const [firstMonth] = monthsOfQuarter(fromQuarter);
  const span = quartersBetween(firstMonth, lastMonth) + 1;
  if (span < 1 || span > mostQuarters) {
    const detail = `起始季度不能晚于截止季度，且一次最多统计${mostQuarters}个季度。`;
    throw new Problem('invalid-fields', {
      fieldErrors: [{ pointer: '/query/fromQuarter', code: 'out-of-range', detail }],
    });
  }
  return quartersFrom(fromQuarter, span);
}

function quartersFrom(first: Quarter, count: number): Quarter[] {
  const [month] = monthsOfQuarter(first);
  return Array.from({ length: count }, (_, index) => quarterOf(addMonths(month, 3 * index)));
}

/** The place that is asked about, or else the caller's own. Platforms have no figures. */
function placeOf(
  { scope }: ReadContext,
  { agencyCode, streetCode }: { agencyCode?: string; streetCode?: string },
) {
  const agency = agencyCode ?? (scope.relation === 'agency' ? scope.code : undefined);
  const street = streetCode ?? (scope.relation === 'street' ? scope.code : undefined);
  return {
    ...(agency === undefined ? {} : { agencyCode: [agency] }),
    ...(street === undefined ? {} : { streetCode: [street] }),
  };
}

const forecastFigures = ['people', 'months', 'amountFen'] as const;

function namesOf(which: 'expected' | 'ceiling', sum: ForecastSum): Record<string, number> {
  return Object.fromEntries(forecastFigures.map((name) => [`${which} ${name}`, sum[name]]));
}

function sumOf(which: 'expected' | 'ceiling', all: readonly Sums[]): ForecastSum {
  const of = (name: string) => all.reduce((sum, one) => sum + sumNamed(one, `${which} ${name}`), 0);
  return { people: of('people'), months: of('months'), amountFen: of('amountFen') };
}

/** Refuses another agency's or street's figures instead of answering with zeros. */
function refuseOutOfScope({ scope }: ReadContext, query: { agencyCode?: string; streetCode?: string }): void {
  const isOther = (relation: 'agency' | 'street', code: string | undefined) =>
    code !== undefined && scope.relation === relation && scope.code !== code;
  const outside = [
    ...(isOther('agency', query.agencyCode) ? ['agencyCode'] : []),
    ...(isOther('street', query.streetCode) ? ['streetCode'] : []),
  ];
  if (outside.length === 0) return;
  const fieldErrors = outside.map(
    (name): FieldError => ({
      pointer: `/query/${name}`,
      code: 'not-found',
      detail: '不在您的管辖范围内，请改为您管辖的机构或街道（乡镇）。',
    }),
  );
  throw new Problem('not-found', { fieldErrors });
}

/** The number of quarters from the first month's quarter to the second's. */
function quartersBetween(earlier: Month, later: Month): number {
  return Math.floor(monthIndex(later) / 3) - Math.floor(monthIndex(earlier) / 3);
}
