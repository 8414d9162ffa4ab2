// What travels about the policy itself.

import { Type } from 'typebox';
import { closed, Day, named } from '../http/schemas.ts';
import { kinds } from '../rules/facts.ts';

export const PolicySummary = named(
  'PolicySummary',
  closed({
    version: Type.String({ description: '政策版本 · version', examples: ['jdz-2024-139/2025-01-01'] }),
    from: Type.Unsafe<string>({ ...Day, description: '自该日起作出的决定适用 · decisions from this day on' }),
    statutoryAge: Type.Enum(['national', 'document']),
    inForce: Type.Boolean({ description: '今天适用 · in force today' }),
  }),
);

export const Policies = named('Policies', closed({ items: Type.Array(PolicySummary) }));

export const Policy = named(
  'Policy',
  closed({
    ...PolicySummary.properties,
    parameters: Type.Array(
      closed({
        name: Type.String(),
        title: Type.String(),
        titleEn: Type.String(),
        judgedOn: Type.Enum(['month', 'decision', 'first-approval'], {
          description: '以哪一天的值为准：所属月、决定日、初次核定日 · the value of which day counts',
        }),
        values: Type.Array(
          closed({
            from: Day,
            value: Type.Unknown({ description: '取值 · value' }),
            article: Type.String({ description: '条款 · article' }),
            source: Type.String({ description: '文件 · document' }),
            reason: Type.String({ description: '理由 · why' }),
          }),
        ),
      }),
    ),
    checks: Type.Array(
      closed({
        code: Type.String(),
        group: Type.Enum(['prerequisite', 'exclusion']),
        article: Type.String(),
        title: Type.String(),
        titleEn: Type.String(),
        needs: Type.Array(Type.Enum([...kinds]), { description: '需要哪些登记数据 · the registers it asks' }),
        meaning: closed({ clear: Type.String(), hit: Type.String(), unknown: Type.String() }),
      }),
    ),
  }),
);
