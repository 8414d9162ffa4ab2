// Schemas of statistics: cases and money by one dimension, reasons of refusal, and the forecast.

import { type Static, Type } from 'typebox';
import { Channel } from '../../applications/application/schemas.ts';
import { HardshipCategory } from '../../platform/http/contract/rule-words.ts';
import {
  AgencyCode,
  AmountFen,
  closed,
  Instant,
  named,
  nullable,
  Quarter,
  StreetCode,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { dimensionTitles } from './dimensions.ts';

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Days = (description: string) => nullable(Type.Integer({ minimum: 0, description }));

const By = worded(
  words('Dimension', dimensionTitles, '按什么分组 · by what'),
  '按什么分组 · by what',
  'street',
);

const filter = {
  fromQuarter: Type.Optional(worded(Quarter, '自哪一季度，不填为截止季度前三个季度 · from', '2025Q1')),
  toQuarter: Type.Optional(worded(Quarter, '至哪一季度，不填为当前季度 · through', '2025Q3')),
  agencyCode: Type.Optional(AgencyCode),
  streetCode: Type.Optional(StreetCode),
  channel: Type.Optional(worded(Channel, '申请渠道 · channel', 'ganfutong')),
  category: Type.Optional(
    worded(HardshipCategory, '就业困难人员类别 · category of hardship', 'long-term-unemployed-4050'),
  ),
};

export const StatisticsQuery = closed({ by: By, ...filter });
export type StatisticsQuery = Static<typeof StatisticsQuery>;

export const StatisticsFileQuery = closed({
  by: By,
  format: worded(
    words('StatisticsFormat', { csv: 'CSV 文本', xlsx: 'Excel 工作簿' }, '文件格式 · which file'),
    '文件格式 · which file',
    'xlsx',
  ),
  ...filter,
});
export type StatisticsFileQuery = Static<typeof StatisticsFileQuery>;

const Wait = named(
  'Wait',
  closed(
    {
      cases: Count('已到这一步的件数 · cases that have come so far'),
      medianDays: Days('半数不超过的天数 · half of them waited no longer'),
      ninthDecileDays: Days('九成不超过的天数 · nine of ten waited no longer'),
      longestDays: Days('最长天数 · the longest'),
    },
    { description: '办理时长，自然日 · how long a step took, in calendar days' },
  ),
);

const CaseFigures = named(
  'CaseFigures',
  closed({
    cases: Count('提交的申请 · submitted cases'),
    people: Count('人数 · people'),
    open: Count('在办 · not closed yet'),
    overdue: Count('在办且已超期 · of these, past their time limit'),
    approved: Count('审核通过（全部或部分月份） · approved'),
    refused: Count('审核未通过 · refused'),
    notAccepted: Count('不予受理 · not accepted'),
    withdrawn: Count('已撤回 · withdrawn'),
    monthsClaimed: Count('申请月数 · months claimed'),
    monthsGranted: Count('核定月数（含后来追回的） · months granted, recovered ones too'),
    grantedFen: worded(AmountFen, '核定金额（分） · granted, in fen'),
    monthsPaid: Count('已发放月数（含后来追回的） · months paid'),
    paidFen: worded(AmountFen, '已发放金额（分） · paid, in fen'),
    monthsRecovered: Count('确认追回月数 · months recovered'),
    recoveredFen: worded(AmountFen, '确认追回金额（分） · recovered, in fen'),
    repaidFen: worded(AmountFen, '已退回金额（分） · repaid, in fen'),
    acceptance: worded(Wait, '提交至受理，自然日 · from submission to acceptance, calendar days'),
    decision: worded(Wait, '提交至办结，自然日 · from submission to the decision, calendar days'),
  }),
);

export type CaseFigures = Static<typeof CaseFigures>;

const scope = {
  agencyCode: nullable(AgencyCode),
  streetCode: nullable(StreetCode),
  asOf: worded(Instant, '数据截至 · as of'),
};

export const Statistics = named(
  'Statistics',
  closed(
    {
      by: By,
      fromQuarter: worded(Quarter, '自哪一季度 · from'),
      toQuarter: worded(Quarter, '至哪一季度 · through'),
      ...scope,
      groups: Type.Array(
        named(
          'FiguresOfGroup',
          closed({
            key: Type.String({ description: '代码 · its code' }),
            title: Type.String({ description: '名称 · its name' }),
            figures: CaseFigures,
          }),
        ),
        { description: '分组，没有申请的不列 · those that have cases' },
      ),
      total: CaseFigures,
      reasons: Type.Array(
        named(
          'ReasonOfRefusal',
          closed({
            check: Type.String({ description: '检查项 · the check' }),
            article: Type.String({ description: '办法条款 · article of the measure' }),
            title: Type.String({ description: '检查项名称 · its name' }),
            cases: Count('涉及申请件数 · cases'),
            months: Count('涉及月数；一个月可有多项原因 · months; one may fail several checks'),
          }),
        ),
        { description: '未通过月份的原因，多者在前 · why months were refused, most frequent first' },
      ),
      days: Type.Array(
        named(
          'CasesByDays',
          closed({
            fromDays: Count('自几天 · from'),
            throughDays: Days('至几天；null 为不限 · through; null is any number'),
            submitted: Count('待受理，自提交起 · to be accepted, since submission'),
            correctionRequested: Count('待补正，自提交起 · waiting for the applicant, since submission'),
            accepted: Count('待审核，自提交起 · to be decided, since submission'),
            acceptance: Count('提交至受理用了这些天 · took so long to acceptance'),
            decision: Count('提交至办结用了这些天 · took so long to the decision'),
          }),
        ),
        { description: '件数，按自然日天数 · cases by a number of calendar days' },
      ),
    },
    { description: '统计，只有数字，不含个人信息 · figures; no personal data' },
  ),
);

export type Statistics = Static<typeof Statistics>;

export const ForecastQuery = closed({
  quarter: Type.Optional(
    worded(Quarter, '哪一季度的月份，不填为下一季度 · months of which quarter', '2030Q1'),
  ),
  agencyCode: Type.Optional(AgencyCode),
  streetCode: Type.Optional(StreetCode),
});
export type ForecastQuery = Static<typeof ForecastQuery>;

const ForecastSum = named(
  'ForecastSum',
  closed(
    { people: Count('人数 · people'), months: Count('月数 · months'), amountFen: AmountFen },
    { description: '测算的人数、月数和金额 · people, months and money of a forecast' },
  ),
);

const forecast = {
  expected: worded(
    ForecastSum,
    '预计：近六个月内享受过的人员逐月连续申领 · those granted a month lately go on',
  ),
  ceiling: worded(
    ForecastSum,
    '上限：仍有剩余期限的人员全部申领 · everybody who has anything left claims it',
  ),
};

export const Forecast = named(
  'Forecast',
  closed(
    {
      quarter: worded(Quarter, '哪一季度的月份 · months of which quarter'),
      ...scope,
      policyVersion: Type.String({ description: '所依据的政策版本 · by which policy' }),
      ...forecast,
      streets: Type.Array(
        named(
          'ForecastOfStreet',
          closed({
            agencyCode: AgencyCode,
            streetCode: StreetCode,
            streetName: Type.String({ description: '街道（乡镇）名称 · its name' }),
            ...forecast,
          }),
        ),
        { description: '按街道（乡镇） · by street' },
      ),
      assumptions: Type.Array(Type.String(), { description: '测算口径 · what it assumes' }),
    },
    { description: '资金预测 · a forecast of the money' },
  ),
);
