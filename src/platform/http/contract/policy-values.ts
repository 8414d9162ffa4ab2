// The schema of changed policy values: of the files in reference/policy, and of what an administrator proposes.

import { type TSchema, Type } from 'typebox';
import { insuranceTitles } from '../../../rules/policy/catalogue.ts';
import { type ParameterName, parameterTitles } from '../../../rules/policy/parameters.ts';
import type { PolicyChange } from '../../../rules/policy/policy.ts';
import { closed, Day, Month, named, nullable, Text, worded, words } from './schemas.ts';

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

const choice = Type.Boolean();
const limit = nullable(months);

const WomenCategory = words(
  'WomenCategory',
  { F50: '女，原法定退休年龄50周岁', F55: '女，原法定退休年龄55周岁' },
  '女性退休类别 · category of a woman',
);

const RequiredInsurances = words(
  'RequiredInsurances',
  { any: '任一', all: '全部', ...insuranceTitles },
  '须缴纳的险种 · insurances that must be paid',
);

/** The value of each parameter, with the name of its schema in the contract. */
const valueSchemas: Readonly<Record<ParameterName, readonly [name: string, value: TSchema]>> = {
  monthlyAmountFen: ['PolicyAmount', count(1, 10_000_000)],
  firstMonth: ['PolicyMonth', Month],
  ordinaryCapMonths: ['PolicyMonths', months],
  nearWindowYears: ['PolicyYears', years],
  nearWindowIsStrict: ['PolicyChoice', choice],
  nearCapMonths: ['PolicyLimit', limit],
  statutoryAges: [
    'PolicyAges',
    closed({ M60: StatutoryAgeOfCategory, F55: StatutoryAgeOfCategory, F50: StatutoryAgeOfCategory }),
  ],
  womenCategory: ['PolicyCategory', WomenCategory],
  requiredInsurances: ['PolicyInsurances', RequiredInsurances],
  workingAgeYears: ['PolicyYears', years],
  cityCode: ['PolicyCode', Type.String({ pattern: '^\\d{4}$', examples: ['3602'] })],
  retirementMonthPayable: ['PolicyChoice', choice],
  pensionMonthPayable: ['PolicyChoice', choice],
  claimableAfterMonths: ['PolicyMonths', months],
  claimDeadlineMonths: ['PolicyLimit', limit],
  lateClaimQuarters: ['PolicyQuarters', count(0, 400)],
  acceptanceWorkingDays: ['PolicyWorkingDays', workingDays],
  reviewWorkingDays: ['PolicyWorkingDays', workingDays],
  noticeWorkingDays: ['PolicyWorkingDays', workingDays],
};

const grounds = {
  article: Text({ minLength: 2, maxLength: 100, description: '条款 · article' }),
  source: Text({ minLength: 2, maxLength: 200, description: '文件及文号 · document' }),
  reason: Text({ minLength: 2, maxLength: 500, description: '理由 · why' }),
};

const groundedSchemas = new Map(
  Object.values(valueSchemas).map(([name, value]) => [
    name,
    named(name, closed({ value: worded(value, '取值 · value'), ...grounds })),
  ]),
);

/** @param schemaOf a value with its grounds */
function changedValues(schemaOf: (name: string, value: TSchema) => TSchema) {
  const entries = Object.entries(parameterTitles).map(([parameter, { title, titleEn }]) => {
    // The cast: these are the names of the titles.
    const schema = schemaOf(...valueSchemas[parameter as ParameterName]);
    return [parameter, Type.Optional(worded(schema, `${title} · ${titleEn}`))];
  });
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

export const ChangedPolicyValues = named(
  'ChangedPolicyValues',
  changedValues((name) => groundedSchemas.get(name) ?? Type.Never()),
);

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
  values: changedValues((_, value) =>
    closed({ value, ...grounds, nationalOnly: Type.Optional(Type.Literal(true)) }),
  ),
});
