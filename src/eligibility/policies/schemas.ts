// Schemas of the policy.

import { Type } from 'typebox';
import { CheckGroup, RecordKind, StatutoryAge } from '../../platform/http/contract/rule-words.ts';
import { closed, Day, named, words } from '../../platform/http/contract/schemas.ts';

export const PolicySummary = named(
  'PolicySummary',
  closed({
    version: Type.String({ description: '政策版本 · version', examples: ['jdz-2024-139/2025-01-01'] }),
    from: Type.Unsafe<string>({ ...Day, description: '自该日起作出的决定适用 · decisions from this day on' }),
    statutoryAge: StatutoryAge,
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
            judgedOn: words(
              'JudgedOn',
              { month: '所属月', decision: '决定日', 'first-approval': '初次核定日' },
              '以哪一天的值为准 · the value of which day counts',
            ),
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
            group: CheckGroup,
            article: Type.String({ description: '条款 · article' }),
            title: Type.String({ description: '名称 · its name in Chinese' }),
            titleEn: Type.String({ description: '英文名称 · its name in English' }),
            needs: Type.Array(RecordKind, {
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
