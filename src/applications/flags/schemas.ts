// Schemas of flags on cases, lists and rosters, and of a reviewer's confirmations.

import { Type } from 'typebox';
import {
  AmountFen,
  closed,
  named,
  nullable,
  Text,
  titlesOf,
  worded,
  words,
} from '../../platform/http/contract/schemas.ts';
import { flagCodes, flagKinds } from './kinds.ts';

export const FlagCode = words('FlagCode', titlesOf(flagKinds), '提示 · flag');

const Flag = named(
  'Flag',
  closed({
    code: FlagCode,
    title: Type.String({ description: '提示名称 · its name' }),
    detail: Type.String({ description: '情况和处理办法 · what was found and what to do' }),
    amountFen: nullable(worded(AmountFen, '所涉金额（分） · the amount concerned, in fen')),
    needs: words(
      'FlagNeeds',
      { nothing: '无', confirmation: '须确认知悉', reason: '须确认并写明理由', lifting: '解除后方可通过' },
      '审核通过前须做什么；除 nothing 外不能批量审核 · what an approval needs; only nothing is approved in a batch',
    ),
  }),
);

export const Flags = Type.Array(Flag, { description: '提示，请核对 · what stands out, to be looked at' });

export const FlagConfirmations = Type.Array(
  named(
    'FlagConfirmation',
    closed({
      flag: FlagCode,
      reason: Type.Optional(
        Text({
          minLength: 2,
          maxLength: 500,
          description: '仍予通过的理由 · why it is approved all the same',
        }),
      ),
    }),
  ),
  {
    maxItems: flagCodes.length,
    uniqueItems: true,
    description: '已知悉的提示；要求理由的须写明 · flags that the reviewer has seen',
  },
);
