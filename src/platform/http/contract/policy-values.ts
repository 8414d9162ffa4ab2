// The schema of changed policy values: of the files in reference/policy, and of what an administrator proposes.

import { type TSchema, Type } from 'typebox';
import { insurances } from '../../../rules/facts.ts';
import { type ParameterName, parameterTitles } from '../../../rules/policy/parameters.ts';
import type { PolicyChange } from '../../../rules/policy/policy.ts';
import { closed, Day, Month, named, nullable, Text } from './schemas.ts';

const count = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum });
const months = count(0, 600);
const years = count(0, 100);
const workingDays = count(0, 250);

const StatutoryAgeOfCategory = named(
  'StatutoryAgeOfCategory',
  closed(
    {
      baseYears: Type.Integer({
        minimum: 40,
        maximum: 80,
        description: '基础年龄（周岁） · age before any delay',
      }),
      delay: nullable(
        closed(
          { firstBirthMonth: Month, everyMonths: count(1, 600), atMostMonths: months },
          { description: '渐进式延迟；无则为 null · progressive delay' },
        ),
      ),
    },
    { description: '一类人员的法定退休年龄 · the statutory age of a category' },
  ),
);

const valueSchemas: Readonly<Record<ParameterName, TSchema>> = {
  monthlyAmountFen: count(1, 10_000_000),
  firstMonth: Month,
  ordinaryCapMonths: months,
  nearWindowYears: years,
  nearWindowIsStrict: Type.Boolean(),
  nearCapMonths: nullable(months),
  statutoryAges: closed({
    M60: StatutoryAgeOfCategory,
    F55: StatutoryAgeOfCategory,
    F50: StatutoryAgeOfCategory,
  }),
  womenCategory: Type.Enum(['F50', 'F55']),
  requiredInsurances: Type.Enum(['any', 'all', ...insurances]),
  workingAgeYears: years,
  cityCode: Type.String({ pattern: '^\\d{4}$' }),
  retirementMonthPayable: Type.Boolean(),
  pensionMonthPayable: Type.Boolean(),
  claimableAfterMonths: months,
  claimDeadlineMonths: nullable(months),
  lateClaimQuarters: count(0, 400),
  acceptanceWorkingDays: workingDays,
  reviewWorkingDays: workingDays,
  noticeWorkingDays: workingDays,
};

/** @param options further fields of each value */
function changedValues(options: Readonly<Record<string, TSchema>>) {
  const entries = Object.entries(parameterTitles).map(([name, { title, titleEn }]) => [
    name,
    Type.Optional(
      closed(
        {
          // The cast: these are the names of the titles.
          value: valueSchemas[name as ParameterName],
          article: Text({ minLength: 2, maxLength: 100, description: '条款 · article' }),
          source: Text({ minLength: 2, maxLength: 200, description: '文件及文号 · document' }),
          reason: Text({ minLength: 2, maxLength: 500, description: '理由 · why' }),
          ...options,
        },
        { description: `${title} · ${titleEn}` },
      ),
    ),
  ]);
  const values = closed(Object.fromEntries(entries), {
    minProperties: 1,
    description: '改动的值，参数名称见 getPolicy · the changed values by parameter',
  });
  return Type.Unsafe<PolicyChange['values']>(values);
}

const from = Type.Unsafe<string>({
  ...Day,
  description: '自该日起作出的决定适用 · decisions from this day on',
});

export const ChangedPolicyValues = named('ChangedPolicyValues', changedValues({}));

export const ProposePolicy = named(
  'ProposePolicy',
  closed(
    { from, values: ChangedPolicyValues },
    {
      description: '政策变动 · a change of the policy',
      examples: [
        {
          from: '2035-01-01',
          values: {
            monthlyAmountFen: {
              value: 55_000,
              article: '第二条',
              source: '景人社字〔2034〕88号',
              reason: '补贴标准调整为550元/月。',
            },
          },
        },
      ],
    },
  ),
);

/** A file of reference/policy. */
export const PolicyFile = closed({
  from,
  values: changedValues({ nationalOnly: Type.Optional(Type.Literal(true)) }),
});
