// Schemas of the undertaking's texts.

import { Type } from 'typebox';
import { closed, Day, named, Sha256, worded } from '../../platform/http/contract/schemas.ts';

export const Undertaking = named(
  'Undertaking',
  closed(
    {
      version: Type.String({ description: '承诺书版本 · version', examples: ['jdz-2024-139'] }),
      from: worded(Day, '自此日起签署此版本 · the first day on which it is signed', '2024-12-06'),
      isCurrent: Type.Boolean({ description: '是否现行版本 · whether it is signed today' }),
      text: Type.String({ description: '全文，空白处由申请人填写 · the whole text with its blanks' }),
      sha256: Sha256,
    },
    { description: '承诺书文本 · a text of the undertaking' },
  ),
);
