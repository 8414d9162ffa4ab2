// Schemas of the policy.

import { Type } from 'typebox';
import { closed, Day, named } from '../../platform/http/contract/schemas.ts';
import { kinds } from '../../rules/facts.ts';

export const PolicySummary = named(
  'PolicySummary',
  closed({
    version: Type.String({ description: '政策版本 · version', examples: ['jdz-2024-139/2025-01-01'] }),
    from: Type.Unsafe<string>({ ...Day, description: '自该日起作出的决定适用 · decisions from this day on' }),
    statutoryAge: Type.Enum(['national', 'document'], {
      description: '法定退休年龄口径 · which retirement ages',
    }),
    inForce: Type.Boolean({ description: '今天适用 · in force today' }),
  }),
);

export const Policy = named(
  'Policy',
  closed(
    {
      ...PolicySummary.properties,
      parameters: Type.Array(
        named(
          'PolicyParameter',
          closed({
            name: Type.String({ description: '参数 · parameter' }),
            title: Type.String({ description: '名称 · its name in Chinese' }),
            titleEn: Type.String({ description: '英文名称 · its name in English' }),
            judgedOn: Type.Enum(['month', 'decision', 'first-approval'], {
              description: '以哪一天的值为准：所属月、决定日、初次核定日 · the value of which day counts',
            }),
            values: Type.Array(
              named(
                'PolicyValue',
                closed({
                  from: Day,
                  value: Type.Unknown({ description: '取值 · value' }),
                  article: Type.String({ description: '条款 · article' }),
                  source: Type.String({ description: '文件 · document' }),
                  reason: Type.String({ description: '理由 · why' }),
                }),
              ),
              { description: '各时期的取值 · its values over time' },
            ),
          }),
        ),
        { description: '全部参数 · every parameter' },
      ),
      checks: Type.Array(
        named(
          'PolicyCheck',
          closed({
            code: Type.String({ description: '检查项 · check' }),
            group: Type.Enum(['prerequisite', 'exclusion'], {
              description: 'prerequisite 条件，exclusion 不予补贴情形',
            }),
            article: Type.String({ description: '条款 · article' }),
            title: Type.String({ description: '名称 · its name in Chinese' }),
            titleEn: Type.String({ description: '英文名称 · its name in English' }),
            needs: Type.Array(Type.Enum([...kinds]), {
              description: '需要哪些登记数据 · the registers it asks',
            }),
            meaning: named(
              'MeaningOfAnswers',
              closed(
                {
                  clear: Type.String({ description: '通过 · clear' }),
                  hit: Type.String({ description: '不符合 · hit' }),
                  unknown: Type.String({ description: '登记数据尚未说明 · unknown' }),
                },
                { description: '每种回答的含义 · what each answer means' },
              ),
            ),
          }),
        ),
        { description: '全部检查项 · every check' },
      ),
    },
    { description: '一个政策版本 · one version of the policy' },
  ),
);
