// Statistics and forecasts for a street, a county and the city.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { forecastOf } from '../../rules/forecast.ts';
import { type CheckCode, catalogue } from '../../rules/policy/catalogue.ts';
import { policyOn } from '../../rules/policy/policy.ts';
import { addMonths, type Month, monthIndex, monthOf, monthsOfQuarter, quarterOf } from '../../values/days.ts';
import { titleOf } from './dimensions.ts';
import type { ForecastQuery, Statistics, StatisticsFileQuery, StatisticsQuery } from './schemas.ts';
import { type CaseFilter, countCases, countReasons, groupTerms } from './store.ts';

/** Three years: enough for comparisons between years, and counted within the statement timeout. */
const mostQuarters = 12;
const usualQuarters = 4;
/** Beyond that, newcomers outweigh everything that is known today. */
const farthestQuarters = 20;

/**
 * Cases, months, money and waiting times, grouped by one dimension, with the reasons of refused months.
 *
 * @throws Problem not-found for another's agency or street
 */
export async function getStatistics(context: ReadContext, query: StatisticsQuery): Promise<Statistics> {
  const filter = filterOf(context, query);
  const { groups, total } = await countCases(context.tx, context.scope, query.by, filter, context.today);
  const counted = await countReasons(context.tx, context.scope, filter);
  const names = context.reference.placeNames;
  const { fromQuarter, toQuarter, agencyCode, streetCode } = filter;
  return {
    by: query.by,
    fromQuarter,
    toQuarter,
    agencyCode,
    streetCode,
    asOf: context.at.toString(),
    groups: groups.map(({ key, figures }) => ({ key, title: titleOf(query.by, key, names), figures })),
    total,
    reasons: counted
      .map(({ check, ...sums }) => {
        const { article, title } = catalogue[check as CheckCode]; // only codes of checks are stored
        return { check, article, title, ...sums };
      })
      .sort((a, b) => b.months - a.months || (a.check < b.check ? -1 : 1)),
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
  const policy = policyOn(context.today, context.policies);
  const rows = await groupTerms(context.tx, context.scope, { agencyCode, streetCode });
  const names = context.reference.placeNames;
  const byStreet = Map.groupBy(rows, (row) => `${row.agencyCode} ${row.streetCode}`);
  const streets = [...byStreet]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([place, groups]) => {
      const [agency = '', street = ''] = place.split(' ');
      const sums = forecastOf(groups, quarter, policy, context.today);
      return { agencyCode: agency, streetCode: street, streetName: names.get(street) ?? street, ...sums };
    });
  return {
    quarter,
    agencyCode,
    streetCode,
    asOf: context.at.toString(),
    policyVersion: policy.version,
    ...forecastOf(rows, quarter, policy, context.today),
    streets,
    assumptions: [
      '只计算已经初次核定的人员，不含以后新增的人员。',
      '预计：近六个月内享受过补贴的人员从最近享受的月份起逐月连续申领；上限：仍有剩余期限的人员全部申领。',
      '按每人剩余月数、按现行规定达到法定退休年龄的月份、已登记的养老金和死亡记录以及相应月份的补贴标准测算。',
      '按月份所属季度计算；该季度的月份一般在季度结束后申领和发放。',
    ],
  };
}

function filterOf(context: ReadContext, query: StatisticsQuery): CaseFilter {
  refuseOutOfScope(context, query);
  const { agencyCode = null, streetCode = null, channel = null, category = null } = query;
  const toQuarter = query.toQuarter ?? quarterOf(monthOf(context.today));
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
  return { fromQuarter, toQuarter, firstMonth, lastMonth, agencyCode, streetCode, channel, category };
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
